"""Episodes under a controller."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pev_battery_charge.controllers import Clairvoyant, Controller, OpenLoop, Planner, Snapshot, make_controller
from pev_battery_charge.instance import Instance
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.steps import StepResult
from pev_battery_charge.trace import Trace


def run(
    scenario: Scenario | str | Path | None = None,
    controller: Controller | str = "constant",
    *,
    seed: int = 0,
    schedule: Schedule | Instance | str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """One episode of one area under a controller, or its name.

    seed: the schedule is drawn from it, unless `schedule` is given, and so is what a controller draws.
    schedule: a schedule (or its file), or an instance, with prices, load and sun.
    progress: called after each step with the steps made and the steps in all; once, where the controller is `OpenLoop`,
        whose plan is played at once.
    """
    if isinstance(controller, str):
        controller = make_controller(controller, seed)
    simulation = Simulation(scenario, record=True)
    simulation.reset(seed=seed, schedule=schedule)
    if isinstance(controller, OpenLoop):
        _tell(controller, simulation)
        simulation.play(controller.plan_kw())
        if progress is not None:
            progress(simulation.step_index, simulation.horizon_steps)
        return simulation.trace()
    for _ in play(simulation, controller):
        if progress is not None:
            progress(simulation.step_index, simulation.horizon_steps)
    return simulation.trace()


def play(simulation: Simulation, controller: Controller) -> Iterator[StepResult]:
    """The steps of a simulation, just reset, to its end under a controller; yields what each step hands out.

    A `Planner` receives the scenario before the first step, and a `Clairvoyant` the schedule of every area.
    """
    _tell(controller, simulation)
    while not simulation.over:
        yield simulation.step(controller(Snapshot.of(simulation)))


def _tell(controller: Controller, simulation: Simulation) -> None:
    if isinstance(controller, Planner):
        controller.prepare(simulation.scenario)
    if isinstance(controller, Clairvoyant):
        schedules = [simulation.schedule(b) for b in range(simulation.num_areas)]
        controller.foresee(simulation.scenario, schedules)
