"""PEVs of one kind, their arrivals spread over the horizon."""

from collections.abc import Sequence

import numpy as np

from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import Status
from pev_battery_charge.scenario import SpreadPopulation
from pev_battery_charge.schedule.assignment import assign_stations

_SERVED = int(Status.SERVED)


class SpreadGenerator:
    """Draws the schedules of a `SpreadPopulation`.

    The span in which a longest stay can begin, `horizon - stay_minutes`, is cut into one equal slot for each PEV; each
    arrives at a uniformly drawn moment of its slot, so that every stay ends inside the horizon, but for one that a wait
    puts off (`stay_counts_from = "plug_in"`). Times are whole minutes.
    """

    def __init__(self, population: SpreadPopulation, num_stations: int, horizon_minutes: float) -> None:
        self.population = population
        self.num_stations = num_stations
        self.horizon_minutes = horizon_minutes
        self.max_sessions = population.pevs

    def draw(self, generators: Sequence[np.random.Generator], sessions: Records) -> None:
        """Fill `sessions[B, S]` with one schedule for each of the B generators."""
        population = self.population
        uniforms = np.empty((len(generators), population.pevs, 3))
        for row, generator in zip(uniforms, generators, strict=True):
            generator.random(out=row)
        sessions["battery"]["capacity_kwh"] = population.capacity_kwh
        sessions["energy_target_kwh"] = population.target_soc * population.capacity_kwh
        sessions["battery"]["power_max_kw"] = population.power_max_kw
        sessions["battery"]["efficiency"] = population.efficiency
        sessions["battery"]["transition_soc"] = population.transition_soc
        span_minutes = self.horizon_minutes - population.stay_minutes
        _draw_areas(
            sessions,
            uniforms,
            span_minutes,
            population.stay_minutes,
            population.stay_tolerance,
            population.arrival_soc_max,
            self.num_stations,
            population.patience_minutes,
            population.stay_counts_from == "plug_in",
        )


@kernel
def _draw_areas(
    sessions: Records,
    uniforms: Array,
    span_minutes: float,
    stay_minutes: float,
    stay_tolerance: float,
    arrival_soc_max: float,
    num_stations: int,
    patience_minutes: float,
    stays_from_plug_in: bool,
) -> None:
    num_areas, num_pevs = sessions.shape
    slot_minutes = span_minutes / num_pevs
    for b in range(num_areas):
        for j in range(num_pevs):
            session = sessions[b, j]
            arrival = np.floor((j + uniforms[b, j, 0]) * slot_minutes)
            stay = max(np.floor(stay_minutes * (1.0 - stay_tolerance * uniforms[b, j, 1])), min(1.0, stay_minutes))
            session["arrival_min"] = arrival
            session["departure_min"] = arrival + stay
            session["departure_stated_min"] = arrival + stay
            session["energy_arrival_kwh"] = uniforms[b, j, 2] * arrival_soc_max * session["battery"]["capacity_kwh"]
            session["status"] = _SERVED
        assign_stations(sessions[b], num_stations, patience_minutes, stays_from_plug_in)
