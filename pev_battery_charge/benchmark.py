"""Speed and memory of the package, measured: medians, next to the time of filling the same bytes of memory."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pev_battery_charge.core.records import AREA, STATION
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.envs.parallel import parallel_env
from pev_battery_charge.envs.vector import vector_env
from pev_battery_charge.evaluation import run
from pev_battery_charge.rendering import render_frame, write_gif
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation

_MICROSECONDS = 1e6
_MEGABYTE = 1e6
_PEVS_PER_STATION = 4
_CAP_SHARE = 0.3
_ACTION_SETS = 16


@dataclass(frozen=True)
class Figure:
    """One measured figure, the goal it is held against, and what was measured beside it."""

    name: str
    value: float
    unit: str
    goal: str
    beside: str = ""

    def row(self) -> tuple[str, str, str, str, str]:
        """The figure as a table's row."""
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 2
        return self.name, f"{self.value:,.{digits}f}", self.unit, self.goal, self.beside


def benchmark_scenario(stations: int) -> Scenario:
    """An area like `paper-5x20` with more stations, four PEVs for each, and a cap that binds."""
    return Scenario(
        name=f"benchmark-{stations}",
        stations={"count": stations},
        area={"power_max_kw": 22.0 * stations * _CAP_SHARE},
        population={"kind": "spread", "pevs": _PEVS_PER_STATION * stations},
    )


def measure_all(
    areas: int, stations: int, repeats: int, *, cold: bool, progress: Callable[[int, int], None]
) -> tuple[str, list[Figure]]:
    """The machine, and every figure."""
    parts: list[Callable[[], list[Figure]]] = [
        lambda: measure_batch(areas, stations, repeats),
        lambda: measure_single(stations, repeats),
        measure_film,
        lambda: measure_process(cold=cold),
    ]
    figures: list[Figure] = []
    for number, part in enumerate(parts):
        progress(number, len(parts))
        figures += part()
    return describe_machine(), figures


def describe_machine() -> str:
    """Processor, cores, and versions of what the speed depends on."""
    import numba  # noqa: PLC0415  only its version is wanted

    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), processor)
    except OSError:
        pass
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, Numba {numba.__version__}"
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, {versions}"


def measure_batch(areas: int, stations: int, repeats: int) -> list[Figure]:
    """Whole episodes of many areas, on one thread and on two, alternating; and the resets between them."""
    scenario = benchmark_scenario(stations)
    rng = np.random.default_rng(0)
    envs = {threads: vector_env(scenario, areas, threads, autoreset="disabled") for threads in (1, 2)}
    count = areas * stations
    actions = [rng.uniform(0.0, 22.0, (count, 1)).astype(np.float32) for _ in range(_ACTION_SETS)]
    step_s: dict[int, list[float]] = {threads: [] for threads in envs}
    reset_s: list[float] = []
    fill_s: list[float] = []
    records_s: list[float] = []
    written = 0
    for env in envs.values():
        env.reset(seed=0)
        written = _written_bytes(env.step(actions[0]))
    for _ in range(repeats):
        for threads, env in envs.items():
            begin = time.perf_counter()
            env.reset()
            reset_s.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            for step in range(scenario.horizon_steps):
                env.step(actions[step % _ACTION_SETS])
            step_s[threads].append((time.perf_counter() - begin) / scenario.horizon_steps)
        fill_s.append(fill_seconds(written, scenario.horizon_steps))
        records_s.append(fill_seconds(envs[1].simulation.sessions.nbytes, 1))
    fill = statistics.median(fill_s)
    figures = []
    for threads, goal in ((1, "at least 20"), (2, "at least 35")):
        median = statistics.median(step_s[threads])
        beside = (
            f"{median * _MICROSECONDS:,.0f} us a step; filling its {written / _MEGABYTE:.2f} MB: "
            f"{fill * _MICROSECONDS:,.0f} us, {median / fill:.1f} times"
        )
        name = f"vector_env, {areas:,} areas of {stations} stations, {threads} thread{'s' * (threads > 1)}"
        figures.append(Figure(name, count / median / 1e6, "M station-steps/s", goal, beside))
    reset_ms = statistics.median(reset_s) * MILLISECONDS_PER_SECOND
    episode_ms = statistics.median(step_s[1]) * scenario.horizon_steps * MILLISECONDS_PER_SECOND
    records_ms = statistics.median(records_s) * MILLISECONDS_PER_SECOND
    size_mb = envs[1].simulation.sessions.nbytes / _MEGABYTE
    beside = (
        f"{reset_ms:.1f} ms for {areas:,} schedules, the episode {episode_ms:,.0f} ms; "
        f"filling their {size_mb:.1f} MB: {records_ms:.1f} ms"
    )
    share = reset_ms / episode_ms * 100.0
    figures.append(Figure("drawing and assigning schedules at reset", share, "% of the episode", "under 25", beside))
    size = STATION.itemsize + AREA.itemsize / stations
    figures.append(Figure("state of a station beyond its sessions", size, "bytes", "at most 400"))
    for env in envs.values():
        env.close()
    return figures


