"""Stations that give nothing, or a minimum: mixed-integer programs, their gaps, and what there is when time is out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, generate_schedule, optimal_schedule
from pev_battery_charge.controllers import make_controller
from tests.controllers.planning.effort import work_for_time
from tests.controllers.planning.plans import NEAR, area, assert_certified, pev, play_controller, slack, value
from tests.strategies import COORDINATORS, quarters, schedule_of

FOUR_TO_SIX = {"power_min_kw": 4.0, "power_max_kw": 6.0}


def test_what_is_below_the_minimum_cannot_be_given() -> None:
    # 9 kWh: 6 and 3 do not go, 5 and 4 do. 7 kWh: only 6, or 4. 3 kWh: nothing.
    for need_kwh, unmet_kwh in ((9.0, 0.0), (8.0, 0.0), (7.0, 1.0), (6.0, 0.0), (4.0, 0.0), (3.0, 3.0)):
        scenario, schedule = area([FOUR_TO_SIX], 10.0), schedule_of([pev(0, 4, need_kwh)], 1)
        optimum = optimal_schedule(scenario, schedule, "unmet")
        assert_certified(optimum, scenario, schedule, "unmet")
        assert optimum.status == "optimal"
        assert optimum.objective == pytest.approx(unmet_kwh, **NEAR)
        assert optimum.least_unmet_kwh == pytest.approx(unmet_kwh, **NEAR)


def test_the_reward_with_a_minimum_by_hand() -> None:
    # 9 kWh as 5 and 4: 4 / 9 is missing after the first step. 7 kWh: 6 at once, and 1 / 7 for the other three steps.
    scenario = area([FOUR_TO_SIX], 10.0)
    for need_kwh, loss in ((9.0, 4 / 9), (7.0, 4 * 1 / 7), (3.0, 4 * 1.0)):
        optimum = optimal_schedule(scenario, schedule_of([pev(0, 4, need_kwh)], 1))
        assert optimum.status == "optimal"
        assert optimum.objective == pytest.approx(loss, **NEAR)


@pytest.mark.parametrize("coordinator", COORDINATORS)
@pytest.mark.parametrize(("cap_kw", "at_once"), [(4.0, 1), (7.9, 1), (8.0, 2), (8.1, 2), (12.0, 3)])
def test_minima_that_fill_the_cap_to_the_last_bit_are_given(coordinator: str, cap_kw: float, at_once: int) -> None:
    """Three PEVs of 8 kWh for two steps each, of which only as many can charge at a time as minima fit the cap."""
    pevs = [pev(0, 2, 8.0) for _ in range(3)]
    scenario = area([{"power_min_kw": 4.0, "power_max_kw": 4.0}] * 3, cap_kw, 2, coordinator=coordinator)
    schedule = schedule_of(pevs, 3)
    optimum = optimal_schedule(scenario, schedule, "unmet")
    assert_certified(optimum, scenario, schedule, "unmet")
    assert optimum.status == "optimal"
    expected = 0.0 if coordinator == "none" else 24.0 - 2 * 4.0 * at_once
    assert optimum.objective == pytest.approx(expected, **NEAR)


def test_a_minimum_and_the_rest_of_the_cap_go_together() -> None:
    # 10 kW: 6 at least for the one, what is left for the other, which has no minimum.
    stations = [{"power_min_kw": 6.0, "power_max_kw": 6.0}, {"power_max_kw": 10.0}]
    scenario = area(stations, 10.0, 3, coordinator="proportional")
    schedule = schedule_of([pev(0, 3, 18.0), pev(0, 3, 20.0)], 2)
    optimum = optimal_schedule(scenario, schedule, "unmet")
    assert optimum.status == "optimal"
    assert optimum.objective == pytest.approx(8.0, **NEAR)
    assert optimum.power_kw.sum(axis=1) == pytest.approx(np.full(3, 10.0))


@pytest.mark.slow
def test_the_solver_does_not_reject_its_own_plan() -> None:
    """A program whose solution HiGHS called infeasible by itself, by 7e-9 kW, and gave no bound for."""
    stations = [
        {"power_min_kw": 6.75, "power_max_kw": 14.0},
        {"power_min_kw": 17.75, "power_max_kw": 25.0},
    ]
    tapering = {"capacity_kwh": 9.5, "energy_arrival_kwh": 0.8835, "energy_target_kwh": 8.417, "power_max_kw": 7.75}
    linear = {"capacity_kwh": 43.5, "energy_arrival_kwh": 3.1755, "energy_target_kwh": 25.1865, "power_max_kw": 33.25}
    efficiencies = {"efficiency": 0.8814650136217498}, {"efficiency": 0.9927177336142394}
    pevs = [
        pev(0, 7, 0.0) | tapering | efficiencies[0] | {"departure_min": 417.0, "transition_soc": 0.8},
        pev(0, 6, 0.0) | linear | efficiencies[1] | {"transition_soc": 0.8},
    ]
    scenario = area(stations, 51.0, 30, step_minutes=22.25168789328727, coordinator="least_laxity")
    schedule = schedule_of(pevs, 2)
    with work_for_time(nodes=1000):
        optimum = optimal_schedule(scenario, schedule, "unmet", time_limit_s=1.0)
    assert_certified(optimum, scenario, schedule, "unmet")
    # Three steps at full power are the most that the first takes; the second fills up in three steps within its limits.
    assert optimum.objective == pytest.approx(0.110169, abs=1e-4)
    assert optimum.bound >= 0.0889
    prices = np.full(30, -1.0)
    with work_for_time(nodes=1000):
        rewarded = optimal_schedule(scenario, schedule, "cost", prices=prices, time_limit_s=1.0)
    assert_certified(rewarded, scenario, schedule, "cost", prices)
    assert rewarded.objective < -30.0


@settings(max_examples=15)
@given(data=st.data())
def test_minima_never_help_and_minima_of_nearly_0_never_hurt(data: st.DataObject) -> None:
    limits_kw = data.draw(st.lists(quarters(4.0, 12.0), min_size=1, max_size=3))
    cap_kw = data.draw(quarters(4.0, sum(limits_kw)))
    pevs = [
        pev(
            arrive := data.draw(quarters(0.0, 3.0)),
            arrive + data.draw(quarters(1.0, 4.0)),
            data.draw(quarters(1.0, 15.0)),
        )
        for _ in range(data.draw(st.integers(1, 5)))
    ]
    schedule = schedule_of(pevs, len(limits_kw), patience_minutes=60.0)
    reached = []
    for least_kw in (0.0, 1e-4, 3.0):
        stations = [{"power_min_kw": least_kw, "power_max_kw": limit} for limit in limits_kw]
        scenario = area(stations, cap_kw, 6)
        with work_for_time(nodes=200):
            optimum = optimal_schedule(scenario, schedule, time_limit_s=1.0)
        assert_certified(optimum, scenario, schedule, "reward")
        reached.append(optimum)
    without, tiny, with_minima = reached
    assert with_minima.objective >= without.bound - slack(without.bound)
    assert tiny.objective == pytest.approx(without.objective, abs=1e-3)


@pytest.fixture(scope="module")
def large() -> tuple[Scenario, Schedule]:
    """Twenty stations with minima: far too much to solve in a moment."""
    scenario = Scenario(
        stations={"count": 20, "power_min_kw": 4.0, "power_max_kw": 11.0},
        area={"power_max_kw": 45.0},
        population={"pevs": 60, "transition_soc": 0.8},
        reward={"departure": 1.0},
    )
    return scenario, generate_schedule(scenario, 2)


@pytest.mark.parametrize("objective", ["reward", "unmet", "peak", "cost"])
@pytest.mark.parametrize("work", [{"iterations": 0, "nodes": 0}, {"iterations": 500, "nodes": 0}])
def test_out_of_time_there_is_a_plan_within_the_limits_and_a_bound(
    large: tuple[Scenario, Schedule], objective: str, work: dict[str, int]
) -> None:
    """Out of time before the first step, and within a linear program."""
    scenario, schedule = large
    prices = np.linspace(-1.0, 2.0, scenario.horizon_steps) if objective == "cost" else None
    with work_for_time(**work):
        optimum = optimal_schedule(scenario, schedule, objective, prices=prices, time_limit_s=1.0)
    assert optimum.status == "time limit"
    assert_certified(optimum, scenario, schedule, objective, prices)
    assert np.isfinite(optimum.bound)
    for name in ("earliest-deadline", "least-laxity", "proportional"):
        trace = play_controller(scenario, schedule, make_controller(name))
        assert value(trace, "unmet") >= optimum.least_unmet_kwh - slack(optimum.least_unmet_kwh)
        if objective in ("reward", "unmet"):
            assert value(trace, objective) >= optimum.bound - slack(optimum.bound)


def test_a_time_limit_that_is_over_at_once_is_kept(large: tuple[Scenario, Schedule]) -> None:
    """Before a program is even written down: no machine is so fast."""
    optimum = optimal_schedule(*large, "unmet", time_limit_s=1e-9)
    assert (optimum.status, optimum.rounds) == ("time limit", 1)


def test_out_of_time_the_plan_is_not_worse_than_who_leaves_first_goes_first(large: tuple[Scenario, Schedule]) -> None:
    scenario, schedule = large
    greedy = play_controller(scenario, schedule, make_controller("earliest-deadline"))
    for objective in ("reward", "unmet"):
        optimum = optimal_schedule(scenario, schedule, objective, time_limit_s=1e-9)
        assert optimum.objective <= value(greedy, objective) + slack(optimum.objective)
