"""How claims share a cap, each rule in its own few lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_EDGE = 1e-9


class KnifeEdgeError(Exception):
    """A yes-or-no question hangs on rounding: two right implementations may differ, so nothing can be compared."""


@dataclass(frozen=True)
class Claim:
    """What one plugged station could use, and what a rule may want to know of its PEV."""

    acceptance_kw: float
    power_min_kw: float
    stated_step: int
    spare_hours: float
    turn: int
    missing_kwh: float = 0.0


def is_below(a: float, b: float) -> bool:
    """a < b; raises where that hangs on rounding, which nothing does against a limit of 0."""
    if b != 0.0 and 0.0 < abs(a - b) < _EDGE * max(abs(a), abs(b), 1.0):
        raise KnifeEdgeError
    return a < b


def share(rule: str, claims: Sequence[Claim], cap_kw: float) -> list[float]:
    """The grants (kW) of the claims, in their order."""
    usable = [not is_below(claim.acceptance_kw, claim.power_min_kw) for claim in claims]
    wanted = [claim.acceptance_kw if use else 0.0 for claim, use in zip(claims, usable, strict=True)]
    if rule == "none" or sum(wanted) <= cap_kw:
        return wanted
    takers = [k for k, power in enumerate(wanted) if power > 0.0]
    if rule in ("proportional", "equal"):
        fill = _proportional if rule == "proportional" else _max_min_fair
        return _share_usably(fill, claims, takers, cap_kw)
    line = sorted(takers, key=lambda k: (_place_in_line(rule, claims[k]), claims[k].turn))
    for first, second in pairwise(line):
        is_below(_place_in_line(rule, claims[first]), _place_in_line(rule, claims[second]))
    return _serve_in_turn(line, claims, cap_kw)


def _share_usably(
    fill: Callable[[list[float], float], list[float]], claims: Sequence[Claim], takers: list[int], cap_kw: float
) -> list[float]:
    """Fill, and as long as somebody gets too little to use, leave out who falls shortest of the minimum."""
    grants = [0.0] * len(claims)
    while takers:
        shares = dict(zip(takers, fill([claims[k].acceptance_kw for k in takers], cap_kw), strict=True))
        short = [k for k in takers if is_below(shares[k], claims[k].power_min_kw)]
        if not short:
            for k, power in shares.items():
                grants[k] = power
            break
        ranked = sorted(short, key=lambda k: (shares[k] / claims[k].power_min_kw, -claims[k].turn))
        if len(ranked) > 1:
            worst, next_worst = (shares[k] / claims[k].power_min_kw for k in ranked[:2])
            is_below(worst, next_worst)
        takers = [k for k in takers if k != ranked[0]]
    return grants


def _proportional(wanted: list[float], cap_kw: float) -> list[float]:
    factor = min(1.0, cap_kw / sum(wanted))
    return [factor * power for power in wanted]


def _max_min_fair(wanted: list[float], cap_kw: float) -> list[float]:
    """From the smallest claim up, each takes the smaller of its claim and an equal part of what is left."""
    grants = [0.0] * len(wanted)
    left_kw = cap_kw
    by_size = sorted(range(len(wanted)), key=wanted.__getitem__)
    for served, k in enumerate(by_size):
        grants[k] = min(wanted[k], left_kw / (len(wanted) - served))
        left_kw -= grants[k]
    return grants


def _place_in_line(rule: str, claim: Claim) -> float:
    places = {
        "earliest_departure": float(claim.stated_step),
        "least_laxity": claim.spare_hours,
        "first_come": float(claim.turn),
        "largest_remaining": -claim.missing_kwh,
    }
    return places[rule]


def _serve_in_turn(line: list[int], claims: Sequence[Claim], cap_kw: float) -> list[float]:
    grants = [0.0] * len(claims)
    left_kw = cap_kw
    for k in line:
        power = min(claims[k].acceptance_kw, left_kw)
        if power > 0.0 and not is_below(power, claims[k].power_min_kw):
            grants[k] = power
            left_kw -= power
    return grants
