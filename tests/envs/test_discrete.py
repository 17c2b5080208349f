"""Discretised actions: levels, masks, the same episode in all environments, and what learners and checkers say."""

import copy
import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
import supersuit
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

import pev_battery_charge as pbc
from pev_battery_charge.core.records import NO_SESSION
from tests.envs.episodes import SHORT, kw
from tests.v2g_evening import evening_scenario

BOTH = evening_scenario().replace(
    name="both ways", horizon_steps=40, stations=[{"power_max_kw": 22.0, "power_min_kw": -11.0}] * 2
)
MIXED = BOTH.replace(name="mixed", stations=[*BOTH.stations, {"power_max_kw": 11.0, "least_kw": 4.0}])

infinite = pytest.mark.filterwarnings("ignore:.*maximum observation space value is infinity")
infinite_box = pytest.mark.filterwarnings("ignore:.*A Box observation space maximum value is infinity")
# A wrapper is what is to be checked here.
wrapped = pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
no_numbers = pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")
no_box = pytest.mark.filterwarnings("ignore:Observation space for each agent probably should be")


def test_levels_are_tenths_both_ways_only_where_the_station_may_discharge() -> None:
    env = pbc.discrete_actions(pbc.parallel_env(MIXED))
    assert [env.action_space(agent) for agent in env.possible_agents] == [Discrete(21), Discrete(21), Discrete(11)]
    np.testing.assert_allclose(env.levels.shares[0], np.arange(-10, 11) / 10)
    np.testing.assert_allclose(env.levels.requests_kw[0][[0, 5, 10, 15, 20]], [-11.0, -5.5, 0.0, 11.0, 22.0])
    np.testing.assert_allclose(env.levels.requests_kw[2], np.arange(11) * 1.1)
    own = pbc.discrete_actions(pbc.central_env(MIXED), [-1.0, 0.0, 1.0])
    assert own.action_space == MultiDiscrete([3, 3, 3])
    assert pbc.discrete_actions(pbc.vector_env(MIXED, 2)).single_action_space == Discrete(21)
    assert pbc.discrete_actions(pbc.vector_env(SHORT)).single_action_space == Discrete(11)


def test_the_same_levels_make_the_same_episode_as_the_powers_they_stand_for() -> None:
    plain = pbc.parallel_env(MIXED)
    envs: list[Any] = [pbc.parallel_env(MIXED), pbc.central_env(MIXED), pbc.vector_env(MIXED, autoreset="disabled")]
    parallel, central, vector = (pbc.discrete_actions(env, [-1.0, -0.3, 0.0, 0.5, 1.0]) for env in envs)
    turns = pbc.discrete_actions(pbc.env(MIXED), [-1.0, -0.3, 0.0, 0.5, 1.0])
    for env in (plain, parallel, central, vector, turns):
        env.reset(seed=5)
    random = np.random.default_rng(1)
    for _ in range(MIXED.horizon_steps):
        chosen = random.integers(0, 5, 3)
        request = [parallel.levels.requests_kw[n][one] for n, one in enumerate(chosen)]
        _, rewards, *_ = plain.step(dict(zip(plain.possible_agents, kw(*request)[:, None], strict=True)))
        own = parallel.step(dict(zip(plain.possible_agents, chosen, strict=True)))
        for one in chosen:
            turns.step(one)
        np.testing.assert_allclose(list(own[1].values()), list(rewards.values()), atol=1e-5)
        np.testing.assert_allclose(list(turns.rewards.values()), list(own[1].values()), atol=1e-6)
        np.testing.assert_allclose(central.step(chosen)[1], sum(rewards.values()), atol=1e-4)
        np.testing.assert_allclose(vector.step(chosen)[1], list(rewards.values()), atol=1e-5)
    assert parallel.area.trace().power_kw.min() < 0.0


def test_masks_allow_only_idle_at_an_empty_station_and_nothing_that_it_cannot_do() -> None:
    levels = [-1.0, -0.5, 0.0, 0.2, 0.4, 1.0]
    envs: list[Any] = [pbc.parallel_env(MIXED), pbc.central_env(MIXED), pbc.vector_env(MIXED, autoreset="disabled")]
    parallel, central, vector = (pbc.discrete_actions(env, levels) for env in envs)
    told = parallel.reset(seed=5)[1], central.reset(seed=5)[1], vector.reset(seed=5)[1]
    met = set()
    # The last station gives nothing below 4 kW, a fifth of its 11 kW is less; and takes nothing back.
    able = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 1, 1]]
    for _ in range(MIXED.horizon_steps):
        by_agent, whole, many = told
        plugged = parallel.area.simulation.stations["session"][0] != NO_SESSION
        for n, (agent, info) in enumerate(by_agent.items()):
            expected = able[n] if plugged[n] else [0, 0, 1, 0, 0, 0]
            assert info["action_mask"].tolist() == expected
            assert whole["action_mask"][n].tolist() == many["action_mask"][n].tolist() == expected
            assert info["action_mask"].dtype == np.int8
            assert parallel.action_space(agent).sample(info["action_mask"]) in np.flatnonzero(expected)
            met.add((n, bool(plugged[n])))
        assert central.action_space.sample(whole["action_mask"]).shape == (3,)
        told = (
            parallel.step(dict.fromkeys(parallel.agents, 5))[-1],
            central.step(np.full(3, 5))[-1],
            vector.step(np.full(3, 5))[-1],
        )
    assert len(met) == 6


