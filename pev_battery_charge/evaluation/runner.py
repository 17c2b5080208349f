"""Runs a controller through an episode."""

from collections.abc import Callable
from pathlib import Path

from pev_battery_charge.controllers import Controller, Snapshot, make_controller
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace


def run(
    scenario: Scenario | str | Path | None = None,
    controller: Controller | str = "constant",
    *,
    seed: int = 0,
    schedule: Schedule | str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """One episode of one area under a controller, or its name.

    seed: the schedule is drawn from it, unless `schedule` is given, and so is what a controller draws.
    progress: called after each step with the steps made and the steps in all.
    """
    if isinstance(controller, str):
        controller = make_controller(controller, seed)
    simulation = Simulation(scenario, record=True)
    simulation.reset(seed=seed, schedule=schedule)
    while not simulation.over:
        simulation.step(controller(Snapshot.of(simulation)))
        if progress is not None:
            progress(simulation.step_index, simulation.horizon_steps)
    return simulation.trace()
