"""Reading files of ACN-Data: JSON and CSV, plain and gzipped; and everything that is no such file."""

import gzip
import json
import re
from pathlib import Path

import polars as pl
import pytest

from pev_battery_charge import InputError, import_sessions
from pev_battery_charge.importers.acn import read_acn
from tests.importers.import_files import CSV_HEAD, DATA, Visit, json_item, write_csv, write_items, write_json

MORNING = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 12:00:00-07:00")
NOON = Visit("2021-05-03 12:30:00-07:00", "2021-05-03 15:00:00-07:00")


def requests(path: Path) -> list[float | None]:
    return read_acn(path).sessions["requested_kwh"].to_list()


def problems(path: Path) -> list[str]:
    """What reading the file complains about; the message must name the file."""
    with pytest.raises(InputError, match=re.escape(str(path))) as raised:
        import_sessions(path)
    return list(raised.value.problems)


@pytest.mark.parametrize("energy", ["delivered", "requested"])
@pytest.mark.parametrize("days", [{}, {"day": "2021-05-04"}, {"day": "2021-05-03", "last_day": "2021-05-05"}])
def test_json_and_csv_of_the_same_sessions_give_the_same_schedule_and_report(energy, days):
    from_json, json_report = import_sessions(DATA / "garage.json", energy=energy, **days)
    from_csv, csv_report = import_sessions(DATA / "garage.csv", energy=energy, **days)
    assert from_json == from_csv.replace_info(source="garage.json")
    assert str(json_report) == str(csv_report).replace("garage.csv", "garage.json")


@pytest.mark.parametrize("name", ["garage.json", "garage.csv"])
@pytest.mark.parametrize("disguise", ["sessions.gz", "sessions.csv", "sessions.json", "sessions"])
def test_content_tells_what_a_file_is_and_not_its_name(tmp_path, name, disguise):
    content = (DATA / name).read_bytes()
    for written in (content, gzip.compress(content)):
        path = tmp_path / disguise
        path.write_bytes(written)
        assert read_acn(path).sessions.equals(read_acn(DATA / name).sessions)


def test_json_and_csv_name_the_same_sessions_and_stations():
    assert read_acn(DATA / "garage.json").sessions.equals(read_acn(DATA / "garage.csv").sessions)


@pytest.mark.parametrize("name", ["garage.json", "garage.csv"])
def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path, name):
    path = tmp_path / "windows"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / name).read_bytes().replace(b"\n", b"\r\n"))
    assert read_acn(path).sessions.equals(read_acn(DATA / name).sessions)


def test_times_are_moments_whatever_their_offset_and_notation(tmp_path):
    same = ["2021-05-03 08:00:00-07:00", "2021-05-03T15:00:00Z", "2021-05-03 17:00:00+02:00"]
    path = write_csv(tmp_path / "a.csv", [MORNING._replace(arrival=arrival) for arrival in same])
    assert read_acn(path).sessions["arrival"].n_unique() == 1


def test_a_driver_who_told_nothing_has_no_request(tmp_path):
    path = write_json(tmp_path / "a.json", [MORNING._replace(requested=None), NOON])
    assert requests(path) == [None, 8.0]
    assert requests(write_json(tmp_path / "b.json", [MORNING, NOON], userInputs=[])) == [None, None]


def test_of_several_requests_the_one_modified_last_counts(tmp_path):
    inputs = [
        {"kWhRequested": 11.0, "modifiedAt": "Mon, 03 May 2021 15:05:00 GMT"},
        {"kWhRequested": 33.0, "modifiedAt": "Tue, 04 May 2021 01:00:00 GMT"},
        {"kWhRequested": 22.0, "modifiedAt": "Mon, 03 May 2021 23:59:59 GMT"},
    ]
    assert requests(write_json(tmp_path / "a.json", [MORNING, NOON], userInputs=inputs)) == [33.0, 33.0]


@pytest.mark.parametrize(
    ("stated", "minutes", "why"),
    [
        ("2021-05-03 11:30:00-07:00", 690.0, None),
        ("2021-05-03 20:30:00+00:00", 810.0, None),
        ("2021-05-05 08:00:00-07:00", 3360.0, None),
        ("2021-05-03 12:00:00-07:00", None, None),
        ("2021-05-03 08:00:00-07:00", None, "its stated departure is not after its arrival: it counts as not stated"),
        ("2021-05-02 12:00:00-07:00", None, "its stated departure is not after its arrival: it counts as not stated"),
    ],
    ids=["early", "late, as UTC", "days later", "the true one", "at once", "yesterday"],
)
@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_stated_departure_is_taken_where_it_makes_sense(tmp_path, write, stated, minutes, why):
    path = write(tmp_path / "a", [MORNING._replace(stated=stated), NOON])
    schedule, report = import_sessions(path)
    assert schedule.sessions["departure_stated_min"].to_list() == [minutes, None]
    assert report.mended == (("row 1, session s1", why),) * (why is not None)


