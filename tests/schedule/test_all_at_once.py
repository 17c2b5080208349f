"""Everything that is wrong with a file in one error: cells, rules, overlaps, and where in the file they are."""

from pathlib import Path

import polars as pl
import pytest

from pev_battery_charge import InputError, Scenario, Schedule, generate_schedule, import_sessions
from pev_battery_charge.schedule.columns import PLACE

HEAD = "pev,arrival_min,departure_min,capacity_kwh,energy_arrival_kwh,energy_target_kwh,power_max_kw,efficiency"
SITE = Scenario(name="three", stations={"count": 3})


def own(path: Path, *rows: str) -> tuple[str, ...]:
    """What importing such rows tells."""
    path.write_text("\n".join([f"{HEAD},transition_soc", *rows, ""]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        import_sessions(path, "sessions", scenario=SITE)
    assert refused.value.subject == str(path)
    return refused.value.problems


def test_unreadable_cells_broken_rules_overlaps_and_metadata_are_told_in_one_error(tmp_path: Path) -> None:
    day = generate_schedule("paper-5x20")
    lines = day.to_text().replace("start: 00:00", "start: noon").split("\n")
    lines[8] = lines[8].replace(",24.0,", ",lots,", 1)  # row 1: its first 24.0 is its arrival
    lines[9] = lines[9].replace(",0.9,", ",1.9,")
    lines[10] = lines[10].replace("pev_02", "pev_03")
    lines[12] = lines[12].replace(",1,189.0", ",two,189.0")
    lines[14:14] = ["", ",,,"]
    lines[16] = lines[16].replace("pev_06", "")
    path = tmp_path / "day.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert refused.value.problems == (
        "metadata 'start' must be HH:MM or YYYY-MM-DD HH:MM (it is 'noon')",
        "row 7 (line 17), pev: must be given (it is None)",
        "row 1 (line 9), arrival_min: must be a finite number (it is lots)",
        "row 5 (line 13), station: must be a whole number or empty (it is two)",
        "row 2 (line 10), efficiency: must be above 0 and at most 1 (it is 1.9)",
        "row 4 (line 12), arrival_min: PEV 'pev_03' is still here with the session of row 3 (line 11)",
    )
    assert str(refused.value).startswith(f"{path}: 6 problems\n")


def test_with_a_column_missing_the_others_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    sessions = generate_schedule("paper-5x20").sessions.drop("capacity_kwh", "station")
    sessions.with_columns(efficiency=pl.lit(2.0), colour=pl.lit("red")).head(1).write_parquet(path)
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert refused.value.problems == (
        "column 'capacity_kwh' is missing",
        "column 'station' is missing",
        "column 'colour' is unknown",
        "row 1, efficiency: must be above 0 and at most 1 (it is 2.0)",
    )


def test_own_sessions_of_one_pev_at_once_are_told_with_the_file_and_its_rows(tmp_path: Path) -> None:
    assert own(
        tmp_path / "own.csv",
        "late,500,600,60,12,54,11,0.9,0.8",
        "van,200,410,60,12,54,11,0.9,0.8",
        "",
        "other,10,40,60,12,20,11,0.9,0.8",
        "van,45,300,60,20,54,11,0.9,0.8",
    ) == ("row 2 (line 3), arrival_min: PEV 'van' is still here with the session of row 4 (line 6)",)


def test_lines_are_those_of_an_editor_also_after_a_name_of_several_lines(tmp_path: Path) -> None:
    rows = ('"a\nb\r\nc",10,40,60,12,20,11,0.9,0.8', "", "d,10,40,60,12,20,0,0.9,0.8")
    assert own(tmp_path / "own.csv", *rows) == ("row 2 (line 6), power_max_kw: must be above 0 (it is 0.0)",)


def test_they_are_told_with_all_else_that_is_wrong(tmp_path: Path) -> None:
    assert own(
        tmp_path / "own.csv",
        "late,500,600,60,12,54,11,0.9,0.8",
        "van,200,410,60,12,54,11,0.9,0.8",
        "other,10,40,60,12,20,11,0.9,high",
        "van,45,300,60,20,54,11,0.9,0.8",
        "bus,45,300,60,20,54,-11,0.9,0.8",
        "car,45,300",
    ) == (
        "row 6 (line 7): has 3 cells, and there are 9 columns",
        "row 3 (line 4), transition_soc: must be a finite number (it is high)",
        "row 5 (line 6), power_max_kw: must be above 0 (it is -11.0)",
        "row 2 (line 3), arrival_min: PEV 'van' is still here with the session of row 4 (line 5)",
    )


def test_own_sessions_of_parquet_are_told_by_their_row(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    day = generate_schedule("paper-5x20").sessions.drop(*PLACE).reverse()
    day.with_columns(pev=pl.when(pl.col("pev") == "pev_01").then(pl.lit("pev_00")).otherwise("pev")).write_parquet(path)
    with pytest.raises(InputError) as refused:
        import_sessions(path, "sessions", scenario=SITE)
    assert refused.value.problems == ("row 19, arrival_min: PEV 'pev_00' is still here with the session of row 20",)
    assert refused.value.subject == str(path)


def test_a_schedule_checked_again_names_the_rows_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    day = generate_schedule("paper-5x20")
    path.write_text(day.sessions.reverse().write_csv().replace("\n", "\n\n"), encoding="utf-8")
    schedule = Schedule.read(path)
    assert schedule.sessions.equals(day.sessions)
    schedule.validate()
    with pytest.raises(InputError) as refused:
        schedule.validate(Scenario(name="one", stations={"count": 4}))
    station_four = day.sessions.reverse().with_row_index("row", 1).filter(pl.col("station") == 4)["row"].to_list()
    places = {f"row {row} (line {2 * row + 1})" for row in station_four}
    assert {problem.split(",")[0] for problem in refused.value.problems} == places
