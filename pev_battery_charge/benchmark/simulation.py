"""Speed and memory of environments, films and processes: medians, next to the time of filling the same bytes."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from pev_battery_charge import rendering
from pev_battery_charge.benchmark.measurement import (
    MEGABYTE,
    Measurement,
    benchmark_scenario,
    describe_machine,
    fill_seconds,
    mean_seconds,
    measure_parts,
    readable,
    run_fresh_process,
    seconds_of,
)
from pev_battery_charge.core.records import AREA, STATION
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.envs.parallel import parallel_env
from pev_battery_charge.envs.vector import vector_env
from pev_battery_charge.evaluation import run
from pev_battery_charge.simulation import Simulation

_MICROSECONDS = 1e6


def measure_all(
    areas: int, stations: int, repeats: int, *, cold: bool, progress: Callable[[int, int], None]
) -> tuple[str, list[Measurement]]:
    """The machine, and every measurement."""
    return describe_machine(), measure_parts(
        progress,
        lambda: measure_batch(areas, stations, repeats),
        lambda: measure_single(stations, repeats),
        measure_film,
        lambda: measure_process(cold=cold),
    )


def measure_batch(areas: int, stations: int, repeats: int) -> list[Measurement]:
    """Whole episodes of many areas, on one thread and on two, alternating; and the resets between them."""
    scenario = benchmark_scenario(stations)
    rng, count = np.random.default_rng(0), areas * stations
    envs = {threads: vector_env(scenario, areas, threads, autoreset="disabled") for threads in (1, 2)}
    actions = [rng.uniform(0.0, 22.0, (count, 1)).astype(np.float32) for _ in range(16)]
    episode = list(islice(cycle(actions), scenario.horizon_steps))
    step_s: dict[int, list[float]] = {threads: [] for threads in envs}
    reset_s, fill_s, records_s = [], [], []
    for env in envs.values():
        env.reset(seed=0)
        *arrays, infos = env.step(actions[0])
    # What a step hands out: observations, rewards, ends, and the infos but for their masks, which are shared.
    arrays += [value for name, value in infos.items() if not name.startswith("_")]
    written = sum(array.nbytes for array in arrays)
    for _ in range(repeats):
        for threads, env in envs.items():
            reset_s.append(seconds_of(env.reset))
            step_s[threads].append(mean_seconds(env.step, episode))
        fill_s.append(fill_seconds(written, scenario.horizon_steps))
        records_s.append(fill_seconds(envs[1].simulation.sessions.nbytes, 1))
    fill = statistics.median(fill_s)
    found = []
    for threads, goal in ((1, "at least 20"), (2, "at least 35")):
        median = statistics.median(step_s[threads])
        beside = f"{readable(median * _MICROSECONDS)} us a step; filling its {readable(written / MEGABYTE)} MB: "
        beside += f"{readable(fill * _MICROSECONDS)} us, {readable(median / fill)} times"
        name = f"vector_env, {areas:,} areas of {stations} stations, {threads} thread{'s' * (threads > 1)}"
        found.append(Measurement(name, count / median / 1e6, "M station-steps/s", goal, beside))
    reset_ms = statistics.median(reset_s) * MILLISECONDS_PER_SECOND
    episode_ms = statistics.median(step_s[1]) * scenario.horizon_steps * MILLISECONDS_PER_SECOND
    records_ms = statistics.median(records_s) * MILLISECONDS_PER_SECOND
    size_mb = envs[1].simulation.sessions.nbytes / MEGABYTE
    beside = f"{readable(reset_ms)} ms for {areas:,} schedules, the episode {readable(episode_ms)} ms; "
    beside += f"filling their {readable(size_mb)} MB: {readable(records_ms)} ms"
    share = reset_ms / episode_ms * 100.0
    found.append(Measurement("drawing and assigning schedules at reset", share, "% of the episode", "under 25", beside))
    size = STATION.itemsize + AREA.itemsize / stations
    found.append(Measurement("state of a station beyond its sessions", size, "bytes", "at most 400"))
    for env in envs.values():
        env.close()
    return found


def measure_single(stations: int, repeats: int) -> list[Measurement]:
    """One area, stepped from Python: the simulation itself, and the PettingZoo environment around it."""
    scenario = benchmark_scenario(stations)
    requests = np.random.default_rng(0).uniform(0.0, 22.0, (scenario.horizon_steps, 1, stations))
    simulation = Simulation(scenario)
    env = parallel_env(scenario)
    actions = [
        {agent: row[None].astype(np.float32) for agent, row in zip(env.possible_agents, step[0], strict=True)}
        for step in requests
    ]
    simulation.reset(seed=0)
    written = sum(array.nbytes for array in simulation.step(requests[0])[:3])
    single_s, parallel_s, fill_s = [], [], []
    for _ in range(repeats + 1):
        simulation.reset(seed=0)
        env.reset(seed=0)
        single_s.append(mean_seconds(simulation.step, requests))
        parallel_s.append(mean_seconds(env.step, actions))
        fill_s.append(fill_seconds(written, scenario.horizon_steps))
    fill, single, parallel = (statistics.median(own[1:]) * _MICROSECONDS for own in (fill_s, single_s, parallel_s))
    beside = f"filling its {written:,} bytes: {readable(fill)} us"
    dicts = f"parallel_env.step, {stations} stations, with dicts and infos"
    return [
        Measurement(f"Simulation.step, one area of {stations} stations", single, "us", "under 10", beside),
        Measurement(dicts, parallel, "us", "under 70", beside),
    ]


def measure_film() -> list[Measurement]:
    """A film of the whole default episode, a frame for each of its 192 steps."""
    trace = run("paper-5x20", "constant")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        seconds = seconds_of(lambda: rendering.write_gif(trace, path))
        size_mb = path.stat().st_size / MEGABYTE
    pixels = rendering.render_frame(trace, 0).nbytes * trace.num_steps
    fill = fill_seconds(pixels, 1)
    beside = f"one run; {readable(size_mb)} MB, goal under 4; "
    beside += f"filling its {readable(pixels / MEGABYTE)} MB of pixels: {readable(fill)} s"
    return [Measurement(f"GIF of paper-5x20, {trace.num_steps} frames", seconds, "s", "under 20", beside)]


_FIRST_STEP = """
import time
begin = time.perf_counter()
import pev_battery_charge as pbc
pbc.Simulation, pbc.parallel_env
imported = time.perf_counter()
env = pbc.parallel_env()
env.reset(seed=0)
env.step({agent: env.action_space(agent).high for agent in env.agents})
stepped = time.perf_counter()
while env.agents:
    env.step({agent: env.action_space(agent).high for agent in env.agents})
