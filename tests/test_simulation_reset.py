"""Schedules that are given to a reset: checked when they were made, turned into records once."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Schedule, Simulation, generate_schedule
from pev_battery_charge.core.records import NO_SESSION, make_moments
from pev_battery_charge.instance import Instance
from pev_battery_charge.schedule import table, validation
from pev_battery_charge.series import Series
from tests import strategies
from tests.bits import bits

SCENARIO = Scenario(horizon_steps=30, population={"pevs": 7, "stay_minutes": 60.0})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is done with whole tables, each time that it is done."""
    done: list[str] = []

    def count(module: Any, name: str) -> None:
        plain = getattr(module, name)

        def counting(*given: Any) -> Any:
            done.append(name)
            return plain(*given)

        monkeypatch.setattr(module, name, counting)

    count(validation, "examine")
    count(table, "_fields")
    return done


def test_a_schedule_is_neither_checked_again_nor_turned_into_records_for_each_area(counted: list[str]) -> None:
    schedules = [generate_schedule(SCENARIO, seed) for seed in (1, 2)]
    counted.clear()
    for simulation in (Simulation(SCENARIO, 6), Simulation(SCENARIO.replace(coordinator="equal"), 6)):
        for given_ones in (schedules[0], [*schedules] * 3, Instance(schedules[1])):
            simulation.reset(schedule=given_ones)
    assert counted == ["_fields"] * 2


def test_it_is_checked_against_every_scenario_that_it_is_given_to() -> None:
    schedule = generate_schedule(SCENARIO, 1)
    Simulation(SCENARIO, 2).reset(schedule=schedule)
    with pytest.raises(InputError, match="unknown station: the scenario has 0 to 0"):
        Simulation(SCENARIO.replace(stations={"count": 1}), 2).reset(schedule=schedule)
    with pytest.raises(InputError, match="it was made for 150 min, the scenario has 200 min"):
        Simulation(SCENARIO.replace(horizon_steps=40), 2).reset(schedule=schedule)
    Simulation(SCENARIO, 2).reset(schedule=schedule)


def test_what_is_done_to_the_frame_that_a_schedule_hands_out_does_not_change_it() -> None:
    schedule = generate_schedule(SCENARIO, 1)
    before = schedule.to_text()
    frame = schedule.sessions
    frame.replace_column(frame.get_column_index("power_max_kw"), pl.Series("power_max_kw", [-1.0] * len(schedule)))
    assert schedule.to_text() == before
    assert (schedule.records["battery"]["power_max_kw"] > 0.0).all()
    with pytest.raises(ValueError, match="read-only"):
        schedule.records["station"] = 3
    mine = schedule.to_records()
    mine["station"] = 3
    assert set(schedule.records["station"].tolist()) != {3}
    simulation = Simulation(SCENARIO)
    simulation.reset(schedule=schedule)
    simulation.step(np.full((1, 5), 22.0))
    assert (schedule.records["energy_kwh"] == 0.0).all(), "an episode writes into records of its own"


@settings(max_examples=20)
@given(data=st.data(), scenario=strategies.scenarios(), order=st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_areas_begin_with_the_records_of_their_own_schedule(
    data: st.DataObject, scenario: Scenario, order: list[int]
) -> None:
    schedules: list[Schedule] = [data.draw(strategies.schedules(scenario)) for _ in range(3)]
    simulation = Simulation(scenario, len(order))
    simulation.reset(schedule=[schedules[k] for k in order])
    for b, k in enumerate(order):
        alone = Simulation(scenario)
        alone.reset(schedule=schedules[k])
        size = len(schedules[k])
        assert bits(simulation.sessions[b, :size]) == bits(alone.sessions[0])
        assert (simulation.sessions[b, size:]["status"] == 0).all()
        assert bits(simulation.stations[b]) == bits(alone.stations[0])
        assert simulation.schedule(b) is schedules[k]


def test_areas_have_the_series_and_the_hour_of_their_own_instance() -> None:
    moments = make_moments(SCENARIO.num_moments)
    moments["buy_price"] = 0.3
    schedules = [generate_schedule(SCENARIO, 1), generate_schedule(SCENARIO, 2).replace_info(start="22:30")]
    simulation = Simulation(SCENARIO, 3)
    simulation.reset(schedule=[Instance(schedules[0]), Instance(schedules[1], Series(moments)), Instance(schedules[0])])
    assert simulation.areas["start_hour"][1] == 22.5
    assert simulation.areas["start_hour"][0] == simulation.areas["start_hour"][2]
    assert simulation.moments["buy_price"][:, 0].tolist() == [0.0, 0.3, 0.0]


def test_a_schedule_without_sessions_is_one() -> None:
    empty = Schedule(generate_schedule(SCENARIO, 1).sessions.clear())
    simulation = Simulation(SCENARIO, 2)
    simulation.reset(schedule=empty)
    simulation.step(np.full((2, 5), 22.0))
    assert (simulation.stations["session"] == NO_SESSION).all()
