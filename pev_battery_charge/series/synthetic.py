"""Synthetic days: a spot price, sun on a roof, and the load of an office or a household, drawn with each instance.

Each is a level of the day, a shape over its hours, and noise that persists:

    spot price  hourly, currency/kWh: level 0.085, from day to day AR(1) with 0.7 and a standard deviation of 0.025, at
                least 0.03; a dip at night, peaks in the morning and the evening (lower on weekends), and a dip at noon
                as deep as the sun is high and the sky clear; noise AR(1) by the hour, 0.75, innovations of 0.004
    sun         of the power installed: the sine of the sun's elevation to the power of 1.15, times a clearness of the
                day, Beta(1.6, 1.2), and clouds AR(1) with 0.9 by the quarter of an hour
    office      of its peak: 0.3 at night, on at 7.5 h, off at 17.5 h, a level and noise of some per cent
    household   of its peak: 0.35, and bumps at 7.5 h, 12.7 h and 19.3 h, a level and more noise

The figures were set so that prices have the mean, the spread by season and the share of negative hours of day-ahead
prices of the Netherlands in 2023 and 2024. They are not measured series.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_HOUR

DAYS_PER_YEAR: Final = 365
_HOURS: Final = int(HOURS_PER_DAY)
_QUARTERS: Final = 4
_LATITUDE: Final = math.radians(52.0)
_TILT: Final = math.radians(23.44)


class Drawn(NamedTuple):
    """Synthetic days of B areas, D days each, from local midnight on."""

    spot: Array
    """`[B, 24 D]`, currency/kWh, by the hour."""
    sun: Array
    """`[B, 96 D]`, of the power installed, by the quarter of an hour, as `office` and `household` of their peak."""
    office: Array
    household: Array


def draw_days(random: Sequence[np.random.Generator], days: int, day_of_year: int | None, *, weekend: bool) -> Drawn:
    """Synthetic days for each of the B random generators.

    day_of_year: of the first of them, 1 to 365; None draws one for each area.
    """
    hours, quarters = days * _HOURS, days * _HOURS * _QUARTERS
    first = np.empty(len(random))
    clear, normal = np.empty((len(random), days, 2)), np.empty((len(random), 8 * days + hours + 3 * quarters))
    for b, generator in enumerate(random):
        first[b] = generator.integers(1, DAYS_PER_YEAR + 1) if day_of_year is None else day_of_year
        clear[b] = generator.beta(1.6, 1.2, (days, 2))
        generator.standard_normal(out=normal[b])
    of_days = normal[:, : 8 * days].reshape(len(random), days, 8)
    by_hour = persist(normal[:, 8 * days : 8 * days + hours], 0.75)
    by_quarter = normal[:, 8 * days + hours :].reshape(len(random), 3, quarters)
    dates = first[:, None] + np.arange(days)
    return Drawn(
        _spot(of_days, clear, dates, by_hour, weekend=weekend),
        _sun(clear[..., 0], dates, persist(by_quarter[:, 0], 0.9, settled=True)),
        _office(of_days[..., 6], persist(by_quarter[:, 1], 0.9, settled=True)),
        _household(of_days[..., 7], persist(by_quarter[:, 2], 0.9, settled=True)),
    )


def _spot(of_days: Array, clear: Array, dates: Array, noise: Array, *, weekend: bool) -> Array:
    level = np.maximum(0.085 + 0.025 * persist(of_days[..., 0], 0.7, settled=True), 0.03)
    hour = np.arange(_HOURS)

    def bump(height: Array, at: float, spread: float, width: float, moved: Array) -> Array:
        return height[..., None] * np.exp(-(((hour - at - spread * moved[..., None]) / width) ** 2))

    season = 0.575 - 0.425 * np.cos(2.0 * np.pi * (dates + 10.0) / DAYS_PER_YEAR)
    cloudless = 0.6 * clear[..., 0] + 0.4 * clear[..., 1]
    deep = 0.115 * season * cloudless * (0.925 + 0.225 * np.tanh(of_days[..., 1])) + 0.015 * weekend
    shape = bump(np.full(dates.shape, -0.020), 3.0, 1.0, 3.2, of_days[..., 2])
    shape += bump(0.025 * np.exp(0.4 * of_days[..., 3]) * (0.3 if weekend else 1.0), 8.0, 0.0, 1.5, of_days[..., 3])
    shape += bump(0.055 * np.exp(0.35 * of_days[..., 4]) * (0.8 if weekend else 1.0), 19.0, 0.7, 2.0, of_days[..., 5])
    shape -= bump(deep, 13.2, 0.6, 2.8, of_days[..., 2])
    shape -= shape.mean(axis=-1, keepdims=True)
    return np.asarray((level[..., None] + shape).reshape(noise.shape) + 0.004 * noise)


def _sun(clear: Array, dates: Array, clouds: Array) -> Array:
    declination = _TILT * np.sin(2.0 * np.pi * (284.0 + dates) / DAYS_PER_YEAR)[..., None]
    hour = (np.arange(_HOURS * _QUARTERS) + 0.5) / _QUARTERS
    turn = np.cos(2.0 * np.pi * (hour - 12.0) / HOURS_PER_DAY)
    elevation = np.sin(_LATITUDE) * np.sin(declination) + np.cos(_LATITUDE) * np.cos(declination) * turn
    height = np.maximum(elevation, 0.0).reshape(clouds.shape) ** 1.15
    clear = np.repeat(clear, _HOURS * _QUARTERS, axis=1)
    share = np.clip(0.15 + 0.9 * clear + 0.6 * clear * (1.0 - clear) * clouds, 0.05, 1.05)
    return np.asarray(0.9 * height * share)


def _office(levels: Array, noise: Array) -> Array:
    hour = (np.arange(_HOURS * _QUARTERS) + 0.5) / _QUARTERS
    open_share = 1.0 / (1.0 + np.exp(-(hour - 7.5) / 0.5)) - 1.0 / (1.0 + np.exp(-(hour - 17.5) / 0.5))
    return _load(0.3 + 0.7 * open_share, np.exp(0.12 * levels), 0.08 * noise)


def _household(levels: Array, noise: Array) -> Array:
    hour = (np.arange(_HOURS * _QUARTERS) + 0.5) / _QUARTERS
    shape = np.full(hour.shape, 0.35)
    for height, at in ((0.35, 7.5), (0.25, 12.7), (1.0, 19.3)):
        shape += height * np.exp(-(((hour - at) / 2.0) ** 2))
    return _load(shape / shape.max(), np.exp(0.15 * levels), 0.22 * noise)


def _load(shape: Array, levels: Array, noise: Array) -> Array:
    days = (levels[..., None] * shape).reshape(noise.shape)
    return np.asarray(days * np.maximum(1.0 + noise, 0.1))


def at_steps(values: Array, per_hour: int, start_hour: float, step_minutes: float, steps: int) -> Array:
    """Values `[B, V]`, `per_hour` an hour from midnight on, as their means over steps of an episode, `[B, steps]`."""
    edges = (start_hour + np.arange(steps + 1) * step_minutes / MINUTES_PER_HOUR) * per_hour
    whole = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    below = np.minimum(edges.astype(np.int64), values.shape[1] - 1)
    integral = whole[:, below] + (edges - below) * values[:, below]
    return np.asarray(np.diff(integral, axis=1) / np.diff(edges))


@kernel
def persist(noise: Array, memory: float, settled: bool = False) -> Array:
    """Each row of `noise[B, T]` as AR(1): memory x what was before + noise.

    settled: noise is scaled so that the values have its own standard deviation, from the first on.
    """
    values = noise.copy()
    scale = math.sqrt(1.0 - memory**2) if settled else 1.0
    for b in range(values.shape[0]):
        for t in range(1, values.shape[1]):
            values[b, t] = memory * values[b, t - 1] + scale * noise[b, t]
    return values
