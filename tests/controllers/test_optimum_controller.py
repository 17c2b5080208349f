"""The controller that plays the optimum: it is told every schedule beforehand, and does exactly what was planned."""

import numpy as np
import pytest

from pev_battery_charge import Scenario, Simulation, generate_schedule, optimal_schedule
from pev_battery_charge.controllers import (
    Clairvoyant,
    Controller,
    OpenLoop,
    OptimalController,
    Reporting,
    make_controller,
)
from pev_battery_charge.evaluation import run
from pev_battery_charge.evaluation.runner import play
from tests.bits import bits
from tests.controllers.planning.plans import loss, unmet

SCENARIO = Scenario(horizon_steps=60, population={"pevs": 8, "stay_minutes": 120.0}, area={"power_max_kw": 15.0})


@pytest.mark.parametrize("objective", ["reward", "unmet", "peak"])
def test_it_plays_exactly_the_plan_of_each_area(objective: str) -> None:
    simulation = Simulation(SCENARIO, 2, record=True)
    simulation.reset(seed=11)
    controller = OptimalController(objective)
    for _ in play(simulation, controller):
        pass
    for number in range(2):
        expected = optimal_schedule(SCENARIO, generate_schedule(SCENARIO, 11 + number), objective)
        trace = simulation.trace(number)
        np.testing.assert_array_equal(trace.records["asked_kw"], expected.requests_kw)
        np.testing.assert_array_equal(trace.power_kw, expected.power_kw)
        assert controller.optima[number].objective == expected.objective
        if objective != "peak":
            assert expected.objective == pytest.approx(loss(trace) if objective == "reward" else unmet(trace))
    assert not np.array_equal(simulation.trace(0).power_kw, simulation.trace(1).power_kw)


def test_the_next_episode_is_planned_anew() -> None:
    controller = OptimalController("unmet")
    first = run(SCENARIO, controller, seed=1)
    for seed in (2, 1):
        trace = run(SCENARIO, controller, seed=seed)
        expected = optimal_schedule(SCENARIO, seed=seed, objective="unmet")
        np.testing.assert_array_equal(trace.records["asked_kw"], expected.requests_kw)
    np.testing.assert_array_equal(trace.records["asked_kw"], first.records["asked_kw"])


def test_by_name_it_minimises_the_loss_of_reward() -> None:
    trace = run(SCENARIO, "optimum", seed=4)
    assert loss(trace) == pytest.approx(optimal_schedule(SCENARIO, seed=4).objective, rel=1e-9)
    for name in ("constant", "uncontrolled", "least-laxity"):
        assert loss(run(SCENARIO, name, seed=4)) > loss(trace)


def test_a_single_area_plays_the_whole_plan_at_once_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """... as it is an open loop; with the steps told once, in the end."""
    simulation, stepped, told = Simulation(SCENARIO, record=True), OptimalController(), list[tuple[int, int]]()
    simulation.reset(seed=6)
    for _ in play(simulation, stepped):
        pass
    assert isinstance(stepped, OpenLoop)
    assert not isinstance(make_controller("mpc"), OpenLoop)

    def refuse(*_: object) -> None:
        raise AssertionError("steps one by one")

    monkeypatch.setattr(Simulation, "step", refuse)
    trace = run(SCENARIO, "optimum", seed=6, progress=lambda *steps: told.append(steps))
    assert bits(trace.records) == bits(simulation.trace().records)
    assert told == [(60, 60)]


def test_it_says_what_it_is() -> None:
    controller = make_controller("optimum")
    assert isinstance(controller, OptimalController)
    assert isinstance(controller, Clairvoyant)
    assert isinstance(controller, Reporting)
    plain: Controller = make_controller("constant")
    assert not isinstance(plain, Clairvoyant)


@pytest.mark.parametrize(("objective", "unit"), [("reward", ""), ("unmet", "kWh"), ("peak", "kW")])
def test_its_report_is_the_certificate(objective: str, unit: str) -> None:
    controller = OptimalController(objective)
    assert controller.report() == []
    run(SCENARIO, controller, seed=3)
    optimum = controller.optima[0]
    rows = controller.report()
    assert [row[1] for row in rows[:2]] == [f"{optimum.objective:,.6f}", f"{optimum.bound:,.6f}"]
    assert [row[2] for row in rows] == [unit, unit, "", "kWh", "s"]
    assert rows[3][1] == f"{optimum.least_unmet_kwh:,.2f}"
