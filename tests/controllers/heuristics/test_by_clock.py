"""Night and distributed charging: when they begin, that they are in time, and how they count the taper."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Trace, load_scenario
from pev_battery_charge.controllers import constant, distributed, night
from pev_battery_charge.evaluation import run
from tests.controllers.areas import HOURS, play_by_hand

ROOMY_KW = 1000.0


def one_pev(need: float, leave: float, start_hour: float, controller=None, **more: float) -> Trace:
    """A PEV alone at a 100 kW station, 10 kW unless told otherwise, in an episode that begins at `start_hour`."""
    pev = {"limit_kw": 10.0, "leave": leave, "need": need} | more
    start = f"{int(start_hour):02d}:{int(start_hour % 1 * 60):02d}"
    return play_by_hand([pev], ROOMY_KW, controller or night(), start=start, steps=96)


def asks(trace: Trace) -> list[int]:
    """The steps in which something is asked for and drawn; what is asked for is the station's maximum."""
    asked_kw = trace.records["asked_kw"][:, 0]
    assert set(asked_kw.tolist()) <= {0.0, 100.0}
    return np.flatnonzero(asked_kw).tolist()


def test_by_day_a_vehicle_waits_for_the_last_safe_step_and_is_full_when_it_leaves() -> None:
    """25 kWh at 10 kW are ten quarters of an hour: of 32 from 8 to 16 o'clock, the last ten."""
    trace = one_pev(25.0, 8.0, 8.0)
    assert asks(trace) == list(range(22, 32))
    assert trace.session_frame()["energy_unmet_kwh"].to_list() == pytest.approx([0.0], abs=1e-9)


def test_a_part_of_a_step_is_taken_whole() -> None:
    """24 kWh are 9.6 steps: the tenth from the end is early enough, the ninth too late."""
    assert asks(one_pev(24.0, 8.0, 8.0)) == list(range(22, 32))
    assert asks(one_pev(25.1, 8.0, 8.0)) == list(range(21, 32))


@pytest.mark.parametrize(
    ("start_hour", "leave", "need", "expected"),
    [
        (18.0, 13.0, 25.0, range(24, 34)),
        (18.0, 8.0, 25.0, [*range(22, 32)]),
        (18.0, 13.0, 80.0, range(20, 52)),
        (18.0, 15.0, 70.0, [*range(24, 48), *range(56, 60)]),
        (3.0, 9.0, 5.0, range(2)),
        (5.5, 9.0, 25.0, [0, 1, *range(28, 36)]),
    ],
    ids=["midnight", "leaves at two", "earlier", "the rest by day", "already night", "the rest of the night"],
)
def test_nights_begin_at_midnight_and_end_at_six(
    start_hour: float, leave: float, need: float, expected: list[int]
) -> None:
    trace = one_pev(need, leave, start_hour)
    assert asks(trace) == list(expected)
    assert trace.session_frame()["energy_unmet_kwh"].to_list() == pytest.approx([0.0], abs=1e-9)


def test_a_night_may_be_set_and_go_over_midnight() -> None:
    assert asks(one_pev(25.0, 13.0, 18.0, night(22.0, 5.0))) == list(range(16, 26))
    assert asks(one_pev(75.0, 16.0, 18.0, night(22.0, 2.0))) == [*range(16, 32), *range(50, 64)]
    assert asks(one_pev(25.0, 13.0, 18.0, night(3.0, 3.0))) == list(range(42, 52)), "no night at all"
    assert asks(one_pev(25.0, 13.0, 18.0, night(0.0, 24.0))) == list(range(10)), "always night"


@pytest.mark.parametrize("hours", [(-0.1, 6.0), (0.0, 24.5), (float("nan"), 6.0), (-1.0, 99.0)])
def test_hours_that_no_clock_shows_are_refused(hours: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="must be from 0 to 24") as refused:
        night(*hours)
    assert len(refused.value.problems) == sum(not 0.0 <= hour <= 24.0 for hour in hours)


