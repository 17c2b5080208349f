"""The charging area as a Gymnasium environment: one agent for all stations."""

from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium.spaces import Space

from pev_battery_charge.core.arrays import Float32
from pev_battery_charge.envs.screen import RENDER_FPS, RENDER_MODES, ShownArea
from pev_battery_charge.envs.spaces import AnyScenario, SeenBounds, given_instance, request_box
from pev_battery_charge.envs.violations import violations
from pev_battery_charge.errors import InputError
from pev_battery_charge.generate import one_seed


class CentralArea(ShownArea, gymnasium.Env[Float32, Float32]):
    """A load area with one agent that decides for all stations.

    ## Description
    The same area, physics and schedules as `ParallelArea`, seen and steered from one place.

    ## Observation Space
    `Box(low, high, (N * 8,), float32)`: what each station sees, station by station, with the bounds of `ParallelArea`.
    With `version=0`, and under the id `Central-v0`, it is `Box(0, inf, (N * 8,), float32)`.

    ## Action Space
    `Box(power_min_kw, power_max_kw, (N,), float32)`: the power each station asks for, in kW. Requests outside are
    clipped, and
    cost reward.

    ## Rewards
    The sum of what the stations earn. The info holds `rewards`, the parts `reward_missing`,
    `reward_out_of_bounds`, `reward_overload` and `reward_departure`, and the granted power `power_kw`, each `[N]`. Of a
    site, `cost`, `cost_overload`, `cost_out_of_bounds` and `cost_unmet` are the sums over stations of those of
    `ParallelArea`, one number each.

    ## Starting State
    As in `ParallelArea`: `reset(seed=s)` draws a schedule, `options={"schedule": schedule}` takes one.

    ## Episode End
    Never terminated; truncated at the scenario's horizon. A further step raises `EpisodeOverError`.

    ## Arguments
    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.
    render_mode: "rgb_array", "human" or None.
    version: 1, or 0 for an observation space without upper bounds.
    changes: values of the scenario to change, as in `Scenario.replace`.

    ## Version History
    v1: the observation space has upper bounds, where there are any.
    v0: first version.
    """

    metadata: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": RENDER_FPS}  # noqa: RUF012  as in Gymnasium

    def __init__(
        self, scenario: AnyScenario = None, render_mode: str | None = None, *, version: int = 1, **changes: Any
    ) -> None:
        super().__init__(scenario, render_mode, changes)
        self._bounds = SeenBounds(self.scenario, version)
        self._make_observation_space()
        self.action_space = cast(Space[Float32], request_box(self.scenario))

    def _make_observation_space(self) -> None:
        self.observation_space = cast(Space[Float32], self._bounds.box(range(self.scenario.num_stations)))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32, dict[str, Any]]:
        """A new episode; `options["instance"]` or `options["schedule"]` fixes what is not to be drawn."""
        schedule = given_instance(options)
        observations = self.simulation.reset(one_seed(seed), schedule)
        if schedule is not None and self._bounds.grow(self.simulation.sessions):
            self._make_observation_space()
        super().reset(seed=None if seed is None else int(seed))
        if self.render_mode == "human":
            self.render()
        return observations.reshape(-1), {}

    def step(self, action: Float32) -> tuple[Float32, float, bool, bool, dict[str, Any]]:
        """One step."""
        requests = np.asarray(action)
        if requests.shape == () and self.scenario.num_stations == 1:
            requests = requests[None]
        if requests.shape != self.action_space.shape:
            raise InputError("action", [f"shape must be {self.action_space.shape} (it is {requests.shape})"])
        result = self.simulation.step(requests[None])
        if self.render_mode == "human":
            self.render()
        info = {"rewards": result.rewards[0], **dict(zip(self.simulation.part_names, result.parts[:, 0], strict=True))}
        if self.simulation.metered:
            info |= {name: float(values.sum()) for name, values in violations(self.simulation).items()}
        return result.observations.reshape(-1), float(result.rewards.sum()), False, result.over, info


def central_env(
    scenario: AnyScenario = None, render_mode: str | None = None, *, version: int = 1, **changes: Any
) -> CentralArea:
    """The charging area as a `gymnasium.Env` with one agent for all stations; see `CentralArea`."""
    return CentralArea(scenario, render_mode, version=version, **changes)
