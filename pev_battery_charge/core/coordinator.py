"""How a set of stations shares one cap.

The stations given to `share_cap` and the cap are a rule's whole world: nothing here knows what an area is, so a set
under a feeder or a transformer is shared the same way. Every rule keeps, to the last bit,

    0 <= grant <= acceptance <= request     and     sum of grants, in station order <= cap  (every rule but `NONE`),

and a grant that would fall between 0 and the station's `power_min_kw` is 0. Where two stations are equal in a rule's
eyes, the session that arrived first goes first, so that the order of the stations does not matter.

A minimum above zero can make a fair share too small to use. The sharing rules then leave out the one station that
falls shortest of its minimum, and share again among the rest, until everybody who takes part gets a usable grant.
"""

import numpy as np

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import Rule

_NONE, _PROPORTIONAL, _EQUAL = int(Rule.NONE), int(Rule.PROPORTIONAL), int(Rule.EQUAL)
_EARLIEST_DEPARTURE, _LEAST_LAXITY = int(Rule.EARLIEST_DEPARTURE), int(Rule.LEAST_LAXITY)
_NOBODY = -1


@kernel
def share_cap(stations: Records, cap_kw: float, rule: int, step: int, step_hours: float) -> float:
    """Turn each station's `acceptance_kw` into its grant, `power_kw`; return the sum of the grants.

    stations: the set that shares the cap, `STATION[N]`.
    rule: one of `Rule`, as a number.
    step, step_hours: the step being made and its length, from which the laxity is told.
    """
    total = take_claims(stations)
    if rule == _NONE or total <= cap_kw:
        return total
    if rule == _PROPORTIONAL:
        share_proportionally(stations, cap_kw)
    elif rule == _EQUAL:
        share_equally(stations, cap_kw)
    else:
        rank_stations(stations, rule, step, step_hours)
        share_by_priority(stations, cap_kw)
    return settle(stations, cap_kw)


@kernel
def share_in_line(stations: Records, cap_kw: float) -> float:
    """As `share_cap`, by the `priority` that each station already has: lowest first, among equals who came first."""
    total = take_claims(stations)
    if total <= cap_kw:
        return total
    share_by_priority(stations, cap_kw)
    return settle(stations, cap_kw)


