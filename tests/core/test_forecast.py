"""Errors of forecasts: their mean, growth and correlation; the same for all that ask, and none where none is wished."""

import math

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.core.forecast import BUY_PRICE, LOAD, unit_error, unit_errors
from tests.catalogue.test_site_features import started, two_stations

LEADS = np.array([1.0, 2.0, 4.0, 24.0, 96.0])


def drawn(column: int = BUY_PRICE, steps: int = 8) -> np.ndarray:
    """z of many keys: `[keys, steps, leads]`."""
    return np.array([unit_errors(key * 7919, column, np.arange(float(steps)), LEADS, 0.25) for key in range(4000)])


def test_they_have_mean_0_and_standard_deviation_1_before_they_grow() -> None:
    errors = drawn()
    assert np.abs(errors.mean(axis=0)).max() < 0.06
    assert np.abs(errors.std(axis=0) - 1.0).max() < 0.05


def test_neighbouring_steps_and_leads_share_most_and_distant_ones_nothing() -> None:
    errors = drawn(steps=500)[:, [0, 1, 4, 499]]
    between = [np.corrcoef(errors[:, 0, 0], other)[0, 1] for other in (errors[:, 1, 0], errors[:, 0, 1])]
    assert min(between) > 0.9
    assert 0.5 < np.corrcoef(errors[:, 0, 0], errors[:, 2, 0])[0, 1] < between[0]
    assert abs(np.corrcoef(errors[:, 0, 0], errors[:, 3, 0])[0, 1]) < 0.06
    assert abs(np.corrcoef(errors[:, 0, 0], drawn(LOAD)[:, 0, 0])[0, 1]) < 0.06


@pytest.mark.parametrize("key", [0, 1, 2**32 + 5, 2**64 - 1])
def test_they_are_a_pure_function_of_key_step_and_lead(key: int) -> None:
    errors = unit_errors(key, BUY_PRICE, np.arange(5.0), LEADS, 0.25)
    assert errors.tobytes() == unit_errors(key, BUY_PRICE, np.arange(5.0), LEADS, 0.25).tobytes()
    assert errors[3, 2] == unit_error(np.uint64(key), BUY_PRICE, 3, 4, 0.25)


def wrong(error: float, key: int = 11) -> pbc.Simulation:
    simulation = started(two_stations("buy_price", "buy_price@1h", "buy_price@4h", "target_kw@4h"), buy_price=0.2)
    simulation.areas["forecast_key"], simulation.areas["forecast_error"] = key, error
    return simulation


def test_what_is_seen_ahead_is_wrong_by_them_and_by_nothing_else() -> None:
    told = wrong(0.1).observe()[0]
    z = unit_errors(11, BUY_PRICE, np.array([0.0]), np.array([1.0, 4.0]), 1.0)[0]
    assert told[0, 1:3] == pytest.approx(0.2 + 0.1 * np.array([1.0, math.sqrt(4.0)]) * 0.2 * z)
    assert told[0, 0] == np.float32(0.2)  # the present is known
    assert told[0, 3] == 0.0  # a target is announced
    assert told[0].tobytes() == told[1].tobytes()  # two stations are told the same


def test_there_are_none_where_forecasts_are_right() -> None:
    assert (wrong(0.0).observe()[..., :3] == np.float32(0.2)).all()
