"""The batch of areas as a vector environment of Stable-Baselines3, without a Python loop over stations."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices as Indices

from pev_battery_charge.core.arrays import Array, Booleans, Float32
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.steps import StepResult
from pev_battery_charge.training.scaling import action_space, scale_actions, scale_observations, squash

_Infos = list[dict[str, Any]]


class AreaVecEnv(VecEnv):
    """B areas of N stations as B * N environments under one policy: environment `b * N + n` is station n of area b.

    Observations are scaled as `pev_battery_charge.training.scaling` tells, `Box(0, inf, (F,), float32)`; actions are
    `Box(-1, 1, (1,), float32)`, from no power to the station's own maximum; with `squash`, `Box(-5, 5, (1,), float32)`.
    All environments end together, by truncation at the horizon, and begin anew in the same step; what each saw last is
    in its info (`terminal_observation`, `TimeLimit.truncated`), and what its episode came to, as Stable-Baselines3's
    `Monitor` tells it (`episode`: return `r`, length `l`, seconds `t` since the batch was made): `rollout/ep_rew_mean`
    is the mean of these. The infos of all other steps are empty, and the same objects each time.

    scenario: a Scenario, a name, a path to a TOML file; None is `paper-5x20`.
    num_areas: B.
    num_threads: how many threads step the areas; results do not depend on it.
    squash: take actions smoothly into [-1, 1], for policies that draw from a Gaussian (PPO); see `scaling.squash`.
    changes: values of the scenario to change, as in `Scenario.replace`.

    `seed(s)` gives area b the seed s + b at the next reset; `set_options({"schedule": ...})` its schedule. There is no
    `render`: make a trained policy a controller, and film its trace.
    """

    on_step: Callable[[Simulation, StepResult], None] | None = None
    """Called after every step, before an ended episode is followed by the next one."""

    seconds = 0.0
    """Time spent in `step` and `reset` so far, without `on_step`."""

    returns_so_far: Array
    """Rewards so far of each environment's episode, `[B * N]`."""

    def __init__(
        self,
        scenario: Scenario | str | Path | None = None,
        num_areas: int = 1,
        num_threads: int = 1,
        *,
        squash: bool = False,
        **changes: Any,
    ) -> None:
        self.scenario = scenario = resolve_scenario(scenario, **changes)
        self.simulation = Simulation(scenario, num_areas, num_threads=num_threads, reuse_buffers=True)
        self.render_mode = None
        num_envs = num_areas * scenario.num_stations
        observations = Box(0.0, np.inf, (self.simulation.num_features,), np.float32)
        super().__init__(num_envs, observations, action_space(squashed=squash))
        self._squash = squash
        stations = self.simulation.stations
        self._limits_kw = stations["power_min_kw"].copy(), stations["power_max_kw"].copy()
        self._no_infos: _Infos = [{} for _ in range(num_envs)]
        self._actions: Float32 = np.zeros((num_envs, 1), np.float32)
        self.returns_so_far = np.zeros(num_envs)
        self._made = time.perf_counter()

    def reset(self) -> Float32:
        """Begin an episode in every area; `[B * N, F]`."""
        begin = time.perf_counter()
        observations = self._scaled(self.simulation.reset(self._seeds[0], self._options[0].get("schedule")))
        self._reset_seeds()
        self._reset_options()
        self.returns_so_far[:] = 0.0
        self.seconds += time.perf_counter() - begin
        return observations

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Take the actions of the next step, `[B * N, 1]`."""
        self._actions = actions

    def step_wait(self) -> tuple[Float32, Float32, Booleans, _Infos]:
        """Make the step: observations `[B * N, F]`, rewards `[B * N]`, whether the episode ended `[B * N]`, infos."""
        begin = time.perf_counter()
        actions = squash(self._actions) if self._squash else self._actions
        requests_kw = scale_actions(actions.reshape(self._limits_kw[0].shape), *self._limits_kw)
        result = self.simulation.step(requests_kw)
        observations, rewards, infos = self._scaled(result.observations), result.rewards.flatten(), self._no_infos
        self.returns_so_far += rewards
        told = time.perf_counter()
        if self.on_step is not None:
            self.on_step(self.simulation, result)
        begin += time.perf_counter() - told
        if result.over:
            infos = self._last_infos(observations)
            observations = self._scaled(self.simulation.reset())
            self.returns_so_far[:] = 0.0
        self.seconds += time.perf_counter() - begin
        return observations, rewards, np.full(self.num_envs, result.over), infos

    def _last_infos(self, observations: Float32) -> _Infos:
        """The info of each environment's episode with its last step."""
        length, seconds = self.scenario.horizon_steps, round(time.perf_counter() - self._made, 6)
        return [
            {
                "terminal_observation": row,
                "TimeLimit.truncated": True,
                "episode": {"r": total, "l": length, "t": seconds},
            }
            for row, total in zip(observations, self.returns_so_far.tolist(), strict=True)
        ]

    def observe(self) -> Float32:
        """What the stations see now, `[B * N, F]`."""
        return self._scaled(self.simulation.observe())

    def _scaled(self, observations: Float32) -> Float32:
        return scale_observations(observations, self.scenario.observations).reshape(self.num_envs, -1)

    def set_options(self, options: list[dict[str, Any]] | dict[str, Any] | None = None) -> None:
        """Options of the next reset; one dictionary for the whole batch."""
        if isinstance(options, list):
            raise InputError("options", ["must be one dictionary for the whole batch"])
        self._options = [options or {}] * self.num_envs

    def close(self) -> None:
        """Let the threads go."""
        self.simulation.close()

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """An attribute of the batch, once for each environment asked for."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Set an attribute of the batch; it cannot be set for some environments only."""
        self._refuse_a_part(indices, attr_name)
        setattr(self, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the batch, once; its answer is repeated for each environment."""
        self._refuse_a_part(indices, method_name)
        return [getattr(self, method_name)(*method_args, **method_kwargs)] * self.num_envs

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Indices = None) -> list[bool]:
        """No environment is wrapped: they do not exist one by one."""
        del wrapper_class
        return [False] * len(list(self._get_indices(indices)))

    def _refuse_a_part(self, indices: Indices, name: str) -> None:
        if len(list(self._get_indices(indices))) != self.num_envs:
            raise InputError(name, ["is the same for the whole batch: leave out the indices"])
