"""Who gets which station, and when: the assignment against queues that SimPy runs event by event, examples by hand.

Stays that are counted from plug-in are compared with the process model of `scripts/simulate_queue.py`.
"""

import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, generate_schedule, load_scenario
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import NO_SESSION, SESSION, Status
from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.schedule.assignment import assign_stations
from tests.bits import bits
from tests.loading import load_script
from tests.strategies import quarters

model = load_script("simulate_queue")

Visit = tuple[float, float]
"""Arrival and departure, minutes."""

Place = tuple[int, float] | None
"""Station and plug-in time, or None for who drove on."""

# Within one moment: who must leave gives up, stations come free, PEVs arrive, and patience ends last.
_MUST_LEAVE, _COMES_FREE, _ARRIVES, _LOSES_PATIENCE = 0.0, 1e-6, 2e-6, 3e-6


class Queue:
    """A process model: each PEV comes, queues for any of the stations, takes the lowest number, leaves when it must."""

    def __init__(self, num_stations: int, patience_min: float) -> None:
        self.clock = simpy.Environment()
        self.plugs = simpy.Resource(self.clock, num_stations)
        self.free = set(range(num_stations))
        self.patience_min = patience_min
        self.places: dict[int, Place] = {}

    def until(self, moment_min: float) -> Any:
        return self.clock.timeout(moment_min - self.clock.now)

    def visit(self, number: int, arrival_min: float, departure_min: float) -> Generator[Any, Any, None]:
        yield self.until(arrival_min + _ARRIVES)
        given_up = min(arrival_min + self.patience_min + _LOSES_PATIENCE, departure_min + _MUST_LEAVE)
        with self.plugs.request() as plug:
            yield plug | self.until(given_up)
            if not plug.triggered:
                self.places[number] = None
                return
            station = min(self.free)
            self.free.remove(station)
            self.places[number] = station, math.floor(self.clock.now * 4.0) / 4.0
            yield self.until(departure_min + _COMES_FREE)
            self.free.add(station)


def places_by_simpy(visits: list[Visit], num_stations: int, patience_min: float) -> list[Place]:
    queue = Queue(num_stations, patience_min)
    for number, visit in enumerate(visits):
        queue.clock.process(queue.visit(number, *visit))
    queue.clock.run()
    return [queue.places[number] for number in range(len(visits))]


def places_by_assignment(visits: list[Visit], num_stations: int, patience_min: float) -> list[Place]:
    sessions = np.zeros(len(visits) + 1, SESSION)
    sessions["arrival_min"][:-1], sessions["departure_min"][:-1] = np.array(visits).T
    sessions["status"][:-1] = Status.SERVED
    assign_stations(sessions, num_stations, patience_min)
    assert sessions["status"][-1] == Status.PADDING
    places: list[Place] = []
    for session in sessions[:-1]:
        if session["status"] == Status.REJECTED:
            assert session["station"] == NO_SESSION
            assert math.isnan(session["plug_in_min"])
            places.append(None)
        else:
            assert session["status"] == Status.SERVED
            places.append((int(session["station"]), float(session["plug_in_min"])))
    return places


