"""Train one policy for all stations with Ray RLlib's PPO, on this machine or on many.

Every env runner is a process of its own that steps its own areas; the learner gathers what they saw. An env runner that
dies is replaced, and training goes on meanwhile. Install with `pip install -e ".[distributed]"`, then, on one machine:

    python scripts/train_rllib.py --scenario paper-5x20 --env-runners 2 --iterations 60 --out runs/rllib

On several hosts of one network, install the same environment (Python, Ray and this package in the same versions) on
each. Ray admits hosts with its token: make one on the first host, and copy its file `~/.ray/auth_token` to the others.
Start Ray on the first, join it from the others, and point to it with the one option `--address`, on any of them:

    export RAY_AUTH_MODE=token        # on every host
    ray get-auth-token --generate     # on the first
    ray start --head --port=6379      # on the first
    ray start --address=FIRST:6379    # on each other
    python scripts/train_rllib.py --address FIRST:6379 --env-runners 16 --out runs/rllib

`ray stop` on each host ends it. The others may leave and come back while it trains. The scenario is sent along: they
need no copy of its file, nor of this script. `--out` is Ray's own checkpoint, written on the host where training was
started; the trained policy alone comes back with

    from ray.rllib.core.rl_module import RLModule
    station = RLModule.from_checkpoint(Path("runs/rllib/learner_group/learner/rl_module/station").resolve())

It takes scaled observations and gives actions in [-1, 1]: see `pev_battery_charge.training.scaling`.
"""

import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tyro
from gymnasium.spaces import Box
from pettingzoo.utils import BaseParallelWrapper

import pev_battery_charge as pbc
from pev_battery_charge.cli.process import orderly_end
from pev_battery_charge.errors import InputError, whole_number_problems
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.training.parallel import ScaledArea

if TYPE_CHECKING:
    from ray.rllib.algorithms import Algorithm
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.env.env_context import EnvContext
    from ray.rllib.env.env_runner_group import EnvRunnerGroup
    from ray.rllib.env.multi_agent_env import MultiAgentEnv

Float32 = npt.NDArray[np.float32]
Stations = dict[int, Any]

ENVIRONMENT = "pev_battery_charge_area"
POLICY = "station"
FIRST_LOG_STD = -1.0
"""Logarithm of the noise that actions in [-1, 1] have at first."""
PROBE_TIMEOUT_S = 2.0
"""How long an iteration waits at its start for an env runner that is still being replaced; then it begins without."""
RESTART_DELAY_S = 2.0
"""How long an env runner that failed by an error waits before it is started again."""
KNOCK_TIMEOUT_S = 10.0
"""How long a cluster's first host may take to answer."""
IDLE_MAX_S = 300.0
"""After so long without one living env runner, training gives up."""


@dataclass(frozen=True)
class Config:
    """Train a policy that all stations share: RLlib's PPO, its env runners on this machine or on a Ray cluster."""

    out: Path
    """Folder to write the checkpoint to; must be new or empty."""
    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    address: str | None = None
    """Ray cluster to train on: HOST:PORT, or auto for the one this host is in; if not given, one is started here."""
    env_runners: int = 2
    """Processes that step areas, each on one core."""
    areas: int = 4
    """Load areas that an env runner steps together."""
    iterations: int = 60
    """Times that the policy is improved."""
    steps: int = 3072
    """Steps of areas in an iteration, over all env runners; each is one agent-step for every station."""
    minibatch: int = 1024
    """Agent-steps in a minibatch."""
    epochs: int = 6
    """How often an iteration's steps are learned from."""
    learning_rate: float = 1e-3
    """Step size of the optimiser at first; it falls to 0 in a straight line."""
    discount: float = 0.97
    """Weight of the next step's reward against this one's."""
    seed: int = 0
    """Seed of the schedules, of the network, and of its actions."""

    def check(self) -> None:
        """Raise `InputError` with everything that is wrong."""
        least = {"env_runners": 1, "areas": 1, "iterations": 1, "steps": 1, "minibatch": 2, "epochs": 1, "seed": 0}
        problems = [text for name in least for text in whole_number_problems(name, getattr(self, name), least[name])]
        if not self.learning_rate > 0.0:
            problems.append(f"learning_rate: must be above 0 (it is {self.learning_rate})")
        if not 0.0 <= self.discount <= 1.0:
            problems.append(f"discount: must be from 0 to 1 (it is {self.discount})")
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            problems.append(f"out: must be a new or empty folder (it is {str(self.out)!r})")
        if problems:
            raise InputError("command line", problems)


