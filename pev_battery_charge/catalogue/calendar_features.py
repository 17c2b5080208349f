"""What a station may see of the local time: of the day, of the week and of the year, as points of a circle.

All turn smoothly, also across midnight, and on days of 23 and 25 hours as the local clock does.
"""

import math
from typing import Final

from pev_battery_charge.catalogue.registry import feature
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.clock import days_begun, hour_of_day
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.units import HOURS_PER_DAY

_DAYS_PER_WEEK: Final = 7.0
_DAYS_PER_YEAR: Final = 365.2425
_TURN: Final = 2.0 * math.pi


@feature(unit="1", low=-1.0, high=1.0)
def hour_sin(area: Record, station: Record, moments: Records) -> float:
    """The sine of the local time of day, a turn a day."""
    return math.sin(_TURN * hour_of_day(area, area["step"]) / HOURS_PER_DAY)


@feature(unit="1", low=-1.0, high=1.0)
def hour_cos(area: Record, station: Record, moments: Records) -> float:
    """The cosine of the local time of day, a turn a day."""
    return math.cos(_TURN * hour_of_day(area, area["step"]) / HOURS_PER_DAY)


@feature(unit="1", low=-1.0, high=1.0)
def weekday_sin(area: Record, station: Record, moments: Records) -> float:
    """The sine of the local time of the week, from Monday 0:00, a turn a week; 0 where no date is known."""
    return math.sin(_TURN * days_since(area, area["start_weekday"]) / _DAYS_PER_WEEK) if is_dated(area) else 0.0


@feature(unit="1", low=-1.0, high=1.0)
def weekday_cos(area: Record, station: Record, moments: Records) -> float:
    """The cosine of the local time of the week, from Monday 0:00, a turn a week; 0 where no date is known."""
    return math.cos(_TURN * days_since(area, area["start_weekday"]) / _DAYS_PER_WEEK) if is_dated(area) else 0.0


@feature(unit="1", low=-1.0, high=1.0)
def year_sin(area: Record, station: Record, moments: Records) -> float:
    """The sine of the local time of the year, a turn in 365.2425 days; 0 where no date is known."""
    return math.sin(_TURN * days_since(area, area["start_year_day"]) / _DAYS_PER_YEAR) if is_dated(area) else 0.0


@feature(unit="1", low=-1.0, high=1.0)
def year_cos(area: Record, station: Record, moments: Records) -> float:
    """The cosine of the local time of the year, a turn in 365.2425 days; 0 where no date is known."""
    return math.cos(_TURN * days_since(area, area["start_year_day"]) / _DAYS_PER_YEAR) if is_dated(area) else 0.0


@kernel
def is_dated(area: Record) -> bool:
    """Whether the date of the episode's start is known."""
    return bool(area["start_weekday"] >= 0)


@kernel
def days_since(area: Record, start_day: int) -> float:
    """Local days, with their part that is over, since the one from which `start_day` is counted."""
    step = area["step"]
    return float(start_day + days_begun(area, step) + hour_of_day(area, step) / HOURS_PER_DAY)
