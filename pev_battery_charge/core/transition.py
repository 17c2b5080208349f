"""The phases of one step of one area, from t to t+1.

    take_requests, accept, grant (`core.limits`), charge, advance_clock (`core.clock`), tell

Each writes the records and nothing else; to tell what stations earn and see only reads them. The step that strings them
together, with the rule, the rewards and the observations of a scenario, is composed by `catalogue.compose`.
"""

import math

from pev_battery_charge.core.arrays import Array, Record, Records
from pev_battery_charge.core.battery import acceptance_kw, release_kw
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION

LIMIT_TOLERANCE = 1e-6
"""Relative slack at a station's limits: a float32 action cannot hit a limit such as 6.656 kW exactly."""

TARGET_TOLERANCE_KWH = 1e-12
"""Rounding that separates a battery from its target; what is nearer has arrived."""


@kernel
def take_requests(area: Record, stations: Records, requests_kw: Array) -> None:
    """Clip each request to its station's bounds; an empty station asks for nothing, nor does one below `least_kw`.

    `least_kw` holds both ways.
    """
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        asked_kw, request = requests_kw[i], 0.0
        if station["session"] != NO_SESSION:
            request = min(max(asked_kw, station["power_min_kw"]), station["power_max_kw"])
            least, magnitude = station["least_kw"], abs(request)
            if magnitude < least:
                request = math.copysign(least, request) if magnitude >= least * (1.0 - LIMIT_TOLERANCE) else 0.0
        station["made"]["asked_kw"] = asked_kw
        station["made"]["request_kw"] = request
        total += request
    area["request_kw"] = total


@kernel
def accept(area: Record, stations: Records) -> None:
    """What each battery would draw, or give, over this step if it were granted its request."""
    for i in range(stations.size):
        station = stations[i]
        request, acceptance = station["made"]["request_kw"], 0.0
        if request > 0.0:
            acceptance = acceptance_kw(
                station["battery"], station["energy_kwh"], ceiling_kwh(station), request, area["step_hours"]
            )
        elif request < 0.0:
            acceptance = release_kw(station["battery"], station["energy_kwh"], request, area["step_hours"])
        station["made"]["acceptance_kw"] = acceptance


@kernel
def ceiling_kwh(station: Record) -> float:
    """What the plugged battery may hold at most: its target, or its own ceiling where that is more."""
    return float(max(station["target_kwh"], station["battery"]["energy_max_kwh"]))


@kernel
def accept_all(area: Record, stations: Records) -> None:
    """What each battery would draw over this step at its station's full power."""
    for i in range(stations.size):
        station = stations[i]
        acceptance = 0.0
        if station["session"] != NO_SESSION:
            acceptance = acceptance_kw(
                station["battery"],
                station["energy_kwh"],
                ceiling_kwh(station),
                station["power_max_kw"],
                area["step_hours"],
            )
        station["made"]["acceptance_kw"] = acceptance


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
            most_kwh = ceiling_kwh(station)
            if after_kwh > most_kwh - TARGET_TOLERANCE_KWH:
                after_kwh = most_kwh
            station["energy_kwh"] = after_kwh
            book(station["books"], grid_kwh, after_kwh - before_kwh, loss_kwh)
            book(area["books"], grid_kwh, after_kwh - before_kwh, loss_kwh)
        elif power < 0.0:
            discharge(area, station, -power * hours)
        made["energy_kwh"] = station["energy_kwh"]
        made["target_kwh"] = station["target_kwh"]


@kernel
def discharge(area: Record, station: Record, out_kwh: float) -> None:
    """Take from a battery what gives `out_kwh` to the grid, and write the books."""
    battery = station["battery"]
    before_kwh = station["energy_kwh"]
    taken_kwh = out_kwh / battery["efficiency_out"]
    after_kwh = before_kwh - taken_kwh
    if after_kwh < battery["energy_min_kwh"] + TARGET_TOLERANCE_KWH:
        after_kwh = battery["energy_min_kwh"]
    station["energy_kwh"] = after_kwh
    loss_kwh = (1.0 - battery["efficiency_out"]) * taken_kwh
    book(station["books"], 0.0, after_kwh - before_kwh, loss_kwh)
    book(area["books"], 0.0, after_kwh - before_kwh, loss_kwh)
    station["books"]["grid_out_kwh"] += out_kwh
    area["books"]["grid_out_kwh"] += out_kwh


@kernel
def book(books: Record, grid_kwh: float, stored_kwh: float, loss_kwh: float) -> None:
    """Add the energies of one step to `BOOKS`."""
    books["grid_kwh"] += grid_kwh
    books["stored_kwh"] += stored_kwh
    books["loss_kwh"] += loss_kwh
