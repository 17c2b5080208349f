"""Raising all stations together: the level that fills a row, and the stations left out because it is too low for them.

With minima, stations are left out one by one, and the level is found anew after each. A station's share of its minimum
is level x weight / `least_kw`, so the order in which they fall out is known: that of the level that each needs,
`least_kw` / weight. And the level only rises on the way, so how many fall out is found by halving. Only the last few of
them, where rounding could decide, are left out one by one.
"""

import math
from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.heap import sort_descending

_NONE = -1

_BITS: Final = 40
"""What is nearer than this is the same: 1e-12, far above rounding and far below `_MARGIN`."""

_MARGIN = 1e-9
"""Relative: what is nearer than this could be the other way round by rounding."""

_LEAST_WEIGHT = 1e-200
"""Below it, the product with a level may not have all of its digits."""


@kernel
def fill_level(stations: Records, upper_kw: float) -> float:
    """The level at which the claims, cut at level x weight, add up to the upper bound."""
    level = 0.0
    satisfied = _NONE
    while True:
        below, below_kw, weights = 0, 0.0, 0.0
        for i in range(stations.size):
            turn = stations[i]["turn"]
            if turn["takes_part"] == 1 and turn["rank"] > 0.0:
                claimed = stations[i]["made"]["acceptance_kw"]
                if claimed <= turn["rank"] * level:
                    below += 1
                    below_kw += claimed
                else:
                    weights += turn["rank"]
        if weights <= 0.0:
            return np.inf
        if below == satisfied:
            return level
        satisfied = below
        level = max((upper_kw - below_kw) / weights, level)


@kernel
def needed_level(station: Record) -> float:
    """The level at which the station's share is its `least_kw`, to 40 bits; infinite without weight.

    Stations in equal proportion need the same level then, though rounding makes them differ in the last bits.
    """
    weight = station["turn"]["rank"]
    if weight <= 0.0:
        return np.inf
    mantissa, exponent = math.frexp(station["least_kw"] / weight)
    return math.ldexp(np.rint(math.ldexp(mantissa, _BITS)), exponent - _BITS)


@kernel
def drop_shortest(stations: Records) -> bool:
    """Leave out the station that falls shortest of its `least_kw`, if any does; among equals, the last to arrive."""
    shortest, shortest_level = _NONE, 0.0
    for i in range(stations.size):
        station = stations[i]
        if station["turn"]["takes_part"] == 1 and station["made"]["power_kw"] < station["least_kw"]:
            level = needed_level(station)
            if (
                shortest == _NONE
                or level > shortest_level
                or (level == shortest_level and station["session"] > stations[shortest]["session"])
            ):
                shortest, shortest_level = i, level
    if shortest == _NONE:
        return False
    stations[shortest]["turn"]["takes_part"] = 0
    stations[shortest]["made"]["power_kw"] = 0.0
    return True


@kernel
def drop_certain(stations: Records, upper_kw: float) -> None:
    """Leave out, all at once, stations that `drop_shortest` would certainly leave out one by one."""
    rows, needed, ties = np.empty(stations.size, np.int64), np.zeros(stations.size), np.empty(stations.size, np.int64)
    count = 0
    for i in range(stations.size):
        station, weight = stations[i], stations[i]["turn"]["rank"]
        ties[i] = station["session"]
        if station["turn"]["takes_part"] == 1 and station["least_kw"] > 0.0:
            if 0.0 < weight < _LEAST_WEIGHT:
                return
            needed[i] = needed_level(station)
            rows[count] = i
            count += 1
    rows = rows[:count]
    sort_descending(rows, needed, ties)
    falls, stays = 0, count
    while falls < stays:
        middle = (falls + stays) // 2
        if falls_short(stations, rows, middle, needed, upper_kw):
            falls = middle + 1
        else:
            stays = middle
    for k in range(count):
        stations[rows[k]]["turn"]["takes_part"] = 0 if k < falls else 1


@kernel
def falls_short(stations: Records, rows: Integers, k: int, needed: Array, upper_kw: float) -> bool:
    """Whether row k certainly gets less than its `least_kw` once those before it are left out."""
    if np.isinf(needed[rows[k]]) or upper_kw <= 0.0:
        return True
    for n in range(rows.size):
        stations[rows[n]]["turn"]["takes_part"] = 0 if n < k else 1
    level = fill_level(stations, upper_kw)
    satisfied_kw = 0.0
    for i in range(stations.size):
        turn, claimed = stations[i]["turn"], stations[i]["made"]["acceptance_kw"]
        if turn["takes_part"] == 1 and turn["rank"] > 0.0 and claimed <= turn["rank"] * level:
            satisfied_kw += claimed
    left_kw = upper_kw - satisfied_kw
    if left_kw <= 0.0:
        return False
    rounding = stations.size * np.finfo(np.float64).eps * upper_kw / left_kw
    return bool(level < needed[rows[k]] * (1.0 - _MARGIN - 8.0 * rounding))