@given(
    need=st.floats(0.1, 60.0),
    stay_steps=st.integers(1, 60),
    start_hour=st.integers(0, 23),
    taper=st.sampled_from([1.0, 0.8, 0.3]),
    share=st.sampled_from([0.5, 0.9, 1.0]),
    limit_kw=st.floats(3.0, 20.0),
)
@settings(max_examples=80)
def test_waiting_costs_nothing_but_the_last_thousandth_of_a_tapering_battery(
    need: float, stay_steps: int, start_hour: int, taper: float, share: float, limit_kw: float
) -> None:
    """As much is stored as full power from the beginning would store, or all that counts."""
    capacity = need / share / 0.7
    battery = {"capacity": capacity, "has": 0.3 * share * capacity, "taper": taper, "limit_kw": limit_kw}
    leave = stay_steps * HOURS
    waited = one_pev(need, leave, float(start_hour), **battery)
    at_once = one_pev(need, leave, float(start_hour), "uncontrolled", **battery)
    stored, most = (trace.session_energy_kwh[-1, 0] for trace in (waited, at_once))
    enough = min(battery["has"] + need, 0.999 * capacity if taper < 1.0 else capacity)
    assert stored >= min(most, enough) - 1e-9
    assert stored <= most + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_distributed_is_the_straight_line_for_linear_batteries(seed: int) -> None:
    roomy = load_scenario("paper-5x20").replace(area={"power_max_kw": ROOMY_KW})
    line, spread = (run(roomy, one, seed=seed) for one in (constant, distributed))
    np.testing.assert_allclose(spread.records["asked_kw"], line.records["asked_kw"], rtol=1e-9, atol=1e-9)
    frame = spread.session_frame()
    assert frame.filter(frame["status"] == "served")["energy_unmet_kwh"].max() == pytest.approx(0.0, abs=1e-9)


def test_distributed_counts_the_hours_of_the_taper() -> None:
    """40 kWh, half full, wanted to 0.9, taper from 0.8: 12 kWh straight, then exponentially from 0.2 to 0.1 missing."""
    trace = one_pev(16.0, 10.0, 8.0, distributed, has=20.0, capacity=40.0, taper=0.8)
    hours = 12.0 / 10.0 + 0.2 * 40.0 / 10.0 * math.log(2.0)
    assert trace.records["asked_kw"][0, 0] == pytest.approx(10.0 * hours / 10.0)
    straight = one_pev(16.0, 10.0, 8.0, constant, has=20.0, capacity=40.0, taper=0.8)
    assert straight.records["asked_kw"][0, 0] == pytest.approx(1.6)


def test_distributed_asks_for_full_power_and_no_more_where_time_is_short() -> None:
    trace = one_pev(40.0, 3.0, 8.0, distributed)
    assert trace.records["asked_kw"][:12, 0].tolist() == [10.0] * 12
    assert trace.records["asked_kw"][12:, 0].tolist() == [0.0] * 84


def test_distributed_asks_for_the_least_that_a_station_gives_rather_than_for_too_little() -> None:
    stations = [{"power_min_kw": 4.0, "power_max_kw": 20.0}]
    pev = {"leave": 10.0, "need": 10.0, "limit_kw": 10.0}
    trace = play_by_hand([pev], ROOMY_KW, distributed, stations=stations, steps=48)
    assert trace.records["asked_kw"][:, 0].tolist() == [4.0] * 10 + [0.0] * 38


def test_a_tapering_battery_is_charged_to_nearly_full_and_then_left_alone() -> None:
    trace = one_pev(20.0, 15.0, 8.0, distributed, has=20.0, capacity=40.0, taper=0.8)
    stored = trace.session_energy_kwh[-1, 0]
    assert 0.98 * 40.0 < stored <= 0.9995 * 40.0
