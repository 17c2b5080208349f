"""Train one policy for all stations with Stable-Baselines3, on the native vector environment, in plain library use.

What `pev train` does with checkpoints, records and evaluations around it; a beginning for experiments of one's own.

Needs the extra train. python scripts/train_sb3.py --out policy.zip
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
import tyro
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from pev_battery_charge.cli.process import orderly_end
from pev_battery_charge.errors import InputError, whole_number_problems
from pev_battery_charge.files import write_beside
from pev_battery_charge.training import FIRST_EVALUATION_SEED
from pev_battery_charge.training.vec_env import AreaVecEnv

EVALUATION_AREAS = 10


@dataclass(frozen=True)
class Config:
    """Train a policy that all stations share: Stable-Baselines3's PPO on a batch of areas."""

    out: Path
    """Policy to write, .zip."""
    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    areas: int = 256
    """Load areas that are stepped together."""
    steps: int = 3_000_000
    """Agent-steps to train for: one is one step of one station. Rounded up to whole rollouts."""
    seed: int = 0
    """Seed of the schedules, of the network, and of its actions."""
    rollout_steps: int = 32
    """Steps of every station in a rollout."""
    batch: int = 4096
    """Agent-steps in a minibatch; should divide a rollout."""


def check(config: Config) -> None:
    """Raise `InputError` with everything that is wrong with the numbers and the file's name."""
    least = {"areas": 1, "steps": 1, "rollout_steps": 1, "batch": 2}
    problems = [text for name in least for text in whole_number_problems(name, getattr(config, name), least[name])]
    problems += [] if config.out.suffix == ".zip" else [f"out: must end in .zip (it is {str(config.out)!r})"]
    if problems:
        raise InputError("command line", problems)


def train(config: Config) -> None:
    """Train, evaluate on the way, print, write."""
    check(config)
    torch.set_num_threads(1)  # on purpose: for so small a network, threads cost more than they bring
    team = {"sharing": 1.0}  # every station earns the area's mean; the area's sum stays as it is
    env = VecNormalize(AreaVecEnv(config.scenario, config.areas, squash=True, reward=team), norm_obs=False, gamma=0.8)
    areas = AreaVecEnv(config.scenario, EVALUATION_AREAS, squash=True)
    areas.seed(FIRST_EVALUATION_SEED)
    evaluation_env = VecNormalize(VecMonitor(areas), training=False, norm_obs=False, norm_reward=False)
    with write_beside(config.out) as beside:  # opened first: a folder that cannot be written to is told before training
        model = PPO(
            "MlpPolicy",
            env,
            n_steps=config.rollout_steps,
            batch_size=config.batch,
            n_epochs=4,
            learning_rate=3e-3,
            gamma=0.8,
            gae_lambda=0.5,
            policy_kwargs={"log_std_init": -1.0},
            seed=config.seed,
            device="cpu",
        )
        evaluations = EvalCallback(
            evaluation_env,
            n_eval_episodes=areas.num_envs,
            eval_freq=max(config.steps // (10 * env.num_envs), 1),
        )
        begin = perf_counter()
        model.learn(config.steps, callback=evaluations)
        seconds = perf_counter() - begin
        model.save(beside)
    done = model.num_timesteps
    print(f"{done} agent-steps in {seconds:.1f} s, {done / seconds:.0f} agent-steps/s")
    print(f"{config.out}: policy, mean return a station {evaluations.last_mean_reward:.2f}")


def main() -> None:
    """Read the command line and train; bad input is told on standard error, with exit code 2."""
    try:
        train(tyro.cli(Config, description=__doc__))
    except InputError as error:
        print(f"train_sb3: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    with orderly_end():
        main()
