"""A training run from its configuration to its policy; and going on with one that was killed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.training.claim import claimed
from pev_battery_charge.training.config import TrainConfig
from pev_battery_charge.training.policy import digest, is_finite
from pev_battery_charge.training.requirements import need, torch_threads
from pev_battery_charge.training.run_folder import RunFolder
from pev_battery_charge.validation import problems_told

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class TrainingResult:
    """What a run came to."""

    folder: Path
    """Where everything is."""
    agent_steps: int
    """Steps made by stations, of all areas together."""
    seconds: float
    """Time the run has taken, over all its parts, with evaluations and checkpoints."""
    env_share: float
    """Part of that time spent in the environment."""
    policy_sha256: str
    """Hash of the policy's weights; the same configuration on the same machine gives the same."""

    @property
    def agent_steps_per_s(self) -> float:
        """Speed of the whole run."""
        return self.agent_steps / self.seconds


def train(
    config: TrainConfig, out: str | Path, *, scenario: Scenario | None = None, progress: Progress | None = None
) -> TrainingResult:
    """The training of a shared policy; everything about the run is written into the folder `out`.

    scenario: in place of the one that the configuration names.
    progress: called after each step with the agent-steps made and those in all.

    Raises `InputError` where a value breaks its rule, the extra `train` is not installed, or `out` holds something or
    is written by another process; and where training diverges.
    """
    need("train")
    config = config.checked()
    scenario = resolve_scenario(config.scenario) if scenario is None else scenario
    config.check_sizes(scenario.num_stations)
    with claimed(out) as certain:
        if certain:
            RunFolder(out).clear_unbegun()
        return _run(RunFolder.create(out, config, scenario), None, progress)


def resume(out: str | Path, *, progress: Progress | None = None) -> TrainingResult:
    """The rest of a run from its last checkpoint, or from its beginning where it has none; at its end it does nothing.

    With one torch thread the policy will be, to the bit, that of the run without the break.

    Raises `InputError` where a file of the run is lost or damaged, or another process goes on with it.
    """
    from pev_battery_charge.training.checkpoint import checkpoints  # noqa: PLC0415  see _run

    need("train")
    folder = RunFolder.open(out)
    with claimed(out):
        if folder.policy_file.is_file():
            return _result_of(folder)
        for unfinished in folder.checkpoints.glob(".[0-9]*"):  # by a killed process
            shutil.rmtree(unfinished)
        return _run(folder, next(reversed(checkpoints(folder.checkpoints)), None), progress)


def _result_of(folder: RunFolder) -> TrainingResult:
    """What a run that has ended came to; raises `InputError` where `run.json` does not tell it."""
    told = folder.read_info().get("result")
    values: dict[str, Any] = told if isinstance(told, dict) else {}
    with problems_told(f"{folder.info_file}: result"):
        return TypeAdapter(TrainingResult).validate_python(values | {"folder": folder.path})


def _run(folder: RunFolder, checkpoint: Path | None, progress: Progress | None) -> TrainingResult:
    """Make everything, from the checkpoint if there is one, learn, and write what was learned."""
    from stable_baselines3.common.logger import configure  # noqa: PLC0415  of the extra `train`, as do modules of ours

    from pev_battery_charge.training.algorithms import make_algorithm, num_updates, steps_per_update  # noqa: PLC0415
    from pev_battery_charge.training.checkpoint import damage_told, read_checkpoint  # noqa: PLC0415
    from pev_battery_charge.training.monitor import Monitor  # noqa: PLC0415
    from pev_battery_charge.training.vec_env import AreaVecEnv  # noqa: PLC0415

    config, scenario, info = folder.config, folder.scenario, folder.read_info()
    num_areas = config.num_areas(scenario.num_stations)
    areas = AreaVecEnv(scenario, num_areas, squash=config.squashes, reward={"sharing": config.sharing})
    with torch_threads(config.torch_threads), closing(areas):
        model = make_algorithm(config, areas)
        monitor = Monitor(folder, areas, progress)
        if checkpoint is not None:
            kept = read_checkpoint(checkpoint, model, areas)
            with damage_told(checkpoint):
                monitor.restore(*kept)
        model.set_logger(configure(str(folder.tensorboard), ["tensorboard"]))
        steps = num_updates(config, areas.num_envs) * steps_per_update(config, areas.num_envs) - model.num_timesteps
        interval = 1 if config.algorithm == "ppo" else areas.num_envs
        with _divergence_told(model):
            model.learn(steps, monitor, log_interval=interval, reset_num_timesteps=checkpoint is None)
        normaliser = model.get_vec_normalize_env()
        rewards = None if normaliser is None else {"return_variance": float(normaliser.ret_rms.var)}
        actions = "tanh" if config.squashes else "[-1, 1]"
        scaling = {"observations": "fractions of limits", "actions": actions, "rewards": rewards}
        folder.write_json(folder.normalisation_file, scaling)
        seconds = monitor.seconds
        share = monitor.env_seconds / seconds
        result = TrainingResult(folder.path, model.num_timesteps, seconds, share, digest(model.policy))
        told = {name: getattr(result, name) for name in ("agent_steps", "seconds", "env_share", "policy_sha256")}
        folder.write_json(folder.info_file, info | {"result": told})
        with write_beside(folder.policy_file) as beside:  # last: with it, the run has ended
            model.save(beside, exclude=["logger"])
        return result


@contextmanager
def _divergence_told(model: "BaseAlgorithm") -> Iterator[None]:
    """Raise an `InputError` where weights are no finite numbers any more, in place of what comes of that."""
    problem = "weights are no finite numbers any more: a lower --learning-rate may help"
    try:
        yield
    except ValueError:  # torch's, of a distribution without parameters
        if is_finite(model.policy):
            raise
        raise InputError(f"training, {model.num_timesteps:,} agent-steps", [problem]) from None
    if not is_finite(model.policy):
        raise InputError(f"training, {model.num_timesteps:,} agent-steps", [problem])
