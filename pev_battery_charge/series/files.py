"""Series files: CSV, or Parquet, one step a row: `step` from 0 on, and the columns that are not 0 throughout.

An empty cell is 0, or for `cap_kw` no further limit; a column that is missing is empty.
"""

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import MOMENT, make_moments
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.files import write_beside, write_parquet
from pev_battery_charge.reading import ending, read_parquet, read_text
from pev_battery_charge.schedule.comma_separated import parse_csv
from pev_battery_charge.schedule.validation import NUMBER, describe, read_cells
from pev_battery_charge.sizes import MOST_MOMENTS

STEP: Final = "step"
COLUMNS: Final = tuple(MOMENT.names or ())
_WHOLE: Final = "billing_period"
_ENDINGS: Final = (".csv", ".parquet")
_FORMAT_VERSION: Final = "1"


def read_moments(path: str | Path) -> Records:
    """The moments in a file, `MOMENT[T]`; raises `InputError` that names file, row, column and rule."""
    path = _series_path(path)
    if not path.is_file():
        raise InputError(str(path), ["no such file"])
    if ending(path) == ".csv":
        return parse_moments(read_text(path), str(path))
    _, table = read_parquet(path)
    return _moments(table.with_row_index("row", offset=1), str(path), [])


def parse_moments(text: str, source: str) -> Records:
    """The moments in the text of a CSV file."""
    cells, places, _, problems = parse_csv(text, source, (STEP,))
    return _moments(pl.concat([places, cells], how="horizontal"), source, list(problems))


def write_moments(path: str | Path, moments: Records) -> None:
    """Write a file by its ending; an existing one is replaced whole or not at all."""
    path = _series_path(path)
    if ending(path) == ".parquet":
        write_parquet(path, _table(moments), {"format_version": _FORMAT_VERSION})
        return
    with write_beside(path) as beside:
        beside.write_text(format_moments(moments), encoding="utf-8")


def format_moments(moments: Records) -> str:
    """The text of a CSV file; numbers are written so that they come back to the bit."""
    return f"# format_version: {_FORMAT_VERSION}\n" + _table(moments).write_csv()


def _table(moments: Records) -> pl.DataFrame:
    usual = make_moments(1)
    kept = [name for name in COLUMNS if (moments[name] != usual[name]).any()]
    columns = {name: pl.Series(moments[name]) for name in kept}
    table = pl.DataFrame({STEP: pl.Series(np.arange(moments.size)), **columns})
    return table.with_columns(pl.when(pl.col("cap_kw").is_finite()).then("cap_kw")) if "cap_kw" in kept else table


def _moments(rows: pl.DataFrame, source: str, problems: list[str]) -> Records:
    named = [name for name in rows.columns if name not in ("row", "line")]
    problems += [
        f"column {name!r} is unknown; there are {STEP}, {', '.join(COLUMNS)}"
        for name in named
        if name not in (STEP, *COLUMNS)
    ]
    if STEP not in named:
        problems.append(f"column {STEP!r} is missing")
    if not rows.height:
        problems.append("it has no steps")
    if rows.height > MOST_MOMENTS:
        problems.append(f"must have at most {MOST_MOMENTS:,} steps (it has {rows.height:,})")
    raise_if(source, problems)
    known = [name for name in COLUMNS if name in named]
    read, problems = read_cells(rows, dict.fromkeys((STEP, *known), NUMBER), known)
    steps = read.with_columns(due=pl.int_range(pl.len()).cast(pl.Float64))
    problems += describe(
        steps.filter(pl.col(STEP) != pl.col("due")), STEP, "must count the rows, from 0: none missing, doubled or moved"
    )
    problems += (
        describe(read.filter(pl.col(_WHOLE) != pl.col(_WHOLE).floor()), _WHOLE, "must be a whole number")
        if (_WHOLE in known)
        else []
    )
    raise_if(source, problems)
    moments = make_moments(rows.height)
    for name in known:
        moments[name] = read[name].fill_null(np.inf if name == "cap_kw" else 0.0).to_numpy()
    return moments


def _series_path(path: str | Path) -> Path:
    path = Path(path)
    if ending(path) not in _ENDINGS:
        raise InputError(str(path), [f"a series file must end in {' or '.join(_ENDINGS)}"])
    return path
