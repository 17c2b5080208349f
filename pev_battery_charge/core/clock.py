"""The clock: sessions on the grid of steps, their order at the stations, and departures and plug-ins at each step."""

import math

import numpy as np

from pev_battery_charge.core.arrays import Array, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.heap import sort_descending
from pev_battery_charge.core.records import CLOCK_CHANGES, NEVER, NO_SESSION, Status
from pev_battery_charge.core.units import HOURS_PER_DAY

GRID_TOLERANCE_STEPS = 1e-9
"""A time this close to a step's boundary lies on it."""

_PADDING, _SERVED = int(Status.PADDING), int(Status.SERVED)
_REJECTED, _TOO_SHORT = int(Status.REJECTED), int(Status.TOO_SHORT)


@kernel
def hour_of_day(area: Record, step: int) -> float:
    """The local hour of the day, in [0, 24), at which a step of the area's episode begins.

    area: one `AREA`.
    step: `area["step"]` for the step to be made, `area["step"] - 1` for the one just made.

    Right on days of 23 and 25 hours, too. It is compiled: reward terms, features and rules may call it.
    """
    return float(local_hours(area, step) % HOURS_PER_DAY)


@kernel
def days_begun(area: Record, step: int) -> int:
    """How many local midnights lie between the episode's start and the beginning of a step."""
    return math.floor(local_hours(area, step) / HOURS_PER_DAY)


@kernel
def local_hours(area: Record, step: int) -> float:
    """What the local clock has reached at the beginning of a step, in hours from the midnight before the start."""
    elapsed_hours = step * area["step_hours"]
    hour = area["start_hour"] + elapsed_hours
    elapsed_hours += GRID_TOLERANCE_STEPS * area["step_hours"]
    for k in range(CLOCK_CHANGES):
        if area["clock_change_h"][k] <= elapsed_hours:
            hour += area["clock_shift_h"][k]
    return float(hour)


@kernel
def hours_of_day(areas: Records) -> Array:
    """The same for the step to be made in each of `AREA[B]`, `[B]`."""
    hours = np.empty(areas.size)
    for b in range(areas.size):
        hours[b] = hour_of_day(areas[b], areas[b]["step"])
    return hours


@kernel
def put_on_grid(sessions: Records, step_minutes: float, horizon_steps: int) -> None:
    """Tell the steps and the status of each of `SESSION[S]`, and open its books.

    A session is plugged during the steps whose whole interval lies inside [plug-in, departure]; one without such a
    step inside the horizon is `TOO_SHORT`. The stated departure is put on the grid like the true one, but not before
    the first step of the visit is over.
    """
    for j in range(sessions.size):
        session = sessions[j]
        session["energy_kwh"] = session["energy_arrival_kwh"]
        books = session["books"]
        books["grid_kwh"] = books["stored_kwh"] = books["loss_kwh"] = books["grid_out_kwh"] = 0.0
        session["plug_step"] = session["depart_step"] = session["depart_stated_step"] = NEVER
        if session["status"] == _PADDING or session["status"] == _REJECTED:
            continue
        plug_step = math.ceil(session["plug_in_min"] / step_minutes - GRID_TOLERANCE_STEPS)
        depart_step = math.floor(session["departure_min"] / step_minutes + GRID_TOLERANCE_STEPS)
        stated_step = math.floor(session["departure_stated_min"] / step_minutes + GRID_TOLERANCE_STEPS)
        session["plug_step"] = min(plug_step, NEVER)
        session["depart_step"] = min(depart_step, NEVER)
        session["depart_stated_step"] = min(max(stated_step, plug_step + 1), NEVER)
        session["status"] = _TOO_SHORT if min(depart_step, horizon_steps) <= plug_step else _SERVED


@kernel
def put_areas_on_grid(sessions: Records, step_minutes: float, horizon_steps: int) -> bool:
    """Put the sessions of every area on the grid of steps; return whether any PEV will wait for its station."""
    waits = False
    for b in range(sessions.shape[0]):
        put_on_grid(sessions[b], step_minutes, horizon_steps)
        for j in range(sessions.shape[1]):
            waits = waits or sessions[b, j]["plug_in_min"] > sessions[b, j]["arrival_min"]
    return waits


