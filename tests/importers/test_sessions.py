"""From a file of real sessions to a schedule: local days, stations, and the account of every session."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from pev_battery_charge import InputError, Scenario, Schedule, import_sessions, load_scenario
from pev_battery_charge.importers.report import Note, describe_days
from tests.importers.import_files import (
    DATA,
    Visit,
    charge_at_full_power,
    json_item,
    write_csv,
    write_items,
    write_json,
)

CALTECH = load_scenario("caltech-54")


def small(stations: int, patience_minutes: float = 0.0) -> Scenario:
    return CALTECH.replace(
        name="small",
        stations={"count": stations, "power_max_kw": 6.656},
        population={"patience_minutes": patience_minutes},
    )


def names(schedule: Schedule) -> list[str]:
    return schedule.sessions["pev"].to_list()


def problems(path: Path, **arguments) -> list[str]:
    with pytest.raises(InputError, match=re.escape(str(path))) as raised:
        import_sessions(path, **arguments)
    return list(raised.value.problems)


def test_the_same_day_of_several_years_is_told_apart_and_has_its_own_weekday(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [Visit(f"{year}-05-01 08:00:00-07:00", f"{year}-05-01 09:00:00-07:00") for year in (2018, 2019, 2020)],
    )
    for year, weekday in ((2018, "Tuesday"), (2019, "Wednesday"), (2020, "Friday")):
        schedule, report = import_sessions(path, day=f"{year}-05-01")
        assert names(schedule) == [f"s{year - 2017}"]
        assert schedule.info.start == f"{year}-05-01 00:00"
        assert f"{weekday} {year}-05-01" in str(report)
        assert report.other_days == 2


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_session_just_before_local_midnight_belongs_to_that_day_although_it_is_the_next_in_utc(tmp_path, write):
    path = write(
        tmp_path / "a",
        [
            Visit("2021-05-02 23:59:59-07:00", "2021-05-03 00:00:00-07:00"),
            Visit("2021-05-03 00:00:00-07:00", "2021-05-03 02:00:00-07:00"),
            Visit("2021-05-03 16:59:59-07:00", "2021-05-03 18:00:00-07:00"),
            Visit("2021-05-03 17:00:00-07:00", "2021-05-03 18:00:00-07:00", station="CA-304"),
            Visit("2021-05-03 23:59:59-07:00", "2021-05-04 02:00:00-07:00"),
            Visit("2021-05-04 00:00:00-07:00", "2021-05-04 02:00:00-07:00", station="CA-304"),
        ],
    )
    schedule, report = import_sessions(path, day="2021-05-03")
    assert names(schedule) == ["s2", "s3", "s4", "s5"]
    assert schedule.sessions["arrival_min"].to_list() == pytest.approx([0.0, 1020 - 1 / 60, 1020, 1440 - 1 / 60])
    assert schedule.sessions["departure_min"].to_list() == [120.0, 1080.0, 1080.0, 1560.0]
    assert (report.kept, report.other_days, report.set_aside) == (4, 2, ())


def test_the_site_s_time_zone_decides_the_day(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Visit("2021-05-03 23:30:00+00:00", "2021-05-04 02:00:00+00:00")])
    for time_zone, day, arrival_min in (
        (None, "2021-05-03", 990.0),
        ("UTC", "2021-05-03", 1410.0),
        ("Europe/Amsterdam", "2021-05-04", 90.0),
        ("Asia/Kathmandu", "2021-05-04", 315.0),
    ):
        schedule, _ = import_sessions(path, time_zone=time_zone)
        assert schedule.info.start == f"{day} 00:00"
        assert schedule.info.time_zone == (time_zone or "America/Los_Angeles")
        assert schedule.sessions["arrival_min"].to_list() == [arrival_min]


def test_the_day_on_which_clocks_go_forward_has_23_hours(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [
            Visit("2019-03-10 01:30:00-08:00", "2019-03-10 03:30:00-07:00"),
            Visit("2019-03-10 23:30:00-07:00", "2019-03-11 00:30:00-07:00"),
            Visit("2019-03-11 00:30:00-07:00", "2019-03-11 01:30:00-07:00"),
        ],
    )
    schedule, report = import_sessions(path, day="2019-03-10")
    assert schedule.sessions["arrival_min"].to_list() == [90.0, 1350.0]
    assert schedule.sessions["departure_min"].to_list() == [150.0, 1410.0]
    assert schedule.horizon_minutes == 23 * 60
    assert (report.kept, report.other_days) == (2, 1)
    next_day, _ = import_sessions(path, day="2019-03-11")
    assert next_day.sessions["arrival_min"].to_list() == [30.0]
    assert next_day.horizon_minutes == 24 * 60


def test_the_day_on_which_clocks_go_back_has_25_hours_and_keeps_both_half_past_ones(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [
            Visit("2019-11-03 01:30:00-07:00", "2019-11-03 02:30:00-08:00"),
            Visit("2019-11-03 01:30:00-08:00", "2019-11-03 02:30:00-08:00", station="CA-304"),
            Visit("2019-11-03 23:45:00-08:00", "2019-11-04 02:00:00-08:00"),
            Visit("2019-11-04 00:15:00-08:00", "2019-11-04 02:00:00-08:00", station="CA-304"),
        ],
    )
    schedule, report = import_sessions(path, day="2019-11-03")
    assert schedule.sessions["arrival_min"].to_list() == [90.0, 150.0, 1485.0]
    assert schedule.sessions["departure_min"].to_list() == [210.0, 210.0, 1620.0]
    assert schedule.horizon_minutes == 25 * 60
    assert (report.kept, report.other_days) == (3, 1)
    served = charge_at_full_power(CALTECH, schedule)
    assert served["status"].to_list() == ["served"] * 3
    both_days, _ = import_sessions(path, day="2019-11-03", last_day="2019-11-04")
    assert both_days.sessions["arrival_min"].to_list() == [90.0, 150.0, 1485.0, 1515.0]
    assert both_days.horizon_minutes == 49 * 60


def test_a_day_without_a_midnight_begins_with_its_first_moment(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [
            Visit("2018-11-03 23:59:00-03:00", "2018-11-04 01:00:00-02:00"),
            Visit("2018-11-04 01:00:00-02:00", "2018-11-04 02:00:00-02:00", station="CA-304"),
        ],
    )
    schedule, _ = import_sessions(path, day="2018-11-04", time_zone="America/Sao_Paulo")
    assert schedule.sessions["arrival_min"].to_list() == [0.0]
    assert schedule.horizon_minutes == 23 * 60


def test_without_a_day_the_first_one_with_sessions_is_taken():
    schedule, report = import_sessions(DATA / "garage.csv")
    assert schedule.info.start == "2021-05-03 00:00"
    assert (report.first_day, report.last_day) == (date(2021, 5, 3), date(2021, 5, 3))
    assert schedule == import_sessions(DATA / "garage.csv", day=date(2021, 5, 3)).schedule
    both, _ = import_sessions(DATA / "garage.csv", last_day="2021-05-04")
    assert (both.info.start, both.horizon_minutes) == ("2021-05-03 00:00", 48 * 60)


def test_a_first_day_on_which_nothing_can_be_kept_is_not_the_first_day_with_sessions(tmp_path):
    idle = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 09:00:00-07:00", delivered=0)
    path = write_csv(tmp_path / "a.csv", [idle, Visit("2021-05-04 08:00:00-07:00", "2021-05-04 09:00:00-07:00")])
    assert import_sessions(path).schedule.info.start == "2021-05-04 00:00"


def test_a_session_still_plugged_when_the_first_day_begins_is_set_aside_and_told():
    schedule, report = import_sessions(DATA / "garage.csv", day="2021-05-04")
    assert names(schedule) == ["2_39_90_5"]
    assert report.set_aside[0] == (
        "row 4, session 2_39_90_4",
        "it arrived before 2021-05-04 and is still plugged when that day begins",
    )


def test_a_stay_beyond_the_horizon_is_kept_whole():
    schedule, _ = import_sessions(DATA / "garage.csv", day="2021-05-05")
    assert schedule.sessions["departure_min"].max() == 26 * 60 > schedule.horizon_minutes


def test_a_day_without_sessions_is_refused_and_the_days_of_the_file_are_told():
    path = DATA / "garage.csv"
    assert problems(path, day="2021-05-06") == [
        "has no session to keep on Thursday 2021-05-06; it has some on 2021-05-03 to 2021-05-05"
    ]
    assert problems(path, day="2020-05-04", last_day="2020-05-05") == [
        "has no session to keep on Monday 2020-05-04 to Tuesday 2020-05-05; it has some on 2021-05-03 to 2021-05-05"
    ]


def test_days_are_told_as_spans():
    days = [date(2021, 2, day) for day in (1, 3, 4, 26, 27, 28)] + [date(2021, 3, 1), date(2022, 3, 2)]
    assert describe_days(days) == "2021-02-01, 2021-02-03 to 2021-02-04, 2021-02-26 to 2021-03-01, 2022-03-02"


def test_a_day_whose_sessions_are_all_set_aside_is_refused_with_the_reasons(tmp_path):
    visits = [
        Visit("2021-05-03 08:00:00-07:00", "2021-05-03 09:00:00-07:00", delivered=0),
        Visit("2021-05-03 10:00:00-07:00", "2021-05-03 09:00:00-07:00"),
        Visit("2021-05-03 10:00:00-07:00", "2021-05-03 11:00:00-07:00", delivered=-1.5),
    ]
    reasons = [
        "row 1, session s1: set aside, it was delivered no energy",
        "row 2, session s2: set aside, its departure is not after its arrival",
        "row 3, session s3: set aside, its delivered energy is negative",
    ]
    path = write_csv(tmp_path / "a.csv", visits)
    assert problems(path) == ["it has no session that can be kept", *reasons]
    write_csv(path, [*visits, Visit("2021-05-09 08:00:00-07:00", "2021-05-09 09:00:00-07:00")])
    assert problems(path, day="2021-05-03") == [
        "has no session to keep on Monday 2021-05-03; it has some on 2021-05-09",
        *reasons,
    ]


@pytest.mark.parametrize("days", [("2021-05-03",), ("2021-05-04",), ("2021-05-05",), ("2021-05-03", "2021-05-05")])
@pytest.mark.parametrize("stations", ["recorded", "assigned"])
@pytest.mark.parametrize("scenario", [CALTECH, small(3)])
def test_every_session_read_is_kept_or_set_aside_or_of_another_day(days, stations, scenario):
    schedule, report = import_sessions(
        DATA / "garage.csv", scenario=scenario, day=days[0], last_day=days[-1], stations=stations
    )
    assert report.read == 10
    assert report.read == report.kept + len(report.set_aside) + report.other_days
    assert report.kept == len(schedule)
    told = {what.split()[-1] for what, _ in report.mended + report.unserved}
    assert told <= set(names(schedule))
    assert not {what.split()[-1] for what, why in report.set_aside if "come before" not in why} & set(names(schedule))


def test_the_report_reads_as_a_short_account():
    _, report = import_sessions(DATA / "garage.csv", day="2021-05-04", last_day="2021-05-05", energy="requested")
    assert str(report) == (
        "garage.csv: 10 sessions read\n"
        "Tuesday 2021-05-04 to Wednesday 2021-05-05 (America/Los_Angeles): 3 kept, which want 116.0 kWh from the grid\n"
        "other days: 3\n"
        "mended: 3\n"
        "  1 x it has no request above 0: it wants what it was delivered: row 10, session 2_39_90_10\n"
        "  1 x its recorded station is taken: it is moved to another: row 10, session 2_39_90_10\n"
        "  1 x no PEV model stores its energy below the taper: its capacity is made up: row 9, session 2_39_90_9\n"
        "kept, but cannot be served in full: 3\n"
        "  1 x its energy cannot be met before the horizon ends: row 9, session 2_39_90_9\n"
        "  2 x its energy cannot be met in the whole steps of its stay at full power: "
        "row 5, session 2_39_90_5; row 10, session 2_39_90_10\n"
        "set aside: 4\n"
        "  1 x it arrived before 2021-05-04 and is still plugged when that day begins: row 4, session 2_39_90_4\n"
        "  1 x it was delivered no energy: row 6, session 2_39_90_6\n"
        "  1 x its departure is not after its arrival: row 8, session 2_39_90_8\n"
        "  1 x its session id has come before in the file: row 7, session 2_39_90_5"
    )


def test_a_report_names_the_first_few_of_many(tmp_path):
    visits = [Visit("2021-05-03 08:00:00-07:00", "2021-05-03 09:00:00-07:00", delivered=0)] * 6
    path = write_csv(tmp_path / "a.csv", [*visits, Visit("2021-05-03 08:00:00-07:00", "2021-05-03 09:00:00-07:00")])
    lines = str(import_sessions(path).report).splitlines()
    assert (
        lines[-1]
        == "  6 x it was delivered no energy: row 1, session s1; row 2, session s2; row 3, session s3; and 3 more"
    )


def test_of_two_sessions_with_one_name_the_second_is_set_aside(tmp_path):
    first = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 09:00:00-07:00", name="twin")
    second = Visit("2021-05-03 07:00:00-07:00", "2021-05-03 07:30:00-07:00", name="twin")
    schedule, report = import_sessions(write_csv(tmp_path / "a.csv", [first, second]))
    assert schedule.sessions["arrival_min"].to_list() == [480.0]
    assert report.set_aside == (Note("row 2, session twin", "its session id has come before in the file"),)


def test_what_a_schedule_says_of_its_origin_holds_no_folder():
    schedule, _ = import_sessions(DATA / "garage.json", day="2021-05-04", last_day="2021-05-05")
    assert vars(schedule.info) == {
        "scenario": "caltech-54",
        "step_minutes": 5.0,
        "horizon_steps": 576,
        "seed": None,
        "generator": "acn",
        "source": "garage.json",
        "start": "2021-05-04 00:00",
        "time_zone": "America/Los_Angeles",
    }


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_an_imported_schedule_comes_back_from_a_file_to_the_bit(tmp_path, ending):
    schedule, _ = import_sessions(DATA / "garage.csv", last_day="2021-05-05", scenario=small(3))
    schedule.write(tmp_path / f"a.{ending}")
    assert Schedule.read(tmp_path / f"a.{ending}") == schedule


def test_the_energy_wanted_is_the_delivered_or_the_requested_one():
    for energy, grid_kwh in (("delivered", [10.0, 5.5, 12.25, 8.0]), ("requested", [20.0, 5.5, 30.0, 8.0])):
        schedule, report = import_sessions(DATA / "garage.csv", energy=energy)
        sessions = schedule.sessions
        stored_kwh = (sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]).to_list()
        assert stored_kwh == pytest.approx([0.9 * kwh for kwh in grid_kwh])
        assert report.energy_kwh == pytest.approx(sum(grid_kwh))


def test_drivers_who_asked_for_nothing_want_what_they_were_delivered_and_that_is_told(tmp_path):
    visit = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 11:00:00-07:00", delivered=6.0)
    path = write_csv(
        tmp_path / "a.csv",
        [visit._replace(requested=asked, station=f"CA-{number}") for number, asked in enumerate([None, 0, -3.5, 9.0])],
    )
    _, report = import_sessions(path, energy="requested")
    assert report.energy_kwh == pytest.approx(3 * 6.0 + 9.0)
    assert [what for what, _ in report.mended] == ["row 1, session s1", "row 2, session s2", "row 3, session s3"]
    assert import_sessions(path).report.mended == ()


def test_recorded_stations_are_numbered_by_name_over_the_whole_file():
    schedule, _ = import_sessions(DATA / "garage.csv", day="2021-05-04")
    assert schedule.sessions["station"].to_list() == [1]
    schedule, _ = import_sessions(DATA / "garage.csv")
    assert schedule.sessions["station"].to_list() == [0, 1, 0, 2]
    assert schedule.sessions["plug_in_min"].equals(schedule.sessions["arrival_min"])


def test_a_session_on_a_taken_station_is_moved_to_the_free_one_with_the_lowest_number(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [
            Visit("2021-05-03 08:00:00-07:00", "2021-05-03 10:00:00-07:00", station="CA-2"),
            Visit("2021-05-03 08:30:00-07:00", "2021-05-03 09:30:00-07:00", station="CA-1"),
            Visit("2021-05-03 09:00:00-07:00", "2021-05-03 12:00:00-07:00", station="CA-2"),
            Visit("2021-05-03 10:00:00-07:00", "2021-05-03 11:00:00-07:00", station="CA-2"),
        ],
    )
    schedule, report = import_sessions(path, scenario=small(3))
    assert schedule.sessions["station"].to_list() == [1, 0, 2, 1]
    moved = "its recorded station is taken: it is moved to another"
    assert report.mended == (Note("row 3, session s3", moved),)


@pytest.mark.parametrize("stations", ["recorded", "assigned"])
def test_a_vehicle_that_finds_no_station_is_kept_and_counted(tmp_path, stations):
    hours = [("08", "12"), ("09", "11"), ("10", "11"), ("12", "13")]
    path = write_csv(
        tmp_path / "a.csv",
        [Visit(f"2021-05-03 {begin}:00:00-07:00", f"2021-05-03 {end}:00:00-07:00") for begin, end in hours],
    )
    scenario = small(1)
    schedule, report = import_sessions(path, scenario=scenario, stations=stations)
    assert schedule.sessions["station"].to_list() == [0, None, None, 0]
    assert (report.read, report.kept, report.set_aside, report.mended) == (4, 4, (), ())
    assert report.unserved == tuple(Note(f"row {row}, session s{row}", "finds no free station") for row in (2, 3))
    assert charge_at_full_power(scenario, schedule)["status"].to_list() == ["served", "rejected", "rejected", "served"]


def test_assigned_stations_are_waited_for_as_long_as_the_population_s_patience(tmp_path):
    hours = [("08:00", "12:00"), ("11:00", "14:00"), ("11:50", "15:00")]
    path = write_csv(
        tmp_path / "a.csv",
        [Visit(f"2021-05-03 {begin}:00-07:00", f"2021-05-03 {end}:00-07:00") for begin, end in hours],
    )
    schedule, _ = import_sessions(path, scenario=small(1, patience_minutes=30), stations="assigned")
    assert schedule.sessions["plug_in_min"].to_list() == [480.0, None, 720.0]
    recorded, _ = import_sessions(path, scenario=small(1, patience_minutes=30))
    assert recorded.sessions["plug_in_min"].to_list() == [480.0, None, None]


def test_who_waits_for_an_assigned_station_stays_its_time_where_stays_count_from_plug_in(tmp_path):
    hours = [("08:00", "12:00"), ("11:00", "14:00"), ("11:50", "14:30")]
    visits = [Visit(f"2021-05-03 {begin}:00-07:00", f"2021-05-03 {end}:00-07:00") for begin, end in hours]
    visits[1] = visits[1]._replace(stated="2021-05-03 13:00:00-07:00")
    path = write_csv(tmp_path / "a.csv", visits)
    scenario = small(1, patience_minutes=90).replace(population={"stay_counts_from": "plug_in"})
    schedule, _ = import_sessions(path, scenario=scenario, stations="assigned")
    assert schedule.sessions["plug_in_min"].to_list() == [480.0, 720.0, None]
    assert schedule.sessions["departure_min"].to_list() == [720.0, 900.0, 870.0]
    assert schedule.sessions["departure_stated_min"].to_list() == [None, 840.0, None]
    recorded, _ = import_sessions(path, scenario=scenario)
    assert recorded.sessions["plug_in_min"].to_list() == [480.0, None, None]
    assert recorded.sessions["departure_min"].to_list() == [720.0, 840.0, 870.0]
    assert recorded == import_sessions(path, scenario=small(1, patience_minutes=90))[0]


def test_own_sessions_wait_for_their_whole_stay_and_a_pev_cannot_come_again_before_it_has_left(tmp_path):
    path = tmp_path / "own.csv"
    head = "pev,arrival_min,departure_min,capacity_kwh,energy_arrival_kwh,energy_target_kwh,power_max_kw,efficiency"
    rows = [("blue", 0, 100), ("red", 10, 60), ("green", 120, 180)]
    lines = [f"{head},transition_soc", *(f"{name},{begin},{end},24,4,20,22,0.9,1" for name, begin, end in rows)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    scenario = small(1, patience_minutes=90).replace(population={"stay_counts_from": "plug_in"})
    schedule, _ = import_sessions(path, "sessions", scenario=scenario)
    assert schedule.sessions["plug_in_min"].to_list() == [0.0, 100.0, 150.0]
    assert schedule.sessions["departure_min"].to_list() == [100.0, 150.0, 210.0]
    assert schedule.sessions["departure_stated_min"].null_count() == 3
    path.write_text("\n".join([*lines, ""]).replace("green", "red"), encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.csv: row 3 \(line 4\), arrival_min: PEV 'red' .* of row 2 \(line 3\)$"):
        import_sessions(path, "sessions", scenario=scenario)


def test_more_recorded_stations_than_the_scenario_has_are_refused_unless_stations_are_assigned():
    assert problems(DATA / "garage.csv", scenario=small(2)) == [
        "names 3 stations, the scenario 'small' has 2: give a larger scenario, or stations='assigned'"
    ]
    assert len(import_sessions(DATA / "garage.csv", scenario=small(2), stations="assigned").schedule) == 4


@pytest.mark.parametrize(("prefix", "site_id", "name"), [("AG-1F", "0001", "jpl-52"), ("CA-3", "0002", "caltech-54")])
def test_the_scenario_is_the_one_of_the_garage(tmp_path, prefix, site_id, name):
    visit = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 12:00:00-07:00", station=f"{prefix}01")
    for path in (write_csv(tmp_path / "a.csv", [visit]), write_json(tmp_path / "a.json", [visit], siteID=site_id)):
        assert import_sessions(path).schedule.info.scenario == name


def test_a_site_that_is_not_known_asks_for_scenario_and_time_zone(tmp_path):
    visit = Visit("2021-05-03 08:00:00+02:00", "2021-05-03 12:00:00+02:00", station="A1")
    elsewhere = write_csv(tmp_path / "a.csv", [visit])
    assert problems(elsewhere) == ["is not of the garage at JPL or Caltech alone: give the scenario"]
    assert problems(elsewhere, scenario="public-10") == ["does not tell the site's time zone: give time_zone"]
    schedule, _ = import_sessions(elsewhere, scenario="public-10", time_zone="Europe/Amsterdam")
    assert schedule.sessions["arrival_min"].to_list() == [480.0]
    both = write_csv(tmp_path / "b.csv", [visit._replace(station="AG-1F01"), visit._replace(station="CA-303")])
    assert problems(both) == ["is not of the garage at JPL or Caltech alone: give the scenario"]
    office = write_json(tmp_path / "a.json", [visit], siteID="0019", timezone="America/New_York")
    assert problems(office) == ["is not of the garage at JPL or Caltech alone: give the scenario"]
    assert import_sessions(office, scenario="public-10").schedule.info.time_zone == "America/New_York"


def test_several_or_unknown_time_zones_are_refused(tmp_path):
    visit = Visit("2021-05-03 08:00:00-07:00", "2021-05-03 12:00:00-07:00")
    path = write_json(tmp_path / "a.json", [visit], timezone="America/Pasadena")
    assert problems(path) == ["time zone must be a name such as 'Europe/Amsterdam' (it is 'America/Pasadena')"]
    write_items(path, [json_item(visit), {**json_item(visit), "timezone": "UTC", "sessionID": "s2"}])
    assert problems(path) == ["names several time zones (America/Los_Angeles, UTC): give time_zone"]
    assert import_sessions(path, time_zone="UTC").schedule.sessions["arrival_min"].to_list() == [900.0, 900.0]
    for name in ("Nowhere", "America", "../etc/passwd", "", "-07:00"):
        with pytest.raises(InputError, match="time zone must be a name") as raised:
            import_sessions(DATA / "garage.csv", time_zone=name)
        assert repr(name) in str(raised.value)


def test_a_battery_that_tapers_from_the_start_is_refused():
    with pytest.raises(InputError, match=r"scenario 'caltech-54': population\.transition_soc must be above 0"):
        import_sessions(DATA / "garage.csv", scenario=CALTECH.replace(population={"transition_soc": 0.0}))


def test_every_wrong_argument_is_told():
    with pytest.raises(InputError) as raised:
        import_sessions(
            DATA / "garage.csv", "elaad", energy="kWh", stations="all", day="3 May", last_day=datetime(2021, 5, 3, 8)
        )
    assert raised.value.problems == (
        "format must be one of acn, sessions (it is 'elaad')",
        "energy must be one of delivered, requested (it is 'kWh')",
        "stations must be one of recorded, assigned (it is 'all')",
        "day must be a date YYYY-MM-DD (it is '3 May')",
        "last_day must be a date without a time (it is datetime.datetime(2021, 5, 3, 8, 0))",
    )
    with pytest.raises(InputError, match="last_day 2021-05-03: must not be before the first day, 2021-05-04"):
        import_sessions(DATA / "garage.csv", day="2021-05-04", last_day="2021-05-03")