class NumberedStations(BaseParallelWrapper[int, Float32, Float32]):
    """A scaled area whose agents are numbers in place of names.

    RLlib keeps agents in sets. The order of names in a set differs from run to run, and with it what the network learns
    from first; numbers keep theirs, so that a seed gives the same run again.

    RLlib could bring actions to each station's kW by itself, but refuses one policy for stations whose spaces differ,
    as those of 11 and of 22 kW do. In a scaled area all have the same space, and RLlib only clips to it.
    """

    env: ScaledArea

    def __init__(self, env: ScaledArea, seed_shift: int = 0) -> None:
        super().__init__(env)
        self._seed_shift = seed_shift

    @property
    def possible_agents(self) -> list[int]:
        """The stations' numbers."""
        return list(range(self.env.scenario.num_stations))

    @property
    def agents(self) -> list[int]:
        """All of them while the episode lasts, then none."""
        return self.possible_agents if self.env.agents else []

    def observation_space(self, agent: int) -> Box:
        """What a station sees, scaled."""
        return self.env.observation_space(self.env.possible_agents[agent])

    def action_space(self, agent: int) -> Box:
        """The same for all stations."""
        return self.env.action_space(self.env.possible_agents[agent])

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Stations, Stations]:
        """Begin an episode."""
        observations, infos = self.env.reset(None if seed is None else seed + self._seed_shift, options)
        return _numbered(observations), _numbered(infos)

    def step(self, actions: Mapping[int, Float32]) -> tuple[Stations, Stations, Stations, Stations, Stations]:
        """Advance by one step."""
        names = self.env.possible_agents
        observations, rewards, terminations, truncations, infos = map(
            _numbered, self.env.step({names[agent]: action for agent, action in actions.items()})
        )
        return observations, rewards, terminations, truncations, infos


def _numbered(told: dict[str, Any]) -> Stations:
    return dict(enumerate(told.values()))


def make_environment(context: "EnvContext") -> "MultiAgentEnv":
    """An area as RLlib's env runners want it."""
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv  # noqa: PLC0415  optional, slow to load

    area = ScaledArea(pbc.parallel_env(Scenario.from_toml(context["scenario"])))
    return ParallelPettingZooEnv(NumberedStations(area, seed_shift(context.worker_index, context["areas"])))


def seed_shift(env_runner: int, areas: int) -> int:
    """What to add to RLlib's seed of an area, so that no two areas see the same schedules.

    RLlib seeds area b = 0, 1, ... of env runner w = 1, 2, ... with seed + w + b, the same for most of them.
    """
    return (env_runner - 1) * (areas - 1)


def make_ppo(config: Config, scenario: Scenario) -> "PPOConfig":
    """PPO with one policy for all stations, on RLlib's new API stack (its default), with env runners that come back."""
    from ray.rllib.algorithms.ppo import PPOConfig  # noqa: PLC0415  optional, slow to load
    from ray.rllib.core.rl_module import RLModuleSpec  # noqa: PLC0415
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig  # noqa: PLC0415

    model = DefaultModelConfig(fcnet_hiddens=[64, 64], vf_share_layers=False, free_log_std=True)
    return (
        PPOConfig()
        .environment(ENVIRONMENT, env_config={"scenario": scenario.to_toml(), "areas": config.areas})
        .multi_agent(policies={POLICY}, policy_mapping_fn=lambda *_, **__: POLICY)
        .rl_module(rl_module_spec=RLModuleSpec(model_config=model))
        .env_runners(
            num_env_runners=config.env_runners,
            num_envs_per_env_runner=config.areas,
            sample_timeout_s=None,  # a slow env runner is waited for; a dead one is noticed by Ray
        )
        .training(
            train_batch_size_per_learner=config.steps,
            minibatch_size=config.minibatch,
            num_epochs=config.epochs,
            lr=[[0, config.learning_rate], [config.iterations * config.steps, 0.0]],
            gamma=config.discount,
            lambda_=0.95,
            clip_param=0.2,
            use_kl_loss=False,
            vf_loss_coeff=0.01,  # returns of -100 would leave the policy nothing of the capped gradient
            vf_clip_param=float("inf"),
            grad_clip=0.5,
            grad_clip_by="global_norm",
        )
        .fault_tolerance(
            restart_failed_env_runners=True,
            env_runner_health_probe_timeout_s=PROBE_TIMEOUT_S,
            delay_between_env_runner_restarts_s=RESTART_DELAY_S,
        )
        .callbacks(on_env_runners_recreated=tell_replaced)
        .debugging(seed=config.seed, log_level="ERROR")
    )


def tell_replaced(*, env_runner_group: "EnvRunnerGroup", env_runner_indices: list[int], **_: object) -> None:
    """Print which env runners were replaced; RLlib calls it."""
    print(f"replaced: {', '.join(where_they_are(env_runner_group, env_runner_indices))}", flush=True)


def where_they_are(group: "EnvRunnerGroup", indices: list[int] | None = None) -> list[str]:
    """Each healthy env runner with its process and its host."""
    import ray  # noqa: PLC0415  optional, slow to load

    return group.foreach_env_runner(
        lambda runner: f"env runner {runner.worker_index} (process {os.getpid()} on {ray.util.get_node_ip_address()})",
        local_env_runner=False,
        remote_worker_ids=indices,
    )


