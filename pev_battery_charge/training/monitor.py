"""What happens while the algorithm learns: episodes are recorded, policies evaluated, checkpoints written."""

import time
from collections.abc import Callable
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from pev_battery_charge.evaluation import Totals, evaluate
from pev_battery_charge.evaluation.metrics import metrics_in
from pev_battery_charge.evaluation.statistics import statistics
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.steps import StepResult
from pev_battery_charge.training.checkpoint import Arrays, write_checkpoint
from pev_battery_charge.training.policy import TrainedPolicy
from pev_battery_charge.training.run_folder import RunFolder
from pev_battery_charge.training.vec_env import AreaVecEnv

Row = dict[str, float]


class Monitor(BaseCallback):
    """Records each episode of the training areas; evaluates and writes checkpoints between rollouts, when it is time.

    folder: where to write.
    env: the training areas.
    progress: called with the agent-steps made and those in all.

    Evaluation draws nothing from the random generators that training draws from.
    """

    def __init__(self, folder: RunFolder, env: AreaVecEnv, progress: Callable[[int, int], None] | None) -> None:
        super().__init__()
        self._folder, self._env, self._progress = folder, env, progress
        self._config, self._scenario = folder.config, folder.scenario
        self._totals = Totals(env.scenario, env.simulation.num_areas)
        self._seconds_before, self._env_seconds_before = 0.0, 0.0
        self._begun = time.perf_counter()
        self.metrics: list[Row] = []
        self.evaluations: list[Row] = []
        env.on_step = self._add_step

    @property
    def seconds(self) -> float:
        """Time the run has taken so far, over all its parts."""
        return self._seconds_before + time.perf_counter() - self._begun

    @property
    def env_seconds(self) -> float:
        """Part of it spent in the environment."""
        return self._env_seconds_before + self._env.seconds

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """What a checkpoint keeps of it."""
        kept = ("seconds", "env_seconds", "metrics", "evaluations")
        return self._totals.state(), {name: getattr(self, name) for name in kept}

    def restore(self, arrays: Arrays, numbers: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._totals.restore(arrays)
        self._seconds_before, self._env_seconds_before = numbers["seconds"], numbers["env_seconds"]
        self.metrics, self.evaluations = numbers["metrics"], numbers["evaluations"]

    def _on_training_start(self) -> None:
        self._begun = time.perf_counter()
        self._looked_at = self.num_timesteps
        if self.num_timesteps == 0:
            self._evaluate()

    def _on_rollout_start(self) -> None:
        before, self._looked_at = self._looked_at, self.num_timesteps
        if self.num_timesteps // self._config.evaluate_every > before // self._config.evaluate_every:
            self._evaluate()
        if self.num_timesteps // self._config.checkpoint_every > before // self._config.checkpoint_every:
            write_checkpoint(self._folder.checkpoints, self.model, self._env, *self.state())
            self._folder.write_records(self.metrics, self.evaluations)

    def _on_step(self) -> bool:
        if self._progress is not None:
            self._progress(min(self.num_timesteps, self._config.steps), self._config.steps)
        return True

    def _on_training_end(self) -> None:
        self._evaluate()
        self._folder.write_records(self.metrics, self.evaluations)

    def _add_step(self, simulation: Simulation, result: StepResult) -> None:
        self._totals.add(simulation, result)
        if not result.over:
            return
        metrics = self._totals.metrics(simulation)
        self._totals.reset()
        made = self.num_timesteps + self._env.num_envs
        row = {"agent_steps": made, "seconds": self.seconds, "env_seconds": self.env_seconds}
        row |= {name: float(values.mean()) for name, values in metrics.items()}
        self.metrics.append(row)
        for name in metrics:
            self.logger.record(f"episode/{name}", row[name])
        self.logger.record("time/environment_share", self.env_seconds / self.seconds)

    def _evaluate(self) -> None:
        names, squashes = self._scenario.observations, self._config.squashes
        policy = TrainedPolicy(self.model.policy, names, squashes=squashes)
        result = evaluate(self._scenario, {"policy": policy}, self._config.evaluation_seeds)
        row: Row = {"agent_steps": self.num_timesteps, "seconds": self.seconds}
        for name, mean, low, high in statistics(result.episodes)[["figure", "mean", "low", "high"]].iter_rows():
            row |= {name: mean, f"{name}_low": low, f"{name}_high": high}
        self.evaluations.append(row)
        for name in metrics_in(row.keys()):
            self.logger.record(f"evaluation/{name}", row[name])
