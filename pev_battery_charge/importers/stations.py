"""The stations that are recorded, given to the sessions where they are free."""

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Booleans, Records
from pev_battery_charge.core.records import NO_SESSION, Status
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.assignment import all_free, earliest_free, take


def place_as_recorded(
    sessions: Records, recorded: pl.Series, named: pl.Series, scenario: Scenario, source: str
) -> Booleans:
    """Give each of `sessions[S]`, in order of arrival, the station `recorded[S]`, at once; return `[S]`: those moved.

    named: all stations that the file, `source`, names; they are numbered in the order of their names.

    Where the recorded station is still taken, the session is moved to the free station with the lowest number; where
    none is free, it is rejected. Raises `InputError` where sessions name no station, or all together more than the
    scenario has.
    """
    stations = named.unique().sort()
    if stations.null_count():
        raise InputError(source, ["has sessions without a station: give stations='assigned'"])
    if stations.len() > scenario.num_stations:
        problem = f"names {stations.len()} stations, the scenario {scenario.name!r} has {scenario.num_stations}: "
        raise InputError(source, [problem + "give a larger scenario, or stations='assigned'"])
    numbers = recorded.cast(pl.Enum(stations)).to_physical().to_numpy()
    free_at = all_free(scenario.num_stations)
    own = free_at[free_at.size // 2 :]
    sessions["station"] = NO_SESSION
    sessions["plug_in_min"] = np.nan
    sessions["status"] = Status.REJECTED
    for session, station in zip(sessions, numbers, strict=True):
        arrival = session["arrival_min"]
        place = station if own[station] <= arrival else earliest_free(free_at, arrival)
        if own[place] <= arrival:
            session["station"], session["plug_in_min"], session["status"] = place, arrival, Status.SERVED
            take(free_at, place, session["departure_min"])
    return np.asarray((sessions["station"] != NO_SESSION) & (sessions["station"] != numbers))
