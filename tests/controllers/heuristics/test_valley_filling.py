"""Valley filling: a target is followed, and without one the area's power is as flat as can be."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Simulation, load_scenario
from pev_battery_charge.controllers import Snapshot, constant, earliest_deadline, valley_filling
from pev_battery_charge.evaluation import evaluate, run
from pev_battery_charge.evaluation.session_metrics import FULL_KWH
from tests import strategies
from tests.controllers.areas import HOURS, play_beside_reference, play_by_hand, unmet_kwh
from tests.reference import LoadArea
from tests.strategies import Floats

CAP_KW = 1000.0


@given(data=st.data(), scenario=strategies.scenarios(), target_kw=strategies.quarters(0.0, 60.0))
@settings(max_examples=25)
def test_a_target_is_shared_as_least_laxity_would_share_a_cap(
    data: st.DataObject, scenario: Scenario, target_kw: float
) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    cap_kw = min(target_kw, scenario.area.power_max_kw)
    play_beside_reference(
        scenario, schedule, valley_filling(target_kw), lambda area: area.foresee("least_laxity", cap_kw)
    )


def test_a_series_is_followed_step_by_step_but_not_above_the_cap() -> None:
    target_kw = np.array([30.0, 0.0, 7.5, 50.0, 12.0, 3.0])
    pevs = [{"leave": 9.0, "need": 100.0, "limit_kw": 15.0}] * 3
    trace = play_by_hand(pevs, 40.0, valley_filling(target_kw), steps=6)
    assert trace.area_power_kw.tolist() == [30.0, 0.0, 7.5, 40.0, 12.0, 3.0]
    assert (trace.records["asked_kw"] <= 15.0).all()


def test_every_area_of_a_batch_may_have_its_own_target() -> None:
    simulation = Simulation("paper-5x20", 3)
    simulation.reset(seed=1)
    series = np.linspace(2.0, 20.0, 3 * 192).reshape(3, 192)
    controller = valley_filling(series)
    singles = [run("paper-5x20", valley_filling(series[b]), seed=1 + b).records["asked_kw"] for b in range(3)]
    for t in range(192):
        requests_kw = controller(Snapshot.of(simulation))
        np.testing.assert_array_equal(requests_kw, [single[t] for single in singles])
        simulation.step(requests_kw)


@pytest.mark.parametrize(
    ("target_kw", "problem"),
    [
        (-1.0, "must be finite and not negative"),
        ([1.0, float("nan")], "must be finite and not negative"),
        (float("inf"), "must be finite and not negative"),
        (np.zeros((2, 2, 2)), "must be a number"),
        ("much", "must be numbers"),
        ([[1.0], [1.0, 2.0]], "must be numbers"),
    ],
    ids=str,
)
def test_a_target_that_is_none_is_refused(target_kw: Any, problem: str) -> None:
    with pytest.raises(InputError, match=f"target_kw: {problem}"):
        valley_filling(target_kw)


def test_a_target_that_does_not_fit_the_episode_is_refused_when_that_shows() -> None:
    with pytest.raises(InputError, match="target_kw: ends after 100 steps"):
        run("paper-5x20", valley_filling(np.full(100, 5.0)))
    with pytest.raises(InputError, match="target_kw: 2 series for 1 areas"):
        run("paper-5x20", valley_filling(np.full((2, 192), 5.0)))
    with pytest.raises(InputError, match="target_kw: ends after 0 steps"):
        run("paper-5x20", valley_filling([]))


def test_a_target_is_the_callers_to_change_afterwards() -> None:
    target_kw = np.full(24, 6.0)
    controller = valley_filling(target_kw)
    target_kw[:] = 0.0
    assert play_by_hand([{"leave": 6.0, "need": 90.0}], CAP_KW, controller).area_power_kw.tolist() == [6.0] * 24


def flattest_kw(area: LoadArea) -> float:
    """The highest of the powers that are due on average by one of the departures."""
    pevs = [station.pev for station in area.stations if station.pev]

    def steps_left(pev: Any) -> int:
        return max(pev.stated_step - area.step_index, 1)

    return max(
        (
            sum(other.unmet_kwh / other.efficiency for other in pevs if steps_left(other) <= steps_left(pev))
            / (steps_left(pev) * area.hours)
            for pev in pevs
        ),
        default=0.0,
    )


@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=25)
def test_without_a_target_the_level_is_the_reference_s(data: st.DataObject, scenario: Scenario) -> None:
    def reference(area: LoadArea) -> list[float]:
        return area.foresee("earliest_departure", min(flattest_kw(area), scenario.area.power_max_kw))

    play_beside_reference(scenario, data.draw(strategies.schedules(scenario)), valley_filling(), reference)


def flattest_profile_kw(due_kwh: dict[int, float]) -> Floats:
    """The power, step by step, of lowest peak and then lowest sum of squares that delivers what is due by each step.

    Delivered energy over time is the lowest concave line above all points (step, energy due by then), from (0, 0): its
    value is the highest that a chord of two of the points has there.
    """
    steps = sorted(due_kwh)
    points = [(0, 0.0)] + [(step, sum(due_kwh[one] for one in steps if one <= step)) for step in steps]
    line = []
    for t in range(steps[-1] + 1):
        chords = [
            e0 + (e1 - e0) * (t - t0) / max(t1 - t0, 1) for t0, e0 in points for t1, e1 in points if t0 <= t <= t1
        ]
        line.append(max(chords))
    return np.diff(line) / HOURS


@given(pevs=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 80)), min_size=1, max_size=6))
@settings(max_examples=80)
def test_where_all_are_there_and_nothing_binds_the_power_is_the_flattest_there_is(pevs: list[tuple[int, int]]) -> None:
    due_kwh: dict[int, float] = {}
    for steps, quarters in pevs:
        due_kwh[steps] = due_kwh.get(steps, 0.0) + quarters / 4
    rows = [{"leave": steps * HOURS, "need": quarters / 4} for steps, quarters in pevs]
    trace = play_by_hand(rows, CAP_KW, valley_filling())
    profile_kw = flattest_profile_kw(due_kwh)
    np.testing.assert_allclose(trace.area_power_kw[: len(profile_kw)], profile_kw, rtol=1e-9, atol=1e-9)
    assert unmet_kwh(trace) == pytest.approx(0.0, abs=FULL_KWH)


def test_it_is_flatter_than_charging_at_once_and_than_each_on_its_own_line() -> None:
    pevs = [{"leave": 2.0, "need": 10.0}, {"leave": 6.0, "need": 30.0}, {"leave": 6.0, "need": 2.0}]
    flat, early, lines = (
        play_by_hand(pevs, 12.0, controller).area_power_kw
        for controller in (valley_filling(), earliest_deadline, constant)
    )
    assert flat.max() == pytest.approx(42.0 / 6.0)
    assert (early.max(), lines.max()) == (12.0, pytest.approx(5.0 + 5.0 + 1 / 3))


def test_the_cap_holds_and_everybody_is_served_as_far_as_it_reaches() -> None:
    scenario = load_scenario("paper-5x20")
    frame = evaluate(scenario, {"valley": valley_filling(), "edf": "earliest-deadline"}, range(20)).episodes
    assert (frame["request_peak_kw"] <= 31.5).all()
    valley, edf = (part["energy_unmet_kwh"].sum() for part in frame.partition_by("controller", maintain_order=True))
    assert edf <= valley, "waiting for nobody costs something where the cap binds later"
