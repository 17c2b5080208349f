"""Round robin: against plain Python, and equal turns for all, however the cap divides."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation, load_scenario
from pev_battery_charge.controllers import RoundRobin, Snapshot
from pev_battery_charge.evaluation import run
from tests import strategies
from tests.controllers.areas import HOURS, play_beside_reference, play_by_hand
from tests.reference import LoadArea
from tests.reference.coordinators import is_below


class TurnsByHand:
    """A line of PEVs, each with the turns it has had."""

    def __init__(self) -> None:
        self.turns: dict[int, float] = {}

    def __call__(self, area: LoadArea) -> list[float]:
        claims = area.claims()
        here = {claim.turn for claim in claims.values()}
        self.turns = {pev: turns for pev, turns in self.turns.items() if pev in here}
        latest = max(self.turns.values(), default=0.0)
        for pev in here - set(self.turns):
            self.turns[pev] = latest
        line = sorted(claims.items(), key=lambda item: (self.turns[item[1].turn], item[1].turn))
        for (_, first), (_, second) in pairwise(line):
            is_below(self.turns[first.turn], self.turns[second.turn])
        requests_kw, left_kw = [0.0] * len(area.stations), area.scenario.area.power_max_kw
        for number, claim in line:
            power_kw = min(claim.acceptance_kw, left_kw)
            if power_kw > 0.0 and not is_below(power_kw, claim.power_min_kw):
                requests_kw[number] = power_kw
                left_kw -= power_kw
                self.turns[claim.turn] += power_kw / claim.acceptance_kw
        return requests_kw


@given(data=st.data(), scenario=strategies.scenarios())
def test_turns_are_those_counted_by_hand(data: st.DataObject, scenario: Scenario) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    play_beside_reference(scenario, schedule, RoundRobin(), TurnsByHand())


@given(count=st.integers(1, 7), fed_at_once=st.integers(1, 40).map(lambda number: number / 8))
@settings(max_examples=60)
def test_everybody_has_the_same_number_of_turns_at_all_times(count: int, fed_at_once: float) -> None:
    """Within one, for PEVs that are all there, and whatever part of a turn the cap leaves over."""
    pevs = [{"leave": 30.0, "need": 900.0, "limit_kw": 8.0} for _ in range(count)]
    trace = play_by_hand(pevs, 8.0 * fed_at_once, RoundRobin(), steps=120)
    turns = np.cumsum(trace.power_kw / 8.0, axis=0)
    assert (turns.max(axis=1) - turns.min(axis=1)).max() <= 1.0 + 1e-9
    np.testing.assert_allclose(trace.area_power_kw, min(8.0 * fed_at_once, 8.0 * count))


def test_as_many_as_the_cap_feeds_have_full_power_and_one_has_the_rest() -> None:
    trace = play_by_hand([{"leave": 9.0, "need": 900.0, "limit_kw": 8.0}] * 4, 20.0, RoundRobin(), steps=4)
    assert trace.power_kw.tolist() == [[8, 8, 4, 0], [4, 0, 8, 8], [4, 8, 0, 8], [8, 4, 8, 0]]


def test_a_newcomer_goes_to_the_end_of_the_line() -> None:
    pevs = [{"leave": 9.0, "need": 900.0, "limit_kw": 8.0}] * 3 + [
        {"arrive": 2 * HOURS, "leave": 9.0, "need": 900.0, "limit_kw": 8.0}
    ]
    trace = play_by_hand(pevs, 8.0, RoundRobin(), steps=8)
    assert trace.power_kw.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2, 3, 0]


def test_who_has_enough_gives_its_turn_away() -> None:
    pevs = [{"leave": 9.0, "need": 2.0, "limit_kw": 8.0}, {"leave": 9.0, "need": 900.0, "limit_kw": 8.0}]
    trace = play_by_hand(pevs, 8.0, RoundRobin(), steps=6)
    assert trace.power_kw.tolist() == [[8, 0], [0, 8], [0, 8], [0, 8], [0, 8], [0, 8]]


def test_newcomers_are_not_held_against_the_turns_that_others_have_had_alone() -> None:
    """The first has ten turns alone, and has enough. The second and third come after each other, and take turns."""
    pevs = [{"leave": 9.0, "need": 20.0, "limit_kw": 8.0}] + [
        {"arrive": step * HOURS, "leave": 9.0, "need": 900.0, "limit_kw": 8.0} for step in (10, 12)
    ]
    trace = play_by_hand(pevs, 8.0, RoundRobin(), steps=18)
    assert trace.power_kw.argmax(axis=1).tolist() == [0] * 10 + [1, 1] + [1, 2] * 3


def test_a_station_whose_minimum_is_never_reached_holds_nobody_up() -> None:
    stations = [{"power_max_kw": 50.0, "power_min_kw": 20.0}, {"power_max_kw": 8.0}, {"power_max_kw": 8.0}]
    trace = play_by_hand([{"leave": 9.0, "need": 900.0}] * 3, 8.0, RoundRobin(), steps=6, stations=stations)
    assert trace.power_kw.tolist() == [[0, 8, 0], [0, 0, 8]] * 3


def test_it_does_not_remember_an_episode_of_the_same_pevs() -> None:
    """Who has had a turn more when an episode ends is not behind when the next one begins."""
    controller = RoundRobin()
    for _ in range(2):
        trace = play_by_hand([{"leave": 9.0, "need": 900.0, "limit_kw": 8.0}] * 3, 8.0, controller, steps=4)
        assert trace.power_kw.argmax(axis=1).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("name", ["paper-5x20", "public-10"])
def test_it_begins_anew_with_every_episode_and_with_another_batch(name: str) -> None:
    used = RoundRobin()
    for seed in (1, 2):
        told = run(name, used, seed=seed).records.tobytes()
        assert told == run(name, RoundRobin(), seed=seed).records.tobytes()
    simulation = Simulation(load_scenario(name), 3)
    simulation.reset(seed=0)
    for _ in range(30):
        simulation.step(np.zeros(simulation.stations.shape))
    snapshot = Snapshot.of(simulation)
    np.testing.assert_array_equal(used(snapshot), RoundRobin()(snapshot))
