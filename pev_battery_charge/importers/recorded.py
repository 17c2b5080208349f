"""What every reader of recorded sessions gives back, and the registry of readers, open to formats of one's own.

A new site's format is one function in one file::

    @pbc.session_reader("my-site")
    def read_my_site(path):
        ...  # a polars data frame
        return pbc.RecordedSessions(table, time_zones=("Europe/Amsterdam",))

and `pbc.import_sessions(path, "my-site", scenario=...)` does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.importers.report import Note
from pev_battery_charge.registry import Registry
from pev_battery_charge.schedule.validation import NUMBER, TEXT, Kind, describe, read_cells
from pev_battery_charge.schedule.years import FIRST_YEAR, LAST_YEAR, YEARS_RULE

OWN: Final = "sessions"
"""The format that is no record of a site but a schedule without stations."""

_MOMENT: Final = Kind(lambda cell: cell.cast(pl.Datetime("us", "UTC"), strict=False), "")
_NEEDED: Final = {"session_id": TEXT, "arrival": _MOMENT, "departure": _MOMENT, "delivered_kwh": NUMBER}
_OPTIONAL: Final = {"station_id": TEXT, "requested_kwh": NUMBER, "stated": _MOMENT}


@dataclass(frozen=True)
class RecordedSessions:
    """The sessions of a file as they were recorded, whatever its format; whether they make sense is asked later.

    sessions: a data frame, one session a row in the file's order, with the columns

    =============  ===================================================================================================
    session_id     its name, which no other session has
    arrival        time with a time zone
    departure      likewise
    delivered_kwh  energy metered at the station
    station_id     the station's name; the column may be missing where sessions are only to be given stations
    requested_kwh  energy that the driver asked for at last, or null; the column may be missing
    stated         departure that the driver stated, or null; the column may be missing
    row            its row in the file; by default they are counted from 1
    unread         whether a stated departure is there but cannot be read; by default it is not
    =============  ===================================================================================================
    """

    sessions: pl.DataFrame
    scenario: str | None = None
    """The scenario of the package that has the site's stations, if there is one."""
    time_zones: tuple[str, ...] = ()
    """The time zones of the site, by name: one, or several that the file names."""
    set_aside: tuple[Note, ...] = ()
    """Sessions of the file that are not in the table, and why."""
    remarks: tuple[str, ...] = ()
    """What a user should know of the file as a whole."""
    no_scenario: str = "tells nothing of the stations"
    """What an error says where `scenario` is None and the user gives none either."""


Reader = Callable[[Path], RecordedSessions]
READERS: Registry[Reader] = Registry("session reader")
"""The reader of each format."""


def session_reader(name: str) -> Callable[[Reader], Reader]:
    """A decorator that registers a function, path to `RecordedSessions`, as the reader of a format.

    Raises `InputError` for a bad or taken name, and for what cannot be called; see `Registry.register`.
    """

    def register(reader: Reader) -> Reader:
        problems = ["the name is already that of a researcher's own sessions"] if name == OWN else []
        problems += [] if callable(reader) else [f"must be a function of a path (it is {reader!r})"]
        READERS.register(name, reader, problems)
        return reader

    return register


def read_recorded(path: Path, name: str) -> RecordedSessions:
    """What the reader `name` finds in a file, every column there and of its type.

    Raises `InputError` for a file without sessions, and where the reader breaks its contract.
    """
    found = READERS[name](path)
    if not isinstance(found, RecordedSessions):
        raise InputError(f"session reader {name!r}", [f"must return RecordedSessions (it returned {found!r})"])
    table, source = found.sessions, str(path)
    raise_if(source, [f"column {column!r} is missing" for column in _NEEDED if column not in table.columns])
    if table.height == 0:
        raise InputError(source, ["it has no sessions"])
    kinds = _NEEDED | _OPTIONAL
    problems = [
        f"column {column!r} must hold times with a time zone (it holds {given})"
        for column, given in table.schema.items()
        if kinds.get(column) is _MOMENT and getattr(given, "time_zone", None) is None
    ]
    raise_if(source, problems)
    absent = {"row": pl.int_range(1, pl.len() + 1), **dict.fromkeys(_OPTIONAL, pl.lit(None)), "unread": pl.lit(False)}
    table = table.with_columns(value.alias(name) for name, value in absent.items() if name not in table.columns)
    table = table.select("row", "unread", *kinds)
    unlike = {name: kind._replace(rule="cannot be used") for name, kind in kinds.items()}
    sessions, problems = read_cells(table, unlike, _OPTIONAL)
    for column in ("arrival", "departure"):
        beyond = sessions.filter(~_in_calendar(column)).with_columns(pl.col(column).dt.strftime("%F %R"))
        problems += describe(beyond, column, YEARS_RULE)
    raise_if(source, problems)
    strange = sessions.select(~_in_calendar("stated").fill_null(True)).to_series()
    sessions = sessions.with_columns(table["unread"] | strange, stated=pl.when(~strange).then("stated"))
    return replace(found, sessions=sessions)


def _in_calendar(name: str) -> pl.Expr:
    """Whether a moment lies in the years that Python's calendar can shift to any time zone."""
    return pl.col(name).dt.year().is_between(FIRST_YEAR, LAST_YEAR)
