"""How claims become grants under a limit: the one filling behind every coordination rule.

A limit is a row over groups of stations: what they draw together may not exceed its upper bound. The area's cap is one
row over one group, all of its stations, each counted with the coefficient 1. Nothing here knows what an area is, so a
set under a feeder or a transformer is filled the same way.

A rule sets each station's `rank`, and nothing else: a weight, by which all are raised together, or a place in line.

    raised   every station gets level x weight, or its claim where that is lower; the level fills the row
    in line  lowest place first, each gets its claim as far as the row still reaches; among equals, the session that
             arrived first, so that the order of the stations does not matter

Kept to the last bit: 0 <= grant <= claim <= request, and sum of grants, in station order, <= upper bound. A grant that
would fall between 0 and the station's `least_kw` is 0. A `least_kw` above zero can make a fair share too small to use:
raising leaves out the one station that falls shortest of its own, and begins again among the rest, until every station
that takes part gets a usable grant.
"""

import numpy as np

from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.heap import make_heap, take_first
from pev_battery_charge.core.raising import drop_certain, drop_shortest, fill_level

_NONE = -1

MANY_STATIONS = 100
"""From so many on, `raise_many` and `serve_many` are faster; below, only what they add to compile would be felt."""


@kernel
def claim(stations: Records) -> float:
    """Grant every acceptance that is usable, for now; where there is one the station takes part. Return the sum."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        claimed = station["made"]["acceptance_kw"]
        if claimed < station["least_kw"]:
            claimed = 0.0
        station["made"]["power_kw"] = claimed
        station["turn"]["takes_part"] = 1 if claimed > 0.0 else 0
        total += claimed
    return total


@kernel
def raise_together(stations: Records, upper_kw: float) -> float:
    """Cut the claims of `stations[N]` to the row's upper bound by weights; return the sum of the grants.

    Max-min fair where all weights are 1; all cut by the same part where the weights are the claims. A station without
    weight gets nothing.
    """
    while True:
        level = fill_level(stations, upper_kw)
        for i in range(stations.size):
            station = stations[i]
            weight, power = station["turn"]["rank"], 0.0
            if station["turn"]["takes_part"] == 1 and weight > 0.0:
                power = min(station["made"]["acceptance_kw"], weight * level)
            station["made"]["power_kw"] = power
        if not drop_shortest(stations):
            return settle(stations, upper_kw)


@kernel
def raise_many(stations: Records, upper_kw: float) -> float:
    """The same as `raise_together`, to the last bit, for many stations."""
    drop_certain(stations, upper_kw)
    return raise_together(stations, upper_kw)


@kernel
def serve_in_line(stations: Records, upper_kw: float) -> float:
    """Cut the claims of `stations[N]` to the row's upper bound by places in line; return the sum of the grants.

    A rest too small to use is passed on.
    """
    left_kw = upper_kw
    for i in range(stations.size):
        stations[i]["made"]["power_kw"] = 0.0
    while left_kw > 0.0:
        first = first_in_line(stations)
        if first == _NONE:
            break
        left_kw = serve(stations[first], left_kw)
    return settle(stations, upper_kw)


@kernel
def serve(station: Record, left_kw: float) -> float:
    """Grant the station whose turn it is what is left, as far as it can use it; return what is left then."""
    station["turn"]["takes_part"] = 0
    power = min(station["made"]["acceptance_kw"], left_kw)
    if power < station["least_kw"]:
        return left_kw
    station["made"]["power_kw"] = power
    return float(left_kw - power)


@kernel
def first_in_line(stations: Records) -> int:
    """The station of lowest place among the stations that take part; among equals, the session that arrived first."""
    first = _NONE
    for i in range(stations.size):
        station = stations[i]
        if station["turn"]["takes_part"] == 1 and (
            first == _NONE
            or station["turn"]["rank"] < stations[first]["turn"]["rank"]
            or (
                station["turn"]["rank"] == stations[first]["turn"]["rank"]
                and station["session"] < stations[first]["session"]
            )
        ):
            first = i
    return first


@kernel
def serve_many(stations: Records, upper_kw: float) -> float:
    """The same as `serve_in_line`, to the last bit, for many stations: by way of a heap."""
    left_kw = upper_kw
    rows = np.empty(stations.size, np.int64)
    places, arrivals = np.empty(stations.size), np.empty(stations.size, np.int64)
    count = 0
    for i in range(stations.size):
        station = stations[i]
        station["made"]["power_kw"] = 0.0
        places[i], arrivals[i] = station["turn"]["rank"], station["session"]
        if station["turn"]["takes_part"] == 1:
            rows[count] = i
            count += 1
    make_heap(rows[:count], places, arrivals)
    while left_kw > 0.0 and count > 0:
        left_kw = serve(stations[take_first(rows, count, places, arrivals)], left_kw)
        count -= 1
    return settle(stations, upper_kw)


@kernel
def settle(stations: Records, upper_kw: float) -> float:
    """Take back what rounding has put above the bound; return the sum of the grants in station order."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        power = station["made"]["power_kw"]
        if total + power > upper_kw:
            power = max(upper_kw - total, 0.0)
            while total + power > upper_kw:
                power = np.nextafter(power, 0.0)
            if power < station["least_kw"]:
                power = 0.0
            station["made"]["power_kw"] = power
        total += power
    return total
