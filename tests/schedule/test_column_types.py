"""Columns of other types than numbers and texts: times, dates and durations are never read as minutes."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Schedule
from pev_battery_charge.importers.recorded import READERS

DAY = pbc.generate_schedule("paper-5x20")
STRANGE: dict[str, tuple[pl.Expr, str]] = {
    "time": (pl.lit(time(8, 30)), "Time, such as 08:30:00 in row 1"),
    "date": (pl.lit(date(2019, 6, 5)), "Date, such as 2019-06-05 in row 1"),
    "datetime": (pl.lit(datetime(2019, 6, 5)), "Datetime(time_unit='us', time_zone=None), such as 2019-06-05 00:00:00"),
    "duration": (pl.lit(timedelta(minutes=5)), "Duration(time_unit='us'), such as 0:05:00 in row 1"),
    "truth": (pl.lit(True), "Boolean, such as True in row 1"),
    "list": (pl.concat_list("capacity_kwh"), "List(Float64), such as [24.0] in row 1"),
    "struct": (pl.struct("capacity_kwh"), "Struct({'capacity_kwh': Float64}), such as {'capacity_kwh': 24.0} in row 1"),
    "binary": (pl.lit(b"24"), "Binary, such as b'24' in row 1"),
    "categories": (pl.lit("24").cast(pl.Categorical), "Categorical, such as 24 in row 1"),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("column", ["arrival_min", "departure_stated_min", "plug_in_min", "efficiency", "station"])
def test_a_column_of_another_type_is_told(kind: str, column: str, tmp_path: Path) -> None:
    values, holds = STRANGE[kind]
    path = tmp_path / "day.parquet"
    DAY.sessions.with_columns(values.alias(column)).write_parquet(path)
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    what = "whole numbers" if column == "station" else "numbers"
    (problem,) = refused.value.problems
    assert problem.startswith(f"column {column!r} must hold {what} (it holds {holds}")
    with pytest.raises(InputError, match=f"schedule: column '{column}' must hold {what}"):
        Schedule(DAY.sessions.with_columns(values.alias(column)))


@pytest.mark.parametrize("kind", ["list", "struct", "binary", "duration"])
def test_names_of_pevs_must_be_texts(kind: str) -> None:
    with pytest.raises(InputError, match="schedule: column 'pev' must hold texts"):
        Schedule(DAY.sessions.with_columns(STRANGE[kind][0].alias("pev")))


@pytest.mark.parametrize("kind", [pl.Int16, pl.UInt64, pl.Float32, pl.Decimal(20, 2), pl.String])
def test_numbers_of_every_type_are_read(kind: Any) -> None:
    sessions = DAY.sessions.with_columns(pl.col("arrival_min", "capacity_kwh", "station").cast(kind))
    assert Schedule(sessions).sessions.equals(DAY.sessions)


@pytest.mark.parametrize("cell", ["08:30", "2019-06-05", "08:30:00.5", "5/6/2019 08:30", "2019-06-05T08:30:00Z"])
def test_times_and_dates_in_csv_are_told_to_be_no_numbers(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(DAY.sessions.write_csv().replace(",39.0,", f",{cell},", 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    (problem,) = refused.value.problems
    told = f"must be a finite number, not a time or a date (it is {cell})"
    assert problem == f"row 2 (line 3), arrival_min: {told}"


@pytest.mark.parametrize("kind", ["time", "list", "binary", "duration"])
def test_what_a_reader_of_ones_own_gives_back_is_checked_so_too(kind: str, tmp_path: Path) -> None:
    moments = {"arrival": datetime(2023, 5, 1, 8, tzinfo=UTC), "departure": datetime(2023, 5, 1, 9, tzinfo=UTC)}
    table = pl.DataFrame({"session_id": "a", "capacity_kwh": 24.0, **moments})
    table = table.with_columns(STRANGE[kind][0].alias("delivered_kwh"))
    before = dict(READERS)
    try:
        pbc.session_reader("strange")(lambda _: pbc.RecordedSessions(table, time_zones=("UTC",)))
        with pytest.raises(InputError, match="column 'delivered_kwh' must hold numbers"):
            pbc.import_sessions(tmp_path / "x", "strange", scenario="public-10", stations="assigned")
    finally:
        READERS.clear()
        READERS.update(before)
