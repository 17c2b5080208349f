"""Every rule that a schedule must keep: what breaks it is named with its file, its row and the rule."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pev_battery_charge import InputError, Schedule, Simulation, load_scenario, sizes
from pev_battery_charge.schedule.columns import BOTH_WAYS, COLUMNS, MAY_BE_LEFT_OUT, STATED
from pev_battery_charge.schedule.table import ScheduleInfo
from pev_battery_charge.schedule.validation import first_few, shorten

PEV: dict[str, Any] = {
    "pev": "a",
    "arrival_min": 0.0,
    "departure_min": 60.0,
    "capacity_kwh": 24.0,
    "energy_arrival_kwh": 4.0,
    "energy_target_kwh": 20.0,
    "power_max_kw": 22.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
    "station": 0,
    "plug_in_min": 0.0,
    "departure_stated_min": None,
}
GIVEN: list[dict[str, Any]] = [
    PEV,
    PEV | {"pev": "b", "arrival_min": 10.0, "plug_in_min": 15.0, "departure_min": 80.0, "station": 1},
    PEV | {"pev": "c", "arrival_min": 20.0, "station": None, "plug_in_min": None},
    PEV | {"pev": "a", "arrival_min": 60.0, "plug_in_min": 60.0, "departure_min": 90.0, "departure_stated_min": 75.0},
]
ROWS = [row | dict.fromkeys(BOTH_WAYS) for row in GIVEN]

Write = Callable[[list[dict[str, Any]]], Path]


@pytest.fixture(params=["csv", "parquet"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    """Writes rows as somebody else's program would, unchecked, and tells the file."""

    def write_rows(rows: list[dict[str, Any]]) -> Path:
        path = tmp_path / f"day.{request.param}"
        table = pl.DataFrame(rows, infer_schema_length=None)
        if request.param == "csv":
            table.write_csv(path)
        else:
            table.write_parquet(path)
        return path

    return write_rows


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert refused.value.subject == str(path)
    assert str(path) in str(refused.value)
    return tuple(plain(problem, path) for problem in refused.value.problems)


def plain(problem: str, path: Path) -> str:
    """A problem without the lines that places in a CSV file are told with; the names of the columns are line 1."""
    lines = re.findall(r"row (\d+)(?: \(line (\d+)\))?", problem)
    assert all(line == (str(int(row) + 1) if path.suffix == ".csv" else "") for row, line in lines)
    return re.sub(r" \(line \d+\)", "", problem)


def spoilt(row: int, **changes: Any) -> list[dict[str, Any]]:
    """The good rows with row `row` (from 1) changed."""
    return [one | (changes if number == row else {}) for number, one in enumerate(ROWS, start=1)]


def test_a_good_file_is_accepted(write: Write) -> None:
    schedule = Schedule.read(write(ROWS))
    assert schedule.sessions.schema == pl.Schema(COLUMNS)
    assert schedule.sessions.to_dicts() == ROWS


