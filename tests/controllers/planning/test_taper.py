"""The taper's tangents: they lie on and above what the core's battery stores, and nowhere below."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.controllers.planning.taper import largest_gains, tangent_slopes, taper_lengths
from pev_battery_charge.core.battery import stored_soc

ROUNDING = 1e-12

transitions = st.floats(0.0, 0.999)
full_socs = st.floats(0.001, 1.5)
missing_socs = st.floats(0.0, 1.0)
shares = st.just(1.0) | st.floats(0.001, 1.0)
lengths = st.floats(0.001, 1000.0)
points = st.tuples(st.floats(1e-6, 1.5), missing_socs)
"""Request and missing share of the capacity: d and m."""


def gain(request_soc: float, missing_soc: float, k: float) -> float:
    return float(largest_gains(np.array([request_soc]), np.array([missing_soc]), np.array([k]))[0])


def slopes(x: float, k: float) -> tuple[float, float]:
    alpha, beta = tangent_slopes(np.array([x]), np.array([k]))
    return float(alpha[0]), float(beta[0])


@given(transition_soc=transitions, full_soc=full_socs, share=shares, missing_soc=missing_socs)
def test_the_largest_gain_is_what_the_core_stores(
    transition_soc: float, full_soc: float, share: float, missing_soc: float
) -> None:
    k = float(taper_lengths(np.array([transition_soc]), np.array([full_soc]))[0])
    request_soc = share * full_soc
    expected = stored_soc(1.0 - missing_soc, request_soc, full_soc, transition_soc)
    assert gain(request_soc, missing_soc, k) == pytest.approx(expected, abs=ROUNDING)


@given(k=lengths, at=points, elsewhere=points)
def test_a_tangent_is_touched_where_it_was_drawn_and_lies_above_everywhere_else(
    k: float, at: tuple[float, float], elsewhere: tuple[float, float]
) -> None:
    request_soc, missing_soc = at
    alpha, beta = slopes(missing_soc / request_soc, k)
    assert alpha * missing_soc + beta * request_soc == pytest.approx(gain(*at, k), abs=ROUNDING)
    other_request, other_missing = elsewhere
    assert alpha * other_missing + beta * other_request >= gain(*elsewhere, k) - ROUNDING


@given(k=lengths, x=st.floats(0.0, 5.0), at=points)
def test_tangents_from_anywhere_lie_above(k: float, x: float, at: tuple[float, float]) -> None:
    alpha, beta = slopes(x * (1.0 + k), k)
    assert 0.0 <= alpha <= 1.0
    assert 0.0 <= beta <= 1.0
    request_soc, missing_soc = at
    assert alpha * missing_soc + beta * request_soc >= gain(*at, k) - ROUNDING


@given(k=lengths, one=points, other=points, weight=st.floats(0.0, 1.0))
def test_the_gain_is_concave_in_request_and_missing_together(
    k: float, one: tuple[float, float], other: tuple[float, float], weight: float
) -> None:
    between = tuple(weight * a + (1.0 - weight) * b for a, b in zip(one, other, strict=True))
    straight = weight * gain(*one, k) + (1.0 - weight) * gain(*other, k)
    assert gain(between[0], between[1], k) >= straight - ROUNDING


def test_the_three_parts_by_hand() -> None:
    # k = 1.25: up to x = 1.25 the taper holds from the beginning on, from 2.25 on it is not met.
    assert gain(0.2, 0.1, 1.25) == pytest.approx(0.1 * (1.0 - np.exp(-0.8)))
    assert gain(0.2, 0.3, 1.25) == pytest.approx(0.3 - 0.25 * np.exp((1.5 - 2.25) / 1.25))
    assert gain(0.2, 0.45, 1.25) == pytest.approx(0.2)
    assert slopes(1.0, 1.25) == pytest.approx((1.0 - np.exp(-0.8), 0.0))
    assert slopes(1.5, 1.25) == pytest.approx((1.0 - np.exp(-0.6), 0.25 * np.exp(-0.6)))
    assert slopes(2.25, 1.25) == pytest.approx((0.0, 1.0))
    assert taper_lengths(np.array([0.5]), np.array([0.4]))[0] == pytest.approx(1.25)
