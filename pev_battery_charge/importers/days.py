"""The sessions of a file that an import takes: plausible ones that arrive on the local days chosen."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.importers.report import Note, describe_days, describe_span

_DAY: Final = timedelta(days=1)
_TWICE: Final = "its session id has come before in the file"
_FAULTS: Final = {
    "its departure is not after its arrival": pl.col("departure") <= pl.col("arrival"),
    "its delivered energy is negative": pl.col("delivered_kwh") < 0,
    "it was delivered no energy": pl.col("delivered_kwh") == 0,
}
"""Why a session is void, and set aside: the first of these that holds."""


class Chosen(NamedTuple):
    """The sessions that an import takes, and the others."""

    first: date
    last: date
    zone: ZoneInfo
    """Local days of the site."""
    begin: datetime
    end: datetime
    """Local midnights at which the first day begins and the last one ends, in UTC."""
    kept: pl.DataFrame
    """The sessions of the days chosen, in order of arrival, with the `name` by which a report calls them."""
    set_aside: tuple[Note, ...]
    other_days: int
    """How many arrive on other days."""


def choose_days(sessions: pl.DataFrame, first: date | None, last: date | None, zone: ZoneInfo, source: str) -> Chosen:
    """The sessions that arrive on the local days `first` to `last`.

    sessions: row, session_id, arrival and departure (UTC), delivered_kwh.
    first: by default the first day that has sessions; last: by default the first.

    Set aside are those that leave before they come, those that were delivered nothing, the second of two others of one
    name, and those of earlier days that are still plugged when the first day begins. Raises `InputError`, which
    tells the days that there are, where nothing is left.
    """
    judged = sessions.with_columns(
        name=pl.concat_str(pl.lit("row "), "row", pl.lit(", session "), "session_id"),
        # One database of time zones for everything: Python's.
        day=pl.Series([moment.astimezone(zone).date() for moment in sessions["arrival"]], dtype=pl.Date),
        why=pl.coalesce(pl.when(fault).then(pl.lit(why)) for why, fault in _FAULTS.items()),
    ).with_columns(why=pl.coalesce(pl.when(_comes_again()).then(pl.lit(_TWICE)), "why"))
    usable = judged.filter(pl.col("why").is_null())
    days = usable["day"].unique().sort().to_list()
    if not days:
        raise InputError(source, ["it has no session that can be kept", *_tell(note(judged))])
    first = first or days[0]
    last = last or first
    if last < first:
        raise InputError(f"last_day {last}", [f"must not be before the first day, {first}"])
    begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + _DAY))
    chosen = judged.filter(pl.col("day").is_between(first, last))
    kept = chosen.filter(pl.col("why").is_null()).sort("arrival", maintain_order=True)
    faulty = note(chosen.filter(pl.col("why").is_not_null()))
    if kept.height == 0:
        problem = f"has no session to keep on {describe_span(first, last)}; it has some on "
        raise InputError(source, [problem + describe_days(days), *_tell(faulty)])
    before = usable.filter((pl.col("arrival") < begin) & (pl.col("departure") > begin))
    early = note(before, f"it arrived before {first} and is still plugged when that day begins")
    other_days = sessions.height - chosen.height - before.height
    return Chosen(first, last, zone, begin, end, kept.drop("day", "why"), (*early, *faulty), other_days)


def _comes_again() -> pl.Expr:
    """Whether a session of the same name has come before; a void one does not take a valid one with it."""
    valid = pl.col("why").is_null()
    valid_before = valid.cast(pl.Int64).cum_sum().over("session_id") - valid
    return pl.when(valid).then(valid_before > 0).otherwise(~pl.col("session_id").is_first_distinct())


def note(sessions: pl.DataFrame, why: str | None = None) -> tuple[Note, ...]:
    """A note on each session, by its column `name`: `why`, or what its column `why` says."""
    return tuple(Note(*row) for row in sessions.select("name", pl.lit(why) if why else "why").iter_rows())


def _tell(notes: Iterable[Note]) -> list[str]:
    return [f"{what}: set aside, {why}" for what, why in notes]
