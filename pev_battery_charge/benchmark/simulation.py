"""Speed and memory of environments, films and processes: medians, next to the time of filling the same bytes."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
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
from pev_battery_charge.benchmark.sites import measure_sites
from pev_battery_charge.core.records import AREA, SESSION, STATION, Status
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.envs.parallel import parallel_env
from pev_battery_charge.envs.vector import vector_env
from pev_battery_charge.evaluation import run
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.schedule.assignment import assign_stations
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
        lambda: measure_given_schedules(stations, repeats),
        lambda: [measure_play(stations, repeats)],
        lambda: measure_sites(areas, stations, repeats),
        lambda: [measure_many_stations(10_000, repeats)],
        lambda: [measure_assignment(100_000, repeats)],
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


def measure_given_schedules(stations: int, repeats: int) -> list[Measurement]:
    """Resets with one schedule for all areas of a batch."""
    scenario, found = benchmark_scenario(stations), []
    schedule = generate_schedule(scenario, 0)
    for areas, goal in ((1, "under 1"), (64, "under 2"), (1024, "under 12")):
        simulation = Simulation(scenario, areas)
        reset = partial(simulation.reset, schedule=schedule)
        seconds = [seconds_of(reset) for _ in range(repeats + 1)][1:]
        size_mb = simulation.sessions.nbytes / MEGABYTE
        fill_ms = fill_seconds(simulation.sessions.nbytes, repeats) * MILLISECONDS_PER_SECOND
        name = f"reset(schedule=...), {areas:,} area{'s' * (areas > 1)} of {stations} stations"
        beside = f"filling its {size_mb:.2f} MB of sessions: {fill_ms:.2f} ms"
        reset_ms = statistics.median(seconds) * MILLISECONDS_PER_SECOND
        found.append(Measurement(name, reset_ms, "ms", goal, beside))
    return found


def measure_play(stations: int, repeats: int) -> Measurement:
    """The steps of an episode of one area, all in one call, beside as many calls."""
    scenario = benchmark_scenario(stations)
    requests = np.random.default_rng(0).uniform(0.0, 22.0, (scenario.horizon_steps, 1, stations))
    simulation = Simulation(scenario)
    step_s, play_s = [], []
    for _ in range(repeats + 1):
        simulation.reset(seed=0)
        step_s.append(mean_seconds(simulation.step, requests))
        simulation.reset(seed=0)
        play_s.append(seconds_of(lambda: simulation.play(requests)) / scenario.horizon_steps)
    ratio = statistics.median(step / play for step, play in zip(step_s[1:], play_s[1:], strict=True))
    beside = f"Simulation.step: {statistics.median(step_s[1:]) * _MICROSECONDS:.2f} us, {ratio:.1f} times; goal 8 times"
    name = f"Simulation.play, one area of {stations} stations, a step"
    return Measurement(name, statistics.median(play_s[1:]) * _MICROSECONDS, "us", "under 1.3", beside)


def measure_many_stations(stations: int, repeats: int) -> Measurement:
    """A large area whose cap binds, in which stations stand in line."""
    scenario = benchmark_scenario(stations).replace(coordinator="least_laxity", population={"stay_minutes": 900.0})
    simulation = Simulation(scenario)
    simulation.reset(seed=0)
    requests = np.full((1, stations), 22.0)
    while simulation.step_index < scenario.horizon_steps // 2:
        simulation.step(requests)
    seconds = [seconds_of(lambda: simulation.step(requests)) for _ in range(repeats)]
    size = simulation.stations.nbytes
    fill_ms = fill_seconds(size, repeats) * MILLISECONDS_PER_SECOND
    name = f"a step of {stations:,} stations under the rule least_laxity"
    beside = f"filling its {size / MEGABYTE:.1f} MB of records: {fill_ms:.2f} ms"
    return Measurement(name, statistics.median(seconds) * MILLISECONDS_PER_SECOND, "ms", "under 10", beside)


def measure_assignment(count: int, repeats: int) -> Measurement:
    """Sessions that get their stations, one for ten of them."""
    random, stations = np.random.default_rng(0), count // 10
    sessions = np.zeros(count, SESSION)
    sessions["status"] = Status.SERVED
    sessions["arrival_min"] = np.sort(random.uniform(0.0, 960.0, count))
    sessions["departure_min"] = sessions["arrival_min"] + random.uniform(30.0, 400.0, count)
    seconds = [seconds_of(lambda: assign_stations(sessions, stations, 45.0)) for _ in range(repeats + 1)][1:]
    fill_ms = fill_seconds(sessions.nbytes, repeats) * MILLISECONDS_PER_SECOND
    name = f"assignment of {count:,} sessions to {stations:,} stations"
    beside = f"filling their {sessions.nbytes / MEGABYTE:.1f} MB: {fill_ms:.2f} ms"
    return Measurement(name, statistics.median(seconds) * MILLISECONDS_PER_SECOND, "ms", "under 50", beside)


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
