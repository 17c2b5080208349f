"""From a scenario and seeds to what is drawn: random generators, and schedules."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np

from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if, whole_number_problems
from pev_battery_charge.instance import Instance
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo
from pev_battery_charge.series import Series
from pev_battery_charge.sizes import LARGEST_SEED


def area_seeds(seed: int | Sequence[int], num_areas: int) -> list[int]:
    """The seed of each area: seed + b for area b; or, of a sequence, the one that stands at its place.

    Raises `InputError` for seeds that are no whole numbers from 0 on, and for another number of them than areas.
    """
    if not isinstance(seed, Sequence) or isinstance(seed, str):
        raise_if("random generator", _seed_problems("seed", seed))
        return [int(seed) + b for b in range(num_areas)]
    problems = [] if len(seed) == num_areas else [f"seed: {len(seed)} seeds for {num_areas} areas"]
    problems += [line for b, one in enumerate(seed) for line in _seed_problems(f"seed of area {b}", one)]
    raise_if("random generator", problems)
    return [int(one) for one in seed]


def one_seed(seed: object) -> int | None:
    """The seed of a whole batch, or none; raises `InputError` for what is no whole number, also for a list of them."""
    raise_if("random generator", [] if seed is None else _seed_problems("seed", seed))
    return cast("int | None", seed)


def _seed_problems(name: str, seed: object) -> list[str]:
    return whole_number_problems(name, seed, 0, LARGEST_SEED)


def area_generators(seed: int | Sequence[int] | None, num_areas: int = 1) -> list[np.random.Generator]:
    """A random generator for each area, from its seed (see `area_seeds`); without one, from the system's entropy."""
    if seed is None:
        return [np.random.default_rng() for _ in range(num_areas)]
    return [np.random.default_rng(one) for one in area_seeds(seed, num_areas)]


def generated_info(scenario: Scenario, seed: int | None) -> ScheduleInfo:
    """What a generated schedule says of itself."""
    population = scenario.population
    hours, minutes = divmod(round(population.start_hour * MINUTES_PER_HOUR), round(MINUTES_PER_HOUR))
    return ScheduleInfo(
        scenario=scenario.name,
        step_minutes=scenario.step_minutes,
        horizon_steps=scenario.horizon_steps,
        seed=seed,
        generator=population.kind,
        source=population.source,
        start=f"{hours:02d}:{minutes:02d}",
    )


def generate_instance(scenario: Scenario | str | Path | None = None, seed: int = 0) -> Instance:
    """One instance, drawn; the same scenario and seed give the same instance, to the bit.

    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.

    It is the instance that an environment of this scenario meets first after `reset(seed=seed)`.
    """
    scenario = resolve_scenario(scenario)
    drawn = scenario.population.generator(scenario).draw(area_generators(seed))
    schedule = Schedule.from_records(drawn.sessions[0], generated_info(scenario, seed))
    return Instance(schedule, None if drawn.moments is None else Series(drawn.moments[0]))


def generate_schedule(scenario: Scenario | str | Path | None = None, seed: int = 0) -> Schedule:
    """The sessions of the instance that `generate_instance` draws."""
    return generate_instance(scenario, seed).schedule
