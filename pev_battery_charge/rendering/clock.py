"""Minutes of an episode as local time."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pev_battery_charge.core.units import MINUTES_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule

_DAY_ONE = datetime(2001, 1, 1)
"""Stands for the day of a start that tells none; never shown."""
_TICK_MINUTES = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_TICK_HOURS = (1.0, 2.0, 3.0, 4.0, 6.0, 12.0)


class Clock:
    """The local time of an episode's minutes: of the schedule's start, or of the scenario's where it tells none.

    Days are dates where the start has one, and numbers from 1 where it has not. With a time zone, minutes are real ones
    across the change to or from summer time.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        start = schedule.info.start
        self._dated = start is not None and " " in start
        self._zone = ZoneInfo(schedule.info.time_zone) if self._dated and schedule.info.time_zone else None
        if start is not None and self._dated:
            self._start = datetime.fromisoformat(start)
        else:
            hour = scenario.population.start_hour if schedule.start_hour is None else schedule.start_hour
            self._start = _DAY_ONE + timedelta(hours=hour)

    def text(self, minute: float) -> str:
        """Day and time: "Day 1  07:35", or "2019-07-01  07:35"."""
        moment = self._at(minute)
        return f"{self._day(moment)}  {moment:%H:%M}"

    def ticks(self, horizon_minutes: float, most: int) -> list[tuple[float, str]]:
        """Round times between 0 and the horizon, at most `most` + 1, as (minute, label); a new day bears its name."""
        spacing = _spacing_minutes(horizon_minutes, most)
        since_midnight = self._start.hour * MINUTES_PER_HOUR + self._start.minute
        minute = -since_midnight % min(spacing, MINUTES_PER_DAY)
        ticks = []
        while minute <= horizon_minutes:
            moment = self._at(minute)
            midnight = moment.hour == moment.minute == 0
            named = midnight and (minute > 0 or spacing >= MINUTES_PER_DAY)
            ticks.append((minute, self._day(moment, short=True) if named else f"{moment:%H:%M}"))
            minute += spacing
        return ticks

    def _at(self, minute: float) -> datetime:
        elapsed = timedelta(minutes=minute)
        if self._zone is None:
            return self._start + elapsed
        return (self._start.replace(tzinfo=self._zone).astimezone(UTC) + elapsed).astimezone(self._zone)

    def _day(self, moment: datetime, *, short: bool = False) -> str:
        if not self._dated:
            return f"Day {(moment.date() - _DAY_ONE.date()).days + 1}"
        return f"{moment:%m-%d}" if short else f"{moment:%Y-%m-%d}"


def _spacing_minutes(horizon_minutes: float, most: int) -> float:
    spacings = (*_TICK_MINUTES, *(hours * MINUTES_PER_HOUR for hours in _TICK_HOURS))
    days = math.ceil(horizon_minutes / MINUTES_PER_DAY / most)
    return next((spacing for spacing in spacings if horizon_minutes <= most * spacing), days * MINUTES_PER_DAY)
