"""Train one policy for all stations with TorchRL's PPO: the actor sees what its station sees, the critic may see all.

TorchRL's own PettingZoo wrapper stands around `pbc.parallel_env`; nothing between them is ours.

Needs torchrl. python scripts/train_torchrl.py --out actor.pt
"""

import logging
import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import torch
import tyro
from tensordict import NestedKey, TensorDictBase
from tensordict.nn import NormalParamExtractor, TensorDictModule
from torch import nn
from torchrl.collectors import Collector
from torchrl.envs import Compose, EnvBase, RewardSum, SerialEnv, Transform, TransformedEnv, check_env_specs
from torchrl.envs.libs.pettingzoo import PettingZooWrapper
from torchrl.modules import MLP, MultiAgentMLP, ProbabilisticActor, TanhNormal
from torchrl.objectives import ClipPPOLoss, ValueEstimators

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.cli.process import orderly_end
from pev_battery_charge.errors import InputError, whole_number_problems
from pev_battery_charge.files import write_beside
from pev_battery_charge.scenario import resolve_scenario
from pev_battery_charge.training.scaling import scale_observations

# TorchRL names the PettingZoo of 2023 as the one it tries; `check_env_specs` tries the one that is installed.
warnings.filterwarnings("ignore", "PettingZoo in TorchRL is tested using version == 1.24.3 ")
# Advantages are normalised over all stations together on purpose: they share one policy.
warnings.filterwarnings("ignore", "You requested advantage normalization and the advantage key has more dimensions ")
# `check_env_specs` would say that it succeeded in colours, between the lines of results.
logging.getLogger("torchrl").setLevel(logging.WARNING)

Critic = Literal["state", "local"]

# Agents are grouped by the name before their number: `station_0`, `station_1`, ... lie stacked under "station".
OBSERVATION, ACTION, REWARD = ("station", "observation"), ("station", "action"), ("station", "reward")
VALUE, RETURN, LOG_PROB = ("station", "state_value"), ("station", "episode_reward"), ("station", "action_log_prob")


@dataclass(frozen=True)
class Config:
    """Train a policy that all stations share: PPO on TorchRL's wrapper around the PettingZoo environment."""

    out: Path
    """File for the actor's parameters (a state_dict), .pt."""
    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    critic: Critic = "state"
    """What the critic judges by: the state of the whole area, or what the station itself sees."""
    areas: int = 8
    """Load areas that are stepped together; an iteration is one episode of each."""
    steps: int = 300_000
    """Agent-steps to train for: one is one step of one station. Rounded up to whole iterations."""
    seed: int = 0
    """Seed of the schedules, of the networks, and of the actions."""
    batch: int = 192
    """Steps of an area in a minibatch."""
    epochs: int = 10
    """How often an iteration's episodes are learned from."""
    learning_rate: float = 3e-4
    """Of Adam."""


def check(config: Config) -> None:
    """Raise `InputError` with everything that is wrong with the numbers and the file's name."""
    least = {"areas": 1, "steps": 1, "batch": 1, "epochs": 1}
    problems = [text for name in least for text in whole_number_problems(name, getattr(config, name), least[name])]
    problems += [] if config.out.suffix == ".pt" else [f"out: must end in .pt (it is {str(config.out)!r})"]
    if problems:
        raise InputError("command line", problems)


class ScaledStations(Transform):
    """What stations see as `pev_battery_charge.training.scaling` has it: fractions of the limits.

    For an entry of shape `[..., N, F]`, or `[..., N * F]` as the area's state has it.
    """

    def __init__(self, key: NestedKey, names: Sequence[str]) -> None:
        super().__init__(in_keys=[key], out_keys=[key])
        self.names = names

    def _apply_transform(self, obs: torch.Tensor) -> torch.Tensor:
        stations = obs.unflatten(-1, (-1, len(self.names)))
        return torch.from_numpy(scale_observations(stations.numpy(), self.names)).flatten(-2)

    def _reset(self, _before: TensorDictBase, tensordict_reset: TensorDictBase) -> TensorDictBase:
        return self._call(tensordict_reset)  # by itself, TorchRL transforms what steps show only


def make_env(scenario: pbc.Scenario, num_areas: int) -> EnvBase:
    """`num_areas` areas side by side, observations scaled, actions in kW, each episode's rewards summed up."""
    # Version 0: bounds in kW and kWh are none of the fractions that the transforms make of observations.
    areas = SerialEnv(num_areas, lambda: PettingZooWrapper(pbc.parallel_env(scenario, version=0), return_state=True))
    stations = ScaledStations(OBSERVATION, scenario.observations)
    state = ScaledStations("state", STATE_FEATURES)
    return TransformedEnv(areas, Compose(stations, state, RewardSum([REWARD], [RETURN])))