@pytest.mark.parametrize(
    ("row", "changes", "problem"),
    [
        (1, {"arrival_min": -1.0}, "row 1, arrival_min: must not be negative (it is -1.0)"),
        (3, {"departure_min": 20.0}, "row 3, departure_min: must be after arrival_min (it is 20.0)"),
        (3, {"departure_min": 3.5}, "row 3, departure_min: must be after arrival_min (it is 3.5)"),
        (3, {"capacity_kwh": 0.0}, "row 3, capacity_kwh: must be above 0 (it is 0.0)"),
        (2, {"energy_arrival_kwh": -0.5}, "row 2, energy_arrival_kwh: must not be negative (it is -0.5)"),
        (2, {"energy_arrival_kwh": 25.0}, "row 2, energy_arrival_kwh: must not be above capacity_kwh (it is 25.0)"),
        (2, {"energy_target_kwh": 24.5}, "row 2, energy_target_kwh: must not be above capacity_kwh (it is 24.5)"),
        (4, {"energy_target_kwh": 3.0}, "row 4, energy_target_kwh: must not be below energy_arrival_kwh (it is 3.0)"),
        (4, {"power_max_kw": 0.0}, "row 4, power_max_kw: must be above 0 (it is 0.0)"),
        (4, {"power_max_kw": -7.0}, "row 4, power_max_kw: must be above 0 (it is -7.0)"),
        (1, {"efficiency": 0.0}, "row 1, efficiency: must be above 0 and at most 1 (it is 0.0)"),
        (1, {"efficiency": 1.1}, "row 1, efficiency: must be above 0 and at most 1 (it is 1.1)"),
        (1, {"transition_soc": 1.01}, "row 1, transition_soc: must be between 0 and 1 (it is 1.01)"),
        (1, {"transition_soc": -0.1}, "row 1, transition_soc: must be between 0 and 1 (it is -0.1)"),
        (2, {"station": -1}, "row 2, station: must not be negative (it is -1)"),
        (
            2,
            {"station": None},
            "row 2, station: station and plug_in_min must be given together, or both be empty (it is None)",
        ),
        (
            2,
            {"plug_in_min": None},
            "row 2, station: station and plug_in_min must be given together, or both be empty (it is 1)",
        ),
        (2, {"plug_in_min": 9.0}, "row 2, plug_in_min: must not be before arrival_min (it is 9.0)"),
        (2, {"plug_in_min": 81.0}, "row 2, plug_in_min: must not be after departure_min (it is 81.0)"),
        (3, {"capacity_kwh": float("nan")}, "row 3, capacity_kwh: must be a finite number (it is nan)"),
        (3, {"departure_min": float("inf")}, "row 3, departure_min: must be a finite number (it is inf)"),
        (2, {"plug_in_min": float("nan")}, "row 2, plug_in_min: must be a finite number (it is nan)"),
        (1, {STATED: 0.0}, "row 1, departure_stated_min: must be after arrival_min (it is 0.0)"),
        (4, {STATED: 59.0}, "row 4, departure_stated_min: must be after arrival_min (it is 59.0)"),
        (2, {STATED: float("inf")}, "row 2, departure_stated_min: must be a finite number (it is inf)"),
        (4, {STATED: float("nan")}, "row 4, departure_stated_min: must be a finite number (it is nan)"),
        (3, {"efficiency": None}, "row 3, efficiency: must be a finite number (it is None)"),
        (3, {"pev": None}, "row 3, pev: must be given (it is None)"),
    ],
    ids=str,
)
def test_a_broken_rule_is_named_with_its_row(write: Write, row: int, changes: dict[str, Any], problem: str) -> None:
    told = problems_of(write(spoilt(row, **changes)))
    # A CSV file knows only text: a cell there reads 0.0 or -1, and an empty one is nothing.
    assert told[0].split(" (it is")[0] == problem.split(" (it is", maxsplit=1)[0]
    assert float_or_text(told[0]) == float_or_text(problem)


def test_values_at_their_bounds_are_taken(write: Write) -> None:
    most = {
        "departure_min": sizes.MOST_MINUTES,
        "capacity_kwh": sizes.MOST_ENERGY_KWH,
        "energy_arrival_kwh": 0.0,
        "energy_target_kwh": sizes.MOST_ENERGY_KWH,
        "power_max_kw": sizes.MOST_POWER_KW,
        "efficiency": 1.0,
        "transition_soc": 1.0,
        STATED: sizes.MOST_MINUTES,
    }
    least = {
        "pev": "b",
        "capacity_kwh": sizes.LEAST_ENERGY_KWH,
        "energy_arrival_kwh": sizes.LEAST_ENERGY_KWH,
        "energy_target_kwh": sizes.LEAST_ENERGY_KWH,
        "power_max_kw": sizes.LEAST_POWER_KW,
        "efficiency": sizes.LEAST_EFFICIENCY,
        "transition_soc": 0.0,
        "station": 1,
        "plug_in_min": 60.0,
    }
    rows = [PEV | most, PEV | least]
    assert Schedule.read(write(rows)).sessions.to_dicts() == [row | dict.fromkeys(BOTH_WAYS) for row in rows]


@pytest.mark.parametrize("column", ["capacity_kwh", "power_max_kw", "efficiency"])
def test_a_value_of_nothing_breaks_one_rule_of_its_column(write: Write, column: str) -> None:
    told = problems_of(write(spoilt(2, **{column: 0.0})))
    assert sum(f" {column}: " in problem for problem in told) == 1


