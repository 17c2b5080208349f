"""The importers on the real sessions of ACN-Data, against plain reading of the same files."""

import csv
import gzip
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pev_battery_charge import import_sessions, load_scenario
from tests.importers.import_files import Visit, charge_at_full_power, write_json

FILES = {"jpl-2019-summer.csv.gz": 6026, "caltech-2019-summer.csv.gz": 3527}


def plain_rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def local_day(row: dict[str, str]) -> date:
    """The files write local time, so a day is the text's own first ten letters."""
    return date.fromisoformat(row["arrival"][:10])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("energy", ["delivered", "requested"])
@pytest.mark.parametrize("stations", ["recorded", "assigned"])
def test_every_session_of_the_summer_is_accounted_for_on_its_day(acn_data, name, energy, stations):
    rows = plain_rows(acn_data / name)
    schedule, report = import_sessions(
        acn_data / name, day="2019-05-01", last_day="2019-08-31", energy=energy, stations=stations
    )
    assert report.read == len(rows) == FILES[name]
    assert report.kept == len(schedule) == report.read
    assert report.set_aside == ()
    assert report.other_days == 0
    first = date(2019, 5, 1)
    arrivals = schedule.sessions["arrival_min"].to_list()
    days = Counter(first + timedelta(minutes=minutes) // timedelta(days=1) * timedelta(days=1) for minutes in arrivals)
    assert days == Counter(map(local_day, rows))
    column = f"{energy}_energy (kWh)"
    assert report.energy_kwh == pytest.approx(sum(float(row[column]) for row in rows))


@pytest.mark.parametrize("name", FILES)
def test_each_weekday_has_the_sessions_that_the_calendar_gives_it(acn_data, name):
    rows = plain_rows(acn_data / name)
    for day, weekday in (
        (date(2019, 5, 1), "Wednesday"),
        (date(2019, 6, 30), "Sunday"),
        (date(2019, 7, 4), "Thursday"),
        (date(2019, 8, 31), "Saturday"),
    ):
        schedule, report = import_sessions(acn_data / name, day=day)
        expected = [row for row in rows if local_day(row) == day]
        assert f"{weekday} {day}" in str(report)
        assert len(schedule) == report.kept == len(expected) > 0
        assert sorted(schedule.sessions["pev"]) == sorted(row["session_id"] for row in expected)
        midnight = datetime.fromisoformat(f"{day} 00:00:00-07:00")
        minutes = {
            row["session_id"]: [
                (datetime.fromisoformat(row[column]) - midnight) / timedelta(minutes=1)
                for column in ("arrival", "departure")
            ]
            for row in expected
        }
        for pev, *times in schedule.sessions.select("pev", "arrival_min", "departure_min").iter_rows():
            assert times == pytest.approx(minutes[pev])


@pytest.mark.parametrize(("name", "claimed"), [("jpl-2019-summer.csv.gz", 5832), ("caltech-2019-summer.csv.gz", 3021)])
def test_every_claimed_session_states_the_departure_that_its_driver_told(acn_data, name, claimed):
    schedule, report = import_sessions(acn_data / name, day="2019-05-01", last_day="2019-08-31")
    assert not [why for _, why in report.mended if "stated" in why]
    sessions = schedule.sessions
    expected = {
        row["session_id"]: datetime.fromisoformat(row["estimated_departure"])
        for row in plain_rows(acn_data / name)
        if row["claimed"] == "True"
    }
    midnight = datetime.fromisoformat("2019-05-01 00:00:00-07:00")
    told = {
        pev: midnight + timedelta(minutes=minutes)
        for pev, minutes in sessions.select("pev", "departure_stated_min").drop_nulls().iter_rows()
    }
    assert len(told) == len(expected) == claimed
    assert max(abs(told[pev] - moment) for pev, moment in expected.items()) < timedelta(milliseconds=1)


def test_day_by_day_nothing_is_lost_and_nothing_comes_twice(acn_data):
    path = acn_data / "caltech-2019-summer.csv.gz"
    seen: list[str] = []
    for number in range(7, 14):
        schedule, report = import_sessions(path, day=date(2019, 6, number))
        assert report.read == report.kept + len(report.set_aside) + report.other_days
        assert all("arrived before" in why for _, why in report.set_aside)
        seen += schedule.sessions["pev"].to_list()
    week, _ = import_sessions(path, day="2019-06-07", last_day="2019-06-13")
    assert seen == week.sessions["pev"].to_list()


def test_a_day_at_jpl_delivers_what_was_metered_but_for_what_the_report_names(acn_data):
    schedule, report = import_sessions(acn_data / "jpl-2019-summer.csv.gz", day="2019-05-01")
    assert (report.kept, schedule.info.scenario, schedule.info.horizon_steps) == (72, "jpl-52", 288)
    charged = charge_at_full_power(load_scenario("jpl-52"), schedule)
    metered_kwh = charged["energy_wanted_kwh"].sum() / 0.9
    assert metered_kwh == pytest.approx(report.energy_kwh)
    assert charged["grid_energy_kwh"].sum() == pytest.approx(metered_kwh, rel=0.01)
    unmet = charged.filter(pl.col("energy_unmet_kwh") > 1e-9)["pev"].to_list()
    assert unmet == ["1_1_179_796_2019-05-01 22:36:37.800047"]
    assert [what for what, _ in report.unserved] == [f"row 63, session {unmet[0]}"]


@pytest.mark.parametrize("name", FILES)
def test_real_sessions_written_as_json_give_the_same_schedule(acn_data, tmp_path, name):
    rows = [row for row in plain_rows(acn_data / name) if row["arrival"] < "2019-05-15"]
    visits = [
        Visit(
            row["arrival"],
            row["departure"],
            float(row["delivered_energy (kWh)"]),
            float(row["requested_energy (kWh)"]),
            row["station_id"],
            row["session_id"],
            row["estimated_departure"] if row["claimed"] == "True" else None,
        )
        for row in rows
    ]
    site_id = "0001" if name.startswith("jpl") else "0002"
    path = write_json(tmp_path / "api.json", visits, siteID=site_id)
    choice = {"day": "2019-05-13", "last_day": "2019-05-14", "energy": "requested", "stations": "assigned"}
    from_json, _ = import_sessions(path, **choice)
    from_csv, _ = import_sessions(acn_data / name, **choice)
    assert from_json == from_csv.replace_info(source="api.json")
