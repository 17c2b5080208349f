"""PEVs that come to a real site: arrival hour, stay and energy drawn as its sessions have them."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from pev_battery_charge.core.arrays import Array, Integers, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import SESSION, Status
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if
from pev_battery_charge.instance import InstanceRecords
from pev_battery_charge.models import Efficiency, Fraction, Minutes, Positive, PositiveFraction
from pev_battery_charge.populations.base import (
    BothWays,
    Generator,
    Population,
    StayStart,
    give_stations,
    population,
    set_both_ways,
)
from pev_battery_charge.populations.profiles import (
    STAY_ENERGY_CORRELATION,
    HourTables,
    Mixture,
    PevModels,
    load_pev_models,
    load_profile,
)
from pev_battery_charge.schedule.validation import Site
from pev_battery_charge.sizes import MOST_SESSIONS, bytes_problems, parts

_SERVED = int(Status.SERVED)
_DRAW_BYTES = (4 + 3 + 3) * 8
"""Of the numbers that a session is drawn from."""


@population("site")
class SitePopulation(BothWays, Population):
    """PEVs that come to a real site: arrival hour, stay and energy as its sessions have them, on one kind of day.

    The number of PEVs is Poisson. Each draws arrival hour, stay and (metered) energy together from the site's profile,
    then a model among those of its table that could have taken that energy in that stay, or failing that the one with
    the largest battery; then the state of charge on arrival, uniform over what leaves room for the energy. Energy
    stored is metered energy times efficiency, and never more than the battery can take. Where only tables are known of
    a site, about one PEV in twenty wants more than its charger can give within its stay. Times are whole minutes; a
    stay may reach beyond the horizon.
    """

    profile: Literal["residential", "public", "workplace", "caltech", "jpl"]
    """The site: one whose statistics the package has."""
    day: Literal["weekday", "weekend"] = "weekday"
    start_hour: Annotated[float, Field(ge=0.0, lt=HOURS_PER_DAY)] = 0.0
    """Hour of the day at which the episode starts."""
    sessions_per_day: Positive | None = None
    """Mean of the Poisson number of PEVs in 24 hours; None is the profile's own, where it has one."""
    pev_models: Literal["europe", "california"] = "europe"
    """The table of PEV models to draw from."""
    target_soc_max: PositiveFraction = 0.9
    """No PEV wants to leave with more than this, unless the energy it wants leaves no other way."""
    efficiency: Efficiency = 0.9
    transition_soc: Fraction = 0.8
    patience_minutes: Minutes = 0.0
    """How long a PEV waits for a station before it drives on."""
    stay_counts_from: StayStart = "arrival"
    """What a wait does to the departure: nothing, or it puts it off by as long; see `StayStart`."""

    @model_validator(mode="after")
    def _profile_has_the_day(self) -> Self:
        if self.sessions_per_day is None and self.profile not in ("caltech", "jpl"):
            raise ValueError(f"sessions_per_day must be given: the profile {self.profile!r} does not tell it")
        if self.profile == "workplace" and self.day == "weekend":
            raise ValueError("day must be 'weekday': the profile 'workplace' has no weekend")
        return self

    @property
    def source(self) -> str:
        """The statistics that schedules are drawn from."""
        return f"profile {self.profile}, {self.day}"

    def check_fit(self, site: Site) -> None:
        """Raise `ValueError` where more sessions come within the horizon than an area may have."""
        days = math.ceil(site.horizon_minutes / MINUTES_PER_DAY)
        most = MOST_SESSIONS / days
        if self.sessions_per_day is not None and self.sessions_per_day > most:
            raise ValueError(
                f"population.sessions_per_day ({self.sessions_per_day:g}) must be at most {most:g}: "
                f"{MOST_SESSIONS:,} sessions within the horizon"
            )

    @property
    def capacity_max_kwh(self) -> float:
        """That of the largest battery in the table of PEV models."""
        return float(load_pev_models(self.pev_models).capacity_kwh.max())

    def generator(self, site: Site) -> Generator:
        """What draws a batch of schedules."""
        return _SiteGenerator(self, site)