@kernel
def take_claims(stations: Records) -> float:
    """Grant every acceptance that is usable, for now; who has one takes part in the sharing. Return the sum."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        claim = station["made"]["acceptance_kw"]
        if claim < station["power_min_kw"]:
            claim = 0.0
        station["made"]["power_kw"] = claim
        station["turn"]["in_line"] = 1 if claim > 0.0 else 0
        total += claim
    return total


@kernel
def share_proportionally(stations: Records, cap_kw: float) -> None:
    """Cut every acceptance by the same factor."""
    while True:
        claimed = 0.0
        for i in range(stations.size):
            if stations[i]["turn"]["in_line"] == 1:
                claimed += stations[i]["made"]["acceptance_kw"]
        scale = min(cap_kw / claimed, 1.0) if claimed > 0.0 else 1.0
        for i in range(stations.size):
            if stations[i]["turn"]["in_line"] == 1:
                stations[i]["made"]["power_kw"] = stations[i]["made"]["acceptance_kw"] * scale
        if not drop_shortest(stations):
            return


@kernel
def share_equally(stations: Records, cap_kw: float) -> None:
    """Max-min fairness: everybody gets the same level, or the acceptance where that is lower (water-filling)."""
    while True:
        level = water_level(stations, cap_kw)
        for i in range(stations.size):
            if stations[i]["turn"]["in_line"] == 1:
                stations[i]["made"]["power_kw"] = min(stations[i]["made"]["acceptance_kw"], level)
        if not drop_shortest(stations):
            return


@kernel
def water_level(stations: Records, cap_kw: float) -> float:
    """The level at which the acceptances of the sharing stations, cut at it, add up to the cap."""
    level = 0.0
    satisfied = _NOBODY
    while True:
        below, above, below_kw = 0, 0, 0.0
        for i in range(stations.size):
            if stations[i]["turn"]["in_line"] == 1:
                if stations[i]["made"]["acceptance_kw"] <= level:
                    below += 1
                    below_kw += stations[i]["made"]["acceptance_kw"]
                else:
                    above += 1
        if above == 0:
            return np.inf
        if below == satisfied:
            return level
        satisfied = below
        level = max((cap_kw - below_kw) / above, level)


@kernel
def drop_shortest(stations: Records) -> bool:
    """Leave out the station that falls shortest of its minimum, if any does; among equals, the one that came last."""
    shortest = _NOBODY
    shortest_share = 1.0
    for i in range(stations.size):
        station = stations[i]
        if station["turn"]["in_line"] == 1 and station["made"]["power_kw"] < station["power_min_kw"]:
            share = station["made"]["power_kw"] / station["power_min_kw"]
            if (
                shortest == _NOBODY
                or share < shortest_share
                or (share == shortest_share and station["session"] > stations[shortest]["session"])
            ):
                shortest = i
                shortest_share = share
    if shortest == _NOBODY:
        return False
    stations[shortest]["turn"]["in_line"] = 0
    stations[shortest]["made"]["power_kw"] = 0.0
    return True


@kernel
def rank_stations(stations: Records, rule: int, step: int, step_hours: float) -> None:
    """Write each sharing station's `priority`, lowest first: stated departure, laxity (hours to spare), or arrival.

    A PEV that is still here stays for the step being made, whatever its driver has said.
    """
    for i in range(stations.size):
        station = stations[i]
        if station["turn"]["in_line"] == 0:
            continue
        if rule == _EARLIEST_DEPARTURE:
            station["turn"]["priority"] = station["depart_stated_step"]
        elif rule == _LEAST_LAXITY:
            full_power_kw = min(station["power_max_kw"], station["battery"]["power_max_kw"])
            efficiency = station["battery"]["efficiency"]
            needed_hours = (station["target_kwh"] - station["energy_kwh"]) / (efficiency * full_power_kw)
            station["turn"]["priority"] = max(station["depart_stated_step"] - step, 1) * step_hours - needed_hours
        else:
            station["turn"]["priority"] = station["session"]


@kernel
def share_by_priority(stations: Records, cap_kw: float) -> None:
    """Serve one station after the other, each as far as the cap still reaches; a rest too small to use is passed on."""
    left_kw = cap_kw
    for i in range(stations.size):
        stations[i]["made"]["power_kw"] = 0.0
    while left_kw > 0.0:
        first = first_in_line(stations)
        if first == _NOBODY:
            return
        station = stations[first]
        station["turn"]["in_line"] = 0
        power = min(station["made"]["acceptance_kw"], left_kw)
        if power >= station["power_min_kw"]:
            station["made"]["power_kw"] = power
            left_kw -= power


@kernel
def first_in_line(stations: Records) -> int:
    """The sharing station of lowest priority number; among equals, the session that arrived first."""
    first = _NOBODY
    for i in range(stations.size):
        if stations[i]["turn"]["in_line"] == 0:
            continue
        if (
            first == _NOBODY
            or stations[i]["turn"]["priority"] < stations[first]["turn"]["priority"]
            or (
                stations[i]["turn"]["priority"] == stations[first]["turn"]["priority"]
                and stations[i]["session"] < stations[first]["session"]
            )
        ):
            first = i
    return first


@kernel
def settle(stations: Records, cap_kw: float) -> float:
    """Take back what rounding has put above the cap; return the sum of the grants in station order."""
    total = 0.0
    for i in range(stations.size):
        station = stations[i]
        power = station["made"]["power_kw"]
        if total + power > cap_kw:
            power = max(cap_kw - total, 0.0)
            while total + power > cap_kw:
                power = np.nextafter(power, 0.0)
            if power < station["power_min_kw"]:
                power = 0.0
            station["made"]["power_kw"] = power
        total += power
    return total
