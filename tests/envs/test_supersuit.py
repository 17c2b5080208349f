"""Every wrapper of SuperSuit that means something here: an episode through it, and what it hands on.

Left out: `color_reduction_v0` and `resize_v1`, which are for images; `gym_vec_env_v0`, `stable_baselines_vec_env_v0`
and `stable_baselines3_vec_env_v0`, which are for environments of one agent; `vectorize_aec_env_v0`, which
steps copies of an environment of turns, not its agents. The stacks of vectors are in `test_public_checks.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import supersuit
from gymnasium.spaces import Box

import pev_battery_charge as pbc
from tests.envs.episodes import SHORT

Wrap = Callable[[Any], Any]

WRAPPERS: dict[str, Wrap] = {
    "action_lambda_v1": lambda env: supersuit.action_lambda_v1(env, lambda action, _: action, lambda space: space),
    "agent_indicator_v0": supersuit.agent_indicator_v0,
    "black_death_v3": supersuit.black_death_v3,
    "clip_actions_v0": supersuit.clip_actions_v0,
    "clip_reward_v0": supersuit.clip_reward_v0,
    "delay_observations_v0": lambda env: supersuit.delay_observations_v0(env, 2),
    "dtype_v0": lambda env: supersuit.dtype_v0(env, np.float64),
    "flatten_v0": supersuit.flatten_v0,
    "frame_skip_v0": lambda env: supersuit.frame_skip_v0(env, 3),
    "frame_stack_v1": lambda env: supersuit.frame_stack_v1(env, 2),
    "max_observation_v0": lambda env: supersuit.max_observation_v0(env, 2),
    "nan_noop_v0": lambda env: supersuit.nan_noop_v0(env, np.zeros(1, np.float32)),
    "nan_random_v0": supersuit.nan_random_v0,
    "nan_zeros_v0": supersuit.nan_zeros_v0,
    "normalize_obs_v0": supersuit.normalize_obs_v0,
    "observation_lambda_v0": lambda env: supersuit.observation_lambda_v0(env, lambda seen, _: seen / 2.0),
    "pad_action_space_v0": supersuit.pad_action_space_v0,
    "pad_observations_v0": supersuit.pad_observations_v0,
    "reshape_v0": lambda env: supersuit.reshape_v0(env, (2, 4)),
    "reward_lambda_v0": lambda env: supersuit.reward_lambda_v0(env, lambda reward: reward * 2.0),
    "scale_actions_v0": lambda env: supersuit.scale_actions_v0(env, 0.5),
    "sticky_actions_v0": lambda env: supersuit.sticky_actions_v0(env, 0.5),
}
STEPS = {"frame_skip_v0": SHORT.horizon_steps // 3, "black_death_v3": SHORT.horizon_steps + 1}
"""Where an episode has another number of steps: the last one of `black_death_v3` is one without agents."""
BEYOND_ITS_SPACE = {"agent_indicator_v0": 8}
"""How many numbers lie in the space, where SuperSuit leaves it: an agent is marked with the largest bound of all."""


@pytest.mark.parametrize(("name", "wrap"), WRAPPERS.items(), ids=WRAPPERS)
def test_an_episode_passes_through_the_wrapper_and_what_is_seen_lies_in_its_space(name: str, wrap: Wrap) -> None:
    env = wrap(pbc.parallel_env(SHORT))
    seen, _ = env.reset(seed=1)
    for n, agent in enumerate(env.agents):
        env.action_space(agent).seed(n)
    steps = 0
    while env.agents:
        assert list(seen) == list(env.agents)
        for agent, observation in seen.items():
            space = env.observation_space(agent)
            assert isinstance(space, Box)
            assert np.shape(observation) == space.shape
            inside = (space.low <= observation) & (observation <= space.high)
            assert inside[: BEYOND_ITS_SPACE.get(name)].all()
        before = seen
        seen, rewards, _, _, _ = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        if seen:
            assert len(rewards) == SHORT.num_stations
        steps += bool(seen)
    assert steps == STEPS.get(name, SHORT.horizon_steps)
    assert before
    assert env.unwrapped.trace().num_steps == SHORT.horizon_steps


@pytest.mark.parametrize(("name", "wrap"), WRAPPERS.items(), ids=WRAPPERS)
def test_the_wrapper_takes_the_environment_of_turns(name: str, wrap: Wrap) -> None:
    env = wrap(pbc.env(SHORT, max_cycles=6))
    env.reset(seed=1)
    for agent in env.agent_iter(500):
        *_, terminated, truncated, _ = env.last()
        env.step(None if terminated or truncated else env.action_space(agent).sample())
    assert env.agents == []
    assert env.unwrapped.trace().num_steps == 6


def test_normalised_observations_fill_zero_to_one() -> None:
    env = supersuit.normalize_obs_v0(pbc.parallel_env(SHORT))
    raw = pbc.parallel_env(SHORT)
    seen, own = env.reset(seed=1)[0], raw.reset(seed=1)[0]
    for agent, observation in seen.items():
        assert env.observation_space(agent) == Box(0.0, 1.0, (8,), np.float32)
        expected = own[agent] / [22.0, 22.0, 31.5, 31.5, 1.0, 24.0, 110.0, 22.0]
        assert observation == pytest.approx(expected, rel=1e-6)


def test_skipped_frames_add_up_rewards_and_come_back_with_the_seed() -> None:
    env, single = supersuit.frame_skip_v0(pbc.parallel_env(SHORT), (1, 4)), pbc.parallel_env(SHORT)
    lengths = []
    for _ in range(2):
        env.reset(seed=5)
        single.reset(seed=5)
        lengths.append([])
        while env.agents:
            done = env.unwrapped.simulation.step_index
            actions = {agent: np.float32([11.0]) for agent in env.agents}
            rewards = env.step(actions)[1]
            lengths[-1].append(env.unwrapped.simulation.step_index - done)
            expected = [single.step(actions)[1] for _ in range(lengths[-1][-1])]
            for agent, reward in rewards.items():
                assert reward == pytest.approx(sum(one[agent] for one in expected))
    assert lengths[0] == lengths[1]
    assert len(set(lengths[0])) > 1
