"""From a scenario and seeds to what is drawn: random generators, and schedules."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import MOMENT, SESSION, Status
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if, whole_number_problems
from pev_battery_charge.instance import Instance, InstanceRecords
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.scenario.site import Store
from pev_battery_charge.schedule.table import STORE_NAME, Schedule, ScheduleInfo, pev_names
from pev_battery_charge.series import Series
from pev_battery_charge.sizes import LARGEST_SEED, bytes_problems


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


class InstanceGenerator:
    """A source of a scenario's instances: PEVs of its population, the batteries of the site, and its series."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._pevs = scenario.population.generator(scenario)
        self._stores = store_sessions(scenario)

    def draw(self, random: Sequence[np.random.Generator]) -> InstanceRecords:
        """New records, one instance for each of the B random generators."""
        drawn = self._pevs.draw(random)
        if self._stores.size:
            stores = np.tile(self._stores, (len(random), 1))
            drawn = drawn._replace(sessions=np.concatenate([stores, drawn.sessions], axis=1))
        return drawn if drawn.moments is not None else drawn._replace(moments=self.draw_series(random))

    def draw_series(self, random: Sequence[np.random.Generator]) -> Records | None:
        """New moments alone, `MOMENT[R, T + 1 + look-ahead]`, R = 1 or B; None of a scenario without series."""
        scenario, sources = self._scenario, self._scenario.series
        if sources is None:
            return None
        raise_if("series", bytes_problems(moments=len(random) * scenario.num_moments * MOMENT.itemsize))
        return sources.draw(random, scenario.population.start_hour, scenario.step_minutes, scenario.num_moments)


def store_sessions(scenario: Scenario) -> Records:
    """The sessions of the batteries of the site, which are there before all PEVs and never leave: `SESSION[K]`."""
    sessions = np.zeros(len(scenario.store_stations), SESSION)
    for session, station in zip(sessions, scenario.store_stations, strict=True):
        store = cast(Store, scenario.stations[station].store)
        session["station"], session["status"] = station, Status.SERVED
        session["departure_min"] = session["departure_stated_min"] = scenario.horizon_minutes + scenario.step_minutes
        session["energy_arrival_kwh"] = session["energy_target_kwh"] = store.energy_start_kwh
        battery = session["battery"]
        battery["energy_max_kwh"] = store.capacity_kwh
        for name in _STORE_FIELDS:
            battery[name] = getattr(store, name)
    return sessions


def with_stores(instance: Instance, scenario: Scenario) -> Instance:
    """The instance with sessions for the batteries of the site, where it has none."""
    stores = store_sessions(scenario)
    schedule = instance.schedule
    if not stores.size or np.isin(stores["station"], schedule.records["station"]).any():
        return instance
    added = Schedule.from_records(stores, schedule.info, _names(stores, scenario)).sessions
    return replace(instance, schedule=Schedule(pl.concat([added, schedule.sessions]), schedule.info))


def schedule_of(sessions: Records, scenario: Scenario, seed: int | None) -> Schedule:
    """The schedule of `SESSION[S]` that the scenario's generator has drawn."""
    return Schedule.from_records(sessions, generated_info(scenario, seed), _names(sessions, scenario))


def _names(sessions: Records, scenario: Scenario) -> pl.Series | None:
    """The names of stores and PEVs, in their order; None where there are PEVs only."""
    stores = scenario.store_stations
    if not stores:
        return None
    pevs = int(np.count_nonzero(sessions["status"] != Status.PADDING)) - len(stores)
    return pl.Series([*(STORE_NAME.format(n) for n in stores), *pev_names(pevs)])


_STORE_FIELDS: Final = (
    *("capacity_kwh", "power_max_kw", "power_min_kw", "efficiency", "efficiency_out"),
    *("transition_soc", "energy_min_kwh"),
)


def generate_instance(scenario: Scenario | str | Path | None = None, seed: int = 0) -> Instance:
    """One instance, drawn; the same scenario and seed give the same instance, to the bit.

    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.

    It is the instance that an environment of this scenario meets first after `reset(seed=seed)`.
    """
    scenario = resolve_scenario(scenario)
    drawn = InstanceGenerator(scenario).draw(area_generators(seed))
    schedule = schedule_of(drawn.sessions[0], scenario, seed)
    return Instance(schedule, None if drawn.moments is None else Series(drawn.moments[0]))


def generate_schedule(scenario: Scenario | str | Path | None = None, seed: int = 0) -> Schedule:
    """The sessions of the instance that `generate_instance` draws."""
    return generate_instance(scenario, seed).schedule
