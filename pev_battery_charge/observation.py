"""What a station sees: its own vehicle and the area's power, and nothing of the other stations.

====  =====================  =====  =====================================================================
 #    feature                unit   meaning
====  =====================  =====  =====================================================================
 0    power_min_kw           kW     the station's lower limit
 1    power_max_kw           kW     the station's upper limit
 2    area_power_max_kw      kW     the area's cap
 3    area_power_min_kw      kW     what the area should draw at least
 4    plugged                0, 1   whether a PEV is plugged in
 5    energy_remaining_kwh   kWh    what the PEV's battery lacks to its target; 0 at an empty station
 6    area_power_kw          kW     what all stations drew together in the step just made
 7    power_kw               kW     what this station drew in the step just made
====  =====================  =====  =====================================================================

A scenario may ask for more by `extra_observations`; these follow in the order given:

===========  ====  ================================================================================
time_left_h  h     until the PEV leaves, as its driver said, but at least a step; 0 at an empty station
soc          1     the PEV's state of charge; 0 at an empty station
hour         h     local hour of the day, from 0 to 24
progress     1     part of the episode that is over
===========  ====  ================================================================================

All are at least 0, so that an observation lies in `Box(0, inf, (8 + extras,), float32)`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Float32, Integers, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.units import HOURS_PER_DAY

FEATURES: Final = (
    "power_min_kw",
    "power_max_kw",
    "area_power_max_kw",
    "area_power_min_kw",
    "plugged",
    "energy_remaining_kwh",
    "area_power_kw",
    "power_kw",
)
"""What every station sees, in this order."""

EXTRA_FEATURES: Final = ("time_left_h", "soc", "hour", "progress")
"""What a scenario may ask for besides."""

_TIME_LEFT, _SOC, _HOUR = 0, 1, 2


def extra_codes(names: Sequence[str]) -> Integers:
    """The extra features as kernels see them."""
    return np.array([EXTRA_FEATURES.index(name) for name in names], np.int64)


def observe(areas: Records, stations: Records, extras: Integers) -> Float32:
    """What the stations of `areas[B]`, `stations[B, N]` see: `[B, N, 8 + extras]`."""
    out = np.empty((*stations.shape, len(FEATURES) + extras.size), np.float32)
    _observe(areas, stations, extras, out)
    return out


@kernel
def _observe(areas: Records, stations: Records, extras: Integers, out: Float32) -> None:
    for b in range(areas.size):
        observe_area(areas[b], stations[b], extras, out[b])


@kernel
def observe_area(area: Record, stations: Records, extras: Integers, out: Float32) -> None:
    """Write what the N stations of one area see into `out[N, 8 + extras]`."""
    for i in range(stations.size):
        station = stations[i]
        plugged = station["session"] != NO_SESSION
        out[i, 0] = station["power_min_kw"]
        out[i, 1] = station["power_max_kw"]
        out[i, 2] = area["power_max_kw"]
        out[i, 3] = area["power_min_kw"]
        out[i, 4] = 1.0 if plugged else 0.0
        out[i, 5] = max(station["target_kwh"] - station["energy_kwh"], 0.0) if plugged else 0.0
        out[i, 6] = area["power_kw"]
        out[i, 7] = station["made"]["power_kw"]
        for k in range(extras.size):
            out[i, len(FEATURES) + k] = extra_feature(area, station, extras[k])


@kernel
def extra_feature(area: Record, station: Record, code: int) -> float:
    """One extra feature of one station."""
    value: float = area["step"] / area["horizon_steps"]
    if code == _HOUR:
        value = (area["start_hour"] + area["step"] * area["step_hours"]) % HOURS_PER_DAY
    elif code in (_TIME_LEFT, _SOC):
        if station["session"] == NO_SESSION:
            value = 0.0
        elif code == _TIME_LEFT:
            value = max(station["depart_stated_step"] - area["step"], 1) * area["step_hours"]
        else:
            value = station["energy_kwh"] / station["battery"]["capacity_kwh"]
    return value
