"""One loop for all: who plays, what a clairvoyant is told and when, and schedules that are given."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pev_battery_charge import InputError, Scenario, Schedule, Simulation, generate_schedule, load_scenario
from pev_battery_charge.controllers import Clairvoyant, Snapshot, uncontrolled
from pev_battery_charge.evaluation import comparison, evaluate, play, run
from pev_battery_charge.populations.stated import with_stated_departures
from tests.bits import bits
from tests.strategies import Floats


class Seer:
    """Writes down what it is told and asked, and charges at half power."""

    def __init__(self) -> None:
        self.told: list[tuple[Scenario, list[Schedule]]] = []
        self.asked: list[tuple[int, int]] = []

    def foresee(self, scenario: Scenario, schedules: Sequence[Schedule]) -> None:
        self.told.append((scenario, list(schedules)))

    def __call__(self, snapshot: Snapshot) -> Floats:
        self.asked.append((len(self.told), snapshot.step))
        return 0.5 * snapshot.power_max_kw


def test_who_is_clairvoyant_is_known_by_what_it_can_be_told() -> None:
    assert isinstance(Seer(), Clairvoyant)
    assert not isinstance(uncontrolled, Clairvoyant)


def test_the_schedule_of_every_area_is_told_once_before_the_first_step() -> None:
    simulation, seer = Simulation("public-10", 3, max_steps=20), Seer()
    simulation.reset(seed=5)
    steps = list(play(simulation, seer))
    assert len(steps) == 20
    assert steps[-1].over
    ((scenario, schedules),) = seer.told
    assert scenario == simulation.scenario
    assert schedules == [generate_schedule("public-10", seed=5 + b) for b in range(3)]
    assert seer.asked == [(1, step) for step in range(20)]


def test_a_clairvoyant_is_told_true_departures_and_stated_ones() -> None:
    schedule = with_stated_departures(generate_schedule("workplace-20", seed=1), seed=1)
    seer = Seer()
    run("workplace-20", seer, schedule=schedule)
    assert seer.told[0][1] == [schedule]


def test_play_is_the_plain_loop_and_run_and_evaluate_are_play() -> None:
    def controller(snapshot: Snapshot) -> Floats:
        return (0.3 + 0.5 * (snapshot.step % 3)) * snapshot.power_max_kw

    plain, played = (Simulation("public-10", 1, record=True) for _ in range(2))
    plain.reset(seed=4)
    while not plain.over:
        plain.step(controller(Snapshot.of(plain)))
    played.reset(seed=4)
    for _ in play(played, controller):
        pass
    trace = run("public-10", controller, seed=4)
    assert bits(played.trace().records) == bits(plain.trace().records) == bits(trace.records)
    (row,) = evaluate("public-10", {"it": controller}, [4]).episodes.iter_rows(named=True)
    assert row["energy_delivered_kwh"] == pytest.approx(trace.books.battery_kwh.sum())


def test_play_goes_on_from_where_a_simulation_stands() -> None:
    simulation = Simulation("paper-5x20", max_steps=10)
    simulation.reset(seed=0)
    for _ in range(4):
        simulation.step(np.zeros((1, 5)))
    assert len(list(play(simulation, uncontrolled))) == 6
    assert list(play(simulation, uncontrolled)) == []


@pytest.mark.parametrize("chunk", [2, 256])
def test_given_schedules_take_the_place_of_drawn_ones_each_with_its_seed(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "CHUNK_AREAS", chunk)
    scenario, seeds = load_scenario("workplace-20"), [7, 3, 11]
    schedules = [generate_schedule(scenario, seed) for seed in (20, 21, 22)]
    seer = Seer()
    given = evaluate(scenario, {"seer": seer, "all": "uncontrolled"}, seeds, schedules=schedules).episodes
    drawn = evaluate(scenario, {"seer": Seer(), "all": "uncontrolled"}, [20, 21, 22]).episodes
    assert_frame_equal(given.drop("seed"), drawn.drop("seed"), rel_tol=1e-12)  # unused rows change the order of sums
    assert given["seed"].to_list() == seeds * 2
    assert [one for _, told in seer.told for one in told] == schedules


def test_every_controller_meets_the_same_stated_departures() -> None:
    """And stated departures make a difference to who believes them only."""
    scenario = load_scenario("workplace-20").replace(area={"power_max_kw": 40.0})
    true = [generate_schedule(scenario, seed) for seed in range(4)]
    stated = [with_stated_departures(one, seed=seed) for seed, one in enumerate(true)]
    names = {"edf": "earliest-deadline", "equal": "equal-share"}
    frames = [evaluate(scenario, names, range(4), schedules=one).episodes for one in (true, stated)]
    before, after = (frame.partition_by("controller", as_dict=True) for frame in frames)
    assert before[("equal",)].equals(after[("equal",)])
    unmet = [part[("edf",)]["energy_unmet_kwh"].sum() for part in (before, after)]
    assert unmet[0] < unmet[1], "who is told the truth can do better"


def test_schedules_that_do_not_fit_are_refused_before_anything_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "CHUNK_AREAS", 1)
    seer, good = Seer(), generate_schedule("paper-5x20", seed=1)
    with pytest.raises(InputError, match="schedules: 1 for 2 seeds"):
        evaluate("paper-5x20", {"seer": seer}, [0, 1], schedules=[good])
    bad = Schedule(good.sessions.with_columns(pl.col("station") + 3), good.info)
    with pytest.raises(InputError, match="unknown station: the scenario has 0 to 4"):
        evaluate("paper-5x20", {"seer": seer}, [0, 1], schedules=[good, bad])
    assert seer.told == []
