"""The algorithms of Stable-Baselines3, made from a configuration."""

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from pev_battery_charge.training.config import TrainConfig

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv


def algorithm_class(config: TrainConfig) -> "type[BaseAlgorithm]":
    """The algorithm's class."""
    from stable_baselines3 import PPO, SAC, TD3  # noqa: PLC0415  of the extra `train`

    classes: dict[str, type[BaseAlgorithm]] = {"ppo": PPO, "sac": SAC, "td3": TD3}
    return classes[config.algorithm]


def make_algorithm(config: TrainConfig, env: "VecEnv") -> "BaseAlgorithm":
    """The algorithm with a fresh policy, seeded, on an environment; its rewards are normalised if they are to be."""
    from stable_baselines3.common.noise import NormalActionNoise  # noqa: PLC0415  of the extra `train`
    from stable_baselines3.common.vec_env import VecNormalize  # noqa: PLC0415

    if config.normalise_rewards:
        env = VecNormalize(env, norm_obs=False, gamma=config.gamma)
    rate: float | Callable[[float], float] = config.learning_rate
    if config.learning_rate_decays:
        rate = falling_rate(config.learning_rate, num_updates(config, env.num_envs))
    common: dict[str, Any] = {
        "policy": "MlpPolicy",
        "env": env,
        "learning_rate": rate,
        "gamma": config.gamma,
        "policy_kwargs": policy_arguments(config),
        "seed": config.seed,
        "device": "cpu",  # networks of this size are faster there than on a GPU
    }
    if config.algorithm == "ppo":
        own: dict[str, Any] = {
            "n_steps": config.ppo.rollout_steps,
            "batch_size": nearest_divisor(config.ppo.rollout_steps * env.num_envs, config.ppo.batch_size),
            "n_epochs": config.ppo.epochs,
            "gae_lambda": config.ppo.gae_lambda,
            "clip_range": config.ppo.clip_range,
            "ent_coef": config.ppo.entropy_coefficient,
            "vf_coef": config.ppo.value_coefficient,
            "max_grad_norm": config.ppo.max_gradient_norm,
        }
    else:
        own = asdict(config.off_policy)
        own["train_freq"] = own.pop("train_every")
        noise = own.pop("action_noise")
        if config.algorithm == "td3":
            own["action_noise"] = NormalActionNoise(np.zeros(1), np.full(1, noise))
    return algorithm_class(config)(**common, **own)


def policy_arguments(config: TrainConfig) -> dict[str, Any]:
    """What the policy's class takes besides the spaces."""
    own = {"log_std_init": config.ppo.log_std_init} if config.algorithm == "ppo" else {}
    return {"net_arch": list(config.network), **own}


def falling_rate(rate: float, updates: int) -> Callable[[float], float]:
    """A learning rate that falls by the same amount with each of so many updates: `rate` at first, above 0 at the last.

    It is asked with the share of the steps that remains, as Stable-Baselines3 does: after the steps that an update
    learns from, so that nothing remains at the last.
    """
    return lambda remaining: rate * min(1.0, remaining + 1.0 / updates)


def steps_per_update(config: TrainConfig, num_envs: int) -> int:
    """Agent-steps that are made between two updates."""
    of_each = config.ppo.rollout_steps if config.algorithm == "ppo" else config.off_policy.train_every
    return of_each * num_envs


def num_updates(config: TrainConfig, num_envs: int) -> int:
    """Updates of a run: as many as make the steps that are asked for, with whole rollouts."""
    return math.ceil(config.steps / steps_per_update(config, num_envs))


def nearest_divisor(size: int, wish: int) -> int:
    """The number above 1 nearest to `wish` that divides `size`: no minibatch is smaller than the others."""
    divisors = [number for number in range(2, size + 1) if size % number == 0]
    return min(divisors, key=lambda number: abs(number - wish))
