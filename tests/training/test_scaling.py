"""The scaled numbers: each what its table says, and none of them loses anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import DEFAULT_FEATURES, STATE_FEATURES
from pev_battery_charge.training.scaling import scale_actions, scale_observations

SEEN = {
    "power_min_kw": 1.4,
    "power_max_kw": 11.0,
    "area_power_max_kw": 44.0,
    "area_power_min_kw": 4.4,
    "plugged": 1.0,
    "energy_remaining_kwh": 16.5,
    "area_power_kw": 33.0,
    "power_kw": 5.5,
    "time_left_h": 2.5,
    "soc": 0.4,
    "hour": 18.0,
    "progress": 0.25,
}


def test_every_number_is_what_the_table_says() -> None:
    scaled = scale_observations(np.array([list(SEEN.values())], np.float32), STATE_FEATURES)
    expected = [1.4 / 11, 1.1, 0.25, 0.1, 1.0, 1.5, np.log(2.0), 0.5, 0.25, 0.4, 0.75, 0.25]
    np.testing.assert_allclose(scaled, [expected], rtol=1e-6)


def test_extras_are_scaled_by_name_in_any_order() -> None:
    row = np.array([*list(SEEN.values())[: len(DEFAULT_FEATURES)], 18.0, 2.5], np.float32)
    np.testing.assert_allclose(scale_observations(row, (*DEFAULT_FEATURES, "hour", "time_left_h"))[-2:], [0.75, 0.25])


@given(st.integers(0, 2**32 - 1))
def test_the_eight_numbers_can_be_computed_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    cap, power_max = random.uniform(20.0, 200.0), random.uniform(3.0, 20.0)
    shares = random.uniform(0.0, 1.0, 5)
    seen = np.array(
        [shares[0] * power_max, power_max, cap, shares[1] * cap, 1.0, shares[2] * 80.0, shares[3] * cap, shares[4]],
        np.float32,
    )
    low, power, own_of_cap, area_low, plugged, hours, headroom, own = scale_observations(seen).astype(float)
    back_power = power * 10.0
    back_cap = back_power / own_of_cap
    back = [
        low * back_power,
        back_power,
        back_cap,
        area_low * back_cap,
        plugged,
        hours * back_power,
        back_cap - np.expm1(headroom) * back_power,
        own * back_power,
    ]
    np.testing.assert_allclose(back, seen, rtol=1e-4, atol=1e-3)


def test_an_uncapped_area_may_draw_more_than_its_cap() -> None:
    seen = np.array([*SEEN.values()], np.float32)[: len(DEFAULT_FEATURES)]
    seen[DEFAULT_FEATURES.index("area_power_kw")] = 50.0
    assert scale_observations(seen)[DEFAULT_FEATURES.index("area_power_kw")] == 0.0


def test_what_is_given_is_not_changed() -> None:
    seen = pbc.Simulation("public-10").reset(seed=1)
    before = seen.copy()
    scale_observations(seen)
    np.testing.assert_array_equal(seen, before)


@pytest.mark.parametrize(("action", "kw"), [(-1.0, 0.0), (0.0, 5.5), (1.0, 11.0), (0.5, 8.25)])
def test_actions_are_shares_of_the_stations_own_limit(action: float, kw: float) -> None:
    asked = scale_actions(np.array([[action, action]], np.float32), np.zeros((1, 2)), np.array([[11.0, 22.0]]))
    np.testing.assert_allclose(asked, [[kw, 2.0 * kw]])