EXAMPLES: dict[str, tuple[list[Visit], int, float, list[Place]]] = {
    "the lowest free number is taken": ([(0, 10), (1, 5), (2, 9), (5, 9)], 3, 0.0, [(0, 0), (1, 1), (2, 2), (1, 5)]),
    "who finds no station drives on": ([(0, 10), (3, 20)], 1, 0.0, [(0, 0), None]),
    "a station that comes free at the arrival is free": ([(0, 10), (10, 20)], 1, 0.0, [(0, 0), (0, 10)]),
    "of two that come free at once the lower is taken": (
        [(0, 10), (0, 10), (10, 12), (10, 12)],
        2,
        0.0,
        [(0, 0), (1, 0), (0, 10), (1, 10)],
    ),
    "patience that ends as the station comes free is enough": ([(0, 10), (6, 30)], 1, 4.0, [(0, 0), (0, 10)]),
    "patience that ends before is not": ([(0, 10), (5.75, 30)], 1, 4.0, [(0, 0), None]),
    "who waits is served in order of arrival, and keeps the departure": (
        [(0, 10), (1, 25), (2, 40), (3, 60)],
        1,
        30.0,
        [(0, 0), (0, 10), (0, 25), None],
    ),
    "who waits takes the station that comes free first": (
        [(0, 20), (0, 10), (5, 30)],
        2,
        60.0,
        [(0, 0), (1, 0), (1, 10)],
    ),
    "who waits for two at once takes the lower": ([(0, 10), (0, 10), (5, 30)], 2, 60.0, [(0, 0), (1, 0), (0, 10)]),
    "who must leave as the station comes free is not served": ([(0, 10), (5, 10)], 1, 60.0, [(0, 0), None]),
    "who has driven on stands in nobody's way": (
        [(0, 10), (1, 9), (2, 30), (10, 12)],
        1,
        60.0,
        [(0, 0), None, (0, 10), None],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_by_hand(name: str) -> None:
    visits, num_stations, patience_min, expected = EXAMPLES[name]
    assert places_by_assignment(visits, num_stations, patience_min) == expected
    assert places_by_simpy(visits, num_stations, patience_min) == expected


@given(
    visits=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=25),
    num_stations=st.integers(1, 4),
    patience_min=st.just(0.0) | st.integers(0, 60).map(float),
)
@settings(max_examples=300)
def test_arrivals_with_many_ties_are_placed_as_the_queue_places_them(
    visits: list[tuple[int, int]], num_stations: int, patience_min: float
) -> None:
    stays = sorted(((float(arrival), float(arrival + stay)) for arrival, stay in visits), key=lambda visit: visit[0])
    assert places_by_assignment(stays, num_stations, patience_min) == places_by_simpy(stays, num_stations, patience_min)


@given(
    visits=st.lists(st.tuples(quarters(0, 960), quarters(0.25, 300)), min_size=1, max_size=60),
    num_stations=st.integers(1, 8),
    patience_min=quarters(0, 120),
)
@settings(max_examples=100)
def test_a_days_arrivals_are_placed_as_the_queue_places_them(
    visits: list[tuple[float, float]], num_stations: int, patience_min: float
) -> None:
    stays = sorted(((arrival, arrival + stay) for arrival, stay in visits), key=lambda visit: visit[0])
    assert places_by_assignment(stays, num_stations, patience_min) == places_by_simpy(stays, num_stations, patience_min)


Stay = tuple[float, float] | None
"""Plug-in time and departure, or None for who drove on."""


def assigned_from_plug_in(visits: list[Visit], num_stations: int, patience_min: float) -> Records:
    """The sessions, one after the other, whose drivers state departures that are wrong by quarters of an hour."""
    sessions = np.zeros(len(visits), SESSION)
    sessions["arrival_min"], sessions["departure_min"] = np.array(visits).T
    sessions["departure_stated_min"] = sessions["departure_min"] + errors_min(len(visits))
    sessions["status"] = Status.SERVED
    assign_stations(sessions, num_stations, patience_min, True)
    return sessions


def errors_min(count: int) -> Any:
    return 15.0 * (np.arange(count) % 3 - 1)


def stays_by_assignment(visits: list[Visit], num_stations: int, patience_min: float) -> list[Stay]:
    sessions = assigned_from_plug_in(visits, num_stations, patience_min)
    stated_min = sessions["departure_stated_min"] - sessions["departure_min"]
    np.testing.assert_array_equal(stated_min, errors_min(len(visits)), err_msg="stated departures go along")
    stays: list[Stay] = []
    busy_until = np.zeros(num_stations)
    for session, visit in zip(sessions, visits, strict=True):
        if session["status"] == Status.REJECTED:
            assert session["station"] == NO_SESSION
            assert math.isnan(session["plug_in_min"])
            assert (session["arrival_min"], session["departure_min"]) == visit
            stays.append(None)
        else:
            assert session["plug_in_min"] >= busy_until[session["station"]]
            busy_until[session["station"]] = session["departure_min"]
            stays.append((float(session["plug_in_min"]), float(session["departure_min"])))
    return stays


def stays_by_model(visits: list[Visit], num_stations: int, patience_min: float) -> list[Stay]:
    cars = [model.Car(arrival, departure - arrival) for arrival, departure in visits]
    patience = None if math.isinf(patience_min) else patience_min
    found = model.simulate(cars, num_stations, patience, log=lambda _: None)
    return [None if visit.begin_min is None else (visit.begin_min, visit.leave_min) for visit in found]


FROM_PLUG_IN: dict[str, tuple[list[Visit], int, float, list[Stay]]] = {
    "who need not wait leaves in time": ([(0, 10), (10, 20)], 1, 60.0, [(0, 10), (10, 20)]),
    "who waits leaves later by as long": (
        [(0, 10), (1, 25), (2, 40)],
        1,
        60.0,
        [(0, 10), (10, 34), (34, 72)],
    ),
    "the departure is no limit": ([(0, 10), (5, 10), (6, 7)], 1, 60.0, [(0, 10), (10, 15), (15, 16)]),
    "patience that ends as the station comes free is enough": ([(0, 10), (6, 30)], 1, 4.0, [(0, 10), (10, 34)]),
    "patience that ends before is not": ([(0, 10), (5.75, 30)], 1, 4.0, [(0, 10), None]),
    "patience that ends as one who has waited leaves is enough": (
        [(0, 10), (2, 6), (4, 8)],
        1,
        10.0,
        [(0, 10), (10, 14), (14, 18)],
    ),
    "without patience nobody waits": ([(0, 10), (9, 20), (10, 12)], 1, 0.0, [(0, 10), None, (10, 12)]),
    "patience without end": ([(0, 10), (0, 10), (0, 10)], 1, math.inf, [(0, 10), (10, 20), (20, 30)]),
    "who has driven on stands in nobody's way": (
        [(0, 10), (1, 9), (8, 12), (9, 30)],
        1,
        5.0,
        [(0, 10), None, (10, 14), (14, 35)],
    ),
}


@pytest.mark.parametrize("name", FROM_PLUG_IN)
def test_the_examples_by_hand_of_stays_from_plug_in(name: str) -> None:
    visits, num_stations, patience_min, expected = FROM_PLUG_IN[name]
    assert stays_by_assignment(visits, num_stations, patience_min) == expected
    assert stays_by_model(visits, num_stations, patience_min) == expected


def test_the_assignment_of_the_classical_example_is_the_log_of_its_model() -> None:
    """20 cars, one every two minutes, each charging for five, and two spots."""
    config, log = model.Config(), []
    cars = model.make_cars(config)
    visits = [(car.arrival_min, car.arrival_min + car.charging_minutes) for car in cars]
    stays = stays_by_assignment(visits, config.spots, math.inf)
    assert stays == [(visit.begin_min, visit.leave_min) for visit in model.simulate(cars, config.spots, log=log.append)]
    assert len(log) == 3 * len(cars) == 60
    for number, (visit, stay) in enumerate(zip(visits, stays, strict=True)):
        assert stay is not None
        moments = zip((visit[0], *stay), ("arrives", "begins to charge", "leaves"), strict=True)
        told = [line for line in log if f" car {number} " in line]
        assert told == [f"minute {minute:g}: car {number} {what}" for minute, what in moments]


@given(
    arrivals=st.lists(st.integers(0, 40).map(float), min_size=1, max_size=30)
    | st.lists(quarters(0, 300), min_size=1, max_size=60, unique=True),
    data=st.data(),
    num_stations=st.integers(1, 6),
    patience_min=st.sampled_from([0.0, math.inf]) | st.integers(0, 40).map(float) | quarters(0, 120),
)
@settings(max_examples=400)
def test_stays_from_plug_in_begin_and_end_as_in_the_process_model(
    arrivals: list[float], data: st.DataObject, num_stations: int, patience_min: float
) -> None:
    charging = st.integers(1, 15).map(float) | quarters(0.25, 60)
    visits = [(arrival, arrival + data.draw(charging)) for arrival in sorted(arrivals)]
    assert stays_by_assignment(visits, num_stations, patience_min) == stays_by_model(visits, num_stations, patience_min)


@given(
    visits=st.lists(st.tuples(quarters(0, 300), quarters(0.25, 60)), min_size=1, max_size=30),
    num_stations=st.integers(1, 6),
    patience_min=quarters(0, 60),
)
def test_stays_are_counted_from_arrival_unless_told_otherwise_and_without_patience_it_is_all_the_same(
    visits: list[tuple[float, float]], num_stations: int, patience_min: float
) -> None:
    def assigned(patience: float, *way: bool) -> dict[str, bytes]:
        sessions = np.zeros(len(visits), SESSION)
        sessions["arrival_min"], stays_min = np.array(sorted(visits)).T
        sessions["departure_min"] = sessions["departure_stated_min"] = sessions["arrival_min"] + stays_min
        sessions["status"] = Status.SERVED
        before = sessions["departure_min"].copy()
        assign_stations(sessions, num_stations, patience, *way)
        if not any(way):
            np.testing.assert_array_equal(sessions["departure_min"], before)
            np.testing.assert_array_equal(sessions["departure_stated_min"], before)
        return bits(sessions)

    assert assigned(patience_min) == assigned(patience_min, False)
    assert assigned(0.0) == assigned(0.0, True)


CROWDED = {
    "spread": load_scenario("paper-5x20").replace(stations={"count": 2}, population={"patience_minutes": 120.0}),
    "site": load_scenario("public-10").replace(
        stations={"count": 4, "power_max_kw": 11.0}, population={"patience_minutes": 120.0}
    ),
}
"""Few stations for many PEVs that are patient, from both kinds of population."""


def both_ways(scenario: Scenario, seed: int) -> tuple[Schedule, Schedule]:
    """The same PEVs, their stays counted from arrival and from plug-in."""
    ways = (scenario.replace(population={"stay_counts_from": way}) for way in ("arrival", "plug_in"))
    fixed, moved = (generate_schedule(way, seed) for way in ways)
    return fixed, moved


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", CROWDED)
def test_a_populations_stays_are_kept_whole_and_nothing_else_changes(kind: str, seed: int, tmp_path: Path) -> None:
    fixed, moved = both_ways(CROWDED[kind], seed)
    changed = ["departure_min", "station", "plug_in_min"]
    assert fixed.sessions.drop(changed).equals(moved.sessions.drop(changed)), "also the order of arrival"
    assert moved.sessions["arrival_min"].is_sorted()
    begin = pl.coalesce("plug_in_min", "arrival_min")
    stays = moved.sessions.select(pl.col("departure_min") - begin).to_series()
    assert stays.equals(fixed.sessions.select(pl.col("departure_min") - pl.col("arrival_min")).to_series())
    waits = (moved.sessions["plug_in_min"] - moved.sessions["arrival_min"]).drop_nulls()
    assert waits.is_between(0.0, 120.0).all()
    assert (waits > 0.0).any()
    moved.validate(CROWDED[kind])
    for name in ("queue.csv", "queue.parquet"):
        moved.write(tmp_path / name)
        assert Schedule.read(tmp_path / name) == moved
    assert Schedule.from_text(moved.to_text()) == moved
    assert Schedule.from_records(moved.to_records(), moved.info).sessions.drop("pev").equals(moved.sessions.drop("pev"))


@pytest.mark.parametrize("kind", CROWDED)
def test_an_episode_with_stays_from_plug_in_keeps_its_books(kind: str) -> None:
    scenario = CROWDED[kind].replace(population={"stay_counts_from": "plug_in"})
    beyond = 0
    for seed in range(6):
        schedule = generate_schedule(scenario, seed)
        on_grid = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
        trace = run(scenario, "constant", seed=seed)
        assert trace.schedule == schedule
        books, frame = trace.books, trace.session_frame()
        np.testing.assert_allclose(books.grid_kwh, books.battery_kwh + books.loss_kwh, rtol=0, atol=1e-9)
        assert frame["grid_energy_kwh"].sum() == pytest.approx(books.grid_kwh.sum(), abs=1e-9)
        assert frame["energy_delivered_kwh"].sum() == pytest.approx(books.battery_kwh.sum(), abs=1e-9)
        wanted_kwh = frame["energy_target_kwh"] - frame["energy_arrival_kwh"]
        np.testing.assert_allclose(frame["energy_delivered_kwh"] + frame["energy_unmet_kwh"], wanted_kwh, atol=1e-9)
        assert trace.area_power_kw.max() <= scenario.area.power_max_kw
        assert frame["wait_min"].equals(schedule.sessions["plug_in_min"] - schedule.sessions["arrival_min"])
        for number, session in enumerate(on_grid):
            plugged = np.flatnonzero((trace.session == number).any(axis=1))
            steps = np.arange(session["plug_step"], min(session["depart_step"], scenario.horizon_steps))
            np.testing.assert_array_equal(plugged, steps if session["status"] == Status.SERVED else [])
        late = (frame["departure_min"] > scenario.horizon_minutes) & (frame["wait_min"] > 0.0)
        assert not frame["departed"].filter(late).any()
        beyond += late.sum()
    assert beyond > 0, "some PEV has waited and stays beyond the horizon"
