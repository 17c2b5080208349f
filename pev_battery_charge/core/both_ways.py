"""Claims in both directions under a limit with a lower and an upper bound: charging positive, discharging negative.

What is discharged makes room for what is charged, and the other way round. So all of one direction is granted, and the
other is cut to what the row then leaves, by the area's rule: with C charged and D discharged claims,

    C - D > upper: all are discharged, charged is min(C, upper + D)
    C - D < lower: all are charged, discharged is min(D, C - lower)

Where a station's `least_kw` is more than it would get, it gets nothing, and the direction that was to balance it may
then be beyond the other bound: it is cut in its turn, and so on, at most once for each station that falls out.

The rule sees claims and the limits of stations as magnitudes, whichever way they point.
"""

import numpy as np

from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel


@kernel
def claim_both_ways(stations: Records) -> float:
    """Grant every acceptance that is usable, for now. Return the sum."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        claimed = station["made"]["acceptance_kw"]
        if abs(claimed) < station["least_kw"]:
            claimed = 0.0
        station["made"]["power_kw"] = claimed
        total += claimed
    return total


@kernel
def direction_to_cut(area: Record, total_kw: float) -> float:
    """1 where the claims are above the upper bound, and charging is cut; -1 where they are below the lower; else 0.

    Where sun alone is beyond the lower bound, and would be curtailed, nothing is cut.
    """
    if total_kw > area["upper_kw"]:
        return 1.0
    return -1.0 if total_kw < bound_kw(area, -1.0) else 0.0


@kernel
def look_one_way(stations: Records, direction: float) -> float:
    """Let the claims of one direction take part, as magnitudes; return the sum of all others, seen the same way.

    What the others were granted waits in their `rank`, which no filling touches while they do not take part.
    """
    others = 0.0
    for i in range(stations.size):
        made, turn = stations[i]["made"], stations[i]["turn"]
        power_kw = direction * made["power_kw"]
        turn["takes_part"] = 1 if power_kw > 0.0 else 0
        made["acceptance_kw"] *= direction
        if power_kw <= 0.0:
            turn["rank"] = made["power_kw"]
            others += power_kw
    return others


@kernel
def room_kw(area: Record, direction: float, others_kw: float) -> float:
    """What the bound leaves to the cut direction, as a magnitude, beside all that goes in the other direction."""
    return max(direction * bound_kw(area, direction) - others_kw, 0.0)


@kernel
def bound_kw(area: Record, direction: float) -> float:
    """The upper bound, or the lower one.

    The latter is never above 0, so that no station needs to charge: sun beyond it is curtailed, and a positive minimum
    of the area is a wish. What the stations give beside it keeps net power at or above 0.
    """
    if direction > 0.0:
        return float(area["upper_kw"])
    wish_kw = max(area["power_min_kw"], 0.0)
    return float(min(area["lower_kw"] - wish_kw, 0.0))


@kernel
def look_both_ways(area: Record, stations: Records, direction: float) -> float:
    """Turn claims and grants back, and grant the other direction what it had; return the sum in station order."""
    total = 0.0
    for i in range(stations.size):
        made = stations[i]["made"]
        made["acceptance_kw"] *= direction
        if direction * made["acceptance_kw"] > 0.0:
            made["power_kw"] *= direction
        else:
            made["power_kw"] = stations[i]["turn"]["rank"]
        total += made["power_kw"]
    return settle_both_ways(stations, direction, bound_kw(area, direction), total)


@kernel
def settle_both_ways(stations: Records, direction: float, bound_kw: float, total_kw: float) -> float:
    """Take back what rounding has put beyond the bound, from the cut direction; return the sum in station order."""
    first = 0
    while direction * total_kw > direction * bound_kw and first < stations.size:
        station, made = stations[first], stations[first]["made"]
        if direction * made["power_kw"] > 0.0:
            beyond_kw = direction * (total_kw - bound_kw)
            power_kw = max(np.nextafter(direction * made["power_kw"] - beyond_kw, 0.0), 0.0)
            made["power_kw"] = direction * power_kw if power_kw >= station["least_kw"] else 0.0
            total_kw = 0.0
            for i in range(stations.size):
                total_kw += stations[i]["made"]["power_kw"]
        if direction * made["power_kw"] <= 0.0 or made["power_kw"] == 0.0:
            first += 1
    return total_kw
