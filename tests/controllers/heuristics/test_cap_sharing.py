"""Controllers that share the cap: each against the plain-Python rule, and what its docstring promises."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation, load_scenario
from pev_battery_charge.controllers import (
    Controller,
    Snapshot,
    earliest_deadline,
    equal_share,
    first_come,
    largest_remaining,
    least_laxity,
    proportional,
)
from pev_battery_charge.evaluation import evaluate, run
from pev_battery_charge.evaluation.session_metrics import FULL_KWH
from tests import strategies
from tests.controllers.areas import HOURS, make_area, play_beside_reference, play_by_hand, unmet_kwh
from tests.strategies import Floats

RULES: dict[str, Controller] = {
    "equal": equal_share,
    "proportional": proportional,
    "first_come": first_come,
    "earliest_departure": earliest_deadline,
    "least_laxity": least_laxity,
    "largest_remaining": largest_remaining,
}
IN_LINE: dict[str, Callable[[Snapshot], Floats]] = {
    "first_come": lambda snapshot: snapshot.stations["session"].astype(np.float64),
    "earliest_departure": lambda snapshot: snapshot.depart_stated_step.astype(np.float64),
    "largest_remaining": lambda snapshot: -snapshot.energy_remaining_kwh,
}


@pytest.mark.parametrize("rule", RULES)
@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=25)
def test_requests_are_what_the_reference_rule_would_grant_at_full_power(
    rule: str, data: st.DataObject, scenario: Scenario
) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    play_beside_reference(scenario, schedule, RULES[rule], lambda area: area.foresee(rule))


@pytest.mark.parametrize("coordinator", ["none", "proportional", "first_come"])
@pytest.mark.parametrize("rule", RULES)
def test_what_linear_batteries_are_asked_for_flows_whatever_the_area_s_own_rule(rule: str, coordinator: str) -> None:
    trace = run(load_scenario("paper-5x20").replace(coordinator=coordinator), RULES[rule], seed=4)
    np.testing.assert_allclose(trace.power_kw, trace.records["asked_kw"], rtol=0.0, atol=1e-9)
    assert (trace.area_power_kw == trace.scenario.area.power_max_kw).sum() > 50, "the cap is used to the full"


def busy_snapshots(seed: int = 3) -> list[Snapshot]:
    """What is known in some steps in which the cap binds, in an area of unlike stations without minima."""
    simulation = Simulation(load_scenario("public-10").replace(area={"power_max_kw": 40.0}))
    simulation.reset(seed=seed)
    snapshots = []
    while not simulation.over:
        snapshot = Snapshot.of(simulation)
        if snapshot.plugged.sum() > 4:
            snapshots.append(snapshot)
        simulation.step(0.3 * snapshot.power_max_kw)
    assert len(snapshots) > 30
    return snapshots


def test_equal_share_is_max_min_fair() -> None:
    """Who gets less than it could use gets as much as anybody: no one can get more but from one who has no more."""
    for snapshot in busy_snapshots():
        requests_kw, all_kw = equal_share(snapshot), RULES["first_come"](with_cap(snapshot, 1e6))
        cut = requests_kw < all_kw - 1e-9
        if cut.any():
            np.testing.assert_allclose(requests_kw[cut], requests_kw.max(), rtol=1e-12)
            assert requests_kw.sum() == pytest.approx(40.0)


def test_proportional_cuts_everybody_by_the_same_factor() -> None:
    for snapshot in busy_snapshots():
        requests_kw, all_kw = proportional(snapshot), proportional(with_cap(snapshot, 1e6))
        factor = min(1.0, 40.0 / all_kw.sum())
        np.testing.assert_allclose(requests_kw, factor * all_kw, rtol=1e-12)


@pytest.mark.parametrize("rule", IN_LINE)
def test_nobody_is_served_while_somebody_ahead_in_line_could_use_more(rule: str) -> None:
    served = 0
    for snapshot in busy_snapshots():
        requests_kw, all_kw = RULES[rule](snapshot)[0], RULES[rule](with_cap(snapshot, 1e6))[0]
        place = IN_LINE[rule](snapshot)[0]
        for k in np.flatnonzero(requests_kw > 1e-9):
            ahead = snapshot.plugged[0] & (place < place[k])
            np.testing.assert_allclose(requests_kw[ahead], all_kw[ahead], atol=1e-9)
            served += ahead.any()
    assert served > 30


def with_cap(snapshot: Snapshot, cap_kw: float) -> Snapshot:
    areas = snapshot.areas.copy()
    areas["power_max_kw"] = cap_kw
    return replace(snapshot, areas=areas)


# Deadlines. One resource, linear batteries, no limit of a single vehicle: whether everybody can be served is a sum.


@st.composite
def one_resource(draw: st.DrawFn) -> list[dict[str, float]]:
    quarter_hours = st.integers(0, 20).map(lambda number: number / 4)
    pevs = []
    for _ in range(draw(st.integers(1, 6))):
        arrive = draw(quarter_hours)
        stay = draw(st.integers(1, 12)) / 4
        pevs.append({"arrive": arrive, "leave": arrive + stay, "need": draw(st.integers(1, 80)) / 4})
    return pevs


def least_cap_kw(pevs: list[dict[str, float]]) -> float:
    """Below it nobody can serve all: the most that is due within an interval, over its length."""
    intervals = product({pev["arrive"] for pev in pevs}, {pev["leave"] for pev in pevs})
    return max(
        sum(pev["need"] for pev in pevs if begin <= pev["arrive"] and pev["leave"] <= end) / (end - begin)
        for begin, end in intervals
        if end > begin
    )


@given(pevs=one_resource())
@settings(max_examples=100)
def test_earliest_deadline_serves_everybody_whenever_anything_can(pevs: list[dict[str, float]]) -> None:
    cap_kw = least_cap_kw(pevs)
    trace = play_by_hand(pevs, cap_kw * (1.0 + 1e-12), earliest_deadline, steps=40)
    assert unmet_kwh(trace) == pytest.approx(0.0, abs=FULL_KWH)
    assert unmet_kwh(play_by_hand(pevs, 0.99 * cap_kw, earliest_deadline, steps=40)) > 1e-3, "the bound is one"


def test_no_other_rule_does() -> None:
    """Over many instances that can just be served, each of the others leaves somebody short in some."""
    random = np.random.default_rng(2)
    short = dict.fromkeys(RULES, 0)
    for _ in range(20):
        arrive, stay, need = random.integers(0, 12, 5) / 4, random.integers(1, 12, 5) / 4, random.integers(1, 80, 5) / 4
        pevs = [{"arrive": a, "leave": a + s, "need": n} for a, s, n in zip(arrive, stay, need, strict=True)]
        for rule, controller in RULES.items():
            trace = play_by_hand(pevs, least_cap_kw(pevs) * (1.0 + 1e-12), controller)
            short[rule] += unmet_kwh(trace) > FULL_KWH
    # With limits far above the cap hours needed are few, and laxity is nearly the deadline; see the next test.
    assert short["earliest_departure"] == short["least_laxity"] == 0
    assert min(short[rule] for rule in ("equal", "proportional", "first_come", "largest_remaining")) > 1


def test_least_laxity_is_late_by_what_does_not_fit_into_a_step() -> None:
    """1 kWh a step, for vehicles that can use all of it. Spare are 3 - 2.5 = 0.5 steps, and 1 - 0.4 = 0.6 steps."""
    pevs = [{"leave": 3 * HOURS, "need": 2.5, "limit_kw": 4.0}, {"leave": HOURS, "need": 0.4, "limit_kw": 4.0}]
    assert unmet_kwh(play_by_hand(pevs, 4.0, earliest_deadline)) == pytest.approx(0.0, abs=1e-9)
    assert unmet_kwh(play_by_hand(pevs, 4.0, least_laxity)) == pytest.approx(0.4)


def test_earliest_deadline_serves_where_equal_shares_come_too_late() -> None:
    """10 kW, half of it for who leaves in an hour and needs all of it."""
    pevs = [{"leave": 1.0, "need": 10.0}, {"leave": 4.0, "need": 10.0}]
    assert unmet_kwh(play_by_hand(pevs, 10.0, earliest_deadline)) == pytest.approx(0.0, abs=1e-9)
    assert unmet_kwh(play_by_hand(pevs, 10.0, equal_share)) == pytest.approx(5.0)


def test_equal_shares_serve_where_earliest_deadline_lets_the_slow_one_wait() -> None:
    """The second can draw 5 kW only, and needs them all the time; the first has twice the time it needs.

    Earliest deadline first gives the first hour to the first, 10 kW; then the second's 5 kW are all that can be used.
    Least laxity sees that the second has no hour to spare.
    """
    pevs = [{"leave": 2.0, "need": 10.0}, {"leave": 4.0, "need": 20.0, "limit_kw": 5.0}]
    assert unmet_kwh(play_by_hand(pevs, 10.0, equal_share)) == pytest.approx(0.0, abs=1e-9)
    assert unmet_kwh(play_by_hand(pevs, 10.0, least_laxity)) == pytest.approx(0.0, abs=1e-9)
    assert unmet_kwh(play_by_hand(pevs, 10.0, earliest_deadline)) == pytest.approx(5.0)


def test_where_not_everybody_can_be_served_equal_shares_are_fairer() -> None:
    """Three want 10 kWh each of the 20 there are: the last in line gets nothing, or everybody two thirds."""
    scenario, schedule = make_area([{"leave": 2.5, "need": 10.0}] * 3, 8.0)
    both = evaluate(scenario, {"edf": earliest_deadline, "equal": equal_share}, [0], schedules=[schedule]).episodes
    edf, equal = both.iter_rows(named=True)
    assert edf["energy_unmet_kwh"] == pytest.approx(equal["energy_unmet_kwh"]) == pytest.approx(10.0)
    assert (edf["satisfaction_p5"], equal["satisfaction_p5"]) == pytest.approx((0.1, 2 / 3))
    assert (edf["satisfaction_jain"], equal["satisfaction_jain"]) == pytest.approx((2 / 3, 1.0))


def test_first_come_is_earliest_deadline_where_all_stay_equally_long() -> None:
    scenario = load_scenario("paper-5x20").replace(population={"stay_tolerance": 0.0})
    first, second = (run(scenario, one, seed=5).records.tobytes() for one in (first_come, earliest_deadline))
    assert first == second


@given(steps_needed=st.lists(st.integers(1, 12), min_size=1, max_size=6), at_once=st.integers(1, 3))
def test_largest_remaining_has_all_full_as_early_as_can_be(steps_needed: list[int], at_once: int) -> None:
    """No way is faster than the longest needs alone, nor than the sum over those that fit at once."""
    pevs = [{"leave": 24.0, "need": 4.0 * HOURS * steps, "limit_kw": 4.0} for steps in steps_needed]
    trace = play_by_hand(pevs, 4.0 * at_once, largest_remaining, steps=96)
    last = np.flatnonzero(trace.area_power_kw > 1e-9)[-1] + 1
    assert last == max(*steps_needed, -(-sum(steps_needed) // at_once))


def test_a_stated_departure_moves_who_comes_first() -> None:
    """The first says it stays for long, and is served last; it leaves after an hour all the same."""
    pevs = [{"leave": 1.0, "say": 6.0, "need": 10.0}, {"leave": 2.0, "need": 20.0}]
    trace = play_by_hand(pevs, 10.0, earliest_deadline)
    assert trace.session_frame()["energy_unmet_kwh"].to_list() == pytest.approx([10.0, 0.0])
