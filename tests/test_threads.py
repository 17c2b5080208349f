"""Areas over threads, and work in parts: every area is met once, wherever the cuts are."""

import threading
from threading import get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge import sizes, threads
from pev_battery_charge.threads import AreaThreads


@given(count=st.integers(0, 50), records_each=st.integers(0, 12), most=st.integers(1, 40))
def test_parts_follow_one_another_and_hold_as_many_records_as_they_may(
    count: int, records_each: int, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "PART_RECORDS", most)
        found = list(sizes.parts(count, records_each))
    assert [k for part in found for k in range(part.start, part.stop)] == list(range(count))
    lengths = [part.stop - part.start for part in found]
    assert all(length == max(most // max(records_each, 1), 1) for length in lengths[:-1])
    assert all(0 < length <= max(most // max(records_each, 1), 1) for length in lengths[-1:])


@given(
    num_threads=st.integers(1, 5),
    num_areas=st.integers(1, 23),
    num_stations=st.integers(1, 7),
    head_start=st.integers(0, 40),
    most=st.integers(1, 30),
)
def test_every_area_is_met_once(
    num_threads: int, num_areas: int, num_stations: int, head_start: int, most: int
) -> None:
    met = list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "PART_RECORDS", most)
        patch.setattr(threads, "HEAD_START_STATIONS", head_start)
        areas = AreaThreads(num_threads, num_areas, num_stations)
    areas.run(lambda first, last: met.extend(range(first, last)))
    areas.close()
    assert sorted(met) == list(range(num_areas))


@pytest.mark.parametrize(
    ("num_threads", "num_areas", "own"),
    [(2, 10, 6), (3, 10, 4), (2, 3, 2), (1, 10, 10), (5, 2, 2), (20, 10, 2)],
)
def test_the_calling_thread_steps_its_head_start_and_its_share_of_the_rest(
    num_threads: int, num_areas: int, own: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """... which is two areas: eleven stations hold no third one of four."""
    monkeypatch.setattr(threads, "HEAD_START_STATIONS", 11)
    met = dict[int, int]()
    areas = AreaThreads(num_threads, num_areas, 4)
    areas.run(lambda first, last: met.update(dict.fromkeys(range(first, last), get_ident())))
    areas.close()
    assert [area for area in sorted(met) if met[area] == get_ident()] == list(range(own))


def test_an_error_in_another_thread_is_raised_when_all_parts_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "PART_RECORDS", 1)
    areas, met = AreaThreads(3, 9, 1), list[int]()

    def advance(first: int, last: int) -> None:
        met.append(first)
        if first == 4:
            raise ValueError("area 4")

    with pytest.raises(ValueError, match="area 4"):
        areas.run(advance)
    areas.close()
    assert sorted(met) == list(range(9))


def do_nothing(first: int, last: int) -> None:
    pass


def test_threads_are_kept_from_run_to_run_and_go_when_closed() -> None:
    before, areas = set(threading.enumerate()), AreaThreads(3, 9, 1)
    for _ in range(2):
        areas.run(do_nothing)
        own = set(threading.enumerate()) - before
        for _ in range(4):
            areas.run(do_nothing)
            own |= set(threading.enumerate()) - before
        assert 1 <= len(own) <= 2
        areas.close()
        assert not own & set(threading.enumerate())
