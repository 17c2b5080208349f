"""Who gets which station: the assignment against a queue that SimPy runs event by event, and examples by hand."""

import math
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge.core.records import NO_SESSION, SESSION, Status
from pev_battery_charge.schedule.assignment import assign_stations
from tests.strategies import quarters

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
