"""The algorithms of Stable-Baselines3, made from a configuration."""

from typing import TYPE_CHECKING, Any

from pev_battery_charge.training.config import OffPolicyConfig, PPOConfig, TrainConfig

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.policies import BasePolicy
    from stable_baselines3.common.vec_env import VecEnv


def algorithm_class(config: TrainConfig) -> "type[BaseAlgorithm]":
    """The algorithm's class."""
    from stable_baselines3 import PPO, SAC, TD3  # noqa: PLC0415  of the extra `train`

    classes: dict[str, type[BaseAlgorithm]] = {"ppo": PPO, "sac": SAC, "td3": TD3}
    return classes[config.algorithm]


def policy_class(config: TrainConfig) -> "type[BasePolicy]":
    """The class of the algorithm's policy."""
    return algorithm_class(config).policy_aliases["MlpPolicy"]


def make_algorithm(config: TrainConfig, env: "VecEnv") -> "BaseAlgorithm":
    """The algorithm with a fresh policy, seeded, on an environment."""
    common: dict[str, Any] = {
        "policy": "MlpPolicy",
        "env": env,
        "learning_rate": _falling(config.learning_rate) if config.learning_rate_decays else config.learning_rate,
        "gamma": config.gamma,
        "policy_kwargs": policy_arguments(config),
        "seed": config.seed,
        "device": "cpu",  # networks of this size are faster there than on a GPU
    }
    if config.algorithm == "ppo":
        own = ppo_arguments(config.ppo, env.num_envs)
    else:
        own = off_policy_arguments(config.off_policy)
        if config.algorithm == "td3":
            own["action_noise"] = _exploration_noise(config.off_policy.action_noise)
    return algorithm_class(config)(**common, **own)


def policy_arguments(config: TrainConfig) -> dict[str, Any]:
    """What the policy's class takes besides the spaces."""
    arguments: dict[str, Any] = {"net_arch": list(config.network)}
    if config.algorithm == "ppo":
        arguments["log_std_init"] = config.ppo.log_std_init
    return arguments


def ppo_arguments(config: PPOConfig, num_envs: int) -> dict[str, Any]:
    """PPO's own arguments."""
    return {
        "n_steps": config.rollout_steps,
        "batch_size": nearest_divisor(config.rollout_steps * num_envs, config.batch_size),
        "n_epochs": config.epochs,
        "gae_lambda": config.gae_lambda,
        "clip_range": config.clip_range,
        "ent_coef": config.entropy_coefficient,
        "vf_coef": config.value_coefficient,
        "max_grad_norm": config.max_gradient_norm,
    }


def off_policy_arguments(config: OffPolicyConfig) -> dict[str, Any]:
    """The arguments of SAC and TD3."""
    return {
        "buffer_size": config.buffer_size,
        "batch_size": config.batch_size,
        "learning_starts": config.learning_starts,
        "train_freq": config.train_every,
        "gradient_steps": config.gradient_steps,
        "tau": config.tau,
    }


def nearest_divisor(size: int, wish: int) -> int:
    """The number above 1 nearest to `wish` that divides `size`: no minibatch is smaller than the others."""
    divisors = [number for number in range(2, size + 1) if size % number == 0]
    return min(divisors, key=lambda number: abs(number - wish))


def _falling(start: float) -> Any:
    """A learning rate that falls to 0 in a straight line, as Stable-Baselines3 asks for it."""
    return lambda remaining: start * remaining


def _exploration_noise(deviation: float) -> Any:
    import numpy as np  # noqa: PLC0415  only here
    from stable_baselines3.common.noise import NormalActionNoise  # noqa: PLC0415  of the extra `train`

    return NormalActionNoise(np.zeros(1), np.full(1, deviation))
