"""The phases of one step of one area, from t to t+1.

    take_requests, accept, grant (`core.limits`), charge, advance_clock (`core.clock`), tell

Each writes the records and nothing else; to tell what stations earn and see only reads them. The step that strings them
together, with the rule, the rewards and the observations of a scenario, is composed by `catalogue.compose`.
"""

import math

from pev_battery_charge.core.arrays import Array, Record, Records
from pev_battery_charge.core.battery import acceptance_kw
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NEVER, NO_SESSION, Status
from pev_battery_charge.core.units import MINUTES_PER_HOUR

LIMIT_TOLERANCE = 1e-6
"""Relative slack at a station's limits: a float32 action cannot hit a limit such as 6.656 kW exactly."""

TARGET_TOLERANCE_KWH = 1e-12
"""Rounding that separates a battery from its target; what is nearer has arrived."""

GRID_TOLERANCE_STEPS = 1e-9
"""A time this close to a step's boundary lies on it."""

_PADDING, _SERVED = int(Status.PADDING), int(Status.SERVED)
_REJECTED, _TOO_SHORT = int(Status.REJECTED), int(Status.TOO_SHORT)


@kernel
def take_requests(area: Record, stations: Records, requests_kw: Array) -> None:
    """Clip each request to its station's bounds; an empty station asks for nothing, nor does one below `least_kw`."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        asked_kw, request = requests_kw[i], 0.0
        if station["session"] != NO_SESSION:
            request = min(max(asked_kw, station["power_min_kw"]), station["power_max_kw"])
            least = station["least_kw"]
            if request < least:
                request = least if request >= least * (1.0 - LIMIT_TOLERANCE) else 0.0
        station["made"]["asked_kw"] = asked_kw
        station["made"]["request_kw"] = request
        total += request
    area["request_kw"] = total


@kernel
def accept(area: Record, stations: Records) -> None:
    """What each battery would draw over this step if it were granted its request."""
    for i in range(stations.size):
        station = stations[i]
        request, acceptance = station["made"]["request_kw"], 0.0
        if request > 0.0:
            acceptance = acceptance_kw(
                station["battery"], station["energy_kwh"], station["target_kwh"], request, area["step_hours"]
            )
        station["made"]["acceptance_kw"] = acceptance


@kernel
def accept_all(area: Record, stations: Records) -> None:
    """What each battery would draw over this step at its station's full power."""
    for i in range(stations.size):
        station = stations[i]
        station["made"]["request_kw"] = station["power_max_kw"] if station["session"] != NO_SESSION else 0.0
    accept(area, stations)


@kernel
def charge(area: Record, stations: Records) -> None:
    """Move the energy of one step and write the books.

    Grid energy, losses and stored energy are each computed for themselves, so that their balance is a check.
    """
    hours = area["step_hours"]
    for i in range(stations.size):
        station = stations[i]
        made = station["made"]
        made["session"] = station["session"]
        made["energy_kwh"] = made["target_kwh"] = 0.0
        if station["session"] == NO_SESSION:
            continue
        power = made["power_kw"]
        if power > 0.0:
            efficiency = station["battery"]["efficiency"]
            before_kwh = station["energy_kwh"]
            grid_kwh = power * hours
            loss_kwh = (1.0 - efficiency) * grid_kwh
            after_kwh = before_kwh + efficiency * grid_kwh
            if after_kwh > station["target_kwh"] - TARGET_TOLERANCE_KWH:
                after_kwh = station["target_kwh"]
            station["energy_kwh"] = after_kwh
            book(station["books"], grid_kwh, after_kwh - before_kwh, loss_kwh)
            book(area["books"], grid_kwh, after_kwh - before_kwh, loss_kwh)
        made["energy_kwh"] = station["energy_kwh"]
        made["target_kwh"] = station["target_kwh"]


@kernel
def book(books: Record, grid_kwh: float, stored_kwh: float, loss_kwh: float) -> None:
    """Add the energies of one step to `BOOKS`."""
    books["grid_kwh"] += grid_kwh
    books["stored_kwh"] += stored_kwh
    books["loss_kwh"] += loss_kwh


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
    station["target_kwh"] = session["energy_target_kwh"]
    station["battery"] = session["battery"]
    station["books"] = session["books"]
    following = session["next_session"]
    hidden["depart_step"] = session["depart_step"]
    hidden["next_session"] = following
    hidden["next_plug_step"] = NEVER if following == NO_SESSION else sessions[following]["plug_step"]


@kernel
def bind_schedule(area: Record, stations: Records, sessions: Records) -> None:
    """Start an episode in an idle area: put the sessions on the step grid, chain them, plug in those of step 0.

    A session is plugged during the steps whose whole interval lies inside [plug-in, departure]; one without such a
    step inside the horizon is marked `TOO_SHORT`.
    """
    chain_sessions(area, stations, sessions)
    for i in range(stations.size):
        if stations[i]["hidden"]["next_plug_step"] == 0:
            plug_in(stations[i], sessions)


@kernel
def chain_sessions(area: Record, stations: Records, sessions: Records) -> None:
    """Compute each session's steps and status, and link the sessions of a station in the order they plug in.

    The stated departure is put on the grid like the true one, but not before the first step of the visit is over.
    Rows come in order of arrival, so walking backwards makes each insertion find its place at the head of the chain.
    """
    step_minutes = area["step_hours"] * MINUTES_PER_HOUR
    for j in range(sessions.size - 1, -1, -1):
        session = sessions[j]
        session["next_session"] = NO_SESSION
        session["energy_kwh"] = session["energy_arrival_kwh"]
        books = session["books"]
        books["grid_kwh"] = books["stored_kwh"] = books["loss_kwh"] = 0.0
        session["plug_step"] = NEVER
        session["depart_step"] = NEVER
        session["depart_stated_step"] = NEVER
        if session["status"] == _PADDING or session["status"] == _REJECTED:
            continue
        plug_step = math.ceil(session["plug_in_min"] / step_minutes - GRID_TOLERANCE_STEPS)
        depart_step = math.floor(session["departure_min"] / step_minutes + GRID_TOLERANCE_STEPS)
        stated_step = math.floor(session["departure_stated_min"] / step_minutes + GRID_TOLERANCE_STEPS)
        session["plug_step"] = min(plug_step, NEVER)
        session["depart_step"] = min(depart_step, NEVER)
        session["depart_stated_step"] = min(max(stated_step, plug_step + 1), NEVER)
        if min(depart_step, area["horizon_steps"]) <= plug_step:
            session["status"] = _TOO_SHORT
            continue
        session["status"] = _SERVED
        station = stations[session["station"]]["hidden"]
        if station["next_session"] == NO_SESSION or session["plug_step"] <= station["next_plug_step"]:
            session["next_session"] = station["next_session"]
            station["next_session"] = j
            station["next_plug_step"] = session["plug_step"]
            continue
        before = station["next_session"]
        after = sessions[before]["next_session"]
        while after != NO_SESSION and sessions[after]["plug_step"] < session["plug_step"]:
            before = after
            after = sessions[before]["next_session"]
        session["next_session"] = after
        sessions[before]["next_session"] = j
