"""A researcher's own sessions: the schedule's columns without stations, which the import gives."""

import re

import polars as pl
import pytest

from pev_battery_charge import InputError, Scenario, Schedule, import_sessions
from pev_battery_charge.importers.report import Note
from pev_battery_charge.schedule.columns import OPTIONAL
from tests.importers.import_files import DATA, charge_at_full_power

OWN = DATA / "own.csv"
TWO = Scenario(name="two", stations={"count": 2})


def own(**changes: pl.Expr) -> pl.DataFrame:
    return pl.read_csv(OWN, comment_prefix="#").with_columns(**changes)


def problems(path, **arguments) -> tuple[str, ...]:
    with pytest.raises(InputError, match=re.escape(str(path))) as raised:
        import_sessions(path, "sessions", **{"scenario": TWO, **arguments})
    return raised.value.problems


def test_own_sessions_are_given_stations_and_nobody_vanishes():
    schedule, report = import_sessions(OWN, "sessions", scenario=TWO)
    assert schedule.sessions["pev"].to_list() == ["red", "green", "blue", "grey"]
    assert schedule.sessions["station"].to_list() == [0, 1, None, 0]
    assert schedule.sessions.drop(*OPTIONAL).equals(own().cast(pl.Float64, strict=False).with_columns(own()["pev"]))
    assert (report.read, report.kept, report.set_aside, report.other_days) == (4, 4, (), 0)
    assert report.energy_kwh == pytest.approx((16 + 2 + 20 + 2) / 0.9)
    assert report.unserved == (
        Note("PEV blue", "finds no free station"),
        Note("PEV grey", "has no whole step of 5 min inside its stay and the horizon"),
    )
    assert str(report).splitlines()[:2] == ["own.csv: 4 sessions read", "4 kept, which want 44.4 kWh from the grid"]


def test_own_sessions_wait_as_long_as_the_population_s_patience():
    patient = TWO.replace(population={"patience_minutes": 101.0})
    schedule, _ = import_sessions(OWN, "sessions", scenario=patient)
    assert schedule.sessions["plug_in_min"].to_list() == [0.0, 10.0, 120.0, 131.0]


def test_own_sessions_may_state_departures(tmp_path):
    path = tmp_path / "own.csv"
    stated = [150.0, None, 45.0, None]
    own().with_columns(pl.Series("departure_stated_min", stated)).write_csv(path)
    assert import_sessions(path, "sessions", scenario=TWO).schedule.sessions["departure_stated_min"].to_list() == stated


def test_own_sessions_keep_the_clock_that_their_file_tells():
    info = import_sessions(OWN, "sessions", scenario=TWO).schedule.info
    assert (info.scenario, info.horizon_steps, info.generator, info.source) == ("two", 192, "sessions", "own.csv")
    assert (info.start, info.time_zone) == ("06:00", "Europe/Amsterdam")


def test_own_sessions_may_come_as_parquet_and_in_any_order(tmp_path):
    path = tmp_path / "own.parquet"
    own().reverse().write_parquet(path)
    schedule, _ = import_sessions(path, "sessions", scenario=TWO)
    assert schedule.sessions.equals(import_sessions(OWN, "sessions", scenario=TWO).schedule.sessions)


def test_own_sessions_run_and_who_can_be_served_is(tmp_path):
    schedule, report = import_sessions(OWN, "sessions", scenario=TWO)
    charged = charge_at_full_power(TWO, schedule)
    assert charged["status"].to_list() == ["served", "served", "rejected", "too_short"]
    unmet = charged.filter(pl.col("energy_unmet_kwh") > 1e-9)["pev"].to_list()
    assert unmet == [what.removeprefix("PEV ") for what, _ in report.unserved]


def test_an_arrival_beyond_the_horizon_is_kept_and_told(tmp_path):
    path = tmp_path / "late.csv"
    own(arrival_min=pl.col("arrival_min") + 960, departure_min=pl.col("departure_min") + 960).write_csv(path)
    schedule, report = import_sessions(path, "sessions", scenario=TWO)
    assert len(schedule) == report.kept == len(report.unserved) == 4


def test_negative_and_unreadable_values_are_told_with_row_and_rule(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(OWN.read_text().replace("green,10,130,24,10", "green,10,130,24,-1").replace("red,0", "red,-5"))
    assert problems(path) == (
        "row 1 (line 4), arrival_min: must not be negative (it is -5.0)",
        "row 2 (line 5), energy_arrival_kwh: must not be negative (it is -1.0)",
    )
    path.write_text(OWN.read_text().replace("24,4,20", "24,nan,20").replace("40,10,30", "40,10,lots"))
    assert problems(path) == (
        "row 1 (line 4), energy_arrival_kwh: must be a finite number (it is nan)",
        "row 3 (line 6), energy_target_kwh: must be a finite number (it is lots)",
    )


def test_missing_columns_and_stations_already_given_are_told(tmp_path):
    path = tmp_path / "bad.csv"
    own().drop("capacity_kwh", "pev").write_csv(path)
    assert problems(path) == ("column 'pev' is missing", "column 'capacity_kwh' is missing")
    import_sessions(OWN, "sessions", scenario=TWO).schedule.write(path)
    assert Schedule.read(path)
    assert problems(path) == (
        "column 'station' must not be there: it is found here",
        "column 'plug_in_min' must not be there: it is found here",
    )


def test_files_that_hold_no_sessions_are_refused(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("")
    assert problems(path) == ("is empty",)
    path.write_text(OWN.read_text().split("red")[0])
    assert problems(path) == ("it has no sessions",)
    path.write_text(OWN.read_text().replace("06:00", "six"))
    assert problems(path) == ("metadata 'start' must be HH:MM or YYYY-MM-DD HH:MM (it is 'six')",)
    assert problems(tmp_path / "nowhere.parquet") == ("no such file",)


def test_own_sessions_need_a_scenario_and_know_no_calendar():
    assert problems(OWN, scenario=None) == ("tells nothing of the stations: give the scenario",)
    with pytest.raises(InputError) as raised:
        import_sessions(OWN, "sessions", scenario=TWO, day="2021-05-03", time_zone="UTC")
    assert raised.value.problems == (
        "day must not be given: the minutes of format 'sessions' have no calendar",
        "time_zone must not be given: the minutes of format 'sessions' have no calendar",
    )