def measure_single(stations: int, repeats: int) -> list[Figure]:
    """One area, stepped from Python: the simulation itself, and the PettingZoo environment around it."""
    scenario = benchmark_scenario(stations)
    rng = np.random.default_rng(0)
    requests = rng.uniform(0.0, 22.0, (scenario.horizon_steps, 1, stations))
    simulation = Simulation(scenario)
    env = parallel_env(scenario)
    actions = [
        {agent: row[None].astype(np.float32) for agent, row in zip(env.possible_agents, step[0], strict=True)}
        for step in requests
    ]
    simulation.reset(seed=0)
    written = sum(array.nbytes for array in simulation.step(requests[0])[:3])
    single_s, parallel_s, fill_s = [], [], []
    for repeat in range(repeats + 1):
        simulation.reset(seed=0)
        env.reset(seed=0)
        begin = time.perf_counter()
        for step in requests:
            simulation.step(step)
        middle = time.perf_counter()
        for action in actions:
            env.step(action)
        end = time.perf_counter()
        if repeat > 0:
            single_s.append((middle - begin) / scenario.horizon_steps)
            parallel_s.append((end - middle) / scenario.horizon_steps)
            fill_s.append(fill_seconds(written, scenario.horizon_steps))
    fill = statistics.median(fill_s) * _MICROSECONDS
    single = statistics.median(single_s) * _MICROSECONDS
    parallel = statistics.median(parallel_s) * _MICROSECONDS
    beside = f"filling its {written:,} bytes: {fill:.2f} us"
    return [
        Figure(f"Simulation.step, one area of {stations} stations", single, "us", "under 10", beside),
        Figure(f"parallel_env.step, {stations} stations, with dicts and infos", parallel, "us", "under 70", beside),
    ]


def measure_film() -> list[Figure]:
    """A film of the whole default episode, a frame for each of its 192 steps."""
    trace = run("paper-5x20", "constant")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        begin = time.perf_counter()
        write_gif(trace, path)
        seconds = time.perf_counter() - begin
        size_mb = path.stat().st_size / _MEGABYTE
    pixels = render_frame(trace, 0).nbytes * trace.num_steps
    fill = fill_seconds(pixels, 1)
    beside = f"one run; {size_mb:.2f} MB, goal under 4; filling its {pixels / _MEGABYTE:.0f} MB of pixels: {fill:.2f} s"
    return [Figure(f"GIF of paper-5x20, {trace.num_steps} frames", seconds, "s", "under 20", beside)]


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
try:
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))
except OSError:
    peak = float("nan")
print(imported - begin, stepped - begin, peak)
"""


def measure_process(*, cold: bool) -> list[Figure]:
    """What a fresh process costs: import, first step with and without compiled code on disk, memory of an episode."""
    _fresh_process({})
    runs = [_fresh_process({}) for _ in range(5)]
    imported, stepped, peak = (statistics.median(column) for column in zip(*runs, strict=True))
    bare = statistics.median(_bare_process() for _ in range(5))
    figures = [
        Figure("import", imported, "s", "under 1.5", f"an empty Python process: {bare:.3f} s"),
        Figure(
            "import and first step, compiled code on disk", stepped, "s", "under 3", "an empty Python process, as above"
        ),
        Figure("peak memory of one episode of paper-5x20", peak, "MB", "under 250", "the whole process"),
    ]
    if cold:
        with tempfile.TemporaryDirectory() as folder:
            first = _fresh_process({"NUMBA_CACHE_DIR": folder})[1]
        figures.insert(
            2, Figure("import and first step, nothing compiled", first, "s", "under 30", "one run, an empty cache")
        )
    return figures


def _fresh_process(environment: dict[str, str]) -> tuple[float, float, float]:
    command = [sys.executable, "-c", _FIRST_STEP]
    done = subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True, text=True)  # noqa: S603  our own text
    imported, stepped, peak = (float(word) for word in done.stdout.split())
    return imported, stepped, peak


def _bare_process() -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - begin


def _written_bytes(step: tuple[Any, ...]) -> int:
    """Bytes a step hands out: observations, rewards, ends, and the infos but for their masks, which are shared."""
    *arrays, infos = step
    arrays += [value for name, value in infos.items() if not name.startswith("_")]
    return sum(array.nbytes for array in arrays)


def fill_seconds(size: int, times: int) -> float:
    """Seconds to make and fill an array of `size` bytes, on average over `times`."""
    begin = time.perf_counter()
    for number in range(times):
        np.empty(size, np.uint8).fill(number & 1)
    return (time.perf_counter() - begin) / times
