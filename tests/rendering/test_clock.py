"""The clock: local time, and round ticks."""

import pytest

from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.scenario import Scenario, load_scenario
from pev_battery_charge.schedule.table import Schedule

PAPER = generate_schedule(Scenario(), seed=0)


def _clock(start: str | None, time_zone: str | None = None, name: str = "paper-5x20") -> Clock:
    return Clock(load_scenario(name), PAPER.replace_info(start=start, time_zone=time_zone))


@pytest.mark.parametrize(
    ("start", "minute", "text"),
    [
        ("00:00", 455.0, "Day 1  07:35"),
        ("16:30", 455.0, "Day 2  00:05"),
        (None, 65.0, "Day 1  01:05"),
        ("2019-07-01 22:10", 455.0, "2019-07-02  05:45"),
    ],
)
def test_the_clock_counts_from_the_schedules_start(start: str | None, minute: float, text: str) -> None:
    assert _clock(start).text(minute) == text


def test_a_schedule_that_tells_no_start_begins_when_its_scenario_does() -> None:
    assert _clock(None, name="residential-12").text(30.0) == "Day 1  12:30"
    scenario = load_scenario("public-10")
    assert Clock(scenario, generate_schedule(scenario, seed=0)).text(5.0) == "Day 1  04:05"


def test_minutes_are_real_ones_across_the_change_to_summer_time() -> None:
    spring = _clock("2019-03-09 23:00", "America/Los_Angeles")
    assert [spring.text(hour * 60.0) for hour in (2, 3, 4)] == [
        "2019-03-10  01:00",
        "2019-03-10  03:00",
        "2019-03-10  04:00",
    ]


@pytest.mark.parametrize(
    ("start", "horizon", "most", "expected"),
    [
        ("00:00", 960.0, 14, [f"{hour:02d}:00" for hour in range(0, 17, 2)]),
        ("12:00", 1440.0, 8, ["12:00", "15:00", "18:00", "21:00", "Day 2", "03:00", "06:00", "09:00", "12:00"]),
        ("21:35", 180.0, 6, ["22:00", "22:30", "23:00", "23:30", "Day 2", "00:30"]),
        ("06:00", 12.0, 7, [f"06:{minute:02d}" for minute in range(0, 13, 2)]),
        ("00:00", 10 * 1440.0, 7, ["Day 1", "Day 3", "Day 5", "Day 7", "Day 9", "Day 11"]),
        ("2019-07-01 20:00", 600.0, 6, ["20:00", "22:00", "07-02", "02:00", "04:00", "06:00"]),
    ],
)
def test_ticks_are_round_times_and_a_new_day_bears_its_name(
    start: str, horizon: float, most: int, expected: list[str]
) -> None:
    ticks = _clock(start).ticks(horizon, most)
    assert [label for _, label in ticks] == expected
    assert all(0.0 <= minute <= horizon for minute, _ in ticks)
    assert len(ticks) <= most + 1


def test_ticks_stand_where_the_clock_shows_them() -> None:
    clock = _clock("21:35")
    assert all(clock.text(minute).endswith(label) for minute, label in clock.ticks(180.0, 6) if ":" in label)


def test_a_schedule_read_from_a_file_keeps_its_clock() -> None:
    assert Clock(Scenario(), Schedule.from_text(PAPER.to_text())).text(0.0) == "Day 1  00:00"
