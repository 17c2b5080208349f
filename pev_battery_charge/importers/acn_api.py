"""Sessions with the fields that the ACN-Data API gives them: an answer of it, a list, JSON lines, or a CSV table."""

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.importers.acn_sessions import API, API_CSV_TIME, JSON_TIME, LAST_WORD, recorded
from pev_battery_charge.importers.recorded import RecordedSessions
from pev_battery_charge.reading import parse_json
from pev_battery_charge.schedule.comma_separated import CsvTable
from pev_battery_charge.schedule.validation import Kind, place, read_cells

NEEDED: Final = ("sessionID", "connectionTime", "disconnectTime", "kWhDelivered")
"""The columns without which a CSV table is none of the API's sessions."""

_INPUTS: Final = "userInputs"
_OF_INPUTS: Final = (*LAST_WORD, "modified")
_FURTHER_TEXT: Final = "Extra data"
"""What Python says where a JSON text is followed by another, as in JSON lines."""


class _Item(NamedTuple):
    """A session as it stands in the file, and its place there."""

    fields: Any
    row: int
    line: int | None = None


def read_json(text: str, source: str) -> RecordedSessions:
    """The sessions of JSON text; raises `InputError` with every unreadable one."""
    try:
        answer = parse_json(text, source)
    except InputError as error:
        if _FURTHER_TEXT not in error.problems[0]:
            raise
        answer = _read_lines(text, source)
    remarks: tuple[str, ...] = ()
    if isinstance(answer, dict):
        items = answer.get("_items", [answer] if NEEDED[0] in answer else None)
        if not isinstance(items, list):
            raise InputError(source, ["is not an answer of the ACN-Data API: it has no list '_items'"])
        meta = answer.get("_meta")
        total = meta.get("total") if isinstance(meta, dict) else None
        if isinstance(total, int) and total > len(items):
            missing = (
                f"the file holds {len(items)} of the {total} sessions that the API has: its other pages are missing"
            )
            remarks = (missing,)
        answer = items
    if not isinstance(answer, list):
        raise InputError(source, ["is neither an answer of the ACN-Data API nor a list of its sessions"])
    items = [one if isinstance(one, _Item) else _Item(one, row) for row, one in enumerate(answer, start=1)]
    return _read_items(items, JSON_TIME, [], source, remarks)


def read_csv(table: CsvTable, source: str) -> RecordedSessions:
    """The sessions of a CSV table with the API's columns, whose `userInputs` are JSON or as Python writes them."""
    missing = [name for name in NEEDED if name not in table.cells.columns]
    raise_if(source, [f"column {name!r} is missing" for name in missing])
    items, problems = [], list(table.problems)
    for (row, line), fields in zip(table.places.iter_rows(), table.cells.iter_rows(named=True), strict=True):
        try:
            inputs = _read_inputs(fields.get(_INPUTS))
        except ValueError:
            inputs = None
            problems.append(f"{place(row, line)}, {_INPUTS}: must be empty, or a list as JSON or Python writes it")
        items.append(_Item({**fields, _INPUTS: inputs}, row, line))
    return _read_items(items, API_CSV_TIME, problems, source)


def _read_lines(text: str, source: str) -> list[_Item]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    items, problems = [], []
    for row, (number, line) in enumerate(lines, start=1):
        try:
            items.append(_Item(parse_json(line, source), row, number))
        except InputError as error:
            problems += [f"{place(row, number)}: {problem}" for problem in error.problems]
    raise_if(source, problems)
    return items


def _read_inputs(text: str | None) -> Any:
    """The value of a cell `userInputs`; raises `ValueError`."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValueError(text) from error


def _read_items(
    found: Sequence[_Item], time: Kind, problems: list[str], source: str, remarks: tuple[str, ...] = ()
) -> RecordedSessions:
    shaped = [item for item in found if not _misshapen(item)]
    problems = problems + [problem for item in found for problem in _misshapen(item)]
    fields = [item.fields for item in shaped]
    columns = {name: [one.get(key) for one in fields] for name, key in API.items() if name not in _OF_INPUTS}
    columns["station_id"] = [one.get("spaceID") or one.get("stationID") for one in fields]
    requests, more_problems = _last_requests(shaped, time)
    rows = pl.concat([_places(shaped), _text_frame(columns)], how="horizontal")
    return recorded(
        rows.join(requests, on="row", how="left", maintain_order="left"),
        API,
        time,
        problems + more_problems,
        source,
        {str(one.get("siteID")).zfill(4) for one in fields},
        time_zones=tuple(sorted({str(one["timezone"]) for one in fields if one.get("timezone")})),
        remarks=remarks,
    )


def _misshapen(item: _Item) -> list[str]:
    where = place(item.row, item.line)
    if not isinstance(item.fields, dict):
        return [f"{where}: must be an object with the fields of a session"]
    inputs = item.fields.get(_INPUTS) or []
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        return [f"{where}, {_INPUTS}: must be null or a list of objects"]
    return []


def _last_requests(items: Sequence[_Item], time: Kind) -> tuple[pl.DataFrame, list[str]]:
    """Each driver's last word (row, requested_kwh, stated), where there is one, and what cannot be read of its time.

    Of several, the one modified last counts, and where no time of that is given, the last of the list.
    """
    inputs = [(item, one) for item in items for one in item.fields.get(_INPUTS) or []]
    told = _text_frame({name: [one.get(API[name]) for _, one in inputs] for name in _OF_INPUTS})
    told = pl.concat([_places([item for item, _ in inputs]), told], how="horizontal")
    times, problems = read_cells(told, {"modified": time}, ("modified",), names=API)
    last = told.with_columns(times["modified"]).sort("modified", maintain_order=True).group_by("row").last()
    return last.select("row", *LAST_WORD), problems


def _places(items: Sequence[_Item]) -> pl.DataFrame:
    """The `row` of each, and its `line` where they have one."""
    rows = {"row": [item.row for item in items]}
    if items and items[0].line is not None:
        rows["line"] = [item.line or 0 for item in items]
    return pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.Int64))


def _text_frame(columns: Mapping[str, list[Any]]) -> pl.DataFrame:
    """Values as text, as the cells of a CSV file are."""
    return pl.DataFrame(
        {name: [None if value is None else _text(value) for value in values] for name, values in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    )


def _text(value: Any) -> str:
    """A value as text in UTF-8, in which half of a character that JSON has escaped cannot stand."""
    return str(value).encode(errors="replace").decode()
