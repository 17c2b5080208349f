"""The certificate: nobody gets below the bound, the plan keeps every limit, and the environment does what it says."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Trace, load_scenario, optimal_schedule
from pev_battery_charge.controllers import make_controller
from pev_battery_charge.controllers.optimum import Optimum
from tests.controllers.planning.effort import work_for_time
from tests.controllers.planning.plans import (
    Floats,
    assert_certified,
    play,
    play_controller,
    slack,
    value,
)
from tests.strategies import policies, quarters, scenarios, schedules

Policy = Callable[[int, Floats], Floats]

OTHERS = ("constant", "uncontrolled", "earliest-deadline", "least-laxity", "proportional", "valley-filling")


def rivals(scenario: Scenario, schedule: Schedule, ask: Policy) -> list[Trace]:
    """What everybody else makes of a schedule: a policy without sense, and controllers with some."""
    limits_kw = np.array([station.power_max_kw for station in scenario.stations])
    blind_kw = np.stack([ask(step, limits_kw) for step in range(scenario.horizon_steps)])
    others = [play_controller(scenario, schedule, make_controller(name)) for name in OTHERS]
    return [play(scenario, schedule, blind_kw), *others]


def neighbours(scenario: Scenario, schedule: Schedule, requests_kw: Floats) -> list[Trace]:
    """Plans near to one that is said to be optimal: requests cut, raised, moved to the step before or after."""
    random = np.random.default_rng(0)
    shape = requests_kw.shape
    changed = [requests_kw * random.choice([0.0, 0.9, 1.0, 1.0, 1.1], shape) for _ in range(4)]
    changed += [requests_kw + random.choice([0.0, 0.0, 0.5, 3.0], shape) for _ in range(3)]
    changed += [np.roll(requests_kw, by, axis=0) for by in (-1, 1)]
    return [play(scenario, schedule, one) for one in changed]


@st.composite
def areas_without_minima(draw: st.DrawFn) -> Scenario:
    limits_kw = draw(st.lists(quarters(1.0, 25.0), min_size=1, max_size=4))
    cap_kw = draw(quarters(1.0, sum(limits_kw)))
    least_kw = draw(st.just(0.0) | quarters(0.0, cap_kw))
    stations = [{"power_max_kw": limit} for limit in limits_kw]
    return draw(scenarios(stations=stations, area={"power_min_kw": least_kw, "power_max_kw": cap_kw}))


def check(scenario: Scenario, schedule: Schedule, objective: str, ask: Policy, nodes: int | None = None) -> str:
    """Find the optimum, hold everything against it that must hold, and return its status.

    nodes: after how many nodes of a solver's search its time is over; None: there is no limit.
    """
    with work_for_time(nodes=nodes or 0):
        limit_s = None if nodes is None else 1.0
        optimum = optimal_schedule(scenario, schedule, objective, time_limit_s=limit_s)
    assert_certified(optimum, scenario, schedule, objective)
    for trace in rivals(scenario, schedule, ask) + neighbours(scenario, schedule, optimum.requests_kw):
        reached = value(trace, objective)
        assert reached >= optimum.bound - slack(reached)
        assert optimum.regret(reached) >= -optimum.gap - slack(reached)
        assert value(trace, "unmet") >= optimum.least_unmet_kwh - slack(optimum.least_unmet_kwh)
    return optimum.status


@settings(max_examples=25)
@given(data=st.data())
@pytest.mark.parametrize("objective", ["reward", pytest.param("unmet", marks=pytest.mark.slow)])
def test_without_minima_the_optimum_is_found_and_nobody_gets_below_it(objective: str, data: st.DataObject) -> None:
    scenario = data.draw(areas_without_minima())
    schedule = data.draw(schedules(scenario))
    status = check(scenario, schedule, objective, data.draw(policies()))
    chord = objective == "reward" and scenario.reward.literal("missing", "exponent") < 1.0
    assert status == "optimal" or (chord and status == "gap")


@settings(max_examples=20)
@given(data=st.data())
@pytest.mark.parametrize("objective", ["reward", pytest.param("unmet", marks=pytest.mark.slow)])
def test_with_minima_and_little_time_the_bound_holds_as_well(objective: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios())
    schedule = data.draw(schedules(scenario))
    check(scenario, schedule, objective, data.draw(policies()), 10)


@settings(max_examples=10)
@given(data=st.data())
def test_an_exponent_below_1_leaves_a_gap_but_the_bound_holds(data: st.DataObject) -> None:
    scenario = data.draw(areas_without_minima())
    scenario = scenario.replace(reward={"soc": 1.0, "exponent": data.draw(st.sampled_from([0.25, 0.5, 0.75]))})
    schedule = data.draw(schedules(scenario))
    assert check(scenario, schedule, "reward", data.draw(policies())) in ("optimal", "gap")


@settings(max_examples=10)
@given(data=st.data())
def test_two_calls_give_the_same_bits(data: st.DataObject) -> None:
    scenario = data.draw(areas_without_minima())
    schedule = data.draw(schedules(scenario))
    for objective in ("reward", "unmet", "peak"):
        first, second = (optimal_schedule(scenario, schedule, objective) for _ in range(2))
        assert_same(first, second)


@pytest.mark.parametrize("name", ["paper-5x20", "public-10"])
def test_two_calls_give_the_same_bits_for_a_whole_day(name: str) -> None:
    assert_same(*(optimal_schedule(load_scenario(name), seed=3) for _ in range(2)))


def test_two_calls_give_the_same_bits_with_minima() -> None:
    stations = {"count": 3, "power_min_kw": 4.0, "power_max_kw": 11.0}
    scenario = Scenario(
        stations=stations,
        area={"power_max_kw": 12.0},
        population={"pevs": 6, "stay_minutes": 120.0},
        step_minutes=15.0,
        horizon_steps=32,
    )
    assert_same(*(optimal_schedule(scenario, seed=3) for _ in range(2)))


def assert_same(first: Optimum, second: Optimum) -> None:
    for name in ("objective", "bound", "status", "unmet_kwh", "least_unmet_kwh", "rounds"):
        assert getattr(first, name) == getattr(second, name)
    np.testing.assert_array_equal(first.requests_kw, second.requests_kw)
    np.testing.assert_array_equal(first.trace.records, second.trace.records)
