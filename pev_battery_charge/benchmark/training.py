"""Speed and memory of training and of evaluating policies, measured; and the same training on SuperSuit's stack."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pev_battery_charge.benchmark.measurement import (
    Measurement,
    benchmark_scenario,
    measure_parts,
    readable,
    run_fresh_process,
)
from pev_battery_charge.controllers import Controller
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.envs.parallel import parallel_env
from pev_battery_charge.evaluation import evaluate
from pev_battery_charge.evaluation.statistics import statistics as episode_statistics
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.training import TrainConfig, TrainedPolicy
from pev_battery_charge.training.requirements import torch_threads

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecEnv


@dataclass(frozen=True)
class TrainingSizes:
    """How much is measured. The default values are those of the goals."""

    areas: int = 64
    """Areas stepped together."""
    stations: int = 20
    """Stations of each area."""
    rounds: int = 9
    """Rollouts, each with its update, of which the median is reported; one more comes before them, to warm up."""
    supersuit_rounds: int = 2
    """The same through SuperSuit, which takes its time."""
    episodes: int = 10**3
    """Episodes of an evaluation."""
    evaluations: int = 3
    """How often each evaluation is made, of which the median is reported."""


class Round(NamedTuple):
    """What one rollout and its update took, in seconds."""

    rollout: float
    update: float
    env: float
    """Part of it spent in the environment; NaN where it was not measured."""

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.rollout + self.update


def measure_all_training(sizes: TrainingSizes, *, progress: Callable[[int, int], None]) -> list[Measurement]:
    """Every measurement. Needs the extra `train`."""
    with torch_threads(1):
        return measure_parts(
            progress,
            lambda: measure_training(sizes),
            lambda: measure_evaluation(sizes),
            lambda: measure_training_memory(sizes),
        )


def measure_training(sizes: TrainingSizes) -> list[Measurement]:
    """PPO as `pev train` configures it, on areas of our own and, if it is installed, on SuperSuit's stack of them."""
    from pev_battery_charge.training.vec_env import AreaVecEnv  # noqa: PLC0415  of the extra `train`

    config = TrainConfig(areas=sizes.areas)
    scenario = benchmark_scenario(sizes.stations).replace(reward={"sharing": config.sharing})
    areas = AreaVecEnv(scenario, sizes.areas, squash=config.squashes)
    rounds = time_rounds(config, areas, sizes.rounds, env_seconds=lambda: areas.seconds)
    areas.close()
    agent_steps = sizes.areas * sizes.stations * config.ppo.rollout_steps
    speed = agent_steps / statistics.median(one.seconds for one in rounds)
    share = statistics.median(one.env / one.seconds for one in rounds)
    env = statistics.median(one.env for one in rounds) * MILLISECONDS_PER_SECOND
    size = f"{sizes.areas:,} areas of {sizes.stations} stations"
    network = ", ".join(map(str, config.network))
    about = f"network ({network}) tanh, 1 torch thread; a round of {agent_steps:,}: {_told(rounds)}"
    beside = f"{readable(env)} ms a round"
    found = [
        Measurement(f"training with PPO, {size}", speed, "agent-steps/s", "at least 50,000", about),
        Measurement("time of it spent in the environment", 100.0 * share, "% of the time", "under 10", beside),
    ]
    name = f"the same on SuperSuit's stack, {size}"
    if find_spec("supersuit") is None:
        return [*found, Measurement(name, float("nan"), "agent-steps/s", "", "SuperSuit is not installed")]
    stacked = time_rounds(config, supersuit_env(scenario, sizes.areas), sizes.supersuit_rounds)
    slow = agent_steps / statistics.median(one.seconds for one in stacked)
    ratio = statistics.median(one.rollout for one in stacked) / statistics.median(one.rollout for one in rounds)
    about = f"areas of our own: {readable(speed / slow)} times as fast, in rollouts {readable(ratio)} times; "
    about += _told(stacked)
    return [*found, Measurement(name, slow, "agent-steps/s", "", about)]


