"""One clock for all: pictures, tables, features, controllers and kernels, on days of 23, 24 and 25 hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Schedule, Simulation, sizes
from pev_battery_charge.cli.schedule import ShowCommand
from pev_battery_charge.controllers import Snapshot, make_controller
from pev_battery_charge.core.clock import hour_of_day
from pev_battery_charge.core.records import make_areas
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.schedule.local_time import LocalTime
from pev_battery_charge.schedule.table import ScheduleInfo

ZONES = ("Europe/Amsterdam", "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC")


def day(
    start: str, time_zone: str | None, step_minutes: float = 15.0, hours: float = 30.0
) -> tuple[pbc.Scenario, Schedule]:
    """A scenario of one station that sees the hour, and one PEV that stays to the end."""
    steps = round(hours * 60.0 / step_minutes)
    scenario = pbc.load_scenario("paper-5x20").replace(
        step_minutes=step_minutes, horizon_steps=steps, stations={"count": 1}, observations=["hour"]
    )
    sessions = pl.DataFrame(
        {
            "pev": ["a"],
            "arrival_min": [0.0],
            "departure_min": [hours * 60.0],
            "capacity_kwh": [40.0],
            "energy_arrival_kwh": [0.0],
            "energy_target_kwh": [40.0],
            "power_max_kw": [11.0],
            "efficiency": [0.9],
            "transition_soc": [1.0],
            "station": [0],
            "plug_in_min": [0.0],
        }
    )
    return scenario, Schedule(sessions, ScheduleInfo(start=start, time_zone=time_zone))


def local(start: str, time_zone: str, minute: float) -> datetime:
    """The local time by another way: UTC all along."""
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(time_zone))
    return datetime.fromtimestamp(begin.timestamp() + minute * 60.0, UTC).astimezone(ZoneInfo(time_zone))


@given(
    zone=st.sampled_from(ZONES),
    begin=st.datetimes(datetime(2017, 1, 1), datetime(2026, 12, 1)),
    step_minutes=st.sampled_from([5.0, 7.0, 15.0, 60.0, 90.0]),
    days=st.sampled_from([1, 9, 200, 366]),
)
@settings(max_examples=40)
def test_kernels_tell_the_hour_that_the_zone_has(zone: str, begin: datetime, step_minutes: float, days: int) -> None:
    start = f"{begin:%Y-%m-%d %H:%M}"
    steps = min(int(days * 1440 / step_minutes), 4000)
    scenario, schedule = day(start, zone, step_minutes, steps * step_minutes / 60.0)
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    clock = Clock(scenario, schedule)
    for step in {0, 1, steps, *np.random.default_rng(0).integers(0, steps, 200).tolist()}:
        there = local(start, zone, step * step_minutes)
        hour = hour_of_day(simulation.areas[0], step)
        assert hour == pytest.approx(there.hour + there.minute / 60.0 + there.second / 3600.0, abs=1e-6)
        assert clock.text(step * step_minutes) == f"{there:%Y-%m-%d  %H:%M}"


SPRING, AUTUMN = ("2019-03-10 00:00", "America/Los_Angeles"), ("2019-10-27 00:00", "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("start", "zone", "hours"),
    [(*SPRING, [0, 1, 3, 4, 5]), (*AUTUMN, [0, 1, 2, 2, 3]), ("2019-10-27 00:00", None, [0, 1, 2, 3, 4])],
)
def test_stations_controllers_and_terms_see_the_changed_clock(start: str, zone: str | None, hours: list[int]) -> None:
    @pbc.reward_term(unit="h")
    def begun_at(area, station, moments):  # type: ignore[no-untyped-def]
        """The hour at which the step just made began."""
        return pbc.hour_of_day(area, area["step"] - 1)

    scenario, schedule = day(start, zone, 60.0)
    simulation = Simulation(scenario.replace(reward={"terms": {"begun_at": 1.0}}))
    seen = [simulation.reset(schedule=schedule)[0, 0, 0]]
    told, earned = [], []
    for _ in hours:
        told.append(Snapshot.of(simulation).hour[0])
        result = simulation.step([[0.0]])
        seen.append(result.observations[0, 0, 0])
        earned.append(result.rewards[0, 0])
    assert seen[: len(hours)] == told == earned == hours


@pytest.mark.parametrize(("start", "zone", "steps"), [(*SPRING, 5), (*AUTUMN, 7), ("2019-10-28 00:00", AUTUMN[1], 6)])
def test_the_night_is_as_long_as_the_clock_says(start: str, zone: str, steps: int) -> None:
    scenario, schedule = day(start, zone, 60.0)
    simulation, night = Simulation(scenario), make_controller("night")
    simulation.reset(schedule=schedule)
    asked = []
    for _ in range(9):
        requests_kw = night(Snapshot.of(simulation))
        asked.append(bool(requests_kw[0, 0] > 0.0))
        simulation.step(np.zeros((1, 1)))
    assert asked == [True] * steps + [False] * (9 - steps)


def test_show_tells_local_times_after_the_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, schedule = day(*SPRING)
    late = schedule.sessions.with_columns(arrival_min=150.0, plug_in_min=150.0, departure_min=1500.0)
    path = tmp_path / "spring.csv"
    Schedule(late, schedule.info).write(path)
    ShowCommand(path).run()
    told = capsys.readouterr().out
    assert "1 03:30" in told
    assert "2 02:00" in told


def test_a_schedule_without_a_changed_clock_leaves_the_areas_as_they_were() -> None:
    scenario, schedule = day("2019-07-01 07:30", "Europe/Amsterdam")
    simulation = Simulation(scenario)
    simulation.reset(schedule=day(*SPRING)[1])
    assert simulation.areas["clock_shift_h"].any()
    simulation.reset(schedule=schedule)
    areas = make_areas(1, power_max_kw=31.5, step_minutes=15.0, horizon_steps=120, start_hour=7.5)
    areas["start_weekday"], areas["start_year_day"] = 0, 181  # a Monday, after 181 days of the year
    assert simulation.areas.tobytes() == areas.tobytes()


def test_more_changes_than_an_area_can_hold_are_refused() -> None:
    scenario, schedule = day("2019-01-01 00:00", "Europe/Amsterdam", 1440.0, 24.0 * 1200)
    with pytest.raises(InputError, match="start, time_zone: the clock is put forward or back 7 times"):
        Simulation(scenario).reset(schedule=schedule)


def test_the_import_of_a_day_of_23_hours_is_shown_as_it_was() -> None:
    """The real minutes of an import, and the local hour of the day that they stand for."""
    begin = datetime(2019, 3, 10, 10, 30, tzinfo=UTC)
    midnight = datetime(2019, 3, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
    minute = (begin - midnight) / timedelta(minutes=1)
    scenario, schedule = day(*SPRING)
    assert Clock(scenario, schedule).text(minute) == "2019-03-10  03:30"
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    assert hour_of_day(simulation.areas[0], round(minute / 15.0)) == 3.5


@pytest.mark.parametrize(
    ("start", "time_zone", "told"),
    [
        ("9999-12-31 23:00", "Europe/Berlin", "must be in the years 1900 to 2999"),
        ("0001-01-01 00:00", "Asia/Tokyo", "must be in the years 1900 to 2999"),
        ("2024-02-30 00:00", None, "must be a day that there is"),
        ("noon", None, "must be HH:MM"),
        ("2024-01-01 00:00", "Europe/Nowhere", "must be a known time zone"),
    ],
)
def test_a_clock_given_in_python_is_checked_like_that_of_a_file(start: str, time_zone: str | None, told: str) -> None:
    sessions = pbc.generate_schedule(seed=0).sessions
    with pytest.raises(InputError, match=told):
        Schedule(sessions, ScheduleInfo(start=start, time_zone=time_zone))


@pytest.mark.parametrize("start", ["1900-01-01 00:00", "2999-12-31 23:59"])
@pytest.mark.parametrize("time_zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_every_minute_that_a_schedule_may_tell_is_in_the_calendar(start: str, time_zone: str) -> None:
    info = ScheduleInfo(start=start, time_zone=time_zone)
    assert LocalTime(info).day(sizes.MOST_MINUTES) > 600_000
    assert LocalTime(info).at(-24.0 * 60.0).year in (1899, 2999)