def float_or_text(problem: str) -> str | float:
    """What is said after "it is", as a number where it is one; nan equals itself here."""
    value = problem.rsplit("(it is ", 1)[1].removesuffix(")").lower()
    try:
        return value if value in ("nan", "none") else float(value)
    except ValueError:
        return value


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("soon", ""),
        ("12:30", ", not a time or a date"),
        ("2019-06-05", ", not a time or a date"),
        ("1,5", ", with a decimal point"),
    ],
)
def test_a_cell_that_is_no_number_is_named(write: Write, value: str, hint: str) -> None:
    rows = [{name: str(cell) if name == "departure_min" else cell for name, cell in row.items()} for row in ROWS]
    rows[1]["departure_min"] = value
    assert problems_of(write(rows)) == (f"row 2, departure_min: must be a finite number{hint} (it is {value})",)


def test_a_station_that_is_no_whole_number_is_named(write: Write) -> None:
    rows = [row | {"station": None if row["station"] is None else float(row["station"])} for row in ROWS]
    assert Schedule.read(write(rows)).sessions["station"].to_list() == [0, 1, None, 0]
    rows[1]["station"] = 1.5
    assert problems_of(write(rows)) == ("row 2, station: must be a whole number or empty (it is 1.5)",)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in MAY_BE_LEFT_OUT])
def test_a_missing_column_is_named(write: Write, column: str) -> None:
    rows = [{name: cell for name, cell in row.items() if name != column} for row in ROWS]
    assert problems_of(write(rows)) == (f"column {column!r} is missing",)


def test_where_nobody_states_a_departure_the_column_may_be_missing(write: Write) -> None:
    rows = [{name: cell for name, cell in row.items() if name not in MAY_BE_LEFT_OUT} for row in ROWS]
    assert Schedule.read(write(rows)).sessions.to_dicts() == [row | {STATED: None} for row in ROWS]


def test_a_stated_departure_may_be_before_the_pev_is_plugged_in_and_after_it_has_left(write: Write) -> None:
    schedule = Schedule.read(write(spoilt(2, **{STATED: 12.5})))
    assert schedule.sessions[STATED].to_list() == [None, 12.5, None, 75.0]
    assert Schedule.read(write(spoilt(2, **{STATED: 5000.0}))).sessions[STATED][1] == 5000.0


def test_an_unknown_column_is_named(write: Write) -> None:
    assert problems_of(write([row | {"colour": "red"} for row in ROWS])) == ("column 'colour' is unknown",)


def test_two_sessions_on_one_station_at_once_are_named(write: Write) -> None:
    assert problems_of(write(spoilt(4, plug_in_min=59.0, arrival_min=59.0, pev="d"))) == (
        "row 4, plug_in_min: station 0 is still taken by the session of row 1",
    )


def test_a_pev_that_is_at_two_stations_at_once_is_named(write: Write) -> None:
    assert problems_of(write(spoilt(2, pev="a"))) == (
        "row 2, arrival_min: PEV 'a' is still here with the session of row 1",
        "row 4, arrival_min: PEV 'a' is still here with the session of row 2",
    )


def test_a_station_that_is_handed_on_at_the_same_moment_is_no_overlap(write: Write) -> None:
    assert len(Schedule.read(write(ROWS))) == 4


def test_an_overlap_names_the_session_that_is_still_there_and_not_one_that_has_left(write: Write) -> None:
    rows = [
        PEV | {"pev": "long", "departure_min": 100.0},
        PEV | {"pev": "short", "arrival_min": 10.0, "plug_in_min": 10.0, "departure_min": 20.0},
        PEV | {"pev": "late", "arrival_min": 30.0, "plug_in_min": 30.0, "departure_min": 40.0},
    ]
    assert problems_of(write(rows)) == (
        "row 2, plug_in_min: station 0 is still taken by the session of row 1",
        "row 3, plug_in_min: station 0 is still taken by the session of row 1",
    )


@pytest.mark.parametrize(("early_min", "overlaps"), [(5e-10, False), (5e-8, True)])
def test_a_station_taken_a_rounding_too_early_is_no_overlap(write: Write, early_min: float, overlaps: bool) -> None:
    path = write(
        [
            PEV,
            PEV | {"pev": "b", "arrival_min": 60.0 - early_min, "plug_in_min": 60.0 - early_min, "departure_min": 90.0},
        ]
    )
    if overlaps:
        assert problems_of(path) == ("row 2, plug_in_min: station 0 is still taken by the session of row 1",)
    else:
        assert len(Schedule.read(path)) == 2


