"""Speed and memory of controllers and of the optimum, measured."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from pev_battery_charge.benchmark.measurement import (
    MEGABYTE,
    Measurement,
    benchmark_scenario,
    fill_seconds,
    measure_parts,
    readable,
    run_fresh_process,
    seconds_of,
)
from pev_battery_charge.controllers import CATALOGUE, Planner, Snapshot, make_controller, optimal_schedule
from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.evaluation.runner import play
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.scenario import Scenario, load_scenario
from pev_battery_charge.simulation import Simulation


def measure_all_controllers(
    areas: int, stations: int, repeats: int, *, progress: Callable[[int, int], None]
) -> list[Measurement]:
    """Every measurement."""
    paper, jpl = load_scenario("paper-5x20"), load_scenario("jpl-52")
    return measure_parts(
        progress,
        lambda: [measure_heuristics(areas, stations, repeats)],
        lambda: [measure_optimum(paper, repeats, "under 0.5")],
        lambda: [measure_optimum(jpl, repeats, "under 3")],
        lambda: [measure_optimum_memory()],
        lambda: [measure_planner(paper, "mpc", "under 10")],
        lambda: [measure_planner(jpl, "mpc", "under 40")],
        lambda: [measure_planner(paper, "decentralised-mpc", "under 5")],
        lambda: [measure_planner(jpl, "decentralised-mpc", "under 5")],
    )


def measure_heuristics(areas: int, stations: int, repeats: int) -> Measurement:
    """Whole episodes of many areas on one thread: snapshot, controller, step. The slowest heuristic is reported."""
    scenario = benchmark_scenario(stations)
    simulation = Simulation(scenario, areas, reuse_buffers=True)

    def step_seconds(name: str) -> float:
        simulation.reset(seed=0)
        return seconds_of(lambda: list(play(simulation, make_controller(name)))) / scenario.horizon_steps

    heuristics = [name for name in CATALOGUE if name not in ("mpc", "decentralised-mpc", "optimum")]
    medians = {name: statistics.median([step_seconds(name) for _ in range(repeats + 1)][1:]) for name in heuristics}
    slowest = max(medians, key=lambda name: medians[name])
    size_mb = simulation.stations.nbytes / MEGABYTE
    fill_ms = fill_seconds(simulation.stations.nbytes, scenario.horizon_steps) * MILLISECONDS_PER_SECOND
    step_ms = medians[slowest] * MILLISECONDS_PER_SECOND
    speeds = {name: areas * stations / median / 1e6 for name, median in medians.items()}
    beside = f"{slowest}; the median of all is {readable(statistics.median(speeds.values()))}; "
    beside += f"a step {readable(step_ms)} ms; filling its {readable(size_mb)} MB of records: {readable(fill_ms)} ms"
    name = f"slowest heuristic controller, {areas:,} areas of {stations} stations, 1 thread"
    return Measurement(name, speeds[slowest], "M station-steps/s", "at least 5", beside)


def measure_optimum(scenario: Scenario, repeats: int, goal: str) -> Measurement:
    """The certified optimum of the reward, of the schedules of some seeds."""
    schedules = [generate_schedule(scenario, seed) for seed in range(repeats + 1)]
    optima = [optimal_schedule(scenario, schedule) for schedule in schedules][1:]
    gap = max(abs(optimum.relative_gap) for optimum in optima)
    slowest = max(optimum.solve_seconds for optimum in optima)
    beside = f"of {repeats} schedules; the slowest {readable(slowest)} s, the largest relative gap {gap:.0e}"
    median = statistics.median(optimum.solve_seconds for optimum in optima)
    return Measurement(f"optimum of {scenario.name}, all of its proof", median, "s", goal, beside)


def measure_planner(scenario: Scenario, name: str, goal: str) -> Measurement:
    """A planning controller through an episode: the mean of its steps."""
    controller, simulation = make_controller(name), Simulation(scenario)
    step_s: list[float] = []

    def watched(snapshot: Snapshot) -> Array:
        begin = time.perf_counter()
        requests = controller(snapshot)
        step_s.append(time.perf_counter() - begin)
        return requests

    if isinstance(controller, Planner):
        controller.prepare(scenario)
    for seed in (1, 0):
        simulation.reset(seed=seed)
        step_s.clear()
        list(play(simulation, watched))
    told = f"; {getattr(controller, 'messages', 0) / scenario.horizon_steps:,.0f} messages" if name != "mpc" else ""
    median, worst = np.median(step_s) * MILLISECONDS_PER_SECOND, np.quantile(step_s, 0.99) * MILLISECONDS_PER_SECOND
    beside = f"median {readable(median)} ms, 99 % under {readable(worst)} ms{told}"
    mean_ms = float(np.mean(step_s)) * MILLISECONDS_PER_SECOND
    return Measurement(f"{name}, a step of {scenario.name}", mean_ms, "ms", goal, beside)


def measure_optimum_memory() -> Measurement:
    """What a fresh process needs at most for the optimum of a large garage."""
    (peak,) = run_fresh_process('import pev_battery_charge as pbc; pbc.optimal_schedule("jpl-52", seed=1)')
    return Measurement("peak memory of the optimum of jpl-52", peak, "MB", "under 1,000", "the whole process")