def test_masks_stand_in_observations_where_wished() -> None:
    parallel = pbc.discrete_actions(pbc.parallel_env(MIXED), mask_in_observation=True)
    seen, infos = parallel.reset(seed=2)
    for agent in parallel.agents:
        space = parallel.observation_space(agent)
        assert isinstance(space, Dict)
        assert space is parallel.observation_space(agent)
        assert set(space.spaces) == {"observation", "action_mask"}
        assert space.contains(seen[agent])
        np.testing.assert_array_equal(seen[agent]["action_mask"], infos[agent]["action_mask"])
    central = pbc.discrete_actions(pbc.central_env(MIXED), mask_in_observation=True)
    assert central.observation_space["action_mask"] == Box(0, 1, (21 + 21 + 11,), np.int8)
    assert central.observation_space.contains(central.reset(seed=2)[0])
    vector = pbc.discrete_actions(pbc.vector_env(MIXED, 2, autoreset="next_step"), mask_in_observation=True)
    assert vector.observation_space.contains(vector.reset(seed=2)[0])
    assert vector.observation_space.contains(vector.step(np.full(6, 10))[0])
    with pytest.raises(pbc.InputError, match="autoreset"):
        pbc.discrete_actions(pbc.vector_env(MIXED), mask_in_observation=True)


@pytest.mark.parametrize(
    ("levels", "problem"),
    [
        ([0.0, 1.5], r"levels\[1\]: must be from -1 to 1"),
        ([0.0, float("nan")], r"levels\[1\]"),
        ([0.5, 1.0], "must have 0"),
        ([], "must have 0"),
        ([0.0, 0.5, 0.5], "must be different"),
        (["much"], "must be numbers"),
        (3, "must be numbers"),
        ([0.0, *(k / 2000 for k in range(1, 1500))], "at most 1001"),
    ],
)
def test_levels_that_are_none_are_refused(levels: Any, problem: str) -> None:
    with pytest.raises(pbc.InputError, match=problem):
        pbc.discrete_actions(pbc.parallel_env(BOTH), levels)


def test_actions_that_are_none_are_refused_by_name() -> None:
    parallel, central = pbc.discrete_actions(pbc.parallel_env(BOTH)), pbc.discrete_actions(pbc.central_env(BOTH))
    vector, turns = pbc.discrete_actions(pbc.vector_env(BOTH)), pbc.discrete_actions(pbc.env(BOTH))
    for env in (parallel, central, vector, turns):
        env.reset(seed=0)
    with pytest.raises(pbc.InputError, match=r"station_1: must be a whole number from 0 to 20 \(it is 21\)"):
        parallel.step({"station_0": 3, "station_1": 21})
    with pytest.raises(pbc.InputError, match="station_1: has no action"):
        parallel.step({"station_0": 3})
    with pytest.raises(pbc.InputError, match="station_0: must be a whole number"):
        central.step([-1, 3])
    with pytest.raises(pbc.InputError, match="shape"):
        central.step([3])
    with pytest.raises(pbc.InputError, match=r"actions\[1\]: must be from 0 to 20"):
        vector.step([3, 40])
    with pytest.raises(pbc.InputError, match="whole numbers"):
        vector.step([0.5, 1.0])
    with pytest.raises(pbc.InputError, match="station_0: must be a whole number"):
        turns.step(0.5)
    with pytest.raises(pbc.InputError, match="env: must be made by"):
        pbc.discrete_actions(gymnasium.make("CartPole-v1"))


@pytest.mark.parametrize("masked", [False, True])
@infinite
@no_numbers
@no_box
def test_pettingzoo_checks(masked: bool) -> None:
    def parallel() -> Any:
        return pbc.discrete_actions(pbc.parallel_env(BOTH), mask_in_observation=masked)

    def turns() -> Any:
        return pbc.discrete_actions(pbc.env(BOTH), mask_in_observation=masked)

    parallel_api_test(parallel(), num_cycles=100)
    api_test(turns(), num_cycles=200)
    if not masked:  # the seed tests compare arrays alone
        parallel_seed_test(parallel)
        seed_test(turns)


@pytest.mark.parametrize("masked", [False, True])
@infinite_box
@wrapped
def test_gymnasium_check_env(masked: bool) -> None:
    check_env(pbc.discrete_actions(pbc.central_env(BOTH), mask_in_observation=masked), skip_render_check=True)
    made = gymnasium.make("pev_battery_charge/Central-v0", scenario=BOTH)
    env = pbc.discrete_actions(made)
    env.reset(seed=1)
    assert env.step(env.action_space.sample())[-1]["action_mask"][0].shape == (21,)


def test_supersuit_stacks_it() -> None:
    env = supersuit.pettingzoo_env_to_vec_env_v1(pbc.discrete_actions(pbc.parallel_env(BOTH)))
    env.reset(seed=0)
    for _ in range(5):
        observations, rewards, *_ = env.step(np.array([20, 3]))
    assert observations.shape[0] == rewards.shape[0] == 2


def test_copies_and_pickles_go_on_alike() -> None:
    env = pbc.discrete_actions(pbc.parallel_env(BOTH), mask_in_observation=True)
    env.reset(seed=3)
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]  # noqa: S301  own bytes
    told = env.step(dict.fromkeys(env.agents, 20))
    for other in others:
        again = other.step(dict.fromkeys(other.agents, 20))
        assert again[1] == told[1]
        assert other.observation_space("station_0").contains(again[0]["station_0"])


def test_stable_baselines3_learns_a_few_steps() -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    env = pbc.discrete_actions(pbc.central_env(BOTH))
    sb3.PPO("MlpPolicy", env, n_steps=16, batch_size=16, n_epochs=1, seed=0, device="cpu").learn(48)
    one = pbc.discrete_actions(pbc.central_env(BOTH), mask_in_observation=True)
    sb3.PPO("MultiInputPolicy", one, n_steps=16, batch_size=16, n_epochs=1, seed=0, device="cpu").learn(32)
