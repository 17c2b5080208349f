"""Claims in both directions under a lower and an upper bound: by hand, and what every rule must keep."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from tests.sites import one_step
from tests.strategies import COORDINATORS, quarters

SHARING_RULES = COORDINATORS[1:]
OPEN = {"power_max_kw": 100.0, "power_min_kw": -100.0}


def granted_kw(
    asked_kw: Sequence[float],
    lower_kw: float,
    upper_kw: float,
    rule: str = "proportional",
    least_kw: Sequence[float] | None = None,
) -> list[float]:
    """What stations get of what they ask for, where all of them together may draw from `lower_kw` to `upper_kw`."""
    simulation = bounded(asked_kw, lower_kw, upper_kw, rule, [0.0] * len(asked_kw) if least_kw is None else least_kw)
    powers: list[float] = simulation.stations[0]["made"]["power_kw"].tolist()
    return powers


def bounded(
    asked_kw: Sequence[float], lower_kw: float, upper_kw: float, rule: str, least_kw: Sequence[float]
) -> pbc.Simulation:
    """One step between two bounds, the lower of them 0 or below; an upper one below 0 is what base load leaves."""
    load_kw = 0.25 - upper_kw if upper_kw < 0.25 else 0.0
    area = {"power_max_kw": upper_kw + load_kw, "power_min_kw": min(lower_kw + load_kw, 0.0)}
    simulation = one_step([{**OPEN, "least_kw": least} for least in least_kw], area, asked_kw, rule, load_kw=load_kw)
    bounds = [float(simulation.areas[0][name]) for name in ("lower_kw", "upper_kw")]
    assert bounds == pytest.approx([min(lower_kw, -load_kw), upper_kw], abs=1e-9)
    assert simulation.areas[0]["power_kw"] == in_order(simulation.stations[0]["made"]["power_kw"])
    return simulation


def in_order(powers_kw: Sequence[float]) -> float:
    """The sum, from the first station to the last."""
    total = 0.0
    for power in powers_kw:
        total += power
    return total


@pytest.mark.parametrize(
    ("asked_kw", "lower_kw", "upper_kw", "expected_kw"),
    [
        ([30.0, 10.0, -20.0], -50.0, 50.0, [30.0, 10.0, -20.0]),
        ([30.0, 10.0, -20.0], -50.0, 0.0, [15.0, 5.0, -20.0]),  # what is discharged makes room
        ([30.0, 10.0], -50.0, 20.0, [15.0, 5.0]),
        ([10.0, -30.0, -10.0], -10.0, 50.0, [10.0, -15.0, -5.0]),
        ([10.0, -20.0], -100.0, -15.0, [5.0, -20.0]),  # base load alone is beyond the cap: only what lessens it
        ([10.0, -20.0], -100.0, -30.0, [0.0, -20.0]),
        ([10.0, 20.0], -100.0, -15.0, [0.0, 0.0]),
        ([-10.0, -20.0], 0.0, 50.0, [0.0, 0.0]),
        ([12.0, -10.0, -20.0], 0.0, 50.0, [12.0, -4.0, -8.0]),
    ],
)
def test_grants_both_ways_by_hand(
    asked_kw: Sequence[float], lower_kw: float, upper_kw: float, expected_kw: Sequence[float]
) -> None:
    assert granted_kw(asked_kw, lower_kw, upper_kw) == pytest.approx(expected_kw, abs=1e-9)


def test_sun_beyond_the_export_bound_forces_no_station_to_charge() -> None:
    """40 kW of sun where 15 may flow out: 25 are curtailed, less what is charged, and nothing is discharged on top."""
    site = one_step([OPEN] * 2, {"power_max_kw": 50.0, "power_min_kw": -15.0}, [10.0, -12.0], "equal", solar_kw=40.0)
    assert site.stations[0]["made"]["power_kw"] == pytest.approx([10.0, -10.0])
    assert site.areas[0]["meter"]["net_kw"] == -15.0
    assert site.areas[0]["meter"]["curtailed_kw"] == pytest.approx(25.0)


@pytest.mark.parametrize("rule", SHARING_RULES)
@pytest.mark.parametrize(
    ("asked_kw", "least_kw", "lower_kw", "upper_kw", "expected_kw"),
    [
        # The first gets 25 of 30 kW, which it cannot use; then 20 kW given are more than may flow out.
        ([30.0, -20.0], [26.0, 0.0], -10.0, 5.0, [0.0, -10.0]),
        ([-30.0, 20.0], [26.0, 0.0], -5.0, 10.0, [0.0, 10.0]),
        # Both fall out in turn.
        ([30.0, -20.0], [26.0, 15.0], -10.0, 5.0, [0.0, 0.0]),
        # The one that falls out in its turn had made room for a third.
        ([30.0, 3.0, -20.0], [26.0, 3.0, 14.0], -10.0, 2.0, [0.0, 0.0, 0.0]),
    ],
)
def test_a_least_power_that_is_not_reached_puts_no_other_beyond_its_bound(
    rule: str,
    asked_kw: Sequence[float],
    least_kw: Sequence[float],
    lower_kw: float,
    upper_kw: float,
    expected_kw: Sequence[float],
) -> None:
    assert granted_kw(asked_kw, lower_kw, upper_kw, rule, least_kw) == pytest.approx(expected_kw, abs=1e-9)


@given(
    data=st.data(),
    rule=st.sampled_from(SHARING_RULES),
    lower_kw=st.floats(-60.0, 0.0) | quarters(-60.0, 0.0),
    upper_kw=st.floats(-30.0, 60.0) | quarters(-30.0, 60.0),
)
@settings(max_examples=300, deadline=None)
def test_bounds_are_kept_to_the_last_bit_and_nothing_usable_is_left(
    data: st.DataObject, rule: str, lower_kw: float, upper_kw: float
) -> None:
    assume(lower_kw + 1e-6 <= upper_kw)
    count = data.draw(st.integers(1, 6))
    asked_kw = [data.draw(st.floats(-60.0, 60.0) | quarters(-60.0, 60.0)) for _ in range(count)]
    least_kw = [data.draw(st.just(0.0) | quarters(0.0, 30.0)) for _ in range(count)]
    site = bounded(asked_kw, lower_kw, upper_kw, rule, least_kw)
    area, made = site.areas[0], site.stations[0]["made"]
    powers, claims = made["power_kw"], made["acceptance_kw"]
    total, upper, lower = float(area["power_kw"]), float(area["upper_kw"]), min(float(area["lower_kw"]), 0.0)
    assert total >= lower
    assert total <= upper or not (powers > 0.0).any()
    assert (np.abs(powers) <= np.abs(claims)).all()
    assert ((powers == 0.0) | (np.sign(powers) == np.sign(claims))).all()
    assert ((powers == 0.0) | (np.abs(powers) >= least_kw)).all()
    if not any(least_kw):
        assert np.isclose(total, min(max(claims.sum(), lower), max(upper, total)), rtol=0.0, atol=1e-9)
        cut = powers != claims
        assert not ((claims > 0.0) & cut).any() or not ((claims < 0.0) & cut).any()  # never both directions


@given(
    data=st.data(),
    rule=st.sampled_from(SHARING_RULES),
    lower_kw=quarters(-60.0, -0.25),
    upper_kw=quarters(0.25, 60.0),
)
@settings(max_examples=100, deadline=None)
@example(data=None, rule="proportional", lower_kw=-10.0, upper_kw=5.0)
def test_discharging_is_shared_as_charging_is(
    data: st.DataObject | None, rule: str, lower_kw: float, upper_kw: float
) -> None:
    """With all signs turned round, all grants are turned round."""
    if data is None:
        asked_kw, least_kw = [30.0, -20.0, -7.5], [26.0, 0.0, 4.0]
    else:
        count = data.draw(st.integers(1, 5))
        asked_kw = [data.draw(quarters(-60.0, 60.0)) for _ in range(count)]
        least_kw = [data.draw(st.just(0.0) | quarters(0.0, 30.0)) for _ in range(count)]
    turned = [-asked for asked in asked_kw]
    one = granted_kw(asked_kw, lower_kw, upper_kw, rule, least_kw)
    other = granted_kw(turned, -upper_kw, -lower_kw, rule, least_kw)
    assert other == pytest.approx([-power for power in one], abs=1e-9)