class _SiteGenerator:
    def __init__(self, population: SitePopulation, site: Site) -> None:
        self.population = population
        self.site = site
        self.days = math.ceil(site.horizon_minutes / MINUTES_PER_DAY)
        self._model, sessions_per_day = load_profile(population.profile, population.day)
        self._pevs = load_pev_models(population.pev_models)
        # The population has seen to it that one of them is given.
        self.mean_sessions = (population.sessions_per_day or sessions_per_day or 0.0) * self.days
        self.max_sessions = math.ceil(self.mean_sessions + 8.0 * math.sqrt(self.mean_sessions)) + 8
        """Room for the Poisson number but for one schedule in about 10^13, which is cut there."""

    def draw(self, random: Sequence[np.random.Generator]) -> InstanceRecords:
        population = self.population
        num_areas, room = len(random), self.max_sessions
        raise_if("population", bytes_problems(sessions=num_areas * room * (SESSION.itemsize + _DRAW_BYTES)))
        uniforms = np.empty((num_areas, room, 4))
        scores = np.empty((num_areas, room, 3))
        counts = np.empty(num_areas, np.int64)
        for b, generator in enumerate(random):
            counts[b] = min(generator.poisson(self.mean_sessions), room)
            generator.random(out=uniforms[b])
            generator.standard_normal(out=scores[b])
        arrival_stay_energy = np.empty((num_areas, room, 3))
        for part in parts(num_areas, room):
            if isinstance(self._model, Mixture):
                _draw_mixture(arrival_stay_energy[part], uniforms[part], scores[part], self._model)
            else:
                _draw_tables(arrival_stay_energy[part], uniforms[part], scores[part], self._model)
        sessions = np.zeros((num_areas, room), SESSION)
        sessions["battery"]["efficiency"] = population.efficiency
        sessions["battery"]["transition_soc"] = population.transition_soc
        when = population.start_hour, float(self.days), self.site.horizon_minutes
        for part in parts(num_areas, room):
            drawn = counts[part], arrival_stay_energy[part], uniforms[part]
            _draw_areas(sessions[part], *drawn, *when, self._pevs, population.target_soc_max)
        set_both_ways(sessions, population)
        give_stations(sessions, population, self.site)
        return InstanceRecords(sessions)


@kernel
def _draw_mixture(out: Array, uniforms: Array, scores: Array, mixture: Mixture) -> None:
    """Arrival hour, stay (h) and energy (kWh) into `out[B, S, 3]`, from a Gaussian mixture; hours wrap at midnight."""
    for b, j in np.ndindex(out.shape[:2]):
        k = _cell(mixture.cumulative_weights, uniforms[b, j, 0])
        mean, factor, z = mixture.means[k], mixture.factors[k], scores[b, j]
        out[b, j, 0] = (mean[0] + factor[0, 0] * z[0]) % HOURS_PER_DAY
        out[b, j, 1] = math.exp(mean[1] + factor[1, 0] * z[0] + factor[1, 1] * z[1])
        out[b, j, 2] = math.exp(mean[2] + factor[2, 0] * z[0] + factor[2, 1] * z[1] + factor[2, 2] * z[2])


@kernel
def _draw_tables(out: Array, uniforms: Array, scores: Array, tables: HourTables) -> None:
    """The same from hourly tables: stay and energy of an hour are joined by a Gaussian copula."""
    rest = math.sqrt(1.0 - STAY_ENERGY_CORRELATION**2)
    for b, j in np.ndindex(out.shape[:2]):
        u, z = uniforms[b, j, 0], scores[b, j]
        hour = _cell(tables.cumulative_share[1:], u)
        before, after = tables.cumulative_share[hour], tables.cumulative_share[hour + 1]
        out[b, j, 0] = hour + (min((u - before) / (after - before), 1.0) if after > before else 0.5)
        out[b, j, 1] = _inverse(tables.stay_h[hour], z[0])
        out[b, j, 2] = _inverse(tables.energy_kwh[hour], STAY_ENERGY_CORRELATION * z[0] + rest * z[1])


