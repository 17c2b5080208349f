"""What is done by an order for many stations is done one by one for few: the same, to the last bit."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.clock import begin
from pev_battery_charge.core.heap import sort_descending
from pev_battery_charge.core.limits import claim, raise_many, raise_together, serve_in_line, serve_many
from pev_battery_charge.core.raising import drop_certain, drop_shortest, fill_level
from pev_battery_charge.core.records import NEVER, NO_SESSION, SESSION, Status, make_stations
from tests.bits import bits
from tests.reference import plain_order

KINDS = [(0.0, 22.0), (1.38, 7.36), (4.14, 22.08), (1.38, 11.0), (6.0, 6.0), (4.14, 7.0)]
"""Minimum and maximum, kW. Those of the second and the third are in the same proportion but for rounding."""


def a_set(kinds: Sequence[int], shares: Sequence[float], weights: Sequence[float], order: Sequence[int]) -> Records:
    stations: Records = make_stations(1, [KINDS[k][0] for k in kinds], [KINDS[k][1] for k in kinds])[0]
    stations["session"] = order
    stations["made"]["acceptance_kw"] = [KINDS[k][1] * share for k, share in zip(kinds, shares, strict=True)]
    claim(stations)
    stations["turn"]["rank"] = weights
    return stations


@st.composite
def sets(draw: st.DrawFn, weight: st.SearchStrategy[float], most: int = 9) -> Records:
    """Some stations, many of them equal, and others equal but for rounding."""
    count = draw(st.integers(1, most))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    kinds = column(st.integers(0, len(KINDS) - 1))
    shares = column(st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0.0, 1.0))
    stations = a_set(kinds, shares, column(weight), draw(st.permutations(range(count))))
    if draw(st.booleans()):
        stations["turn"]["rank"] = stations["made"]["acceptance_kw"]
    return stations


def large_set(seed: int, count: int, *, alike: bool = False) -> Records:
    random = np.random.default_rng(seed)
    kinds = random.integers(1, 3, count) if alike else random.integers(0, len(KINDS), count)
    shares = np.ones(count) if alike else random.choice([0.0, 0.5, 1.0, 0.3, *random.uniform(0.0, 1.0, 20)], count)
    return a_set(kinds.tolist(), shares.tolist(), random.integers(0, 9, count).tolist(), random.permutation(count))


WEIGHTS = st.sampled_from([0.0, 1.0, 0.1, 0.3]) | st.floats(0.0, 100.0) | st.sampled_from([1e-300, 1e-150, 1e100])
PLACES = st.integers(-3, 3).map(float) | st.floats(-1e6, 1e6) | st.sampled_from([1e100, -np.inf, np.inf])
CAPS = st.floats(0.0, 120.0) | st.sampled_from([0.0, 4.14, 22.0, 29.44])


@given(stations=sets(WEIGHTS), cap_kw=CAPS)
@settings(max_examples=300)
def test_leaving_out_at_once_is_leaving_out_one_by_one(stations: Records, cap_kw: float) -> None:
    at_once = stations.copy()
    assert raise_many(at_once, cap_kw) == raise_together(stations, cap_kw)
    assert bits(at_once) == bits(stations)


@given(stations=sets(PLACES), cap_kw=CAPS)
@settings(max_examples=300)
def test_a_sorted_line_is_a_line_in_which_the_first_is_looked_for(stations: Records, cap_kw: float) -> None:
    by_heap = stations.copy()
    assert serve_many(by_heap, cap_kw) == serve_in_line(stations, cap_kw)
    assert bits(by_heap) == bits(stations)


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("count", [60, 150])
@pytest.mark.parametrize("proportional", [False, True])
def test_many_stations_are_raised_as_the_plain_algorithm_raises_them(
    count: int, alike: bool, proportional: bool
) -> None:
    for seed in range(5):
        stations = large_set(seed, count, alike=alike)
        if proportional:
            stations["turn"]["rank"] = stations["made"]["acceptance_kw"]
        for part in (0.0, 0.03, 0.2, 0.6):
            ours, cap_kw = stations.copy(), part * float(stations["made"]["power_kw"].sum())
            expected = plain_order.raised_kw(plain_order.claims_of(stations), cap_kw)
            raise_many(ours, cap_kw)
            powers = np.array(expected)
            assert ours["made"]["power_kw"].tobytes() == powers.tobytes()


@pytest.mark.parametrize("count", [60, 300])
def test_many_stations_stand_in_line_as_in_the_plain_algorithm(count: int) -> None:
    for seed in range(5):
        stations = large_set(seed, count)
        for part in (0.0, 0.03, 0.2, 0.6):
            ours, cap_kw = stations.copy(), part * float(stations["made"]["power_kw"].sum())
            expected = plain_order.in_line_kw(plain_order.claims_of(stations), cap_kw)
            serve_many(ours, cap_kw)
            powers = np.array(expected)
            assert ours["made"]["power_kw"].tobytes() == powers.tobytes()


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("rank", ["equal", "proportional"])
def test_hardly_any_station_is_left_to_be_left_out_one_by_one(rank: str, alike: bool) -> None:
    """Also of unlike stations in equal proportion, where rounding makes their shares differ in the last bits."""
    stations = large_set(3, 2000, alike=alike)
    if not alike:
        stations["made"]["acceptance_kw"] *= np.random.default_rng(1).uniform(0.9, 1.0, stations.size)
    cap_kw = 0.1 * claim(stations)
    stations["turn"]["rank"] = 1.0 if rank == "equal" else stations["made"]["acceptance_kw"]
    before = int(stations["turn"]["takes_part"].sum())
    drop_certain(stations, cap_kw)
    assert before - stations["turn"]["takes_part"].sum() > 300
    rounds = 0
    while True:
        level = fill_level(stations, cap_kw)
        powers = np.minimum(stations["made"]["acceptance_kw"], stations["turn"]["rank"] * level)
        stations["made"]["power_kw"] = np.where(stations["turn"]["takes_part"] == 1, powers, 0.0)
        if not drop_shortest(stations):
            break
        rounds += 1
    assert rounds <= 2


@pytest.mark.parametrize("raised", [raise_together, raise_many])
def test_among_stations_in_equal_proportion_the_last_to_arrive_is_left_out_wherever_it_stands(
    raised: Callable[[Records, float], float],
) -> None:
    """1.38 of 7.36 kW and 4.14 of 22.08 kW are the same part but for rounding."""
    kinds, arrivals = [1, 2, 1, 2, 1], [3, 0, 4, 2, 1]
    served = []
    for order in permutations(range(5)):
        stations = a_set([kinds[k] for k in order], [1.0] * 5, [0.0] * 5, [arrivals[k] for k in order])
        stations["turn"]["rank"] = stations["made"]["acceptance_kw"]
        raised(stations, 10.0)
        served.append(sorted(stations["session"][stations["made"]["power_kw"] > 0.0].tolist()))
    assert served == [[0, 1, 2]] * len(served)


@given(rows=st.lists(st.tuples(st.integers(-2, 2).map(float) | st.floats(allow_nan=False), st.integers(0, 3))))
def test_rows_are_sorted_by_key_and_tie(rows: list[tuple[float, int]]) -> None:
    distinct = sorted(set(rows))
    order = np.random.default_rng(len(rows)).permutation(len(distinct))
    keys, ties = np.array([distinct[k][0] for k in order]), np.array([distinct[k][1] for k in order], np.int64)
    found = np.arange(len(distinct))
    sort_descending(found, keys, ties)
    assert [(keys[row], ties[row]) for row in found] == distinct[::-1]


@given(steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from(list(Status))), max_size=25))
def test_sessions_are_chained_by_their_first_step_whatever_the_order_of_their_rows(
    steps: Sequence[tuple[int, int, Status]],
) -> None:
    sessions = np.zeros(len(steps), SESSION)
    for session, (station, step, status) in zip(sessions, steps, strict=True):
        session["station"], session["plug_step"], session["status"] = station, step, status
    stations: Records = make_stations(1, np.zeros(3), np.full(3, 22.0))[0]
    begin(stations[None], sessions[None])
    for number, station in enumerate(stations):
        served = [j for j, own in enumerate(steps) if own[0] == number and own[2] == Status.SERVED]
        expected = sorted(served, key=lambda j: (steps[j][1], j))
        plugged = [] if station["session"] == NO_SESSION else [int(station["session"])]
        assert plugged == [j for j in expected[:1] if steps[j][1] == 0]
        following = expected[len(plugged) :]
        assert station["hidden"]["next_plug_step"] == (steps[following[0]][1] if following else NEVER)
        assert chain(sessions, station["hidden"]["next_session"]) == following
    unserved = [j for j, own in enumerate(steps) if own[2] != Status.SERVED]
    assert (sessions["next_session"][unserved] == NO_SESSION).all()


def chain(sessions: Mapping[str, Any], first: int) -> list[int]:
    told, j = [], int(first)
    while j != NO_SESSION:
        told.append(j)
        j = int(sessions["next_session"][j])
    return told