@pytest.mark.parametrize("cell", ["soon", "2021-05-03 11:30:00", "nan"])
def test_a_stated_departure_that_cannot_be_read_counts_as_none_and_is_told(tmp_path, cell):
    why = "its stated departure cannot be read: it counts as not stated"
    csv = write_csv(tmp_path / "a.csv", [MORNING._replace(stated=cell), NOON])
    schedule, report = import_sessions(csv)
    assert schedule.sessions["departure_stated_min"].to_list() == [None, None]
    assert report.mended == (("row 1, session s1", why),)
    item = json_item(MORNING)
    item["userInputs"][0]["requestedDeparture"] = cell
    schedule, report = import_sessions(write_items(tmp_path / "a.json", [item, json_item(NOON, 2)]))
    assert schedule.sessions["departure_stated_min"].to_list() == [None, None]
    assert report.mended == (("row 1, session s1", why),)


@pytest.mark.parametrize("column", ["claimed", "estimated_departure"])
def test_without_the_column_nobody_has_stated_a_departure(tmp_path, column):
    path = tmp_path / "a.csv"
    pl.read_csv(DATA / "garage.csv").drop(column).write_csv(path)
    assert import_sessions(DATA / "garage.csv").schedule.sessions["departure_stated_min"].null_count() == 1
    assert import_sessions(path).schedule.sessions["departure_stated_min"].null_count() == 4


def test_of_several_stated_departures_the_one_modified_last_counts(tmp_path):
    inputs = [
        {"kWhRequested": 11.0, "modifiedAt": f"Mon, 03 May 2021 {at}:00 GMT", "requestedDeparture": departure}
        for at, departure in (
            ("15:05", "Mon, 03 May 2021 16:00:00 GMT"),
            ("17:00", "Mon, 03 May 2021 18:00:00 GMT"),
            ("16:00", "Mon, 03 May 2021 20:00:00 GMT"),
        )
    ]
    schedule, _ = import_sessions(write_json(tmp_path / "a.json", [MORNING], userInputs=inputs))
    assert schedule.sessions["departure_stated_min"].to_list() == [660.0]


def test_a_json_session_without_a_space_is_known_by_its_station(tmp_path):
    path = write_json(tmp_path / "a.json", [MORNING], spaceID=None)
    assert read_acn(path).sessions["station_id"].to_list() == ["2-39-90-303"]


def test_a_single_page_of_the_api_is_told_to_be_one(tmp_path):
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"_items": [json_item(MORNING)], "_meta": {"page": 1, "total": 58}}))
    report = import_sessions(path).report
    assert report.remarks == ("the file holds 1 of the 58 sessions that the API has: its other pages are missing",)
    assert report.remarks[0] in str(report)
    assert import_sessions(DATA / "garage.json").report.remarks == ()


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert problems(tmp_path / "nowhere.csv") == ["cannot be read: No such file or directory"]
    assert problems(tmp_path) == ["cannot be read: Is a directory"]


@pytest.mark.parametrize("kept_bytes", [2, 5, 30, 200, -8, -1])
def test_a_truncated_gzip_file_is_refused(tmp_path, kept_bytes):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((DATA / "garage.csv").read_bytes())[:kept_bytes])
    (problem,) = problems(path)
    assert problem.startswith("is a broken gzip file: ")


