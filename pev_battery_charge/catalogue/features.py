"""What a station may see: its own vehicle and the area's power, and nothing of the other stations.

A scenario's `observations` names features in order; without it stations see `DEFAULT_FEATURES`. One's own are
registered by `feature`. What a network is shown of each stands in its `scale`.
"""

from typing import Final

import numpy as np

from pev_battery_charge.catalogue.registry import Limits, feature
from pev_battery_charge.core.arrays import Float32, Record, Records
from pev_battery_charge.core.clock import hour_of_day
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.units import HOURS_PER_DAY

_REFERENCE_KW: Final = 10.0
_REFERENCE_HOURS: Final = 10.0


def of_station(seen: Float32, power_max_kw: Float32, cap_kw: Float32) -> Float32:
    """Over power_max_kw of the station; energies become hours at full power."""
    return seen / power_max_kw


def of_cap(seen: Float32, power_max_kw: Float32, cap_kw: Float32) -> Float32:
    """Over area_power_max_kw."""
    return seen / cap_kw


def station_of_it(seen: Float32, power_max_kw: Float32, cap_kw: Float32) -> Float32:
    """Its inverse, times power_max_kw of the station."""
    return power_max_kw / seen


def headroom(seen: Float32, power_max_kw: Float32, cap_kw: Float32) -> Float32:
    """ln(1 + headroom), headroom = (area_power_max_kw - it) / power_max_kw of the station, at least 0."""
    shown: Float32 = np.log1p(np.maximum(cap_kw - seen, np.float32(0.0)) / power_max_kw)
    return shown


def station_limit(limits: Limits) -> float:
    """power_max_kw of the station."""
    return limits.power_max_kw


def area_cap(limits: Limits) -> float:
    """area_power_max_kw."""
    return limits.cap_kw


def all_stations(limits: Limits) -> float:
    """power_max_kw of all stations together."""
    return limits.stations_kw


def largest_battery(limits: Limits) -> float:
    """Capacity of the largest battery."""
    return limits.battery_kwh


def station_lower_limit(limits: Limits) -> float:
    """power_min_kw of the station."""
    return limits.power_min_kw


def all_stations_lower(limits: Limits) -> float:
    """power_min_kw of all stations together."""
    return limits.stations_min_kw


def export_limit(limits: Limits) -> float:
    """The area's export bound."""
    return limits.export_kw


@feature(unit="kW", low=0.0, scale=of_station, limit=station_limit, lower_limit=station_lower_limit)
def power_min_kw(area: Record, station: Record, moments: Records) -> float:
    """The station's lower limit: negative where it may take power back, else the least that it can give."""
    return float(station["power_min_kw"] if station["power_min_kw"] < 0.0 else station["least_kw"])


@feature(unit="kW", low=0.0, scale=_REFERENCE_KW, limit=station_limit)
def power_max_kw(area: Record, station: Record, moments: Records) -> float:
    """The station's upper limit."""
    return float(station["power_max_kw"])


@feature(unit="kW", low=0.0, scale=station_of_it, limit=area_cap)
def area_power_max_kw(area: Record, station: Record, moments: Records) -> float:
    """The area's cap."""
    return float(area["power_max_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, limit=area_cap, lower_limit=export_limit)
def area_power_min_kw(area: Record, station: Record, moments: Records) -> float:
    """What the area should draw at least; where it is negative, the export bound."""
    return float(area["power_min_kw"])


@feature(unit="1", low=0.0, high=1.0)
def plugged(area: Record, station: Record, moments: Records) -> float:
    """1 where a PEV is plugged in, else 0."""
    return 1.0 if station["session"] != NO_SESSION else 0.0


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def energy_remaining_kwh(area: Record, station: Record, moments: Records) -> float:
    """What the PEV's battery lacks to its target; 0 at an empty station."""
    return max(station["target_kwh"] - station["energy_kwh"], 0.0) if station["session"] != NO_SESSION else 0.0


@feature(unit="kW", low=0.0, scale=headroom, limit=all_stations, lower_limit=all_stations_lower)
def area_power_kw(area: Record, station: Record, moments: Records) -> float:
    """What all stations drew together in the step just made."""
    return float(area["power_kw"])


@feature(unit="kW", low=0.0, scale=of_station, limit=station_limit, lower_limit=station_lower_limit)
def power_kw(area: Record, station: Record, moments: Records) -> float:
    """What this station drew in the step just made; negative where it gave."""
    return float(station["made"]["power_kw"])


@feature(unit="h", low=0.0, scale=_REFERENCE_HOURS)
def time_left_h(area: Record, station: Record, moments: Records) -> float:
    """Hours until the PEV leaves, as its driver said, but at least a step; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    return float(max(station["depart_stated_step"] - area["step"], 1) * area["step_hours"])


@feature(unit="1", low=0.0, high=1.0)
def soc(area: Record, station: Record, moments: Records) -> float:
    """The PEV's state of charge; 0 at an empty station."""
    return station["energy_kwh"] / station["battery"]["capacity_kwh"] if station["session"] != NO_SESSION else 0.0


@feature(unit="h", low=0.0, high=HOURS_PER_DAY, scale=HOURS_PER_DAY)
def hour(area: Record, station: Record, moments: Records) -> float:
    """Local hour of the day, from 0 to 24."""
    return hour_of_day(area, area["step"])


@feature(unit="1", low=0.0, high=1.0)
def progress(area: Record, station: Record, moments: Records) -> float:
    """The part of the episode that is over."""
    return float(area["step"] / area["horizon_steps"])


DEFAULT_FEATURES: Final = (
    "power_min_kw",
    "power_max_kw",
    "area_power_max_kw",
    "area_power_min_kw",
    "plugged",
    "energy_remaining_kwh",
    "area_power_kw",
    "power_kw",
)
"""What a station sees unless the scenario says otherwise, in this order."""

STATE_FEATURES: Final = (*DEFAULT_FEATURES, "time_left_h", "soc", "hour", "progress")
"""The features of each station in `state()` of `area_v0`, frozen with that version."""