def connect(config: Config) -> None:
    """Join the cluster at `config.address`, or start one on this machine; raises `InputError` where that fails."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report usage to its makers; here it does not
    import ray  # noqa: PLC0415  optional, slow to load

    if config.address is None:
        # Every env runner gets its "CPU", also where there are fewer cores: they then take turns.
        ray.init("local", num_cpus=config.env_runners, include_dashboard=False, logging_level=logging.ERROR)
        return
    try:
        knock(config.address)
        ray.init(config.address, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"address {config.address!r}", [f"no Ray cluster answers there: {reason} (on tokens: --help)"]
        ) from None
    cores = int(ray.cluster_resources().get("CPU", 0))
    if cores < config.env_runners:
        ray.shutdown()
        raise InputError("env_runners", [f"must be at most {cores}, the cluster's cores (it is {config.env_runners})"])


def knock(address: str) -> None:
    """Raise `OSError` or `ValueError` if no server listens at the address; Ray itself would try for minutes."""
    if address != "auto":
        host, _, port = address.rpartition(":")
        if not port.isdecimal():
            raise ValueError("it must be HOST:PORT, or auto")
        socket.create_connection((host, int(port)), KNOCK_TIMEOUT_S).close()


def train(config: Config, scenario: Scenario) -> None:
    """Train, print a line each iteration, write the checkpoint."""
    try:
        config.out.mkdir(parents=True, exist_ok=True)  # before training, not after hours of it
    except OSError as error:
        raise InputError(str(config.out), [f"cannot be written to: {error.strerror}"]) from None
    connect(config)
    import ray  # noqa: PLC0415  optional, slow to load
    import torch  # noqa: PLC0415
    from ray.tune import register_env  # noqa: PLC0415

    logging.getLogger("ray.rllib").setLevel(logging.ERROR)  # it warns that its new API stack is the default now
    torch.set_num_threads(1)  # on purpose: the network is small, and Ray gives its own processes one thread as well
    try:
        register_env(ENVIRONMENT, make_environment)
        ppo = make_ppo(config, scenario).build_algo()
        print(f"{scenario.name}: {', '.join(where_they_are(ppo.env_runner_group))}", flush=True)
        start_gently(ppo)
        improve(ppo, config, scenario.num_stations)
        ppo.save_to_path(config.out.resolve())
        ppo.stop()
    finally:
        ray.shutdown()
    print(f"{config.out}: checkpoint after {config.iterations} iterations")


def start_gently(ppo: "Algorithm") -> None:
    """Give the first policy less noise than RLlib's, under which asking for nothing is the best there is."""
    ppo.learner_group.foreach_learner(lambda learner: learner.module[POLICY].pi.log_std.data.fill_(FIRST_LOG_STD))
    ppo.env_runner_group.sync_weights(from_worker_or_learner_group=ppo.learner_group, inference_only=True)


def improve(ppo: "Algorithm", config: Config, num_stations: int) -> None:
    """Run the iterations and print a line for each."""
    agent_steps, iteration, begin = 0, 0, perf_counter()
    while iteration < config.iterations:
        seen = ppo.train().get("env_runners", {})
        seconds = perf_counter() - begin
        healthy = f"{ppo.env_runner_group.num_healthy_remote_workers()} of {config.env_runners} env runners healthy"
        sampled = int(np.nan_to_num(seen.get("num_env_steps_sampled", 0))) * num_stations
        if sampled == 0:
            if seconds > IDLE_MAX_S:
                raise RuntimeError(f"no env runner has come back in {IDLE_MAX_S:.0f} s")
            print(f"waiting: {healthy}", flush=True)
            continue
        begin += seconds
        iteration += 1
        agent_steps += sampled
        mean = seen.get("episode_return_mean", np.nan) / num_stations
        told = "no episode ended" if np.isnan(mean) else f"mean return a station {mean:.2f}"
        speed = f"{sampled / seconds:.0f} agent-steps/s"
        print(f"iteration {iteration}: {agent_steps} agent-steps, {told}, {speed}, {healthy}", flush=True)


def check_installed() -> None:
    """Raise `InputError` where what the extra `distributed` installs is missing."""
    missing = [name for name in ("ray", "torch") if find_spec(name) is None]
    if missing:
        raise InputError(" and ".join(missing), ['not installed: pip install -e ".[distributed]"'])


def main() -> None:
    """Read the command line and train; bad input is told on standard error, with exit code 2."""
    try:
        config = tyro.cli(Config, description=__doc__)
        config.check()
        scenario = resolve_scenario(config.scenario)
        check_installed()
        train(config, scenario)
    except InputError as error:
        print(f"train_rllib: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    with orderly_end():
        main()
