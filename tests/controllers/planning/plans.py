"""What the tests of the optimum share: small areas, plans played in them, and what a plan is worth, told anew."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pev_battery_charge import Scenario, Schedule, Simulation, Trace
from pev_battery_charge.controllers import Controller, Snapshot
from pev_battery_charge.controllers.optimum import Optimum

Floats = npt.NDArray[np.float64]

HOUR = 60.0
NEAR = {"rel": 1e-6, "abs": 1e-6}


def area(stations: int | list[dict[str, float]], cap_kw: float, steps: int = 8, **changes: Any) -> Scenario:
    """Stations (of 10 kW, where only their number is given) behind a cap, in steps of an hour."""
    limits = {"count": stations, "power_max_kw": 10.0} if isinstance(stations, int) else stations
    given = {
        "name": "area",
        "step_minutes": HOUR,
        "horizon_steps": steps,
        "area": {"power_max_kw": cap_kw},
        "stations": limits,
        "population": {"stay_minutes": HOUR},
        "coordinator": "equal",
    }
    return Scenario.model_validate(given | changes)


def pev(arrive: float, leave: float, need_kwh: float, **changes: float) -> dict[str, float]:
    """A PEV that comes and leaves at these hours; lossless, linear, of 100 kW and 100 kWh, empty on arrival."""
    given = {
        "arrival_min": arrive * HOUR,
        "departure_min": leave * HOUR,
        "capacity_kwh": 100.0,
        "energy_arrival_kwh": 0.0,
        "power_max_kw": 100.0,
        "efficiency": 1.0,
        "transition_soc": 1.0,
    }
    given |= changes
    return given | {"energy_target_kwh": given["energy_arrival_kwh"] + need_kwh}


def play(scenario: Scenario, schedule: Schedule, requests_kw: Floats) -> Trace:
    """The trace of requests, `[T, N]`, asked for blindly."""
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    for row in requests_kw:
        simulation.step(row[None])
    return simulation.trace()


def play_controller(scenario: Scenario, schedule: Schedule, controller: Controller) -> Trace:
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    while not simulation.over:
        simulation.step(controller(Snapshot.of(simulation)))
    return simulation.trace()


def loss(trace: Trace) -> float:
    return -sum(trace.records["reward"].astype(np.float64).ravel().tolist())


def unmet(trace: Trace) -> float:
    return float(trace.session_frame()["energy_unmet_kwh"].sum())


def peak(trace: Trace) -> float:
    return max(sum(row) for row in trace.power_kw.tolist())


def cost(trace: Trace, prices: Floats) -> float:
    hours = trace.scenario.step_minutes / 60.0
    return sum(hours * price * sum(row) for price, row in zip(prices.tolist(), trace.power_kw.tolist(), strict=True))


def value(trace: Trace, objective: str, prices: Floats | None = None) -> float:
    """What a trace comes to."""
    if prices is not None:
        return cost(trace, prices)
    return {"reward": loss, "unmet": unmet, "peak": peak}[objective](trace)


def slack(amount: float) -> float:
    """How far plan and bound may lie apart."""
    return 1e-6 * max(1.0, abs(amount))


def assert_keeps_limits(trace: Trace) -> None:
    """The cap to the last bit, each station's limits, and no battery beyond its target."""
    scenario = trace.scenario
    low, high = (np.array([getattr(one, name) for one in scenario.stations]) for name in ("least_kw", "power_max_kw"))
    power_kw = trace.power_kw
    assert ((power_kw == 0.0) | ((power_kw >= low) & (power_kw <= high))).all()
    if scenario.coordinator != "none":
        assert (trace.area_power_kw <= scenario.area.power_max_kw).all()
    targets = np.append(trace.session_records["energy_target_kwh"], 0.0)[trace.session]
    assert (trace.records["energy_kwh"] <= targets).all()


def assert_certified(
    optimum: Optimum, scenario: Scenario, schedule: Schedule, objective: str, prices: Floats | None = None
) -> None:
    """The plan, asked for anew, does what is said of it, and is not below its bound."""
    again = play(scenario, schedule, optimum.requests_kw)
    for name in ("request_kw", "acceptance_kw", "power_kw", "energy_kwh", "reward", "session"):
        np.testing.assert_array_equal(again.records[name], optimum.trace.records[name])
    np.testing.assert_array_equal(again.power_kw, optimum.power_kw)
    assert_keeps_limits(again)
    assert optimum.minimises == objective
    assert optimum.objective == pytest.approx(value(again, objective, prices), rel=1e-9, abs=1e-9)
    assert optimum.unmet_kwh == pytest.approx(unmet(again), rel=1e-9, abs=1e-9)
    assert optimum.unmet_kwh >= optimum.least_unmet_kwh - slack(optimum.unmet_kwh)
    assert optimum.gap == optimum.objective - optimum.bound
    assert optimum.gap >= -slack(optimum.objective)
    if optimum.status == "optimal":
        assert optimum.gap <= slack(optimum.objective)
        assert abs(optimum.relative_gap) <= 1e-6
