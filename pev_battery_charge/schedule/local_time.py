"""The one clock of the package: what the local time is at a minute of an episode.

Minutes of an episode are real ones. Where its start has a date and a time zone, the local clock is put forward or
back on some days, which have 23 or 25 hours. `set_clocks` tells kernels so, which read it by `core.clock.hour_of_day`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import CLOCK_CHANGES
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import InputError
from pev_battery_charge.schedule.table import ScheduleInfo

_DAY_ONE: Final = datetime(2001, 1, 1)
"""Stands for the day of a start without one."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


class LocalTime:
    """The local time of an episode's minutes.

    info: of the schedule; its `start`, with a date or without, and its `time_zone`.
    start_hour: hour of the day at minute 0 where the schedule has no start.
    """

    def __init__(self, info: ScheduleInfo, start_hour: float = 0.0) -> None:
        start = info.start
        self.dated = start is not None and " " in start
        """Whether the day is known; otherwise days are counted from 1."""
        self._zone = ZoneInfo(info.time_zone) if self.dated and info.time_zone else None
        if start is None:
            self._start = _DAY_ONE + timedelta(hours=start_hour)
        else:
            self._start = datetime.fromisoformat(start if self.dated else f"{_DAY_ONE:%Y-%m-%d} {start}")

    def at(self, minute: float) -> datetime:
        """The date and local time at a minute of the episode."""
        elapsed = timedelta(minutes=minute)
        if self._zone is None:
            return self._start + elapsed
        return (self._start.replace(tzinfo=self._zone).astimezone(UTC) + elapsed).astimezone(self._zone)

    def day(self, minute: float) -> int:
        """The number of the local day, that of the episode's start being 1."""
        return (self.at(minute).date() - self._start.date()).days + 1

    def changes(self, horizon_minutes: float) -> list[tuple[float, float]]:
        """When the clock is put forward or back until the horizon: minutes from the start, and by how many hours."""
        if self._zone is None:
            return []
        found = []
        before, begin = self._offset(0.0), 0.0
        while begin < horizon_minutes:
            end = min(begin + _DAY / _MINUTE, horizon_minutes)
            after = self._offset(end)
            if after != before:
                found.append((self._turn(begin, end), (after - before) / timedelta(hours=1)))
            before, begin = after, end
        return found

    def _offset(self, minute: float) -> timedelta:
        return self.at(minute).utcoffset() or timedelta()

    def _turn(self, begin: float, end: float) -> float:
        """The first whole minute after `begin` with the offset of `end`."""
        low, high, wanted = int(begin), int(-(-end // 1)), self._offset(end)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._offset(middle) == wanted else (middle, high)
        return float(high)


class ClockFields(NamedTuple):
    """What an area's record holds of its local time; see `core.records.AREA`."""

    start_hour: float
    weekday: int
    year_day: int
    change_h: tuple[float, ...]
    shift_h: tuple[float, ...]


@lru_cache(maxsize=1024)
def clock_fields(info: ScheduleInfo, horizon_minutes: float) -> ClockFields:
    """The local time of a schedule with a start; raises `InputError` where the clock changes too often for a record."""
    local = LocalTime(info)
    changes = local.changes(horizon_minutes)
    if len(changes) > CLOCK_CHANGES:
        told = f"the clock is put forward or back {len(changes)} times until the horizon"
        raise InputError("schedule", [f"start, time_zone: {told}, and may be {CLOCK_CHANGES} times at most"])
    begin = local.at(0.0)
    return ClockFields(
        begin.hour + begin.minute / MINUTES_PER_HOUR,
        begin.weekday() if local.dated else -1,
        begin.timetuple().tm_yday - 1 if local.dated else -1,
        tuple(minute / MINUTES_PER_HOUR for minute, _ in changes),
        tuple(hours for _, hours in changes),
    )


def set_clocks(areas: Records, infos: Sequence[ScheduleInfo], horizon_minutes: float) -> None:
    """Write the local time of each area's schedule into `AREA[B]`; without a start an area keeps its own."""
    firsts: dict[int, int] = {}
    own = [firsts.setdefault(id(info), b) for b, info in enumerate(infos)]
    for b in firsts.values():
        if infos[b].start is not None:
            clock = clock_fields(infos[b], horizon_minutes)
            areas["start_hour"][b] = clock.start_hour
            areas["start_weekday"][b], areas["start_year_day"][b] = clock.weekday, clock.year_day
            areas["clock_change_h"][b, : len(clock.change_h)] = clock.change_h
            areas["clock_shift_h"][b, : len(clock.shift_h)] = clock.shift_h
    for name in ("start_hour", "start_weekday", "start_year_day", "clock_change_h", "clock_shift_h"):
        areas[name] = areas[name][own]