def time_rounds(
    config: TrainConfig, env: "VecEnv", count: int, env_seconds: Callable[[], float] = lambda: float("nan")
) -> list[Round]:
    """Learn for `count` rollouts and their updates, after one to warm up.

    config: of PPO.
    env_seconds: gives the time spent in the environment so far.
    """
    from stable_baselines3.common.callbacks import BaseCallback  # noqa: PLC0415  of the extra `train`
    from stable_baselines3.common.logger import Logger  # noqa: PLC0415

    from pev_battery_charge.training.algorithms import make_algorithm  # noqa: PLC0415

    marks: list[tuple[float, float]] = []

    class Marks(BaseCallback):
        """Looks at the clock wherever a rollout or an update begins or ends."""

        def _on_rollout_start(self) -> None:
            marks.append((time.perf_counter(), env_seconds()))

        _on_rollout_end = _on_training_end = _on_rollout_start

        def _on_step(self) -> bool:
            return True

    model = make_algorithm(config, env)
    model.set_logger(Logger(None, []))
    model.learn((1 + count) * config.ppo.rollout_steps * env.num_envs, Marks())
    rounds = zip(marks[2::2], marks[3::2], marks[4::2], strict=False)
    return [Round(middle - begin, end - middle, last - first) for (begin, first), (middle, _), (end, last) in rounds]


def supersuit_env(scenario: Scenario, num_areas: int) -> Any:
    """The PettingZoo environments of as many areas, stacked by SuperSuit in this process.

    Stations see kW and kWh as they are: to scale them for learning would take time, and this is about time only.
    """
    import supersuit  # noqa: PLC0415  only here, and no extra needs it

    area = supersuit.pettingzoo_env_to_vec_env_v1(parallel_env(scenario))
    stack = supersuit.concat_vec_envs_v1(area, num_areas, num_cpus=1, base_class="stable_baselines3")
    # Stable-Baselines3 calls both, and SuperSuit's own fail.
    stack.seed = lambda seed=None: None  # noqa: ARG005  areas without a seed take as long
    stack.get_attr = lambda name, indices=None: [getattr(stack, name)] * stack.num_envs  # noqa: ARG005  they are alike
    return stack


def measure_evaluation(sizes: TrainingSizes) -> list[Measurement]:
    """Many episodes of `paper-5x20`, with a simple controller and with a policy, untrained, which takes as long."""
    from pev_battery_charge.training.algorithms import make_algorithm  # noqa: PLC0415  of the extra `train`
    from pev_battery_charge.training.vec_env import AreaVecEnv  # noqa: PLC0415

    config = TrainConfig(areas=sizes.areas)
    policy = TrainedPolicy(make_algorithm(config, AreaVecEnv("paper-5x20", squash=True)).policy, squashes=True)
    controllers: dict[str, Controller | str] = {"constant": "constant", "a policy": policy}
    measurements = []
    for (name, controller), goal in zip(controllers.items(), ("under 3", "under 30"), strict=True):
        _time_evaluation(name, controller, 2)
        times = [_time_evaluation(name, controller, sizes.episodes) for _ in range(sizes.evaluations)]
        episodes_s, means_s = (statistics.median(seconds) for seconds in zip(*times, strict=True))
        title = f"{sizes.episodes:,} episodes of paper-5x20 with {name}, means and intervals"
        beside = f"episodes {readable(episodes_s)} s, means and intervals {readable(means_s)} s"
        measurements.append(Measurement(title, statistics.median(map(sum, times)), "s", goal, beside))
    return measurements


def _time_evaluation(name: str, controller: Controller | str, episodes: int) -> tuple[float, float]:
    """Seconds that the episodes take, and the statistics of their metrics."""
    begin = time.perf_counter()
    result = evaluate("paper-5x20", {name: controller}, range(episodes))
    middle = time.perf_counter()
    episode_statistics(result.episodes)
    return middle - begin, time.perf_counter() - middle


_TRAIN = """
import sys
from pathlib import Path
from pev_battery_charge.training import TrainConfig, train
folder = Path(sys.argv[1])
train(TrainConfig.load(folder / "training.toml"), folder / "run")
"""


def measure_training_memory(sizes: TrainingSizes) -> list[Measurement]:
    """Memory of a fresh process that trains, evaluates on the way, and writes checkpoints."""
    config = TrainConfig(areas=sizes.areas)
    rollout = sizes.areas * sizes.stations * config.ppo.rollout_steps
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        benchmark_scenario(sizes.stations).save(area := folder / "area.toml")
        config = replace(config, scenario=str(area), steps=3 * rollout, evaluate_every=1, checkpoint_every=1)
        (folder / "training.toml").write_text(config.to_toml(), encoding="utf-8")
        (peak,) = run_fresh_process(_TRAIN, name)
    title = f"peak memory of training with PPO, {sizes.areas:,} areas of {sizes.stations} stations"
    about = "the whole process, three rounds with evaluations and checkpoints"
    return [Measurement(title, peak, "MB", "under 2,000", about)]


def _told(rounds: list[Round]) -> str:
    rollout_ms, update_ms, _ = (MILLISECONDS_PER_SECOND * statistics.median(own) for own in zip(*rounds, strict=True))
    return f"rollout {readable(rollout_ms)} ms, update {readable(update_ms)} ms"
