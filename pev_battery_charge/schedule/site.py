"""PEVs that come to a real site: arrival hour, stay and energy drawn as its sessions have them."""

import math
from collections.abc import Sequence

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import Status
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.scenario import SitePopulation
from pev_battery_charge.schedule.assignment import assign_stations
from pev_battery_charge.schedule.profiles import (
    STAY_ENERGY_CORRELATION,
    Mixture,
    load_pev_models,
    load_profile,
)

_PADDING, _SERVED = int(Status.PADDING), int(Status.SERVED)


class SiteGenerator:
    """Draws the schedules of a `SitePopulation`.

    The number of PEVs is Poisson. Each draws arrival hour, stay and (metered) energy together from the site's profile,
    then a model among those of its table that could have taken that energy in that stay, or failing that the one with
    the largest battery; then the state of charge on arrival, uniform over what leaves room for the energy. Energy
    stored is metered energy times efficiency, and never more than the battery can take. Where only tables are known of
    a site, about one PEV in twenty wants more than its charger can give within its stay. Times are whole minutes; a
    stay may reach beyond the horizon.
    """

    def __init__(self, population: SitePopulation, num_stations: int, horizon_minutes: float) -> None:
        self.population = population
        self.num_stations = num_stations
        self.horizon_minutes = horizon_minutes
        self.days = math.ceil(horizon_minutes / MINUTES_PER_DAY)
        profile = load_profile(population.profile, population.day)
        self._model = profile.model
        self._pevs = load_pev_models(population.pev_models)
        per_day = population.sessions_per_day or profile.sessions_per_day
        if per_day is None:
            raise ValueError(f"profile {population.profile!r} tells no number of sessions a day")
        self.mean_sessions = per_day * self.days
        self.max_sessions = math.ceil(self.mean_sessions + 8.0 * math.sqrt(self.mean_sessions)) + 8
        """Room for the Poisson number but for one schedule in about 10^13, which is cut there."""

    def draw(self, generators: Sequence[np.random.Generator], sessions: Records) -> None:
        """Fill `sessions[B, S]` with one schedule for each of the B generators; unused rows are padding."""
        population = self.population
        num_areas, room = len(generators), self.max_sessions
        uniforms = np.empty((num_areas, room, 4))
        scores = np.empty((num_areas, room, 3))
        counts = np.empty(num_areas, np.int64)
        for b, generator in enumerate(generators):
            counts[b] = min(generator.poisson(self.mean_sessions), room)
            generator.random(out=uniforms[b])
            generator.standard_normal(out=scores[b])
        arrival_stay_energy = np.empty((num_areas, room, 3))
        if isinstance(self._model, Mixture):
            mixture = self._model
            _draw_mixture(
                arrival_stay_energy, uniforms, scores, mixture.cumulative_weights, mixture.means, mixture.factors
            )
        else:
            tables = self._model
            _draw_tables(
                arrival_stay_energy, uniforms, scores, tables.cumulative_share, tables.stay_h, tables.energy_kwh
            )
        sessions["battery"]["efficiency"] = population.efficiency
        sessions["battery"]["transition_soc"] = population.transition_soc
        pevs = np.stack([self._pevs.capacity_kwh, self._pevs.power_max_kw, self._pevs.weight], axis=1)
        _draw_areas(
            sessions,
            counts,
            arrival_stay_energy,
            uniforms,
            pevs,
            population.start_hour,
            float(self.days),
            self.horizon_minutes,
            population.target_soc_max,
            self.num_stations,
            population.patience_minutes,
            population.stay_counts_from == "plug_in",
        )


@kernel
def _draw_mixture(
    out: Array, uniforms: Array, scores: Array, cumulative_weights: Array, means: Array, factors: Array
) -> None:
    """Arrival hour, stay (h) and energy (kWh) into `out[B, S, 3]`, from a Gaussian mixture; hours wrap at midnight."""
    num_areas, room, _ = out.shape
    for b in range(num_areas):
        for j in range(room):
            k = 0
            while k < cumulative_weights.size - 1 and uniforms[b, j, 0] >= cumulative_weights[k]:
                k += 1
            z = scores[b, j]
            out[b, j, 0] = (means[k, 0] + factors[k, 0, 0] * z[0]) % HOURS_PER_DAY
            out[b, j, 1] = math.exp(means[k, 1] + factors[k, 1, 0] * z[0] + factors[k, 1, 1] * z[1])
            out[b, j, 2] = math.exp(
                means[k, 2] + factors[k, 2, 0] * z[0] + factors[k, 2, 1] * z[1] + factors[k, 2, 2] * z[2]
            )


