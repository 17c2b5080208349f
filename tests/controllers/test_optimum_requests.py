"""Rewards that count what is asked for: above the cap, and below the area's minimum."""

import numpy as np
import pytest

from pev_battery_charge import optimal_schedule
from tests.controllers.planning.plans import NEAR, area, assert_certified, pev
from tests.strategies import COORDINATORS, schedule_of

ONLY_AREA = {"soc": 0.0, "local": 0.0, "area": 1.0, "departure": 0.0}


@pytest.mark.parametrize("departure", [0.1, 10.0])
def test_without_a_coordinator_the_cap_is_broken_where_that_is_worth_it(departure: float) -> None:
    """Two PEVs of 6 kWh for one step under a cap of 8 kW: 4 kW more serve both, and cost each 4 / 8 of the weight."""
    reward = {"soc": 0.0, "local": 0.0, "area": 1.0, "departure": departure}
    scenario = area(2, 8.0, 4, coordinator="none", reward=reward)
    schedule = schedule_of([pev(0, 1, 6.0), pev(0, 1, 6.0)], 2)
    optimum = optimal_schedule(scenario, schedule)
    assert_certified(optimum, scenario, schedule, "reward")
    assert optimum.status == "optimal"
    kept, broken = departure * 4 / 6, 2 * 4 / 8
    assert optimum.objective == pytest.approx(min(kept, broken), **NEAR)
    assert optimum.power_kw[0].sum() == pytest.approx(8.0 if kept < broken else 12.0)
    assert optimal_schedule(scenario, schedule, "unmet").objective == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("coordinator", COORDINATORS)
@pytest.mark.parametrize("steps_here", [1, 3])
def test_an_area_that_wants_more_than_its_pevs_need_is_asked_for_nothing_useful(
    coordinator: str, steps_here: int
) -> None:
    """A full PEV at a station of 10 kW can ask for the 6 kW that the area wants; nothing comes of it."""
    limits = {"power_min_kw": 6.0, "power_max_kw": 8.0}
    scenario = area(2, 8.0, 4, area=limits, reward=ONLY_AREA, coordinator=coordinator)
    schedule = schedule_of([pev(0, steps_here, 0.0, energy_arrival_kwh=50.0)], 2)
    optimum = optimal_schedule(scenario, schedule)
    assert_certified(optimum, scenario, schedule, "reward")
    assert optimum.objective == pytest.approx(0.0, abs=1e-9)
    assert (optimum.requests_kw[:steps_here].sum(axis=1) >= 6.0 - 1e-6).all()
    assert not optimum.power_kw.any()


def test_a_station_asks_beyond_what_its_pev_takes_to_reach_the_areas_minimum() -> None:
    # The PEV takes 3 kW for 2 h, the station may ask for up to 10: nothing is short of 7 kW in any of the 4 steps.
    limits = {"power_min_kw": 7.0, "power_max_kw": 20.0}
    scenario = area(1, 20.0, 4, area=limits, reward=ONLY_AREA | {"soc": 1.0})
    schedule = schedule_of([pev(0, 4, 6.0, power_max_kw=3.0)], 1)
    optimum = optimal_schedule(scenario, schedule)
    assert_certified(optimum, scenario, schedule, "reward")
    assert optimum.objective == pytest.approx(3 / 6, **NEAR)
    assert (optimum.requests_kw.sum(axis=1) >= 7.0 - 1e-6).all()
    # A station of 5 kW falls 2 kW short: 2 / 20 in each step.
    small = scenario.replace(stations=[{"power_max_kw": 5.0}])
    assert optimal_schedule(small, schedule).objective == pytest.approx(3 / 6 + 4 * 2 / 20, **NEAR)


def test_everybody_plugged_in_pays_for_what_is_missing_to_the_areas_minimum() -> None:
    # Three stations of 2 kW under a minimum of 10: 10 - 2 n are missing over the cap of 20, for each of the n PEVs.
    limits = {"power_min_kw": 10.0, "power_max_kw": 20.0}
    scenario = area([{"power_max_kw": 2.0}] * 3, 20.0, 6, area=limits, reward=ONLY_AREA | {"area": 3.0})
    pevs = [pev(0, 1, 1.0), pev(0, 2, 0.0), pev(1, 4, 50.0), pev(3, 5, 5.0)]
    optimum = optimal_schedule(scenario, schedule_of(pevs, 3))
    plugged = np.array([2, 2, 1, 2, 1, 0])
    expected = 3.0 * float((plugged * (10.0 - 2.0 * plugged) / 20.0)[plugged > 0].sum())
    assert optimum.objective == pytest.approx(expected, **NEAR)


def test_stations_minima_count_for_what_is_asked_for_beside_the_need() -> None:
    """A full PEV at a station of 4 to 6 kW: asking for 4 is too much for a cap of 3, and too little is nothing."""
    limits = {"power_min_kw": 2.0, "power_max_kw": 3.0}
    stations = [{"power_min_kw": 4.0, "power_max_kw": 6.0}]
    scenario = area(stations, 3.0, 2, area=limits, reward=ONLY_AREA, coordinator="none")
    optimum = optimal_schedule(scenario, schedule_of([pev(0, 2, 0.0, energy_arrival_kwh=10.0)], 1))
    assert optimum.objective == pytest.approx(2 * 1 / 3, **NEAR)
    assert optimum.status == "optimal"


@pytest.mark.parametrize("coordinator", ["none", "equal"])
def test_a_taper_needs_requests_above_the_power_which_the_cap_may_forbid(coordinator: str) -> None:
    """From the transition on, a battery draws less than it is asked for: a dear cap holds requests, not powers."""
    battery = {"capacity_kwh": 10.0, "energy_arrival_kwh": 5.0, "transition_soc": 0.0, "power_max_kw": 20.0}
    reward = {"soc": 0.0, "local": 0.0, "area": 1000.0, "departure": 1.0}
    schedule = schedule_of([pev(0, 1, 5.0, **battery)], 1)
    stored = {}
    for cap_kw in (4.0, 20.0):
        scenario = area([{"power_max_kw": 20.0}], cap_kw, 1, coordinator=coordinator, reward=reward)
        optimum = optimal_schedule(scenario, schedule)
        assert_certified(optimum, scenario, schedule, "reward")
        assert optimum.status == "optimal"
        assert optimum.requests_kw.sum() <= cap_kw * (1.0 + 1e-9)
        stored[cap_kw] = 10.0 * (1.0 - optimum.objective) - 5.0
    # With k = 10 / 20: at 20 kW the taper holds from the beginning on, m (1 - exp(-1 / k)); at 4 kW, k d = 0.2 and
    # (1 + k) d = 0.6, so that it is met on the way: m - k d exp(m / (k d) - (1 + k) / k).
    assert stored[20.0] == pytest.approx(5.0 * (1.0 - np.exp(-2.0)), rel=1e-5)
    assert stored[4.0] == pytest.approx(10.0 * (0.5 - 0.2 * np.exp(0.5 / 0.2 - 3.0)), rel=1e-5)
