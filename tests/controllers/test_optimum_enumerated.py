"""The optimum against every plan there is on a grid of powers, all of them played in the simulation itself."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Simulation, optimal_schedule
from pev_battery_charge.simulation_state import SimulationState
from tests.controllers.planning.plans import Floats, area, assert_certified, pev, slack
from tests.strategies import COORDINATORS, quarters, schedule_of, schedules, transition_socs

pytestmark = pytest.mark.slow

LEAST_UNMET_SLACK_KWH = 1e-6


@dataclass(frozen=True)
class Outcomes:
    """What each of the plans comes to, `[P]`."""

    loss: Floats
    unmet_kwh: Floats
    peak_kw: Floats
    cost: Floats

    def least(self, objective: str) -> float:
        """The best objective of any plan; peak and cost of those with the least unmet energy of all."""
        if objective == "reward":
            return float(self.loss.min())
        if objective == "unmet":
            return float(self.unmet_kwh.min())
        return self.least_within(objective, float(self.unmet_kwh.min()))

    def least_within(self, objective: str, most_unmet_kwh: float) -> float:
        serving = self.unmet_kwh <= most_unmet_kwh + LEAST_UNMET_SLACK_KWH
        found = self.peak_kw if objective == "peak" else self.cost
        return float(found[serving].min(initial=np.inf))


def every_plan(levels_kw: list[list[float]], steps: int) -> Floats:
    """`[P, T, N]`: all requests there are, if station n asks for one of `levels_kw[n]` in each step."""
    grids = np.meshgrid(*(levels_kw * steps), indexing="ij")
    return np.stack([grid.ravel() for grid in grids], axis=1).reshape(-1, steps, len(levels_kw))


def simulation_of_many(scenario: Scenario, schedule: Schedule, count: int) -> Simulation:
    """So many areas at the beginning of the same episode."""
    one = Simulation(scenario)
    one.reset(schedule=schedule)
    state = one.state()
    many = Simulation(scenario, count, reuse_buffers=True)
    records = (np.repeat(part, count, axis=0) for part in (state.areas, state.stations, state.sessions))
    many.restore(SimulationState(0, *records, state.moments, list(state.random_states) * count))
    return many


def play_all(scenario: Scenario, schedule: Schedule, plans_kw: Floats, prices: Floats) -> Outcomes:
    """All plans at once, an area for each."""
    simulation = simulation_of_many(scenario, schedule, len(plans_kw))
    loss, peak, cost = (np.zeros(len(plans_kw)) for _ in range(3))
    for step in range(scenario.horizon_steps):
        loss -= simulation.step(plans_kw[:, step]).rewards.sum(axis=1, dtype=np.float64)
        peak = np.maximum(peak, simulation.areas["power_kw"])
        cost += prices[step] * simulation.areas["power_kw"] * scenario.step_minutes / 60.0
    sessions = schedule.sessions
    wanted_kwh = (sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]).sum()
    return Outcomes(loss, wanted_kwh - simulation.areas["books"]["stored_kwh"], peak, cost)


@st.composite
def tiny_areas(draw: st.DrawFn, steps: int, **fixed: Any) -> Scenario:
    stations = []
    for _ in range(2):
        high_kw = draw(quarters(1.0, 12.0))
        low_kw = draw(st.just(0.0) | quarters(0.0, high_kw))
        stations.append({"power_min_kw": low_kw, "power_max_kw": high_kw})
    most_kw = sum(station["power_max_kw"] for station in stations)
    cap_kw = draw(st.just(most_kw) | quarters(1.0, most_kw))
    weights = {name: draw(quarters(0.0, 2.0)) for name in ("soc", "area", "departure")}
    drawn = {
        "steps": steps,
        "coordinator": draw(st.sampled_from(COORDINATORS)),
        "reward": weights | {"exponent": draw(st.sampled_from([0.5, 1.0, 1.0, 2.0]))},
        "area": {"power_min_kw": draw(st.just(0.0) | quarters(0.0, cap_kw)), "power_max_kw": cap_kw},
    }
    return area(stations, cap_kw, **drawn | fixed)


def grid_of(scenario: Scenario, levels: int) -> list[list[float]]:
    """Nothing, the minimum, and evenly up to the maximum, for each station."""
    return [
        [0.0, *np.linspace(one.least_kw or one.power_max_kw / (levels - 1), one.power_max_kw, levels - 1).tolist()]
        for one in scenario.stations
    ]


@settings(max_examples=16)
@given(data=st.data())
@pytest.mark.parametrize(("steps", "levels"), [(3, 4), (4, 3)])
def test_no_plan_on_a_grid_is_below_the_bound_nor_better_than_the_optimum(
    steps: int, levels: int, data: st.DataObject
) -> None:
    scenario = data.draw(tiny_areas(steps))
    schedule = data.draw(schedules(scenario))
    prices = np.array(data.draw(st.lists(quarters(-2.0, 4.0), min_size=steps, max_size=steps)))
    outcomes = play_all(scenario, schedule, every_plan(grid_of(scenario, levels), steps), prices)
    for objective in ("reward", "unmet", "peak", "cost"):
        given_prices = prices if objective == "cost" else None
        optimum = optimal_schedule(scenario, schedule, objective, prices=given_prices)
        assert_certified(optimum, scenario, schedule, objective, given_prices)
        assert outcomes.unmet_kwh.min() >= optimum.least_unmet_kwh - slack(optimum.least_unmet_kwh)
        if objective in ("reward", "unmet"):
            least = outcomes.least(objective)
        else:
            least = outcomes.least_within(objective, optimum.unmet_kwh)
            if not np.isfinite(least):
                continue
        assert least >= optimum.bound - slack(least)
        if optimum.status == "optimal":
            assert optimum.objective <= least + 2.0 * slack(least)


WHOLE_NUMBERS = [pev(0, 3, 6.0), pev(0, 2, 8.0, energy_arrival_kwh=4.0), pev(2, 4, 4.0), pev(3, 4, 6.0)]
PRICES = np.array([3.0, 1.0, 2.0, 4.0])


@pytest.mark.parametrize("coordinator", COORDINATORS)
@pytest.mark.parametrize("cap_kw", [2.0, 6.0, 8.0])
def test_where_the_grid_holds_the_optimum_they_are_equal(coordinator: str, cap_kw: float) -> None:
    """Everything comes in multiples of 2 kWh, and so does the best plan."""
    stations = [{"power_max_kw": 4.0}, {"power_max_kw": 6.0}]
    reward = {"soc": 1.0, "area": 100.0, "departure": 2.0}
    scenario = area(stations, cap_kw, 4, coordinator=coordinator, reward=reward)
    schedule = schedule_of(WHOLE_NUMBERS, 2, patience_minutes=60.0)
    outcomes = play_all(scenario, schedule, every_plan([[0.0, 2.0, 4.0], [0.0, 2.0, 4.0, 6.0]], 4), PRICES)
    for objective in ("unmet", "reward", "cost"):
        optimum = optimal_schedule(scenario, schedule, objective, prices=PRICES if objective == "cost" else None)
        assert optimum.status == "optimal"
        assert optimum.objective == pytest.approx(outcomes.least(objective), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("coordinator", ["none", "proportional", "first_come"])
@pytest.mark.parametrize("objective", ["unmet", "reward", "peak", "cost"])
def test_with_minima_and_whole_numbers_they_are_equal_too(coordinator: str, objective: str) -> None:
    """Stations that give 4 or 6 kW, a cap of 6: only one can charge at a time."""
    stations = [{"power_min_kw": 4.0, "power_max_kw": 6.0}] * 2
    scenario = area(stations, 6.0, 4, coordinator=coordinator, reward={"area": 100.0, "departure": 2.0})
    schedule = schedule_of([pev(0, 3, 10.0), pev(1, 4, 8.0, energy_arrival_kwh=8.0)], 2)
    prices = PRICES if objective == "cost" else None
    levels_kw = [0.0, 4.0, 5.0 if objective == "peak" else 6.0]
    outcomes = play_all(scenario, schedule, every_plan([levels_kw] * 2, 4), PRICES)
    optimum = optimal_schedule(scenario, schedule, objective, prices=prices)
    assert_certified(optimum, scenario, schedule, objective, prices)
    assert optimum.status == "optimal"
    assert optimum.objective == pytest.approx(outcomes.least(objective), rel=1e-6, abs=1e-6)


@settings(max_examples=20)
@given(transition_soc=transition_socs(), held_kwh=quarters(0.0, 10.0), minimum_kw=quarters(0.0, 2.0))
def test_a_fine_grid_comes_close_to_the_optimum_of_a_battery_that_tapers(
    transition_soc: float, held_kwh: float, minimum_kw: float
) -> None:
    """One station in steps of 1/4 kW over three steps, with an area that wants at least 3 kW asked for."""
    one = pev(0, 3, 10.0 - held_kwh, energy_arrival_kwh=held_kwh, capacity_kwh=10.0, transition_soc=transition_soc)
    stations = [{"power_min_kw": minimum_kw, "power_max_kw": 4.0}]
    schedule = schedule_of([one | {"power_max_kw": 5.0, "efficiency": 0.9}], 1)
    limits = {"power_min_kw": 3.0, "power_max_kw": 3.5}
    scenario = area(stations, 3.5, 3, area=limits, reward={"soc": 1.0, "area": 0.25, "departure": 0.5})
    levels = [level for level in np.linspace(0.0, 4.0, 17).tolist() if level == 0.0 or level >= minimum_kw]
    outcomes = play_all(scenario, schedule, every_plan([levels], 3), PRICES)
    for objective in ("reward", "unmet"):
        optimum = optimal_schedule(scenario, schedule, objective)
        least = outcomes.least(objective)
        assert least >= optimum.bound - slack(least)
        assert optimum.bound >= least - (0.2 if objective == "reward" else 0.3)
        if optimum.status == "optimal":
            assert optimum.objective <= least + slack(least)
