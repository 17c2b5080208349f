"""Conversions between units. The only place where 60 and 1000 are written as factors."""

from typing import Final

MINUTES_PER_HOUR: Final = 60.0
HOURS_PER_DAY: Final = 24.0
MINUTES_PER_DAY: Final = MINUTES_PER_HOUR * HOURS_PER_DAY
MILLISECONDS_PER_SECOND: Final = 1000.0
KILO_PER_MEGA: Final = 1000.0
