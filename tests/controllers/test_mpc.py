"""The central planner: optimal where nothing is unknown, never without a plan, and blind to the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation, generate_schedule, optimal_schedule
from pev_battery_charge.controllers import CentralMpc, Snapshot
from pev_battery_charge.controllers.optimum import unmet_kwh
from pev_battery_charge.controllers.planning.linear import Solver
from pev_battery_charge.errors import EpisodeOverError
from pev_battery_charge.evaluation import run
from pev_battery_charge.populations.stated import with_stated_departures
from tests.controllers.planners import check_a_batch_is_controlled_area_by_area, loss_of, present_from_the_start
from tests.envs.episodes import pev
from tests.strategies import quarters, scenarios, schedule_of, schedules

WITHOUT_MINIMA = {"stations": {"count": 3, "power_max_kw": 11.0}}


@settings(max_examples=25)
@given(st.data())
def test_where_nobody_comes_later_it_is_the_optimum(data: st.DataObject) -> None:
    reward = {"soc": 1.0, "area": 2.0, "departure": 0.5, "exponent": data.draw(st.sampled_from([1.0, 2.0]))}
    area = {"power_max_kw": data.draw(quarters(4.0, 33.0))}
    scenario = data.draw(scenarios(**WITHOUT_MINIMA, coordinator="equal", reward=reward, area=area))
    schedule = data.draw(present_from_the_start(scenario, taper=data.draw(st.booleans())))
    optimum = optimal_schedule(scenario, schedule)
    loss = loss_of(scenario, schedule, CentralMpc())
    assert loss >= optimum.bound - 1e-6 * max(1.0, loss)
    assert loss == pytest.approx(optimum.objective, rel=2e-3, abs=1e-4)


def test_it_leaves_no_battery_short_where_tangents_of_a_square_cross() -> None:
    """Power is free: one battery can be full after a step, and is, though a program of tangents would not mind."""
    scenario = Scenario(
        step_minutes=20.579328488789574,
        horizon_steps=39,
        stations={"count": 2, "power_max_kw": 11.0},
        area={"power_max_kw": 21.0},
        coordinator="equal",
        population={"pevs": 1, "stay_minutes": 20.0},
        reward={"terms": {"missing": {"weight": 1.0, "exponent": 2.0}, "departure": {"weight": 0.5}}},
    )
    slow = {"capacity_kwh": 18.5, "energy_arrival_kwh": 10.36, "energy_target_kwh": 12.5245, "power_max_kw": 1.0}
    quick = {"capacity_kwh": 23.75, "energy_arrival_kwh": 1.8525, "energy_target_kwh": 2.47, "power_max_kw": 9.25}
    pevs = [
        pev(**slow, departure_min=25.0, efficiency=0.7),
        pev(**quick, departure_min=623.0, efficiency=0.99999, transition_soc=0.29351382247509833),
    ]
    schedule = schedule_of(pevs, 2)
    optimum = optimal_schedule(scenario, schedule)
    assert loss_of(scenario, schedule, CentralMpc()) == pytest.approx(optimum.objective, rel=1e-4)


def test_the_unmet_energy_can_be_what_it_plans_for() -> None:
    scenario = Scenario()
    schedule = generate_schedule(scenario, 0)
    lacking = {
        name: unmet_kwh(run(scenario, CentralMpc(objective=name), schedule=schedule)) for name in ("unmet", "reward")
    }
    assert lacking["unmet"] < lacking["reward"] - 1.0
    assert lacking["unmet"] >= optimal_schedule(scenario, schedule, "unmet").bound - 1e-6


@settings(max_examples=25)
@given(st.data())
def test_every_step_has_a_plan_within_the_limits_however_wrong_drivers_are(data: st.DataObject) -> None:
    scenario = data.draw(scenarios(coordinator="equal"))
    schedule = data.draw(schedules(scenario))
    if data.draw(st.booleans()):
        schedule = with_stated_departures(schedule, (-3.0, -0.1, 2.0), seed=data.draw(st.integers(0, 99)))
    objective = data.draw(st.sampled_from(["reward", "unmet"]))
    least_kw, limit_kw = (
        np.array([getattr(station, name) for station in scenario.stations]) for name in ("least_kw", "power_max_kw")
    )
    simulation, controller = Simulation(scenario), CentralMpc(scenario, objective)
    simulation.reset(schedule=schedule)
    while not simulation.over:
        requests_kw = controller(Snapshot.of(simulation))[0]
        assert (requests_kw <= limit_kw * (1.0 + 1e-9)).all()
        assert ((requests_kw == 0.0) | (requests_kw >= least_kw * (1.0 - 1e-6))).all()
        simulation.step(requests_kw[None])
        # What the batteries take of it: one that tapers within the step is asked for more than it draws on average.
        taken_kw = simulation.stations["made"]["acceptance_kw"].sum()
        assert taken_kw <= scenario.area.power_max_kw * (1.0 + 1e-6) or scenario.area.power_min_kw > 0.0


def test_minima_do_not_keep_vehicles_from_being_charged() -> None:
    """A cap that is too small for two stations at their minima: they must take turns."""
    scenario = Scenario(
        stations={"count": 3, "power_min_kw": 4.0, "power_max_kw": 11.0},
        area={"power_max_kw": 7.0},
        population={"pevs": 3, "stay_minutes": 480.0, "arrival_soc_max": 0.0},
    )
    trace = run(scenario, CentralMpc(), seed=1)
    lacking = trace.session_frame()["energy_unmet_kwh"].to_numpy()
    assert (lacking < 24.0).all()
    assert unmet_kwh(trace) == pytest.approx(optimal_schedule(scenario, trace.schedule, "unmet").objective, abs=1.0)


def test_it_starts_each_step_from_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    iterations: list[int] = []
    solve = Solver.solve

    def counted(self: Solver, *arguments: float, **more: bool) -> object:
        solution = solve(self, *arguments, **more)
        iterations.append(solution.iterations)
        return solution

    monkeypatch.setattr(Solver, "solve", counted)
    scenario = Scenario()
    simulation, warm, cold = Simulation(scenario), CentralMpc(scenario), CentralMpc(scenario)
    simulation.reset(seed=3)
    spent = {"warm": 0, "cold": 0}
    while not simulation.over:
        snapshot = Snapshot.of(simulation)
        for name, controller in (("cold", cold), ("warm", warm)):
            iterations.clear()
            cold._stands.clear()
            requests_kw = controller(snapshot)
            spent[name] += sum(iterations)
        simulation.step(requests_kw)
    assert spent["cold"] > 1000
    assert spent["warm"] < 0.4 * spent["cold"]


def test_a_batch_is_planned_area_by_area_to_the_bit() -> None:
    scenario = Scenario(horizon_steps=60, population={"pevs": 8, "stay_minutes": 120.0})
    check_a_batch_is_controlled_area_by_area(scenario, lambda: CentralMpc(scenario))


def test_it_must_be_told_its_scenario() -> None:
    simulation = Simulation()
    simulation.reset(seed=0)
    with pytest.raises(EpisodeOverError, match="does not know its scenario"):
        CentralMpc()(Snapshot.of(simulation))
