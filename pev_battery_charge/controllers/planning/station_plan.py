"""The plan of a single station for its own PEV, against a price on the cap: its part of `controllers.decentralised`."""

import math
from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Record
from pev_battery_charge.core.battery import acceptance_kw
from pev_battery_charge.core.compile import kernel

_SEARCH_STEPS: Final = 50
_SEARCH_TOLERANCE: Final = 1e-7
_TINY_KW: Final = 1e-9

_LEAST_MISSING: Final = 1e-3
"""Share of the target below which the slope of a loss with another exponent than 1 is taken as it is there."""

LOSS: Final = np.dtype([("soc", "f8"), ("departure", "f8"), ("exponent", "f8"), ("of_target", "i4")], align=True)
"""What a station plans for: weights of (missing / target) ^ exponent in every step and of missing / target in the end;
or, where `of_target` is 0, of the missing kWh themselves."""


@kernel
def limit_kw(station: Record) -> float:
    """What the PEV can be given at most."""
    limit: float = min(station["power_max_kw"], station["battery"]["power_max_kw"])
    return limit


@kernel
def gains_of(area: Record, station: Record, loss: Record, end: int, plan_kw: Array, gains: Array) -> None:
    """Write what a kW in each step up to `end` takes off the station's loss, at its last plan, into `gains[T]`."""
    step = area["step"]
    kwh_per_kw = station["battery"]["efficiency"] * area["step_hours"]
    target = station["target_kwh"] if loss["of_target"] == 1 else 1.0
    exponent = loss["exponent"]
    missing = station["target_kwh"] - station["energy_kwh"]
    if exponent != 1.0:
        for t in range(step, end):
            missing = max(missing - kwh_per_kw * plan_kw[t], _LEAST_MISSING * target)
            gains[t] = loss["soc"] * exponent * (missing / target) ** (exponent - 1.0)
    else:
        gains[step:end] = loss["soc"]
    later = loss["departure"]
    for t in range(end - 1, step - 1, -1):
        later += gains[t]
        gains[t] = later * kwh_per_kw / target


@kernel
def answer(
    area: Record,
    station: Record,
    loss: Record,
    end: int,
    rho: float,
    signal: Array,
    plan_kw: Array,
    gains: Array,
    wishes_kw: Array,
    level_kw: float,
) -> float:
    """A station's reply to a signal: replace its `plan_kw[T]`. `gains` and `wishes_kw`, `[T]`, are scratch.

    Without its target the station would ask for its wishes, cut to its limits; the target lowers them all by the same
    level, which is searched by Newton's method, kept between bounds, from `level_kw` on, and returned.
    """
    step = area["step"]
    gains_of(area, station, loss, end, plan_kw, gains)
    highest = 0.0
    for t in range(step, end):
        wishes_kw[t] = plan_kw[t] - signal[t] + gains[t] / rho
        highest = max(highest, wishes_kw[t])
    needed_kwh = station["target_kwh"] - station["energy_kwh"]
    low = -1.0
    level = min(max(level_kw, 0.0), highest)
    for _ in range(_SEARCH_STEPS):
        stored_kwh, slope = follow_wishes(area, station, end, wishes_kw, level, plan_kw)
        above = stored_kwh - needed_kwh
        if abs(above) <= _SEARCH_TOLERANCE * needed_kwh or (level == 0.0 and above < 0.0) or highest - low < _TINY_KW:
            break
        if above > 0.0:
            low = level
        else:
            highest = level
        guess = max(level + above / slope, 0.0) if slope > 0.0 else highest
        level = guess if low < guess < highest else (max(low, 0.0) + highest) / 2.0
    return level


@kernel
def follow_wishes(
    area: Record, station: Record, end: int, wishes_kw: Array, level: float, plan_kw: Array
) -> tuple[float, float]:
    """Ask for the wishes less a level, as far as that makes a difference to the battery: write `plan_kw[T]`.

    Returns what is stored up to `end`, and about how fast that falls with the level: what is not stored before the
    taper fades away in it.
    """
    battery = station["battery"]
    limit, kwh_per_kw = limit_kw(station), battery["efficiency"] * area["step_hours"]
    capacity_kwh, transition_soc = battery["capacity_kwh"], battery["transition_soc"]
    bend_kwh = transition_soc * capacity_kwh
    # Where the battery itself takes less, a request above that limit is worth nothing.
    per_missing = battery["power_max_kw"] / (capacity_kwh - bend_kwh) if transition_soc < 1.0 else np.inf
    fading = math.exp(-kwh_per_kw * per_missing) if transition_soc < 1.0 else 1.0
    begin_kwh = energy_kwh = station["energy_kwh"]
    slope = 0.0
    for t in range(area["step"], end):
        request = wishes_kw[t] - level
        if request <= 0.0:
            plan_kw[t] = 0.0
            continue
        inside = request < limit
        request = min(request, limit)
        power = request
        if transition_soc >= 1.0 or energy_kwh + kwh_per_kw * request <= bend_kwh:
            slope += kwh_per_kw if inside else 0.0
        else:
            slope *= fading
            request = min(request, per_missing * (capacity_kwh - energy_kwh))
            power = acceptance_kw(battery, energy_kwh, capacity_kwh, request, area["step_hours"])
        plan_kw[t] = request
        energy_kwh += kwh_per_kw * power
    return energy_kwh - begin_kwh, slope
