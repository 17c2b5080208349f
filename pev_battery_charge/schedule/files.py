"""Schedule files: CSV with leading `# key: value` lines, or Parquet with the same as its metadata."""

import re
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside, write_parquet
from pev_battery_charge.reading import ending, read_parquet, read_text
from pev_battery_charge.schedule.columns import COLUMNS, OPTIONAL
from pev_battery_charge.schedule.comma_separated import parse_csv

_ENDINGS: Final = (".csv", ".parquet")


class Table(NamedTuple):
    """What a file holds, its cells not yet checked."""

    sessions: pl.DataFrame
    metadata: dict[str, str]
    places: pl.DataFrame | None = None
    """The `row`, and of text the `line`, of each session; None where rows are numbered as they stand."""
    problems: tuple[str, ...] = ()
    """Rows that could not be read."""


def read_table(path: str | Path) -> Table:
    """The table of a file; raises `InputError` where there is none."""
    path = _schedule_path(path)
    if not path.is_file():
        raise InputError(str(path), ["no such file"])
    if ending(path) == ".csv":
        return parse_table(read_text(path), str(path))
    metadata, sessions = read_parquet(path)
    return Table(sessions, {key: value for key, value in metadata.items() if not key.startswith("ARROW")})


def parse_table(text: str, source: str) -> Table:
    """The table of a CSV file's text, all cells as text; raises `InputError` where there is none."""
    cells, places, metadata, problems = parse_csv(text, source, COLUMNS.keys() - OPTIONAL)
    return Table(cells, metadata, places, tuple(problems))


def write_table(path: str | Path, sessions: pl.DataFrame, metadata: dict[str, str]) -> None:
    """Write a file by its ending; an existing one is replaced whole or not at all."""
    path = _schedule_path(path)
    if ending(path) == ".parquet":
        write_parquet(path, sessions, metadata)
        return
    with write_beside(path) as beside:
        beside.write_text(format_csv(sessions, metadata), encoding="utf-8")


def format_csv(sessions: pl.DataFrame, metadata: dict[str, str]) -> str:
    """The text of a CSV file; floats are written so that they come back to the bit, values of metadata on one line."""
    one_line = {key: re.sub(r"[\r\n]+", " ", value) for key, value in metadata.items()}
    return "".join(f"# {key}: {value}\n" for key, value in one_line.items()) + sessions.write_csv()


def _schedule_path(path: str | Path) -> Path:
    path = Path(path)
    if ending(path) not in _ENDINGS:
        raise InputError(str(path), [f"a schedule file must end in {' or '.join(_ENDINGS)}"])
    return path
