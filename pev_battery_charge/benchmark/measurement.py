"""Measurements, and what all of them need: the scenario, the machine, fresh processes, the time of filling memory."""

import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pev_battery_charge.scenario import Scenario

MEGABYTE: Final = 1e6

_TELL_PEAK: Final = """
try:
    lines = open("/proc/self/status").read().splitlines()
    print(next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")))
except OSError:
    print("nan")
"""
"""Linux lets `ru_maxrss` begin with the memory of the process that started this one; `VmHWM` is this one's alone."""


@dataclass(frozen=True)
class Measurement:
    """One measured figure, the goal it is held against, and what was measured beside it."""

    name: str
    value: float
    unit: str
    goal: str
    beside: str = ""

    def row(self) -> tuple[str, str, str, str, str]:
        """The figure as a table's row."""
        return self.name, readable(self.value), self.unit, self.goal, self.beside


def readable(value: float) -> str:
    """A measured number with two significant digits at least, and with no more decimals than tell something."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    if 0.0 < value < 0.1:
        decimals = 1 - math.floor(math.log10(value))
    return f"{value:,.{decimals}f}"


def measure_parts(
    progress: Callable[[int, int], None], *parts: Callable[[], Iterable[Measurement]]
) -> list[Measurement]:
    """Measure one part after the other; `progress` is called before each with the parts done and those in all."""
    found: list[Measurement] = []
    for number, part in enumerate(parts):
        progress(number, len(parts))
        found += part()
    return found


def benchmark_scenario(stations: int) -> Scenario:
    """An area like `paper-5x20` with more stations, four PEVs for each, and a cap that binds."""
    return Scenario(
        name=f"benchmark-{stations}",
        stations={"count": stations},
        area={"power_max_kw": 22.0 * stations * 0.3},
        population={"kind": "spread", "pevs": 4 * stations},
    )


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


def run_fresh_process(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> list[float]:
    """The numbers that a script prints in a fresh process, and the peak memory of that process in MB."""
    command = [sys.executable, "-c", script + _TELL_PEAK, *arguments]
    own = os.environ | (environment or {})
    done = subprocess.run(command, env=own, check=True, capture_output=True, text=True)  # noqa: S603  our own text
    return [float(word) for word in done.stdout.split()]


def seconds_of(action: Callable[[], object]) -> float:
    """How long something takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def mean_seconds(action: Callable[[Any], object], arguments: Collection[Any]) -> float:
    """How long something takes with each of these arguments, on average."""
    begin = time.perf_counter()
    for argument in arguments:
        action(argument)
    return (time.perf_counter() - begin) / len(arguments)


def fill_seconds(size: int, times: int) -> float:
    """Seconds to make and fill an array of `size` bytes, on average over `times`."""
    return mean_seconds(lambda number: np.empty(size, np.uint8).fill(number & 1), range(times))