print(imported - begin, stepped - begin)
"""


def measure_process(*, cold: bool) -> list[Measurement]:
    """What a fresh process costs: import, first step with and without compiled code on disk, memory of an episode."""
    run_fresh_process(_FIRST_STEP)
    runs = [run_fresh_process(_FIRST_STEP) for _ in range(5)]
    imported, stepped, peak = (statistics.median(column) for column in zip(*runs, strict=True))
    empty = [sys.executable, "-c", ""]
    bare = statistics.median(seconds_of(lambda: subprocess.run(empty, check=True)) for _ in range(5))  # noqa: S603
    first, bare_process = "import and first step", f"an empty Python process: {readable(bare)} s"
    found = [
        Measurement("import", imported, "s", "under 1.5", bare_process),
        Measurement(f"{first}, compiled code on disk", stepped, "s", "under 3", "an empty Python process, as above"),
    ]
    if cold:
        with tempfile.TemporaryDirectory() as folder:
            slow = run_fresh_process(_FIRST_STEP, environment={"NUMBA_CACHE_DIR": folder})[1]
        found.append(Measurement(f"{first}, nothing compiled", slow, "s", "under 30", "one run, an empty cache"))
    found.append(Measurement("peak memory of one episode of paper-5x20", peak, "MB", "under 250", "the whole process"))
    return found
