"""Departures as drivers state them: early or late by hours."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if, whole_number_problems
from pev_battery_charge.schedule.columns import STATED
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.sizes import LARGEST_SEED

CALTECH_ERROR_HOURS: Final = (-5.9, -0.5, 1.2)
"""Stated minus actual departure, 10, 50 and 90 % points, of the 3,527 sessions of Caltech in ACN-Data from May to
August 2019; one driver in seven stated nothing, which counts as no error."""

_SHORTEST_STAY_MIN: Final = 1.0


def with_stated_departures(
    schedule: Schedule, error_hours: Sequence[float] = CALTECH_ERROR_HOURS, seed: int = 0
) -> Schedule:
    """The schedule, with a stated departure for every session: the actual one and an error.

    error_hours: the 10, 50 and 90 % points of the error, above 0 where drivers leave before they said. Between them
        the quantile function is linear, and its ends go straight on to 0 and 100 %.
    seed: of `numpy.random.default_rng`, which draws an error for each session in turn.

    No departure is stated earlier than a minute after the arrival. What was stated before is forgotten; actual
    departures stay. Raises `InputError` where the points do not rise or are not finite, and for a bad seed.
    """
    problems = whole_number_problems("seed", seed, 0, LARGEST_SEED)
    if len(error_hours) != 3 or not all(map(math.isfinite, error_hours)):
        problems.append(f"error_hours: must be three finite numbers (it is {error_hours})")
    elif not error_hours[0] < error_hours[1] < error_hours[2]:
        problems.append(f"error_hours: must rise (it is {error_hours})")
    raise_if("stated departures", problems)
    low, middle, high = error_hours
    first, last = middle + (low - middle) * 0.5 / 0.4, middle + (high - middle) * 0.5 / 0.4
    uniforms = np.random.default_rng(seed).random(len(schedule))
    below, above = (middle - first) / 0.5 * uniforms + first, (last - middle) / 0.5 * (uniforms - 0.5) + middle
    errors_min = pl.Series(np.where(uniforms < 0.5, below, above) * MINUTES_PER_HOUR)
    earliest = pl.col("arrival_min") + _SHORTEST_STAY_MIN
    stated = pl.max_horizontal(pl.col("departure_min") + errors_min, earliest)
    return Schedule(schedule.sessions.with_columns(stated.alias(STATED)), schedule.info)
