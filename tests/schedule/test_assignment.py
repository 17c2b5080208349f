"""A station is found in a tree as it is found by looking at all stations, one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.core.records import SESSION, Status
from pev_battery_charge.schedule.assignment import all_free, assign_stations, earliest_free, take
from tests.reference import plain_order
from tests.strategies import quarters


@given(
    num_stations=st.integers(1, 20),
    asked=st.lists(st.tuples(quarters(0, 20), quarters(0, 30)), min_size=1, max_size=60),
)
def test_the_station_found_is_the_first_that_is_free_or_comes_free(
    num_stations: int, asked: list[tuple[float, float]]
) -> None:
    """Whatever the order in which they are asked for."""
    tree, plain = all_free(num_stations), [0.0] * num_stations
    for arrival, departure in asked:
        station = earliest_free(tree, arrival)
        assert station == plain_order.earliest_free(plain, arrival)
        take(tree, station, departure)
        plain[station] = departure


def test_thousands_of_sessions_get_the_stations_that_the_plain_search_gives() -> None:
    random, num_stations, patience_min = np.random.default_rng(5), 90, 20.0
    sessions = np.zeros(2000, SESSION)
    sessions["arrival_min"] = np.sort(np.round(random.uniform(0.0, 900.0, sessions.size)))
    sessions["departure_min"] = sessions["arrival_min"] + random.integers(1, 90, sessions.size)
    sessions["status"] = Status.SERVED
    assign_stations(sessions, num_stations, patience_min)
    free_at = [0.0] * num_stations
    for session in sessions:
        arrival = float(session["arrival_min"])
        station = plain_order.earliest_free(free_at, arrival)
        plug_in = max(free_at[station], arrival)
        if plug_in <= arrival + patience_min and plug_in < session["departure_min"]:
            assert (session["station"], session["plug_in_min"]) == (station, plug_in)
            free_at[station] = float(session["departure_min"])
        else:
            assert session["status"] == Status.REJECTED
    assert {Status.REJECTED, Status.SERVED} == set(sessions["status"].tolist())
    assert (sessions["plug_in_min"] > sessions["arrival_min"]).any()