def test_a_gzip_file_with_damaged_content_is_refused(tmp_path):
    whole = gzip.compress((DATA / "garage.csv").read_bytes(), mtime=0)
    path = tmp_path / "a.csv.gz"
    for place in (3, len(whole) // 2, len(whole) - 6):
        path.write_bytes(whole[:place] + bytes(~byte & 0xFF for byte in whole[place : place + 4]) + whole[place + 4 :])
        (problem,) = problems(path)
        assert problem.startswith("is a broken gzip file: ")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    assert problems(path) == ["cannot be read as text: it is not UTF-8 from byte 1 on"]
    for text in ("name = 'paper-5x20'\n", "a,b\n1,2\n"):
        path.write_text(text)
        (problem,) = problems(path)
        assert problem.startswith(
            "is neither ACN-Data's JSON nor its CSV, which has the columns session_id, station_id,"
        )


def test_json_that_is_no_answer_of_the_api_is_refused(tmp_path):
    path = tmp_path / "a.json"
    for text in ('{"_status": "ERR", "_error": {"code": 401}}', '{"_items": {"a": 1}}', "{}"):
        path.write_text(text)
        assert problems(path) == ["is not an answer of the ACN-Data API: it has no list '_items'"]
    for text in ('{"_items": [', '{"_items": [' + "[" * 100_000):
        path.write_text(text)
        (problem,) = problems(path)
        assert problem.startswith("is not readable JSON: ")


def test_every_misshapen_item_is_told(tmp_path):
    path = write_items(
        tmp_path / "a.json",
        ["session", json_item(MORNING), None, {**json_item(NOON), "userInputs": "8 kWh"}, {"userInputs": [8]}],
    )
    assert problems(path) == [
        "row 1: must be an object with the fields of a session",
        "row 3: must be an object with the fields of a session",
        "row 4, userInputs: must be null or a list of objects",
        "row 5, userInputs: must be null or a list of objects",
    ]


@pytest.mark.parametrize("text", ["", CSV_HEAD, CSV_HEAD + "\n", '{"_items": []}'])
def test_a_file_without_sessions_is_refused(tmp_path, text):
    path = tmp_path / "empty"
    path.write_text(text)
    assert problems(path) in (["it has no sessions"], ["is empty"])


def test_every_missing_column_is_told(tmp_path):
    path = tmp_path / "a.csv"
    pl.read_csv(DATA / "garage.csv").drop("arrival", "delivered_energy (kWh)", "claimed").write_csv(path)
    assert problems(path) == ["column 'arrival' is missing", "column 'delivered_energy (kWh)' is missing"]


def test_missing_fields_of_json_are_told_for_each_session(tmp_path):
    item = json_item(MORNING)
    without = [{key: value for key, value in item.items() if key != name} for name in ("sessionID", "kWhDelivered")]
    assert problems(write_items(tmp_path / "a.json", [item, *without])) == [
        "row 2, sessionID: must be given (it is None)",
        "row 3, kWhDelivered: must be a finite number (it is None)",
    ]


@pytest.mark.parametrize(
    "time",
    ["2021-05-03 08:00:00", "03/05/2021 08:00", "2021-02-30 08:00:00-08:00", "2021-05-03 25:00:00-07:00", "soon", ""],
)
def test_times_that_cannot_be_read_are_told_and_local_time_is_never_guessed(tmp_path, time):
    path = write_csv(tmp_path / "a.csv", [MORNING, NOON._replace(arrival=time)])
    assert problems(path) == [
        "row 2 (line 3), arrival: must be a time with its offset from UTC, such as '2019-05-01 06:33:14-07:00' "
        f"(it is {time or None})"
    ]


@pytest.mark.parametrize(
    "time", ["Sun, 03 May 2021 15:00:00 GMT", "Mon, 03 May 2021 15:00:00 PDT", "2021-05-03 15:00:00", None, 1620054000]
)
def test_json_times_must_be_gmt_and_on_the_weekday_of_their_date(tmp_path, time):
    path = write_json(tmp_path / "a.json", [MORNING], connectionTime=time)
    assert problems(path) == [
        "row 1, connectionTime: must be a time such as 'Wed, 25 Apr 2018 11:08:04 GMT', with the weekday that its "
        f"date has (it is {time})"
    ]


def test_a_request_whose_time_cannot_be_read_is_told(tmp_path):
    path = write_json(tmp_path / "a.json", [MORNING], userInputs=[{"kWhRequested": 8.0, "modifiedAt": "then"}])
    (problem,) = problems(path)
    assert problem.startswith("row 1, modifiedAt: must be a time such as ")


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "five", "5 kWh", "5,5"])
def test_energies_that_are_no_numbers_are_told_with_all_their_rows(tmp_path, value):
    hint = ", with a decimal point" if value == "5,5" else ""
    bad = NOON._replace(delivered=f'"{value}"', requested=f'"{value}"')
    path = write_csv(tmp_path / "a.csv", [MORNING, bad, MORNING._replace(name="s9"), bad])
    assert problems(path) == [
        f"row {row} (line {row + 1}), {column}: must be a finite number{hint} (it is {value})"
        for column in ("delivered_energy (kWh)", "requested_energy (kWh)")
        for row in (2, 4)
    ]


def test_json_numbers_that_are_none_are_told(tmp_path):
    path = write_items(
        tmp_path / "a.json",
        [{**json_item(MORNING), "kWhDelivered": value} for value in (float("nan"), True, [5.0], "5.0", 5)],
    )
    assert problems(path) == [
        "row 1, kWhDelivered: must be a finite number (it is nan)",
        "row 2, kWhDelivered: must be a finite number (it is True)",
        "row 3, kWhDelivered: must be a finite number (it is [5.0])",
    ]


def test_a_delivered_energy_may_not_be_empty_but_a_request_may(tmp_path):
    path = write_csv(tmp_path / "a.csv", [MORNING._replace(requested=None), NOON._replace(delivered="")])
    assert problems(path) == ["row 2 (line 3), delivered_energy (kWh): must be a finite number (it is None)"]


def test_a_line_with_too_many_cells_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text((DATA / "garage.csv").read_text() + "1,2,3,4,5,6,7,8,9\n")
    (problem,) = problems(path)
    assert problem.startswith("row 11 (line 12): has 9 cells, and there are 8 columns; a text with commas needs quotes")


def test_a_file_cut_in_the_middle_of_a_line_is_told_by_its_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text((DATA / "garage.csv").read_text()[:-60])
    assert problems(path) == ["row 10 (line 11): has 2 cells, and there are 8 columns"]
