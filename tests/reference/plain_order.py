"""Stations looked for one by one, N times N: how claims share a bound, and which station comes free first.

Every sum runs in the order of the stations, so that a right implementation has the same bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pev_battery_charge.core.arrays import Records


@dataclass(frozen=True)
class Claim:
    """A station that may take part: what it claims, its weight or place in line, its minimum and its session."""

    claimed_kw: float
    rank: float
    least_kw: float
    session: int
    takes_part: bool


def claims_of(stations: Records) -> list[Claim]:
    columns = (
        stations["made"]["acceptance_kw"],
        stations["turn"]["rank"],
        stations["least_kw"],
        stations["session"],
        stations["turn"]["takes_part"] == 1,
    )
    return [Claim(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def raised_kw(claims: Sequence[Claim], upper_kw: float) -> list[float]:
    members = {i for i, one in enumerate(claims) if one.takes_part}
    while True:
        level = _level(claims, members, upper_kw)
        powers = [
            min(one.claimed_kw, one.rank * level) if i in members and one.rank > 0.0 else 0.0
            for i, one in enumerate(claims)
        ]
        short = [i for i in sorted(members) if powers[i] < claims[i].least_kw]
        if not short:
            return _settled(claims, powers, upper_kw)
        members.remove(max(short, key=lambda i: (_needed_level(claims[i]), claims[i].session)))


def _needed_level(one: Claim) -> float:
    """The level that the claim needs, in twelve digits: those in equal proportion are equal."""
    return float(f"{one.least_kw / one.rank:.11e}") if one.rank > 0.0 else math.inf


def _level(claims: Sequence[Claim], members: set[int], upper_kw: float) -> float:
    level, satisfied = 0.0, -1
    while True:
        below, below_kw, weights = 0, 0.0, 0.0
        for i, one in enumerate(claims):
            if i in members and one.rank > 0.0:
                if one.claimed_kw <= one.rank * level:
                    below += 1
                    below_kw += one.claimed_kw
                else:
                    weights += one.rank
        if weights <= 0.0:
            return math.inf
        if below == satisfied:
            return level
        satisfied = below
        level = max((upper_kw - below_kw) / weights, level)


def in_line_kw(claims: Sequence[Claim], upper_kw: float) -> list[float]:
    powers, left_kw = [0.0] * len(claims), upper_kw
    line = [i for i, one in enumerate(claims) if one.takes_part]
    while line and left_kw > 0.0:
        first = min(line, key=lambda i: (claims[i].rank, claims[i].session))
        line.remove(first)
        power = min(claims[first].claimed_kw, left_kw)
        if power >= claims[first].least_kw:
            powers[first] = power
            left_kw -= power
    return _settled(claims, powers, upper_kw)


def _settled(claims: Sequence[Claim], powers: list[float], upper_kw: float) -> list[float]:
    total, settled = 0.0, []
    for one, wanted_kw in zip(claims, powers, strict=True):
        power = wanted_kw
        if total + power > upper_kw:
            power = max(upper_kw - total, 0.0)
            while total + power > upper_kw:
                power = math.nextafter(power, 0.0)
            power = power if power >= one.least_kw else 0.0
        settled.append(power)
        total += power
    return settled


def earliest_free(free_at: Sequence[float], arrival: float) -> int:
    """The first station that is free at `arrival`; if none is, the first of those that come free first."""
    free = [i for i, at in enumerate(free_at) if at <= arrival]
    return free[0] if free else min(range(len(free_at)), key=free_at.__getitem__)
