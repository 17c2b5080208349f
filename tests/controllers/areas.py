"""Small areas for the tests of controllers, and a way to play them beside the plain-Python model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import assume

from pev_battery_charge import Scenario, Schedule, Simulation, Trace
from pev_battery_charge.controllers import Controller, Snapshot
from pev_battery_charge.evaluation import run
from tests.reference import KnifeEdgeError, LoadArea
from tests.strategies import schedule_of

STEP_MINUTES = 15.0
HOURS = STEP_MINUTES / 60.0

Reference = Callable[[LoadArea], Sequence[float]]


def make_area(
    pevs: Sequence[dict[str, float]], cap_kw: float, steps: int = 24, start: str = "00:00", **changes: Any
) -> tuple[Scenario, Schedule]:
    """As many 100 kW stations as PEVs, lossless and linear, in steps of a quarter of an hour.

    pevs: arrive, leave (h) and need (kWh); the rest is optional, so `limit_kw`.
    """
    rows = [
        {
            "arrival_min": pev.get("arrive", 0.0) * 60.0,
            "departure_min": pev["leave"] * 60.0,
            "departure_stated_min": pev.get("say", pev["leave"]) * 60.0,
            "capacity_kwh": pev.get("capacity", 1000.0),
            "energy_arrival_kwh": pev.get("has", 0.0),
            "energy_target_kwh": pev.get("has", 0.0) + pev["need"],
            "power_max_kw": pev.get("limit_kw", 100.0),
            "efficiency": pev.get("efficiency", 1.0),
            "transition_soc": pev.get("taper", 1.0),
        }
        for pev in pevs
    ]
    scenario = Scenario.model_validate(
        {
            "name": "small",
            "step_minutes": STEP_MINUTES,
            "horizon_steps": steps,
            "area": {"power_max_kw": cap_kw},
            "stations": {"count": len(pevs), "power_max_kw": 100.0},
            "population": {"stay_minutes": STEP_MINUTES},
        }
        | changes
    )
    return scenario, schedule_of(rows, len(pevs)).replace_info(start=start)


def unmet_kwh(trace: Trace) -> float:
    return float(trace.session_frame()["energy_unmet_kwh"].sum())


def play_by_hand(pevs: Sequence[dict[str, float]], cap_kw: float, controller: Controller | str, **more: Any) -> Trace:
    """An episode of `make_area`."""
    scenario, schedule = make_area(pevs, cap_kw, **more)
    return run(scenario, controller, schedule=schedule)


def play_beside_reference(scenario: Scenario, schedule: Schedule, controller: Controller, reference: Reference) -> None:
    """A whole episode; in every step the controller must ask for what the reference asks for, who meets the same."""
    simulation, area = Simulation(scenario), LoadArea(scenario, schedule)
    simulation.reset(schedule=schedule)
    try:
        while not simulation.over:
            requests_kw = controller(Snapshot.of(simulation))
            np.testing.assert_allclose(requests_kw[0], reference(area), rtol=0.0, atol=1e-9)
            simulation.step(requests_kw)
            area.step(requests_kw[0].tolist())
    except KnifeEdgeError:
        assume(False)
