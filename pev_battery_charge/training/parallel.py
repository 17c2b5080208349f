"""The PettingZoo environment in the numbers a network works with, for libraries that learn on it directly."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from pettingzoo.utils import BaseParallelWrapper

from pev_battery_charge.core.arrays import Float32
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.envs.spaces import SeenBounds
from pev_battery_charge.training.scaling import scale_actions, scale_observations

Stations = dict[str, Any]


class ScaledArea(BaseParallelWrapper[str, Float32, Float32]):
    """An area whose observations are fractions of its limits, and whose actions are `Box(-1, 1, (1,), float32)`.

    See `pev_battery_charge.training.scaling`. All stations have the same spaces, also where their limits differ, as
    libraries want it of agents that share a policy.
    """

    def __init__(self, env: ParallelArea) -> None:
        super().__init__(env)
        self.scenario = env.scenario
        self._seen = {agent: SeenBounds(env.scenario, 0).box([n]) for n, agent in enumerate(env.possible_agents)}
        self._actions = {agent: Box(-1.0, 1.0, (1,), np.float32) for agent in env.possible_agents}
        stations = env.scenario.stations
        self._limits_kw = (
            np.array([[one.power_min_kw] for one in stations]),
            np.array([[one.power_max_kw] for one in stations]),
        )

    def observation_space(self, agent: str) -> Box:
        """Without upper bounds: those of the area are in kW and kWh."""
        return self._seen[agent]

    def action_space(self, agent: str) -> Box:
        """Alike for all stations; each has its own, which may be seeded."""
        return self._actions[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Stations, Stations]:
        """Begin an episode."""
        observations, infos = self.env.reset(seed, options)
        return self._scaled(observations), infos

    def step(self, actions: Mapping[str, Float32]) -> tuple[Stations, Stations, Stations, Stations, Stations]:
        """Advance by one step."""
        agents = self.agents
        requests_kw = scale_actions(np.stack([actions[agent] for agent in agents]), *self._limits_kw)
        observations, *rest = self.env.step(dict(zip(agents, requests_kw, strict=True)))
        return self._scaled(observations), *rest

    def _scaled(self, observations: Stations) -> Stations:
        rows = scale_observations(np.stack(list(observations.values())), self.scenario.observations)
        return dict(zip(observations, rows, strict=True))
