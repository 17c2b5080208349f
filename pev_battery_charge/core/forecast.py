"""Errors of forecasts: a pure function of a key, the step in which is looked ahead, and how far.

    forecast = value + forecast_error x sqrt(lead in h) x |value| x z

z(issued, meant) has mean 0 and standard deviation 1, and is a sum of two fields, over the time at which a forecast is
issued and the one that is meant: a coarse one with knots a day apart (0.6 of the variance), and a fine one with knots
three hours apart (0.4). In both, a number hashed from the key stands at each knot (the sum of four uniform ones, nearly
normal); between knots they are interpolated linearly both ways, and divided by the standard deviation that this leaves.
Neighbouring steps and leads so share most of their error. An error is a part of the value, so there is no sun at night.
Nothing is stored: stations, planners and reports that ask for the same step and lead are told the same.
"""

import math
from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Record
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.units import HOURS_PER_DAY

BUY_PRICE: Final = 0
SELL_PRICE: Final = 1
LOAD: Final = 2
SOLAR: Final = 3
CARBON: Final = 4

_FINE_HOURS: Final = 3.0
_COARSE_PART: Final = 0.6
_LOW: Final = np.uint64(0xFFFFFFFF)
_HIGH: Final = np.uint64(32)
_DEVIATION: Final = math.sqrt(4.0 * (65536.0**2 - 1.0) / 12.0)


@kernel
def foreseen(area: Record, value: float, column: int, ahead_steps: int) -> float:
    """What is forecast for a value that comes so many steps after `area["step"]`; the value itself without errors."""
    if area["forecast_error"] == 0.0 or ahead_steps <= 0:
        return float(value)
    error = unit_error(area["forecast_key"], column, area["step"], ahead_steps, area["step_hours"])
    return float(value + area["forecast_error"] * math.sqrt(ahead_steps * area["step_hours"]) * abs(value) * error)


def unit_errors(key: int, column: int, steps: Array, leads: Array, step_hours: float) -> Array:
    """Errors z of every step in `steps[S]` and lead in `leads[L]`, both whole numbers of steps: `[S, L]`.

    key: the area's `forecast_key`, from 0 to 2^64 - 1.
    """
    return fill_errors(np.uint64(key), column, steps, leads, step_hours)


@kernel
def fill_errors(key: np.uint64, column: int, steps: Array, leads: Array, step_hours: float) -> Array:
    """The same, compiled for a key of 64 bits."""
    errors = np.empty((steps.size, leads.size))
    for i in range(steps.size):
        for k in range(leads.size):
            errors[i, k] = unit_error(key, column, steps[i], leads[k], step_hours)
    return errors


@kernel
def unit_error(key: np.uint64, column: int, step: int, ahead_steps: int, step_hours: float) -> float:
    """z: the error of a forecast of one column, in its standard deviations."""
    issued_h, meant_h = step * step_hours, (step + ahead_steps) * step_hours
    coarse = field(key, 2 * column, issued_h / HOURS_PER_DAY, meant_h / HOURS_PER_DAY)
    fine = field(key, 2 * column + 1, issued_h / _FINE_HOURS, meant_h / _FINE_HOURS)
    return float(math.sqrt(_COARSE_PART) * coarse + math.sqrt(1.0 - _COARSE_PART) * fine)


@kernel
def field(key: np.uint64, which: int, x: float, y: float) -> float:
    """A field of mean 0 and variance 1, interpolated between whole numbers x and y."""
    i, j = math.floor(x), math.floor(y)
    u, v = x - i, y - j
    low = (1.0 - v) * knot(key, which, i, j) + v * knot(key, which, i, j + 1)
    high = (1.0 - v) * knot(key, which, i + 1, j) + v * knot(key, which, i + 1, j + 1)
    left = math.sqrt(((1.0 - u) ** 2 + u**2) * ((1.0 - v) ** 2 + v**2))
    return float(((1.0 - u) * low + u * high) / left)


@kernel
def knot(key: np.uint64, which: int, i: int, j: int) -> float:
    """The number at a knot: four of 16 bits, added up, of mean 0 and variance 1."""
    wide = np.uint64(key)
    told = mixed(int(np.int64(wide & _LOW)))
    told = mixed(told ^ mixed(int(np.int64(wide >> _HIGH)) + 1))
    told = mixed(told ^ mixed(int(which) + 2))
    told = mixed(told ^ mixed(int(i) + 3))
    told = mixed(told ^ mixed(int(j) + 4))
    more = mixed(told + 0x9E3779B9)
    total = (told & 0xFFFF) + (told >> 16) + (more & 0xFFFF) + (more >> 16)
    return float((total - 131070.0) / _DEVIATION)


@kernel
def mixed(number: int) -> int:
    """32 bits mixed (the finalizer of MurmurHash3, Appleby 2011, public domain), after a step off 0."""
    number = (number + 0x6D2B79F5) & 0xFFFFFFFF
    number = ((number ^ (number >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    number = ((number ^ (number >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return number ^ (number >> 16)
