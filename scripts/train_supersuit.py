"""Train one policy for all stations with Stable-Baselines3's PPO, the environments stacked by SuperSuit.

The way with other people's parts only: PettingZoo's parallel environment, SuperSuit's stack, Stable-Baselines3. Every
station passes through Python dictionaries at every step, which is what `pev_battery_charge.training` saves.

Needs stable-baselines3 and supersuit. python scripts/train_supersuit.py --out policy.zip
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import supersuit
import torch
import tyro
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecMonitor

import pev_battery_charge as pbc
from pev_battery_charge.cli.process import orderly_end
from pev_battery_charge.errors import InputError, whole_number_problems
from pev_battery_charge.files import write_beside
from pev_battery_charge.training import FIRST_EVALUATION_SEED
from pev_battery_charge.training.parallel import ScaledArea

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Config:
    """Train a policy that all stations share: Stable-Baselines3's PPO on SuperSuit's stack of areas."""

    out: Path
    """Policy to write, .zip."""
    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    areas: int = 8
    """Load areas that are stepped together."""
    steps: int = 500_000
    """Agent-steps to train for: one is one step of one station. Rounded up to whole rollouts."""
    seed: int = 0
    """Seed of the schedules, of the network, and of its actions."""
    n_steps: int = 192
    """Steps of every station in a rollout."""
    batch: int = 768
    """Agent-steps in a minibatch."""
    epochs: int = 10
    """How often a rollout is learned from."""


def check(config: Config) -> None:
    """Raise `InputError` with everything that is wrong with the numbers and the file's name."""
    least = {"areas": 1, "steps": 1, "n_steps": 2, "batch": 2, "epochs": 1}  # PPO normalises over a batch
    problems = [text for name in least for text in whole_number_problems(name, getattr(config, name), least[name])]
    problems += [] if config.out.suffix == ".zip" else [f"out: must end in .zip (it is {str(config.out)!r})"]
    if problems:
        raise InputError("command line", problems)


class MendedStack(VecEnvWrapper):
    """Gives SuperSuit's stack what Stable-Baselines3 asks of it: seeds, word of truncation, and its render mode."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        self._seed: int | None = None

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the areas at the next reset: area b with seed + b."""
        self._seed = seed
        return [seed] * self.num_envs

    def reset(self) -> Float32:
        """Begin new episodes. SuperSuit's wrapper would pass no seed on, so what it wraps is called."""
        observations, self.reset_infos = self.venv.venv.reset(seed=self._seed)
        self._seed = None
        return observations

    def step_wait(self) -> Any:
        """End the step. Without this word PPO would take the horizon for an end, after which nothing is to be lost."""
        observations, rewards, dones, infos = self.venv.step_wait()
        for n in np.flatnonzero(dones):
            infos[n]["TimeLimit.truncated"] = True
        return observations, rewards, dones, infos

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the stack, which is that of each of its environments."""
        return [getattr(self.venv, attr_name) for _ in self._get_indices(indices)]


class Progress(BaseCallback):
    """Prints a line a rollout."""

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        returns = [episode["r"] for episode in self.model.ep_info_buffer or ()]
        mean = f"{np.mean(returns):8.2f}" if returns else "no episode yet"
        print(f"{self.num_timesteps:>9} agent-steps, mean return a station lately {mean}", flush=True)


def make_supersuit_env(scenario: pbc.Scenario | str | Path | None, num_areas: int) -> VecEnv:
    """A stack of `num_areas` areas in this process, in which each station is an environment of its own.

    SuperSuit's own wrappers do not serve for scaling: `normalize_obs_v0` needs finite bounds, and its lambda wrappers
    make a parallel environment take turns and then play in parallel again, which makes a step about ten times as long.
    """
    area = supersuit.pettingzoo_env_to_vec_env_v1(ScaledArea(pbc.parallel_env(scenario)))
    return MendedStack(supersuit.concat_vec_envs_v1(area, num_areas, num_cpus=1, base_class="stable_baselines3"))


def evaluate(model: PPO, config: Config) -> float:
    """The mean return a station under the policy without exploration, over one episode of fresh areas."""
    env = VecMonitor(make_supersuit_env(config.scenario, config.areas))
    env.seed(FIRST_EVALUATION_SEED)
    return float(evaluate_policy(model, env, n_eval_episodes=env.num_envs)[0])


def make_model(env: VecEnv, config: Config) -> PPO:
    """PPO with one small network for all stations."""
    return PPO(
        "MlpPolicy",
        env,
        n_steps=config.n_steps,
        batch_size=config.batch,
        n_epochs=config.epochs,
        stats_window_size=env.num_envs,  # the episode that ended last, at every station
        seed=config.seed,
        device="cpu",
    )


def train(config: Config) -> None:
    """Train, print, write."""
    check(config)
    torch.set_num_threads(1)  # on purpose: for so small a network, threads cost more than they bring
    env = VecMonitor(make_supersuit_env(config.scenario, config.areas))
    with write_beside(config.out) as beside:  # opened first: a folder that cannot be written to is told before training
        model = make_model(env, config)
        print(f"{config.areas} areas, {env.num_envs} stations, one policy")
        print(f"before: mean return a station {evaluate(model, config):.2f}", flush=True)
        begin = perf_counter()
        model.learn(config.steps, callback=Progress())
        seconds = perf_counter() - begin
        print(f"after: mean return a station {evaluate(model, config):.2f}")
        done = model.num_timesteps
        print(f"{done} agent-steps in {seconds:.1f} s, {done / seconds:.0f} agent-steps/s")
        model.save(beside)
    print(f"{config.out}: policy")


def main() -> None:
    """Read the command line and train; bad input is told on standard error, with exit code 2."""
    try:
        train(tyro.cli(Config, description=__doc__))
    except InputError as error:
        print(f"train_supersuit: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    with orderly_end():
        main()
