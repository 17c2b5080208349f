"""CSV as programs and people write it: leading `# key: value` lines, a line of column names, and rows of text.

A spreadsheet program that has saved such a file again may have put a byte-order mark before it, quoted the leading
lines, filled them up with commas, and left rows without a value, which are no rows here.
"""

import csv
import re
from collections.abc import Container, Iterator
from io import StringIO
from itertools import islice
from typing import Final, NamedTuple

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.reading import line_at
from pev_battery_charge.schedule.plain_rows import plain_rows
from pev_battery_charge.schedule.validation import first_few, place

_LINE: Final = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}
_ROWS_AT_ONCE: Final = 50_000
"""So that a large file is never there as Python's objects as a whole."""


class CsvTable(NamedTuple):
    """What a CSV file holds."""

    cells: pl.DataFrame
    """The rows that could be read, all cells as text, empty ones null."""
    places: pl.DataFrame
    """The `row` of each, counted from 1, its column names not included, and the `line` of the file it begins on."""
    metadata: dict[str, str]
    """The leading lines."""
    problems: list[str]
    """Rows that could not be read."""


def parse_csv(text: str, source: str, needed: Container[str] = ()) -> CsvTable:
    """The table and the metadata of a CSV file's text, without a byte-order mark.

    needed: columns that no row may lack; the others may be missing at its end, where they would be empty.

    Raises `InputError` where no table is to be found at all.
    """
    told, head, begin = _split_head(text)
    if not head.strip(", \t"):
        raise InputError(source, ["is empty"])
    for separator, name in _OTHER_SEPARATORS.items():
        if head.count(separator) > head.count(","):
            advice = "save it with commas between cells, and with points in numbers"
            raise InputError(source, [f"is separated by {name}: {advice}"])
    records = _records(text, begin, source)
    _, names = next(records)
    names = [name.strip() for name in names]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(source, [f"column {name!r} is there more than once" for name in twice])
    after = match.end() if (match := _LINE.match(text, begin)) else len(text)
    if '"' not in head and (plain := plain_rows(text[after:], names)) is not None:
        line = pl.col("row") + line_at(text, begin)
        places = pl.select(row=pl.int_range(1, plain.height + 1)).with_columns(line=line)
        return CsvTable(plain, places, _metadata(told, head, source), [])
    rows = _Rows(names, needed)
    chunks = []
    while chunk := list(islice(rows.read(records), _ROWS_AT_ONCE)):
        columns = zip(*chunk, strict=True)
        chunks.append(pl.DataFrame(dict(zip(("row", "line", *map(_cell, names)), columns, strict=True))))
    schema = {"row": pl.Int64, "line": pl.Int64, **{_cell(name): pl.String for name in names}}
    table = pl.concat(chunks) if chunks else pl.DataFrame(schema=schema)
    cells = table.select(pl.when(pl.col(_cell(name)) != "").then(_cell(name)).alias(name) for name in names)
    return CsvTable(cells, table.select("row", "line"), _metadata(told, head, source), first_few(rows.ragged))


def _cell(name: str) -> str:
    """The column of cells so called, apart from those of places."""
    return f"cell {name}"


def _split_head(text: str) -> tuple[list[str], str, int]:
    """The leading lines that begin with `#`, the line of column names, and where in the text that begins."""
    told, begin = [], 0
    while match := _LINE.match(text, begin):
        line = match[1]
        if line.startswith(("#", '"#')):
            told.append(line)
        elif line.strip(', \t;"') or match.end() == len(text):
            return told, line, begin
        begin = match.end()
    return told, "", begin


def _metadata(lines: list[str], head: str, source: str) -> dict[str, str]:
    """What the leading lines say; commas that fill all of them up, as the table is wide, are no part of it."""
    width = head.count(",")
    filled = all(line.endswith(",") or line.count(",") >= width > 0 for line in lines)
    metadata = {}
    for line in lines:
        said = ",".join(next(_records(line, 0, source))[1]) if line.startswith('"') else line
        key, _, value = (said.rstrip(", ") if filled else said).lstrip("#").partition(":")
        metadata[key.strip()] = value.strip()
    return metadata


def _records(text: str, begin: int, source: str) -> Iterator[tuple[int, list[str]]]:
    """Each record from a place of the text on, and the line of the file that it begins on."""
    reader = csv.reader(StringIO(text[begin:], newline=""), strict=True)
    line = before = line_at(text, begin)
    try:
        for record in reader:
            yield line, record
            line = before + reader.line_num
    except csv.Error as error:
        raise InputError(source, [f"line {line}: is not readable CSV: {error}"]) from None


class _Rows:
    """The records after the names, without blank ones; the ones of a wrong width are listed in `ragged`."""

    def __init__(self, names: list[str], needed: Container[str]) -> None:
        self._width = len(names)
        self._least = max((number for number, name in enumerate(names, start=1) if name in needed), default=0)
        self._row = 0
        self.ragged: list[str] = []

    def read(self, records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int | str, ...]]:
        for line, record in records:
            if not any(map(str.strip, record)):
                continue
            self._row += 1
            count = len(record)
            if count != self._width:
                over = any(map(str.strip, record[self._width :]))
                if over or count < self._least:
                    advice = "; a text with commas needs quotes, a number a decimal point" if over else ""
                    told = f"has {count} cells, and there are {self._width} columns{advice}"
                    self.ragged.append(f"{place(self._row, line)}: {told}")
                    continue
            yield self._row, line, *record[: self._width], *[""] * (self._width - count)
