"""Which PEV gets which station: first come, first served; the free station with the lowest number; or wait; or go."""

import numpy as np

from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION, Status

_PADDING, _SERVED, _REJECTED = int(Status.PADDING), int(Status.SERVED), int(Status.REJECTED)


@kernel
def assign_stations(
    sessions: Records, num_stations: int, patience_minutes: float, stays_from_plug_in: bool = False
) -> None:
    """Give each session of `sessions[S]`, in order of arrival, its station and plug-in time, or reject it.

    A PEV that finds no free station waits for the one that is free first, at most `patience_minutes`, and keeps its
    departure time; if no station comes free before both have run out, it drives on. With `stays_from_plug_in`, a PEV
    that has waited leaves later by as much, and states a departure later by as much: only patience limits the wait.

    Each departure is known as soon as the PEV is plugged in, so a queue is served rightly by giving each PEV in turn
    the earliest station that those before it have left over.
    """
    serve_in_turn(sessions, all_free(num_stations), patience_minutes, stays_from_plug_in)


@kernel
def serve_in_turn(sessions: Records, free_at: Array, patience_minutes: float, stays_from_plug_in: bool) -> None:
    """The same with `free_at`, as of `all_free`, which goes on to the sessions that come next."""
    for j in range(sessions.size):
        session = sessions[j]
        if session["status"] == _PADDING:
            continue
        arrival, departure = session["arrival_min"], session["departure_min"]
        station = earliest_free(free_at, arrival)
        plug_in = max(free_at[free_at.size // 2 + station], arrival)
        if plug_in <= arrival + patience_minutes and (stays_from_plug_in or plug_in < departure):
            if stays_from_plug_in and plug_in > arrival:
                departure += plug_in - arrival
                session["departure_min"] = departure
                session["departure_stated_min"] += plug_in - arrival
            session["station"] = station
            session["plug_in_min"] = plug_in
            session["status"] = _SERVED
            take(free_at, station, departure)
        else:
            session["station"] = NO_SESSION
            session["plug_in_min"] = np.nan
            session["status"] = _REJECTED


@kernel
def assign_areas(sessions: Records, free_at: Array, patience_minutes: float, stays_from_plug_in: bool) -> None:
    """The same for each area of `sessions[B, S]`, with a row of `free_at` for each."""
    for b in range(len(sessions)):
        serve_in_turn(sessions[b], free_at[b], patience_minutes, stays_from_plug_in)


@kernel
def all_free(num_stations: int) -> Array:
    """When each station comes free: 0. A tree, so that a station is found in log N.

    Of an array of 2 L numbers the last L are the stations', and those that there are not come free never; each other
    one, at k, is the least of the two at 2 k and 2 k + 1.
    """
    leaves = 1
    while leaves < num_stations:
        leaves *= 2
    free_at = np.full(2 * leaves, np.inf)
    for i in range(num_stations):
        take(free_at, i, 0.0)
    return free_at


@kernel
def take(free_at: Array, station: int, until: float) -> None:
    """Let a station come free at another time."""
    k = free_at.size // 2 + station
    free_at[k] = until
    while k > 1:
        k //= 2
        free_at[k] = min(free_at[2 * k], free_at[2 * k + 1])


@kernel
def earliest_free(free_at: Array, arrival: float) -> int:
    """The lowest-numbered station that is free at `arrival`; if none is, the one that comes free first."""
    latest = max(free_at[1], arrival)
    k, leaves = 1, free_at.size // 2
    while k < leaves:
        k *= 2
        if free_at[k] > latest:
            k += 1
    return k - leaves