@kernel
def _cell(cumulative: Array, uniform: float) -> int:
    """The first place of `cumulative[K]` that is above `uniform`, or the last place."""
    return min(int(np.searchsorted(cumulative, uniform, side="right")), cumulative.size - 1)


@kernel
def _inverse(table: Array, score: float) -> float:
    """The table's value at the probability that a standard normal lies below `score`."""
    position = 0.5 * math.erfc(-score / math.sqrt(2.0)) * (table.size - 1)
    cell = min(int(position), table.size - 2)
    value: float = table[cell] + (table[cell + 1] - table[cell]) * (position - cell)
    return value


@kernel
def _draw_areas(
    sessions: Records,
    counts: Integers,
    drawn: Array,
    uniforms: Array,
    start_hour: float,
    days: float,
    horizon_minutes: float,
    pevs: PevModels,
    target_soc_max: float,
) -> None:
    """Turn draws into sessions in order of arrival; those that arrive beyond the horizon are left out."""
    num_areas, room = sessions.shape
    arrivals_min = np.empty(room)
    largest = int(np.argmax(pevs.capacity_kwh))
    for b in range(num_areas):
        arrivals_min[:] = np.inf
        kept = 0
        for j in range(counts[b]):
            day = math.floor(uniforms[b, j, 1] * days)
            hours = (drawn[b, j, 0] - start_hour) % HOURS_PER_DAY + HOURS_PER_DAY * day
            arrival_min = math.floor(hours * MINUTES_PER_HOUR)
            if arrival_min < horizon_minutes:
                arrivals_min[j] = arrival_min
                kept += 1
        order = np.argsort(arrivals_min, kind="mergesort")
        for i in range(kept):
            j = order[i]
            arrival_min, stay_h, energy_kwh = arrivals_min[j], drawn[b, j, 1], drawn[b, j, 2]
            session = sessions[b, i]
            battery = session["battery"]
            stay_minutes = max(math.floor(stay_h * MINUTES_PER_HOUR), 1.0)
            model = _choose_model(pevs, largest, energy_kwh, stay_h, battery["efficiency"], uniforms[b, j, 2])
            capacity = pevs.capacity_kwh[model]
            stored = min(energy_kwh * battery["efficiency"], capacity)
            room_kwh = max(capacity * target_soc_max - stored, 0.0)
            session["arrival_min"] = arrival_min
            session["departure_min"] = session["departure_stated_min"] = arrival_min + stay_minutes
            battery["capacity_kwh"] = capacity
            battery["power_max_kw"] = pevs.power_max_kw[model]
            session["energy_arrival_kwh"] = uniforms[b, j, 3] * room_kwh
            session["energy_target_kwh"] = min(session["energy_arrival_kwh"] + stored, capacity)
            session["status"] = _SERVED


@kernel
def _choose_model(
    pevs: PevModels, largest: int, energy_kwh: float, stay_h: float, efficiency: float, uniform: float
) -> int:
    """A row of `pevs`, by weight among those that can take the energy within the stay; else the largest battery's."""
    stored_kwh, count = energy_kwh * efficiency, pevs.weight.size
    total = 0.0
    for m in range(count):
        if pevs.capacity_kwh[m] >= stored_kwh and pevs.power_max_kw[m] * stay_h >= energy_kwh:
            total += pevs.weight[m]
    left = uniform * total
    chosen = largest
    for m in range(count):
        if pevs.capacity_kwh[m] >= stored_kwh and pevs.power_max_kw[m] * stay_h >= energy_kwh:
            chosen = m
            left -= pevs.weight[m]
            if left < 0.0:
                break
    return chosen