@kernel
def _draw_tables(
    out: Array, uniforms: Array, scores: Array, cumulative_share: Array, stay_h: Array, energy_kwh: Array
) -> None:
    """The same from hourly tables: stay and energy of an hour are joined by a Gaussian copula."""
    num_areas, room, _ = out.shape
    rest = math.sqrt(1.0 - STAY_ENERGY_CORRELATION**2)
    for b in range(num_areas):
        for j in range(room):
            u = uniforms[b, j, 0]
            hour = 0
            while hour < stay_h.shape[0] - 1 and u >= cumulative_share[hour + 1]:
                hour += 1
            share = cumulative_share[hour + 1] - cumulative_share[hour]
            out[b, j, 0] = hour + (min((u - cumulative_share[hour]) / share, 1.0) if share > 0.0 else 0.5)
            z = scores[b, j]
            out[b, j, 1] = _inverse(stay_h[hour], z[0])
            out[b, j, 2] = _inverse(energy_kwh[hour], STAY_ENERGY_CORRELATION * z[0] + rest * z[1])


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
    arrival_stay_energy: Array,
    uniforms: Array,
    pevs: Array,
    start_hour: float,
    days: float,
    horizon_minutes: float,
    target_soc_max: float,
    num_stations: int,
    patience_minutes: float,
    stays_from_plug_in: bool,
) -> None:
    """Turn draws into sessions in order of arrival, and give them stations."""
    num_areas, room = sessions.shape
    arrivals = np.empty(room)
    order = np.empty(room, np.int64)
    for b in range(num_areas):
        kept = 0
        for j in range(counts[b]):
            day = math.floor(uniforms[b, j, 1] * days)
            hours = (arrival_stay_energy[b, j, 0] - start_hour) % HOURS_PER_DAY + HOURS_PER_DAY * day
            arrivals[j] = math.floor(hours * MINUTES_PER_HOUR)
            if arrivals[j] < horizon_minutes:
                place = kept
                while place > 0 and arrivals[order[place - 1]] > arrivals[j]:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = j
                kept += 1
        for i in range(room):
            session = sessions[b, i]
            if i >= kept:
                session["status"] = _PADDING
                continue
            j = order[i]
            battery = session["battery"]
            stay_h = arrival_stay_energy[b, j, 1]
            stay_minutes = max(math.floor(stay_h * MINUTES_PER_HOUR), 1.0)
            energy_kwh = arrival_stay_energy[b, j, 2]
            model = _choose_model(pevs, energy_kwh, stay_h, battery["efficiency"], uniforms[b, j, 2])
            capacity = pevs[model, 0]
            stored = min(energy_kwh * battery["efficiency"], capacity)
            room_kwh = max(capacity * target_soc_max - stored, 0.0)
            session["arrival_min"] = arrivals[j]
            session["departure_min"] = arrivals[j] + stay_minutes
            session["departure_stated_min"] = arrivals[j] + stay_minutes
            battery["capacity_kwh"] = capacity
            battery["power_max_kw"] = pevs[model, 1]
            session["energy_arrival_kwh"] = uniforms[b, j, 3] * room_kwh
            session["energy_target_kwh"] = min(session["energy_arrival_kwh"] + stored, capacity)
            session["status"] = _SERVED
        assign_stations(sessions[b], num_stations, patience_minutes, stays_from_plug_in)


@kernel
def _choose_model(pevs: Array, energy_kwh: float, stay_h: float, efficiency: float, uniform: float) -> int:
    """A row of `pevs` (capacity, power, weight), by weight among those that can take the energy within the stay."""
    total = 0.0
    largest = 0
    for m in range(pevs.shape[0]):
        if pevs[m, 0] > pevs[largest, 0]:
            largest = m
        if pevs[m, 0] >= energy_kwh * efficiency and pevs[m, 1] * stay_h >= energy_kwh:
            total += pevs[m, 2]
    left = uniform * total
    chosen = largest
    for m in range(pevs.shape[0]):
        if pevs[m, 0] >= energy_kwh * efficiency and pevs[m, 1] * stay_h >= energy_kwh:
            chosen = m
            left -= pevs[m, 2]
            if left < 0.0:
                break
    return chosen
