"""A bad action is refused in plain words, everything wrong with it at once, and leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.envs.episodes import (
    SHORT,
    Float32,
    actions_of,
    draw_requests,
    kw,
    play_central,
    play_parallel,
    play_vector,
)

Actions = dict[Any, Any]
Spoil = Callable[[Actions], Actions]


def without_station_2(actions: Actions) -> Actions:
    return {agent: action for agent, action in actions.items() if agent != "station_2"}


def nobody(actions: Actions) -> Actions:
    return {}


def with_station_2(action: Any) -> Spoil:
    return lambda actions: actions | {"station_2": action}


BAD_ACTIONS: dict[str, tuple[Spoil, str]] = {
    "missing agent": (without_station_2, "station_2: has no action"),
    "no agent at all": (nobody, "station_0: has no action"),
    "unknown agent": (lambda actions: actions | {"pev_7": np.ones(1)}, "pev_7: is not an agent of this environment"),
    "unknown kind of agent": (lambda actions: actions | {3: np.ones(1)}, "3: is not an agent of this environment"),
    "number in a table": (with_station_2(kw(7.0)[None]), r"station_2: shape must be \(1,\) \(it is \(1, 1\)\)"),
    "two numbers": (with_station_2(np.ones(2)), r"station_2: shape must be \(1,\) \(it is \(2,\)\)"),
    "empty": (with_station_2([]), r"station_2: shape must be \(1,\) \(it is \(0,\)\)"),
    "None": (with_station_2(None), "station_2: "),
    "text": (with_station_2("much"), "station_2: must be a number in kW"),
    "text in an array": (with_station_2(np.array(["much"])), "station_2: must be a number in kW"),
    "number as text": (with_station_2("7"), "station_2: must be a number in kW"),
    "number as text in an array": (with_station_2(np.array(["7"])), "station_2: must be a number in kW"),
    "complex number": (with_station_2(np.array([7j])), "station_2: must be a number in kW"),
    "too large a number": (with_station_2(10**400), "station_2: must be a number in kW"),
    "plain NaN": (with_station_2(float("nan")), r"station_2: must be finite \(it is nan\)"),
    "NaN": (with_station_2([np.nan]), r"station_2: must be finite \(it is nan\)"),
    "infinite": (with_station_2(kw(np.inf)), r"station_2: must be finite \(it is inf\)"),
    "minus infinite": (with_station_2(kw(-np.inf)), r"station_2: must be finite \(it is -inf\)"),
}
"""What is done to good actions, and what the error says of it."""


def state_of(env: Any) -> list[Any]:
    """Copies of all records of the simulation."""
    simulation = env.simulation
    return [simulation.areas.copy(), simulation.stations.copy(), simulation.observe()]


@pytest.mark.parametrize(("spoil", "problem"), BAD_ACTIONS.values(), ids=BAD_ACTIONS)
def test_a_bad_action_is_refused_by_name_and_the_next_good_one_is_taken_as_if_nothing_had_been(
    spoil: Spoil, problem: str
) -> None:
    requests = draw_requests(SHORT)
    expected = play_parallel(pbc.parallel_env(SHORT), requests, seed=2)
    env = pbc.parallel_env(SHORT)
    observations, _ = env.reset(seed=2)
    for t, request in enumerate(requests):
        before = state_of(env)
        with pytest.raises(pbc.InputError, match=problem):
            env.step(spoil(actions_of(env, request)))
        assert env.agents == env.possible_agents
        assert all(np.array_equal(a, b) for a, b in zip(state_of(env), before, strict=True))
        observations, rewards, _, truncated, _ = env.step(actions_of(env, request))
        assert np.array_equal(list(observations.values()), expected.observations[t + 1])
        assert list(rewards.values()) == expected.rewards[t].tolist()
    assert all(truncated.values())
    assert env.trace().num_steps == len(requests)


def test_all_bad_actions_are_told_at_once() -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    bad: Actions = {
        "station_0": [np.nan],
        "station_1": np.ones((1, 1)),
        "station_2": "x",
        "station_4": [1.0],
        "pump": [1.0],
    }
    with pytest.raises(pbc.InputError) as error:
        env.step(bad)
    assert error.value.subject == "actions"
    assert [problem.split(":")[0] for problem in error.value.problems] == [
        "station_3",
        "pump",
        "station_0",
        "station_1",
        "station_2",
    ]
    assert str(error.value).startswith("actions: 5 problems\n")


@pytest.mark.parametrize("power_kw", [1e9, -1e9])
def test_the_largest_numbers_are_taken_and_those_beyond_are_refused(power_kw: float) -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, np.array([power_kw])))
    env.step(dict.fromkeys(env.agents, power_kw))
    assert (env.trace().records["asked_kw"] == power_kw).all()
    for beyond_kw in (2.0 * power_kw, 1e308):
        with pytest.raises(pbc.InputError, match=r"station_0: must be at most 1e\+09 kW either way"):
            env.step(dict.fromkeys(env.agents, np.array([beyond_kw])))


@pytest.mark.parametrize("actions", [None, 3.0, np.ones(5)], ids=["None", "number", "array"])
def test_actions_that_are_no_mapping_are_refused(actions: Any) -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    with pytest.raises(pbc.InputError, match="actions"):
        env.step(actions)


def test_an_aec_action_is_refused_when_it_is_given_and_can_be_given_again() -> None:
    """Not when the last agent acts: by then it could not be taken back."""
    refused, untouched = pbc.env(SHORT), pbc.env(SHORT)
    refused.reset(seed=2)
    untouched.reset(seed=2)
    for request in draw_requests(SHORT):
        for n, agent in enumerate(untouched.possible_agents):
            assert refused.agent_selection == agent
            for bad in ([np.nan], np.ones(2), "x", None):
                with pytest.raises(pbc.InputError, match=agent):
                    refused.step(bad)
            refused.step(request[n : n + 1])
            untouched.step(request[n : n + 1])
        assert refused.rewards == untouched.rewards
        assert refused.infos == untouched.infos


def test_pettingzoos_order_of_calls_is_enforced_in_the_aec_environment() -> None:
    """Its wrapper must stand outermost, or a call out of turn ends in an error that says nothing."""
    env = pbc.env(SHORT)
    with pytest.raises(AssertionError, match=r"reset\(\) needs to be called before step"):
        env.step(np.zeros(1, np.float32))
    env.reset(seed=0)
    with pytest.raises(AssertionError, match=r"need to call step\(\) or reset\(\)"):
        list(env.agent_iter(2))


BAD_REQUESTS = {
    "wrong shape": (np.ones(4), "shape"),
    "one number": (1.0, "shape"),
    "None": (None, "action"),
    "text": ("much", "action"),
    "NaN": (np.full(5, np.nan), "station 4: must be a finite number"),
    "infinite": (np.array([0.0, 1.0, np.inf, 3.0, -np.inf]), "station 2: (.|\n)*station 4: "),
}
each_bad_request = pytest.mark.parametrize(("bad", "problem"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)


@each_bad_request
def test_a_bad_central_action_is_refused_and_changes_nothing(bad: Any, problem: str) -> None:
    requests = draw_requests(SHORT)
    expected = play_central(pbc.central_env(SHORT), requests, seed=2)
    env = pbc.central_env(SHORT)
    env.reset(seed=2)
    for t, request in enumerate(requests):
        before = state_of(env)
        with pytest.raises(pbc.InputError, match=problem):
            env.step(bad)
        assert all(np.array_equal(a, b) for a, b in zip(state_of(env), before, strict=True))
        observations, *_, info = env.step(request)
        assert np.array_equal(observations, expected.observations[t + 1].ravel())
        assert np.array_equal(info["rewards"], expected.rewards[t])


@each_bad_request
@pytest.mark.parametrize("copy", [True, False], ids=["copies", "buffers"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_bad_vector_action_is_refused_and_changes_nothing(bad: Any, problem: str, copy: bool, threads: int) -> None:
    requests = draw_requests(SHORT)
    expected = play_vector(pbc.vector_env(SHORT, 2), requests, 2, seed=2)
    env = pbc.vector_env(SHORT, 2, num_threads=threads, copy=copy)
    bad = np.tile(bad, 2)[:, None] if np.shape(bad) == (5,) else bad
    observations, _ = env.reset(seed=2)
    for t, request in enumerate(requests):
        seen, before = observations.copy(), state_of(env)
        with pytest.raises(pbc.InputError, match=problem):
            env.step(bad)
        assert np.array_equal(observations, seen)
        assert all(np.array_equal(a, b) for a, b in zip(state_of(env), before, strict=True))
        assert np.array_equal(observations, np.concatenate([episode.observations[t] for episode in expected]))
        observations, rewards, *_ = env.step(np.tile(request, 2)[:, None])
        assert np.array_equal(rewards, np.concatenate([episode.rewards[t] for episode in expected]))
    env.close()


def good_step(env: Any, request: Float32) -> Any:
    """A whole step of any skin."""
    if isinstance(env, ParallelArea):
        return env.step(actions_of(env, request))
    if isinstance(env, CentralArea):
        return env.step(request)
    return env.step(request[:, None])


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env, pbc.vector_env], ids=lambda make: make.__name__)
def test_a_step_before_the_first_reset_is_refused(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    with pytest.raises(pbc.EpisodeOverError, match=r"reset\(\)"):
        good_step(env, draw_requests(SHORT)[0])
    env.reset(seed=0)
    good_step(env, draw_requests(SHORT)[0])


@pytest.mark.parametrize(
    "make",
    [pbc.parallel_env, pbc.central_env, lambda scenario: pbc.vector_env(scenario, autoreset="disabled")],
    ids=["parallel_env", "central_env", "vector_env"],
)
def test_a_step_after_the_end_is_refused_until_the_next_reset(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    requests = draw_requests(SHORT)
    for seed in (0, None):
        env.reset(seed=seed)
        for request in requests:
            good_step(env, request)
        books = env.simulation.areas.copy()
        for _ in range(2):
            with pytest.raises(pbc.EpisodeOverError, match=r"reset\(\)"):
                good_step(env, requests[0])
        assert np.array_equal(env.simulation.areas, books)