def make_actor(scenario: pbc.Scenario) -> ProbabilisticActor:
    """The policy: from what a station sees to a distribution over the kW it may ask for, the same for all stations."""
    power_max_kw = torch.tensor([[station.power_max_kw] for station in scenario.stations])
    network = nn.Sequential(_station_mlp(scenario, 2), NormalParamExtractor())
    return ProbabilisticActor(
        TensorDictModule(network, [OBSERVATION], [("station", "loc"), ("station", "scale")]),
        in_keys=[("station", "loc"), ("station", "scale")],
        out_keys=[ACTION],
        distribution_class=TanhNormal,
        distribution_kwargs={"low": torch.zeros_like(power_max_kw), "high": power_max_kw},
        return_log_prob=True,
        log_prob_key=LOG_PROB,
    )


class AreaCritic(nn.Module):
    """The value of each station, from the state of the whole area and, to tell which of them it is, what it sees."""

    def __init__(self, scenario: pbc.Scenario) -> None:
        super().__init__()
        state = scenario.num_stations * len(STATE_FEATURES)
        self.mlp = MLP(num_seen(scenario) + state, 1, num_cells=[128, 128])

    def forward(self, observation: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """`[..., N, F]` and `[..., S]` to `[..., N, 1]`."""
        return self.mlp(observation, state.unsqueeze(-2).expand(*observation.shape[:-1], -1))


def make_critic(scenario: pbc.Scenario, critic: Critic) -> TensorDictModule:
    """The values of the stations: from the state of the area, or each from what the station itself sees."""
    if critic == "local":
        return TensorDictModule(_station_mlp(scenario, 1), [OBSERVATION], [VALUE])
    return TensorDictModule(AreaCritic(scenario), [OBSERVATION, "state"], [VALUE])


def num_seen(scenario: pbc.Scenario) -> int:
    """F: how many numbers a station sees."""
    return len(scenario.observations)


def _station_mlp(scenario: pbc.Scenario, num_outputs: int) -> MultiAgentMLP:
    return MultiAgentMLP(
        n_agent_inputs=num_seen(scenario),
        n_agent_outputs=num_outputs,
        n_agents=scenario.num_stations,
        centralized=False,
        share_params=True,
        num_cells=[64, 64],
    )


def make_loss(actor: ProbabilisticActor, critic: TensorDictModule) -> ClipPPOLoss:
    """PPO's loss with generalised advantages, on the keys of the stations."""
    loss = ClipPPOLoss(actor, critic, entropy_coeff=1e-3, normalize_advantage=True)
    done, terminated = ("station", "done"), ("station", "terminated")
    loss.set_keys(action=ACTION, reward=REWARD, value=VALUE, sample_log_prob=LOG_PROB, done=done, terminated=terminated)
    loss.make_value_estimator(ValueEstimators.GAE, gamma=0.99, lmbda=0.95)
    return loss


def learn(loss: ClipPPOLoss, optimizer: torch.optim.Optimizer, episodes: TensorDictBase, config: Config) -> None:
    """Improve actor and critic by some epochs over the episodes, `[areas, horizon]`."""
    with torch.no_grad():
        loss.value_estimator(episodes)
    steps = episodes.flatten()
    for _ in range(config.epochs):
        for rows in torch.randperm(len(steps)).split(config.batch):
            losses = loss(steps[rows])
            optimizer.zero_grad()
            (losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]).backward()
            nn.utils.clip_grad_norm_(loss.parameters(), max_norm=0.5)
            optimizer.step()


def train(config: Config) -> None:
    """Check the environment, train, print a line an iteration, write."""
    check(config)
    torch.set_num_threads(1)  # on purpose: for so small a network, threads cost more than they bring
    torch.manual_seed(config.seed)
    scenario = resolve_scenario(config.scenario)
    with write_beside(config.out) as beside:  # opened first: a folder that cannot be written to is told before training
        env = make_env(scenario, config.areas)
        check_env_specs(env)
        print("check_env_specs: passed", flush=True)
        env.set_seed(config.seed)
        actor = make_actor(scenario)
        loss = make_loss(actor, make_critic(scenario, config.critic))
        optimizer = torch.optim.Adam(loss.parameters(), config.learning_rate)

        frames = config.areas * scenario.horizon_steps
        iterations = math.ceil(config.steps / (frames * scenario.num_stations))
        begin = perf_counter()
        collector = Collector(
            env,
            actor,
            frames_per_batch=frames,
            total_frames=iterations * frames,
            auto_register_policy_transforms=False,  # they are for policies with memory
        )
        for iteration, episodes in enumerate(collector, start=1):
            learn(loss, optimizer, episodes, config)
            done = iteration * episodes.numel() * scenario.num_stations
            mean = episodes["next"][RETURN][:, -1].mean()
            speed = done / (perf_counter() - begin)
            print(f"{done:>9} agent-steps, mean return a station {mean:8.2f}, {speed:.0f} agent-steps/s", flush=True)
        torch.save(actor.state_dict(), beside)
    print(f"{config.out}: actor")


def main() -> None:
    """Read the command line and train; bad input is told on standard error, with exit code 2."""
    try:
        train(tyro.cli(Config, description=__doc__))
    except InputError as error:
        print(f"train_torchrl: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    with orderly_end():
        main()
