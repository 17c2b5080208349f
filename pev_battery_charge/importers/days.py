"""Which of a file's sessions an import takes: those that make sense, and arrive on the local days chosen."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.importers.report import Note, describe_days, describe_span

_DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """Local days of a site."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """Local midnight at which the first day begins, in UTC."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """Local midnight at which the last day ends, in UTC."""
        return self._midnight(self.last + _DAY)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


class Chosen(NamedTuple):
    """The sessions that an import takes, and those that it does not."""

    span: Span
    kept: pl.DataFrame
    """The sessions of the days chosen, in order of arrival, with the `name` by which a report calls them."""
    set_aside: tuple[Note, ...]
    other_days: int
    """How many arrive on other days."""


def choose_days(sessions: pl.DataFrame, first: date | None, last: date | None, zone: ZoneInfo, source: str) -> Chosen:
    """The sessions that arrive on the local days `first` to `last`.

    sessions: row, session_id, arrival and departure (UTC), delivered_kwh.
    first: by default the first day that has sessions; last: by default the first.

    Set aside are the second of two sessions of one name, those that leave before they come, those that were delivered
    nothing, and those of earlier days that are still plugged when the first day begins. Raises `InputError`, which
    tells the days that there are, where nothing is left.
    """
    judged = sessions.with_columns(
        name=pl.concat_str(pl.lit("row "), "row", pl.lit(", session "), "session_id"),
        # One database of time zones for everything: Python's.
        day=pl.Series([moment.astimezone(zone).date() for moment in sessions["arrival"]], dtype=pl.Date),
        why=pl.when(~pl.col("session_id").is_first_distinct())
        .then(pl.lit("its session id has come before in the file"))
        .when(pl.col("departure") <= pl.col("arrival"))
        .then(pl.lit("its departure is not after its arrival"))
        .when(pl.col("delivered_kwh") < 0)
        .then(pl.lit("its delivered energy is negative"))
        .when(pl.col("delivered_kwh") == 0)
        .then(pl.lit("it was delivered no energy")),
    )
    usable = judged.filter(pl.col("why").is_null())
    days = usable["day"].unique().sort().to_list()
    if not days:
        raise InputError(source, ["it has no session that can be kept", *_tell(note(judged))])
    first = first or days[0]
    span = Span(first, last or first, zone)
    if span.last < span.first:
        raise InputError(f"last_day {span.last}", [f"must not be before the first day, {span.first}"])
    chosen = judged.filter(pl.col("day").is_between(span.first, span.last))
    kept = chosen.filter(pl.col("why").is_null()).sort("arrival", maintain_order=True)
    faulty = note(chosen.filter(pl.col("why").is_not_null()))
    if kept.height == 0:
        problem = f"has no session to keep on {describe_span(span.first, span.last)}; it has some on "
        raise InputError(source, [problem + describe_days(days), *_tell(faulty)])
    before = usable.filter((pl.col("arrival") < span.begin) & (pl.col("departure") > span.begin))
    early = note(before, f"it arrived before {span.first} and is still plugged when that day begins")
    return Chosen(
        span=span,
        kept=kept.drop("day", "why"),
        set_aside=(*early, *faulty),
        other_days=sessions.height - chosen.height - before.height,
    )


def note(sessions: pl.DataFrame, why: str | None = None) -> tuple[Note, ...]:
    """A note on each session, by its column `name`: `why`, or what its column `why` says."""
    return tuple(Note(*row) for row in sessions.select("name", pl.lit(why) if why else "why").iter_rows())


def _tell(notes: Iterable[Note]) -> list[str]:
    return [f"{what}: set aside, {why}" for what, why in notes]
