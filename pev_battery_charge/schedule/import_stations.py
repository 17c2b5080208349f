"""Which station an imported session gets: the one that is recorded, or the one that the scenario's rule gives."""

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Booleans, Records
from pev_battery_charge.core.records import NO_SESSION, Status
from pev_battery_charge.schedule.assignment import earliest_free


def place_as_recorded(sessions: Records, recorded: npt.NDArray[np.integer], num_stations: int) -> Booleans:
    """Give each of `sessions[S]`, in order of arrival, the station `recorded[S]`, at once; return `[S]`, who was moved.

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
