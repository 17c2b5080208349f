"""Many steps at once are as many single ones, to the last bit."""

import threading
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import EpisodeOverError, InputError, Scenario, Simulation
from pev_battery_charge import steps as steps_module
from pev_battery_charge.catalogue import compose
from tests import strategies
from tests.bits import bits
from tests.catalogue import own_entries

SMALL = Scenario(horizon_steps=30, population={"pevs": 7, "stay_minutes": 60.0}, area={"power_max_kw": 30.0})


def state_bits(simulation: Simulation) -> list[dict[str, bytes]]:
    return [bits(part) for part in (simulation.areas, simulation.stations, simulation.sessions)]


def requests_of(simulation: Simulation, steps: int, seed: int) -> strategies.Floats:
    """Within bounds, far out of them, negative, zero."""
    random = np.random.default_rng(seed)
    shares = random.choice([0.0, 1.0, 3.0, -0.5, 0.3, 0.7], (steps, *simulation.stations.shape))
    asked_kw: strategies.Floats = shares * simulation.stations["power_max_kw"]
    return asked_kw


def expect_same(played: Simulation, stepped: Simulation, asked_kw: strategies.Floats, *, trace: bool = False) -> None:
    """Play one, step the other, from where they stand, and compare all there is."""
    begin, hours = stepped.step_index, stepped.scenario.step_minutes / 60.0
    result = played.play(asked_kw)
    rewards, grid_kwh = np.zeros((2, *stepped.stations.shape))
    parts = np.zeros((len(stepped.part_names) - 1, *stepped.stations.shape))
    observations = stepped.observe()
    for row in asked_kw[: stepped.horizon_steps - begin]:
        told = stepped.step(row)
        observations = told.observations.copy()
        rewards += told.rewards
        parts += told.parts[:-1]
        grid_kwh += stepped.stations["made"]["power_kw"] * hours
    assert (result.steps, result.over) == (stepped.step_index - begin, stepped.over)
    assert played.step_index == stepped.step_index
    assert result.observations.tobytes() == observations.tobytes()
    assert result.rewards.tobytes() == rewards.tobytes()
    assert result.parts.tobytes() == parts.tobytes()
    assert result.grid_kwh.tobytes() == grid_kwh.tobytes()
    assert state_bits(played) == state_bits(stepped)
    if trace:
        for b in range(stepped.num_areas):
            assert bits(played.trace(b).records) == bits(stepped.trace(b).records)


