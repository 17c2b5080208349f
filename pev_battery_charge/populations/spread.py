"""PEVs of one kind, their arrivals spread over the horizon."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from pev_battery_charge.core.arrays import Array, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import BATTERY, SESSION, Status
from pev_battery_charge.errors import raise_if
from pev_battery_charge.instance import InstanceRecords
from pev_battery_charge.models import CapacityKwh, Efficiency, Fraction, Minutes, Positive, PositiveFraction, PowerKw
from pev_battery_charge.populations.base import (
    BothWays,
    Generator,
    Population,
    StayStart,
    give_stations,
    population,
    set_both_ways,
)
from pev_battery_charge.schedule.validation import Site
from pev_battery_charge.sizes import MOST_SESSIONS, bytes_problems, parts

_SERVED = int(Status.SERVED)
_UNIFORM_BYTES = 3 * 8


@population("spread")
class SpreadPopulation(BothWays, Population):
    """PEVs of one kind whose arrivals are spread over the horizon.

    The span in which a longest stay can begin, `horizon - stay_minutes`, is cut into one equal slot for each PEV; each
    arrives at a uniformly drawn moment of its slot, so that every stay ends inside the horizon, but for one that a wait
    puts off (`stay_counts_from = "plug_in"`). Times are whole minutes.
    """

    pevs: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] = 20
    capacity_kwh: CapacityKwh = 24.0
    target_soc: PositiveFraction = 1.0
    arrival_soc_max: Fraction = 0.5
    """The state of charge on arrival is uniform in [0, this]."""
    stay_minutes: Positive = 180.0
    stay_tolerance: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.2
    """Stays are `stay_minutes * (1 - stay_tolerance * U)`, U uniform in [0, 1]."""
    power_max_kw: PowerKw = 22.0
    efficiency: Efficiency = 0.9
    transition_soc: Fraction = 1.0
    patience_minutes: Minutes = 0.0
    """How long a PEV waits for a station before it drives on."""
    stay_counts_from: StayStart = "arrival"
    """What a wait does to the departure: nothing, or it puts it off by as long; see `StayStart`."""

    @model_validator(mode="after")
    def _arrival_below_target(self) -> Self:
        if self.arrival_soc_max > self.target_soc:
            raise ValueError(
                f"arrival_soc_max ({self.arrival_soc_max:g}) must not be above target_soc ({self.target_soc:g})"
            )
        return self

    @property
    def capacity_max_kwh(self) -> float:
        """That of every battery."""
        return self.capacity_kwh

    def check_fit(self, site: Site) -> None:
        """Raise `ValueError` where the longest stay is longer than the horizon."""
        if self.stay_minutes > site.horizon_minutes:
            raise ValueError(
                f"population.stay_minutes ({self.stay_minutes:g}) must not be above the horizon "
                f"({site.horizon_minutes:g} min)"
            )

    def generator(self, site: Site) -> Generator:
        """What draws a batch of schedules."""
        return _SpreadGenerator(self, site)


@dataclass(frozen=True)
class _SpreadGenerator:
    population: SpreadPopulation
    site: Site

    def draw(self, random: Sequence[np.random.Generator]) -> InstanceRecords:
        population, room = self.population, len(random) * self.population.pevs
        raise_if("population", bytes_problems(sessions=room * (SESSION.itemsize + _UNIFORM_BYTES)))
        uniforms = np.empty((len(random), population.pevs, 3))
        for row, generator in zip(uniforms, random, strict=True):
            generator.random(out=row)
        sessions = np.zeros((len(random), population.pevs), SESSION)
        battery = np.zeros(1, BATTERY)
        for name in ("capacity_kwh", "power_max_kw", "efficiency", "transition_soc"):
            battery[name] = getattr(population, name)
        sessions["energy_target_kwh"] = population.target_soc * population.capacity_kwh
        slot_minutes = (self.site.horizon_minutes - population.stay_minutes) / population.pevs
        stay = slot_minutes, population.stay_minutes, population.stay_tolerance
        for part in parts(len(random), population.pevs):
            _draw_areas(sessions[part], uniforms[part], battery[0], *stay, population.arrival_soc_max)
        set_both_ways(sessions, population)
        give_stations(sessions, population, self.site)
        return InstanceRecords(sessions)


@kernel
def _draw_areas(
    sessions: Records,
    uniforms: Array,
    battery: Record,
    slot_minutes: float,
    stay_minutes: float,
    stay_tolerance: float,
    arrival_soc_max: float,
) -> None:
    for b in range(sessions.shape[0]):
        for j in range(sessions.shape[1]):
            session = sessions[b, j]
            arrival = np.floor((j + uniforms[b, j, 0]) * slot_minutes)
            stay = max(np.floor(stay_minutes * (1.0 - stay_tolerance * uniforms[b, j, 1])), min(1.0, stay_minutes))
            session["arrival_min"] = arrival
            session["departure_min"] = session["departure_stated_min"] = arrival + stay
            session["battery"] = battery
            session["energy_arrival_kwh"] = uniforms[b, j, 2] * arrival_soc_max * battery["capacity_kwh"]
            session["status"] = _SERVED
