"""Minutes of an episode as local time."""

import math

from pev_battery_charge.core.units import MINUTES_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.local_time import LocalTime
from pev_battery_charge.schedule.table import Schedule

_TICK_MINUTES = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_TICK_HOURS = (1.0, 2.0, 3.0, 4.0, 6.0, 12.0)


class Clock:
    """The local time of an episode's minutes: of the schedule's start, or of the scenario's where it has none.

    Days are dates where the start has one, and numbers from 1 where it has not. With a time zone, minutes are real ones
    across the change to or from summer time.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        self._local = LocalTime(schedule.info, scenario.population.start_hour)

    def text(self, minute: float) -> str:
        """Day and time: "Day 1  07:35", or "2019-07-01  07:35"."""
        return f"{self._day(minute)}  {self._local.at(minute):%H:%M}"

    def ticks(self, horizon_minutes: float, most: int) -> list[tuple[float, str]]:
        """Round times between 0 and the horizon, at most `most` + 1, as (minute, label); a new day bears its name."""
        spacing = _spacing_minutes(horizon_minutes, most)
        start = self._local.at(0.0)
        since_midnight = start.hour * MINUTES_PER_HOUR + start.minute
        minute = -since_midnight % min(spacing, MINUTES_PER_DAY)
        ticks = []
        while minute <= horizon_minutes:
            moment = self._local.at(minute)
            midnight = moment.hour == moment.minute == 0
            named = midnight and (minute > 0 or spacing >= MINUTES_PER_DAY)
            ticks.append((minute, self._day(minute, short=True) if named else f"{moment:%H:%M}"))
            minute += spacing
        return ticks

    def _day(self, minute: float, *, short: bool = False) -> str:
        if not self._local.dated:
            return f"Day {self._local.day(minute)}"
        moment = self._local.at(minute)
        return f"{moment:%m-%d}" if short else f"{moment:%Y-%m-%d}"


def _spacing_minutes(horizon_minutes: float, most: int) -> float:
    spacings = (*_TICK_MINUTES, *(hours * MINUTES_PER_HOUR for hours in _TICK_HOURS))
    days = math.ceil(horizon_minutes / MINUTES_PER_DAY / most)
    return next((spacing for spacing in spacings if horizon_minutes <= most * spacing), days * MINUTES_PER_DAY)