@pytest.mark.slow  # compiles a play for each rule
@settings(max_examples=25)
@given(
    scenario=strategies.scenarios(),
    areas=st.integers(1, 4),
    threads=st.integers(1, 3),
    record=st.booleans(),
    lengths=st.lists(st.integers(0, 25), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_a_play_is_as_many_steps(
    scenario: Scenario, areas: int, threads: int, record: bool, lengths: list[int], seed: int
) -> None:
    with (
        closing(Simulation(scenario, areas, num_threads=threads, record=record)) as played,
        closing(Simulation(scenario, areas, record=record)) as stepped,
    ):
        for one in (played, stepped):
            one.reset(seed=seed)
        for number, steps in enumerate(lengths):
            if not stepped.over:
                expect_same(played, stepped, requests_of(stepped, steps, number), trace=record)


def test_own_terms_features_and_sharing_are_played_too() -> None:
    scenario = own_entries.scenario()
    played, stepped = Simulation(scenario, 2, record=True), Simulation(scenario, 2, record=True)
    for one in (played, stepped):
        one.reset(seed=3)
    expect_same(played, stepped, requests_of(stepped, scenario.horizon_steps, 1), trace=True)


def test_it_may_go_on_where_steps_have_ended_and_steps_where_it_has() -> None:
    played, stepped = (Simulation(SMALL, 2, reuse_buffers=one) for one in (True, False))
    for one in (played, stepped):
        one.reset(seed=3)
    asked_kw = requests_of(stepped, 30, 1)
    for k in range(4):
        kept = played.step(asked_kw[k]).rewards.copy(), stepped.step(asked_kw[k]).rewards
        assert kept[0].tobytes() == kept[1].tobytes()
    expect_same(played, stepped, asked_kw[4:20])
    assert played.step(asked_kw[20]).observations.tobytes() == stepped.step(asked_kw[20]).observations.tobytes()


def test_one_plan_is_for_all_areas() -> None:
    planned, told = Simulation(SMALL, 3), Simulation(SMALL, 3)
    for one in (planned, told):
        one.reset(seed=2)
    plan_kw = np.random.default_rng(0).uniform(0.0, 22.0, (30, 5))
    plan_kw.flags.writeable = False
    results = planned.play(plan_kw.tolist()), told.play(np.repeat(plan_kw[:, None], 3, axis=1))
    assert results[0].rewards.tobytes() == results[1].rewards.tobytes()
    assert state_bits(planned) == state_bits(told)
    planned.reset(seed=2)
    assert planned.play(plan_kw).rewards.tobytes() == results[0].rewards.tobytes()


def test_it_ends_with_the_horizon() -> None:
    simulation = Simulation(SMALL, max_steps=9)
    simulation.reset(seed=0)
    assert simulation.play(np.full((4, 5), 5.0))[0] == 4
    result = simulation.play(np.full((400, 5), 5.0))
    assert (result.steps, result.over, simulation.step_index) == (5, True, 9)
    with pytest.raises(EpisodeOverError, match="reset"):
        simulation.play(np.zeros((1, 5)))
    with pytest.raises(EpisodeOverError, match="reset"):
        Simulation(SMALL).play(np.zeros((1, 5)))


@pytest.mark.parametrize("shape", [(), (5,), (2, 4), (2, 1, 5), (3, 3, 5), (1, 2, 5, 1)])
def test_requests_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    simulation = Simulation(SMALL, 2)
    simulation.reset(seed=0)
    with pytest.raises(InputError, match=r"requests: shape must be \[T, 2, 5\] or \[T, 5\]"):
        simulation.play(np.zeros(shape))
    with pytest.raises(InputError, match="must be numbers"):
        simulation.play([["five"] * 5])
    assert simulation.step_index == 0


def test_a_request_that_is_no_number_is_refused_before_the_first_step() -> None:
    simulation = Simulation(SMALL, 2)
    simulation.reset(seed=0)
    before = state_bits(simulation)
    asked_kw = np.full((30, 2, 5), 9.0)
    asked_kw[7, 1, 3] = np.nan
    with pytest.raises(InputError, match=r"step 7, area 1, station 3: must be a finite number \(it is nan\)"):
        simulation.play(asked_kw)
    with pytest.raises(
        InputError, match=r"area 1, station 3: must be at most 1e\+09 kW either way \(it is -10000000000.0\)"
    ):
        simulation.play(np.where(np.isnan(asked_kw), -1e10, asked_kw))
    plan_kw = np.full((30, 5), np.inf)
    with pytest.raises(InputError, match=r"step 0, station 0: must be a finite number \(it is inf\)") as refused:
        simulation.play(plan_kw)
    assert refused.value.problems[-1] == "130 more are not finite or beyond that"
    assert state_bits(simulation) == before
    assert simulation.step_index == 0


@pytest.fixture
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of seven steps."""
    monkeypatch.setattr(steps_module, "_STATION_STEPS", 7 * 5 * 3)


@pytest.mark.usefixtures("_few_at_a_time")
def test_a_long_play_in_parts_is_the_same() -> None:
    played, stepped = Simulation(SMALL, 3, record=True), Simulation(SMALL, 3, record=True)
    for one in (played, stepped):
        one.reset(seed=5)
    expect_same(played, stepped, requests_of(stepped, 30, 1), trace=True)


@pytest.mark.usefixtures("_few_at_a_time")
@pytest.mark.parametrize("num_threads", [1, 2])
def test_an_interrupt_leaves_it_between_two_steps(num_threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is where it goes on."""
    played, stepped = Simulation(SMALL, 3, num_threads=num_threads), Simulation(SMALL, 3)
    asked_kw = requests_of(stepped, 30, 1)
    for one in (played, stepped):
        one.reset(seed=5)
    stepped.play(asked_kw[:14])
    kernels, parts_made = played._kernels, 0

    def interrupted(*arguments: Any) -> None:
        nonlocal parts_made
        kernels.play(*arguments)
        if threading.current_thread() is threading.main_thread():
            parts_made += 1
            if parts_made == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(played, "_kernels", compose.StepKernels(kernels.step, interrupted))
    with pytest.raises(KeyboardInterrupt):
        played.play(asked_kw)
    monkeypatch.undo()
    assert played.step_index == 14
    assert state_bits(played) == state_bits(stepped)
    expect_same(played, stepped, asked_kw[14:])
    played.close()
