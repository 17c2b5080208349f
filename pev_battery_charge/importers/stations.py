"""Which station an imported session gets: the one that is recorded, or the one that the scenario's rule gives."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pev_battery_charge.core.arrays import Booleans, Records
from pev_battery_charge.core.records import NO_SESSION, Status
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.assignment import assign_stations, earliest_free


def assign(sessions: Records, scenario: Scenario) -> None:
    """Give the sessions stations in order of arrival, with the patience of the scenario's population."""
    population = scenario.population
    stays_from_plug_in = population.stay_counts_from == "plug_in"
    assign_stations(sessions, scenario.num_stations, population.patience_minutes, stays_from_plug_in)


def number_stations(recorded: pl.Series, named: pl.Series, scenario: Scenario, source: str) -> npt.NDArray[np.integer]:
    """The number of each recorded station among all that a file names, in the order of their names.

    Raises `InputError` where sessions name no station, or all together more than the scenario has.
    """
    stations = named.unique().sort()
    if stations.null_count():
        raise InputError(source, ["has sessions without a station: give stations='assigned'"])
    if stations.len() > scenario.num_stations:
        raise InputError(
            source,
            [
                f"names {stations.len()} stations, the scenario {scenario.name!r} has {scenario.num_stations}: "
                "give a larger scenario, or stations='assigned'"
            ],
        )
    numbers: npt.NDArray[np.integer] = recorded.cast(pl.Enum(stations)).to_physical().to_numpy()
    return numbers


def place_as_recorded(sessions: Records, recorded: npt.NDArray[np.integer], num_stations: int) -> Booleans:
    """Give each of `sessions[S]`, in order of arrival, the station `recorded[S]`, at once; return `[S]`: those moved.

    Where the recorded station is still taken, the session is moved to the free station with the lowest number; where
    none is free, it is rejected.
    """
    free_at = np.zeros(num_stations)
    moved = np.zeros(sessions.size, np.bool_)
    for j, station in enumerate(recorded):
        arrival = sessions["arrival_min"][j]
        place = station
        if free_at[station] > arrival:
            place = earliest_free(free_at, arrival)
            moved[j] = free_at[place] <= arrival
        free = free_at[place] <= arrival
        sessions["station"][j] = place if free else NO_SESSION
        sessions["plug_in_min"][j] = arrival if free else np.nan
        sessions["status"][j] = Status.SERVED if free else Status.REJECTED
        if free:
            free_at[place] = sessions["departure_min"][j]
    return moved