def begin(stations: Records, sessions: Records) -> None:
    """Start an episode at idle `stations[B, N]`: chain the sessions of each as they plug in; plug in those of step 0.

    Of sessions that plug in at the same step, the first row is first.
    """
    if not chain_rows(stations, sessions):
        chain_sorted(stations, sessions)
    plug_in_first(stations, sessions)


@kernel
def chain_rows(stations: Records, sessions: Records) -> bool:
    """Chain the sessions of each station in the order of their rows; return whether they plug in in this order.

    Rows come in order of arrival, so they mostly do.
    """
    for b in range(stations.shape[0]):
        for j in range(sessions.shape[1] - 1, -1, -1):
            session = sessions[b, j]
            session["next_session"] = NO_SESSION
            if session["status"] == _SERVED:
                hidden = stations[b, session["station"]]["hidden"]
                if hidden["next_plug_step"] < session["plug_step"]:
                    return False
                put_first(hidden, session, j)
    return True


@kernel
def chain_sorted(stations: Records, sessions: Records) -> None:
    """Chain the sessions of each station by their first step, whatever the order of their rows."""
    numbers, steps = np.arange(sessions.shape[1]), np.empty(sessions.shape[1])
    for b in range(stations.shape[0]):
        for i in range(stations.shape[1]):
            stations[b, i]["hidden"]["next_session"] = NO_SESSION
            stations[b, i]["hidden"]["next_plug_step"] = NEVER
        for j in range(steps.size):
            steps[j] = sessions[b, j]["plug_step"]
        rows = numbers.copy()
        sort_descending(rows, steps, numbers)
        for row in rows:
            session = sessions[b, row]
            session["next_session"] = NO_SESSION
            if session["status"] == _SERVED:
                put_first(stations[b, session["station"]]["hidden"], session, int(row))


@kernel
def put_first(hidden: Record, session: Record, j: int) -> None:
    """Put a session, of row j, before all others in its station's chain."""
    session["next_session"] = hidden["next_session"]
    hidden["next_session"] = j
    hidden["next_plug_step"] = session["plug_step"]


@kernel
def plug_in_first(stations: Records, sessions: Records) -> None:
    """Plug in the PEVs of step 0."""
    for b in range(stations.shape[0]):
        for i in range(stations.shape[1]):
            if stations[b, i]["hidden"]["next_plug_step"] == 0:
                plug_in(stations[b, i], sessions[b])


@kernel
def advance_clock(area: Record, stations: Records, sessions: Records) -> None:
    """Go to t+1: PEVs whose last step is over leave, their unmet energy is booked; PEVs whose time has come plug in."""
    step = area["step"] + 1
    area["step"] = step
    for i in range(stations.size):
        station = stations[i]
        station["made"]["departed"] = 0
        if station["session"] != NO_SESSION and station["hidden"]["depart_step"] <= step:
            close_books(station, sessions[station["session"]])
            area["unmet_kwh"] += max(station["target_kwh"] - station["energy_kwh"], 0.0)
            station["made"]["departed"] = 1
            station["session"] = NO_SESSION
        if station["hidden"]["next_plug_step"] <= step and station["session"] == NO_SESSION:
            plug_in(station, sessions)


@kernel
def close_books(station: Record, session: Record) -> None:
    """Write what the plugged PEV has been given so far into its session."""
    session["energy_kwh"] = station["energy_kwh"]
    session["books"] = station["books"]


@kernel
def plug_in(station: Record, sessions: Records) -> None:
    """Connect the station's next session and look up the one after it."""
    hidden = station["hidden"]
    index = hidden["next_session"]
    session = sessions[index]
    station["session"] = index
    station["depart_stated_step"] = session["depart_stated_step"]
    station["energy_kwh"] = session["energy_arrival_kwh"]
    station["target_kwh"] = 0.0 if station["store"] == 1 else session["energy_target_kwh"]
    station["battery"] = session["battery"]
    station["books"] = session["books"]
    following = session["next_session"]
    hidden["depart_step"] = session["depart_step"]
    hidden["next_session"] = following
    hidden["next_plug_step"] = NEVER if following == NO_SESSION else sessions[following]["plug_step"]
