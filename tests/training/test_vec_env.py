"""The adapter to Stable-Baselines3: the same numbers as the simulation, and all that SB3 expects."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra train")

from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from pev_battery_charge.training.scaling import scale_observations
from pev_battery_charge.training.vec_env import AreaVecEnv


def actions_of(env: AreaVecEnv, seed: int) -> np.ndarray:
    """Actions in [-1, 1] for an episode, `[T, B * N, 1]`."""
    steps = env.scenario.horizon_steps
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (steps, env.num_envs, 1)).astype(np.float32)


@pytest.mark.parametrize("name", ["paper-5x20", "public-10"])
def test_an_episode_is_that_of_the_simulation(name: str) -> None:
    env, simulation = AreaVecEnv(name, 3), pbc.Simulation(name, 3)
    env.seed(7)
    seen = env.reset()
    np.testing.assert_array_equal(seen, scale_observations(simulation.reset(seed=7)).reshape(env.num_envs, -1))
    power_max_kw = simulation.stations["power_max_kw"].copy()
    for number, actions in enumerate(actions_of(env, 1), start=1):
        shares = (actions.reshape(power_max_kw.shape).astype(np.float64) + 1.0) / 2.0
        result = simulation.step(shares * power_max_kw)
        seen, rewards, dones, infos = env.step(actions)
        np.testing.assert_array_equal(rewards, result.rewards.reshape(-1))
        assert dones.tolist() == [result.over] * env.num_envs
        expected = scale_observations(result.observations).reshape(env.num_envs, -1)
        if not result.over:
            np.testing.assert_array_equal(seen, expected)
            assert not any(infos)
            continue
        assert number == env.scenario.horizon_steps
        np.testing.assert_array_equal([info["terminal_observation"] for info in infos], expected)
        assert all(info["TimeLimit.truncated"] is True for info in infos)
        np.testing.assert_array_equal(seen, scale_observations(simulation.reset()).reshape(env.num_envs, -1))


def test_observations_handed_out_are_not_written_to_later() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    actions = actions_of(env, 2)
    first = env.reset()
    second, rewards, _, _ = env.step(actions[0])
    kept = first.copy(), second.copy(), rewards.copy()
    env.step(actions[1])
    for now, then in zip((first, second, rewards), kept, strict=True):
        np.testing.assert_array_equal(now, then)


def test_seeds_and_schedules_hold_for_one_reset() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    env.seed(3)
    env.reset()
    first = env.simulation.schedule(1)
    env.reset()
    assert env.simulation.schedule(1).sessions.to_dicts() != first.sessions.to_dicts()
    env.seed(3)
    env.reset()
    assert env.simulation.schedule(1) == first == pbc.generate_schedule("paper-5x20", seed=4)
    schedule = pbc.generate_schedule("paper-5x20", seed=9)
    env.set_options({"schedule": schedule})
    env.reset()
    assert env.simulation.schedule(1) == schedule
    env.reset()
    assert env.simulation.schedule(1) != schedule


def test_spaces_hold_what_is_seen_and_extras_are_there() -> None:
    env = AreaVecEnv("public-10", 2, extra_observations=("time_left_h", "hour"))
    assert env.observation_space.shape == (10,)
    seen = env.reset()
    for actions in actions_of(env, 4):
        seen, _, _, _ = env.step(actions)
        assert all(env.observation_space.contains(row) for row in seen)


def test_attributes_and_methods_are_those_of_the_batch() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    assert env.get_attr("num_envs", [0, 3]) == [10, 10]
    assert env.env_is_wrapped(Monitor) == [False] * 10
    env.set_attr("seconds", 5.0)
    assert env.seconds == 5.0
    assert env.env_method("observe")[0].shape == (10, 8)
    with pytest.raises(InputError, match="the same for the whole batch"):
        env.set_attr("seconds", 1.0, indices=[0])
    with pytest.raises(InputError, match="one dictionary"):
        env.set_options([{}])
    with pytest.raises(AttributeError):
        env.get_attr("no such thing")


def test_vec_monitor_tells_returns_and_lengths_of_episodes() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    monitor = VecMonitor(env)
    monitor.seed(5)
    monitor.reset()
    total = np.zeros(env.num_envs)
    for actions in actions_of(env, 5):
        _, rewards, _, infos = monitor.step(actions)
        total += rewards
    np.testing.assert_allclose([info["episode"]["r"] for info in infos], total, rtol=1e-4)
    assert {info["episode"]["l"] for info in infos} == {192}


def test_the_library_is_told_returns_and_lengths_of_episodes_without_a_wrapper() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    paid: list[np.ndarray] = []
    env.on_step = lambda _, result: paid.append(result.rewards.flatten())
    model = PPO("MlpPolicy", env, n_steps=96, batch_size=96, n_epochs=1, seed=0, device="cpu")
    model.learn(4 * 96 * env.num_envs)
    assert model.ep_info_buffer is not None
    told = np.array([info["r"] for info in model.ep_info_buffer]).reshape(2, env.num_envs)
    np.testing.assert_allclose(told, np.array(paid, float).reshape(2, 192, env.num_envs).sum(axis=1), rtol=1e-12)
    assert {info["l"] for info in model.ep_info_buffer} == {192}
    times = [info["t"] for info in model.ep_info_buffer]
    assert 0.0 < times[0] < times[-1]


def test_an_episode_that_is_broken_off_is_not_counted_into_the_next() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    env.reset()
    for actions in actions_of(env, 5)[:100]:
        env.step(actions)
    env.reset()
    total = np.zeros(env.num_envs)
    for actions in actions_of(env, 6):
        _, rewards, _, infos = env.step(actions)
        total += rewards
    np.testing.assert_allclose([info["episode"]["r"] for info in infos], total, rtol=1e-12)


def test_vec_normalize_normalises_the_last_observation_like_any_other() -> None:
    env = AreaVecEnv("paper-5x20", 2)
    normalised = VecNormalize(env, norm_obs=True)
    normalised.reset()
    lasts = []
    env.on_step = lambda _, result: lasts.append(scale_observations(result.observations).reshape(10, 8))
    for actions in actions_of(env, 6):
        _, _, _, infos = normalised.step(actions)
    expected = normalised.normalize_obs(lasts[-1])
    np.testing.assert_allclose([info["terminal_observation"] for info in infos], expected)


def test_ppo_learns_on_it_with_wrappers_and_callbacks_and_is_saved_and_loaded(tmp_path: Path) -> None:
    env = VecNormalize(VecMonitor(AreaVecEnv("paper-5x20", 4)), norm_obs=False)
    other = VecNormalize(VecMonitor(AreaVecEnv("paper-5x20", 1)), norm_obs=False, training=False)
    model = PPO("MlpPolicy", env, n_steps=96, batch_size=480, n_epochs=1, seed=0, device="cpu")
    evaluation = EvalCallback(other, eval_freq=96, n_eval_episodes=5, verbose=0, best_model_save_path=str(tmp_path))
    model.learn(2 * 96 * env.num_envs, callback=evaluation)
    assert model.ep_info_buffer is not None
    assert model.ep_info_buffer[0]["l"] == 192
    assert np.isfinite(evaluation.last_mean_reward)
    model.save(tmp_path / "model")
    env.save(str(tmp_path / "normalisation"))
    again = PPO.load(tmp_path / "model", env=VecNormalize.load(str(tmp_path / "normalisation"), AreaVecEnv(None, 4)))
    seen = AreaVecEnv("paper-5x20", 4).reset()
    first, second = (one.predict(seen, deterministic=True)[0] for one in (model, again))
    np.testing.assert_array_equal(first, second)
    mean, _ = evaluate_policy(again, VecMonitor(AreaVecEnv("paper-5x20", 1)), n_eval_episodes=5)
    assert mean < 0.0


def test_a_batch_with_threads_gives_the_same() -> None:
    one, two = AreaVecEnv("paper-5x20", 8), AreaVecEnv("paper-5x20", 8, num_threads=2)
    for env in (one, two):
        env.seed(0)
        env.reset()
    for actions in actions_of(one, 8)[:20]:
        for first, second in zip(one.step(actions)[:3], two.step(actions)[:3], strict=True):
            np.testing.assert_array_equal(first, second)
    two.close()


def test_squashed_actions_reach_the_limits_smoothly() -> None:
    plain, squashed = AreaVecEnv("public-10", 2), AreaVecEnv("public-10", 2, squash=True)
    assert squashed.action_space.high == -squashed.action_space.low == 5.0
    for env in (plain, squashed):
        env.seed(1)
        env.reset()
    for actions in actions_of(plain, 9)[:150]:
        expected = plain.step(np.tanh(4.0 * actions))
        for first, second in zip(squashed.step(4.0 * actions)[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(first, second)
