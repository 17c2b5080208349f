"""Cars queue for a charging station with a few spots: a process model in SimPy, small enough to be shown in a lesson.

Every car is a process. It arrives, waits its turn (first come, first served), charges, and leaves; one that has lost
its patience drives on. The log tells each of these line by line, and the last line sums it up. The package assigns
stations to the same queue in one pass, without events: `stay_counts_from = "plug_in"` in a scenario's population.

Needs the extra test. python scripts/simulate_queue.py --cars 20 --every-minutes 2 --charging-minutes 5 --spots 2
"""

import math
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tyro

from pev_battery_charge.errors import InputError, whole_number_problems

if TYPE_CHECKING:
    import simpy

Log = Callable[[str], object]


@dataclass(frozen=True)
class Config:
    """Simulate cars that queue for the spots of a charging station."""

    cars: int = 20
    """How many come."""
    every_minutes: float = 2.0
    """Minutes from one arrival to the next; the first car arrives at minute 0."""
    charging_minutes: float = 5.0
    """Minutes that a car charges."""
    spots: int = 2
    """Cars that can charge at once."""
    patience_minutes: float | None = None
    """Minutes that a car waits for a spot before it drives on; None: as long as it takes."""
    seed: int | None = None
    """Draws gaps between arrivals, and charging times, from exponential distributions with the means above; None: they
    are always the same."""


class Car(NamedTuple):
    """When a car arrives (minute), and how long it charges (minutes)."""

    arrival_min: float
    charging_minutes: float


class Visit(NamedTuple):
    """What became of a car: the minutes at which it arrived, began to charge (None: it never did), and left."""

    arrival_min: float
    begin_min: float | None
    leave_min: float


def visit_station(
    env: "simpy.Environment", spots: "simpy.Resource", number: int, car: Car, patience_minutes: float | None, log: Log
) -> "Generator[simpy.Event, object, Visit]":
    """The process of one car."""

    def tell(what: str) -> None:
        log(f"minute {round(env.now, 2):g}: car {number} {what}")

    yield env.timeout(car.arrival_min)
    tell("arrives")
    with spots.request() as spot:
        if patience_minutes is None:
            yield spot
        else:
            yield spot | env.timeout(patience_minutes)
            yield env.timeout(0)  # a spot that comes free in this very minute is still taken
        if not spot.triggered:
            tell("drives on")
            return Visit(car.arrival_min, None, env.now)
        begin_min = env.now
        tell("begins to charge")
        yield env.timeout(car.charging_minutes)
        tell("leaves")
    return Visit(car.arrival_min, begin_min, env.now)


def simulate(cars: Sequence[Car], spots: int, patience_minutes: float | None = None, log: Log = print) -> list[Visit]:
    """The visit of each car; of cars that arrive at once, those named first come first."""
    import simpy  # noqa: PLC0415  optional

    env = simpy.Environment()
    station = simpy.Resource(env, capacity=spots)
    processes: list[Any] = [
        env.process(visit_station(env, station, number, car, patience_minutes, log)) for number, car in enumerate(cars)
    ]
    env.run()
    return [process.value for process in processes]


def make_cars(config: Config) -> list[Car]:
    """The cars in order of arrival, evenly spaced and all alike, or drawn at random where there is a seed."""
    if config.seed is None:
        return [Car(number * config.every_minutes, config.charging_minutes) for number in range(config.cars)]
    random = np.random.default_rng(config.seed)
    gaps_min = random.exponential(config.every_minutes, config.cars - 1)
    arrivals_min = np.cumsum(np.concatenate([[0.0], gaps_min]))
    charging_minutes = random.exponential(config.charging_minutes, config.cars)
    return [Car(*car) for car in zip(arrivals_min.tolist(), charging_minutes.tolist(), strict=True)]


def summarize(visits: Sequence[Visit]) -> str:
    """One line: how many charged, and how long these waited."""
    waits_min = [visit.begin_min - visit.arrival_min for visit in visits if visit.begin_min is not None]
    mean_min = sum(waits_min) / len(waits_min)
    waits = f"longest wait {max(waits_min):g} min, mean wait {mean_min:g} min"
    return f"{len(waits_min)} of {len(visits)} cars charged: {waits}"


def check(config: Config) -> None:
    """Raise `InputError` with everything that is wrong with the numbers, and where SimPy is missing."""
    problems = [text for name in ("cars", "spots") for text in whole_number_problems(name, getattr(config, name), 1)]
    problems += [] if config.seed is None else whole_number_problems("seed", config.seed, 0)
    for name in ("every_minutes", "charging_minutes", "patience_minutes"):
        value = getattr(config, name)
        if value is not None and not 0 <= value < math.inf:
            problems.append(f"{name}: must be finite and not negative (it is {value:g})")
    if config.charging_minutes == 0:
        problems.append("charging_minutes: must be above 0 (it is 0)")
    if problems:
        raise InputError("command line", problems)
    if find_spec("simpy") is None:
        raise InputError("simpy", ['not installed: pip install -e ".[test]"'])


def main() -> None:
    """Read the command line, simulate, print; bad input is told on standard error, with exit code 2."""
    try:
        config = tyro.cli(Config, description=__doc__)
        check(config)
        print(summarize(simulate(make_cars(config), config.spots, config.patience_minutes)))
    except InputError as error:
        print(f"simulate_queue: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