@pytest.mark.parametrize(("others", "more"), [(5, ()), (7, ("station: two sessions at once, in 2 more rows",))])
def test_of_many_overlaps_five_are_told_and_the_others_counted(
    write: Write, others: int, more: tuple[str, ...]
) -> None:
    rows = [PEV | {"departure_min": 100.0}, *(PEV | {"pev": f"p{n}", "plug_in_min": 1.0 + n} for n in range(others))]
    told = problems_of(write(rows))
    assert told[4] == "row 6, plug_in_min: station 0 is still taken by the session of row 1"
    assert told[5:] == more


def test_of_long_texts_the_beginning_is_told_and_of_many_problems_the_first_five() -> None:
    assert shorten("x" * 80) == "x" * 80
    assert shorten("x" * 81) == "x" * 80 + "… (81 characters)"
    assert first_few(["a problem"] * 5) == ["a problem"] * 5
    assert first_few(["a problem"] * 6) == [*["a problem"] * 5, "and 1 more rows of that kind"]


def test_all_problems_are_told_at_once(write: Write) -> None:
    rows = spoilt(1, departure_min=0.0)
    rows[1] |= {"energy_target_kwh": 50.0, "power_max_kw": -1.0}
    rows[2] |= {"efficiency": 2.0}
    told = problems_of(write(rows))
    assert sorted(problem.split(":")[0] for problem in told) == [
        "row 1, departure_min",
        "row 2, energy_target_kwh",
        "row 2, power_max_kw",
        "row 3, efficiency",
    ]


def test_many_rows_that_break_one_rule_are_counted(write: Write) -> None:
    rows = [PEV | {"pev": f"p{n}", "station": None, "plug_in_min": None, "power_max_kw": 0.0} for n in range(30)]
    told = problems_of(write(rows))
    assert told[4] == "row 5, power_max_kw: must be above 0 (it is 0.0)"
    assert told[5:] == ("power_max_kw: must be above 0, in 25 more rows",)
    assert problems_of(write(rows[:5])) == told[:5]


def test_rows_in_any_order_are_put_in_order_of_arrival(write: Write) -> None:
    schedule = Schedule.read(write(ROWS[::-1]))
    assert schedule.sessions.to_dicts() == ROWS


def test_a_schedule_made_of_a_data_frame_is_checked_too() -> None:
    with pytest.raises(InputError, match="schedule: row 2, power_max_kw: must be above 0"):
        Schedule(pl.DataFrame(spoilt(2, power_max_kw=0.0), schema=COLUMNS))
    with pytest.raises(InputError, match="my own: column 'pev' is missing"):
        Schedule(pl.DataFrame(ROWS).drop("pev"), source="my own")


def test_an_unknown_station_is_named_with_the_files_own_row(write: Write) -> None:
    scenario = load_scenario("paper-5x20")
    for rows, row in ((ROWS, 2), (ROWS[::-1], 3)):
        path = write([one | {"station": 5 if one["pev"] == "b" else one["station"]} for one in rows])
        schedule = Schedule.read(path)
        schedule.validate()
        with pytest.raises(InputError) as refused:
            schedule.validate(scenario)
        assert refused.value.subject == str(path)
        (problem,) = refused.value.problems
        assert plain(problem, path) == f"row {row}, station: unknown station: the scenario has 0 to 4 (it is 5)"


def test_a_schedule_made_for_another_horizon_is_refused_and_its_station_too() -> None:
    info = ScheduleInfo(step_minutes=5.0, horizon_steps=100)
    schedule = Schedule(pl.DataFrame(spoilt(2, station=9), schema=COLUMNS), info)
    with pytest.raises(InputError) as refused:
        Simulation("paper-5x20").reset(schedule=schedule)
    assert len(refused.value.problems) == 2
    assert refused.value.problems[0].startswith("it was made for 500 min, the scenario has 960 min")


def test_another_step_length_over_the_same_horizon_is_fine() -> None:
    info = ScheduleInfo(step_minutes=2.5, horizon_steps=384)
    Schedule(pl.DataFrame(ROWS, schema=COLUMNS), info).validate(load_scenario("paper-5x20"))
