"""Controllers that plan one vehicle's hours: at night, or spread over the visit. The cap is left to the coordinator."""

from typing import Final

import numpy as np

from pev_battery_charge.controllers.protocol import Controller, Snapshot
from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.battery import hours_to_charge
from pev_battery_charge.core.clock import GRID_TOLERANCE_STEPS
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.units import HOURS_PER_DAY
from pev_battery_charge.errors import InputError

NEARLY_FULL_SOC: Final = 0.999
"""A battery that tapers only ever nears 1, so what is needed of a target above this is counted up to here."""


def night(from_hour: float = 0.0, until_hour: float = 6.0) -> Controller:
    """Full power at night, and otherwise as late as it still just reaches the target by the stated departure.

    from_hour, until_hour: the night, [from, until) in local hours of the day; 22 and 6 is a night over midnight.

    Outside the night a vehicle waits as long as it has a step to spare, then charges at full power to the end. It is
    for a depot whose vehicles come home in the evening, after FleetRL's night charging (Cording and Thakur, 2024),
    which starts the whole fleet so that the first to leave is full. Where the cap does not bind and drivers keep to
    their stated departures, every vehicle is served that can be; where it binds, vehicles that begin at the last moment
    miss their targets.

    Raises `InputError` for hours outside [0, 24].
    """
    hours = {"from_hour": from_hour, "until_hour": until_hour}
    problems = [
        f"{name}: must be from 0 to {HOURS_PER_DAY:g} (it is {hour})"
        for name, hour in hours.items()
        if not 0.0 <= hour <= HOURS_PER_DAY
    ]
    if problems:
        raise InputError("night", problems)

    def ask(snapshot: Snapshot) -> Array:
        tolerance_h = GRID_TOLERANCE_STEPS * snapshot.step_hours
        hour = (snapshot.hour + tolerance_h) % HOURS_PER_DAY
        begun, not_over = hour >= from_hour, hour < until_hour
        dark = begun & not_over if from_hour <= until_hour else begun | not_over
        cannot_wait = hours_needed(snapshot) > snapshot.time_left_h - snapshot.step_hours + tolerance_h
        charging = (dark[:, None] | cannot_wait) & (snapshot.energy_remaining_kwh > 0.0)
        return np.where(charging, snapshot.power_max_kw, 0.0)

    return ask


def distributed(snapshot: Snapshot) -> Array:
    """Charging spread over each vehicle's visit: full power times hours needed over hours left, as stated.

    After FleetRL's distributed charging (Cording and Thakur, 2024). For a linear battery it is the straight line of
    `constant`, the lowest peak of a single vehicle; but the hours needed count the taper, so that a battery that will
    take less and less asks for more in time. Full power is the lower of the station's and the vehicle's.
    """
    hours = hours_needed(snapshot)
    share = np.divide(hours, snapshot.time_left_h, out=np.zeros(hours.shape), where=hours > 0.0)
    full_kw = np.minimum(snapshot.power_max_kw, snapshot.pev_power_max_kw)
    requests_kw = np.maximum(np.minimum(share, 1.0) * full_kw, snapshot.least_kw)
    return np.where(hours > 0.0, requests_kw, 0.0)


def hours_needed(snapshot: Snapshot) -> Array:
    """`[B, N]`: hours at full power to the target, the taper counted; of a tapering battery to 0.999 at most."""
    hours = np.zeros(snapshot.stations.shape)
    _hours_needed(snapshot.stations, hours)
    return hours


@kernel
def _hours_needed(stations: Records, hours: Array) -> None:
    for b in range(hours.shape[0]):
        for i in range(hours.shape[1]):
            station = stations[b, i]
            if station["session"] == NO_SESSION:
                continue
            battery = station["battery"]
            target_soc = station["target_kwh"] / battery["capacity_kwh"]
            if battery["transition_soc"] < 1.0:
                target_soc = min(target_soc, NEARLY_FULL_SOC)
            hours[b, i] = hours_to_charge(
                battery,
                station["energy_kwh"] / battery["capacity_kwh"],
                target_soc,
                min(station["power_max_kw"], battery["power_max_kw"]),
            )
