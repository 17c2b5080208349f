"""The charging area as a PettingZoo environment: parallel, and AEC."""

from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
from gymnasium.spaces import Box
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.core.arrays import Float32
from pev_battery_charge.envs.by_agent import action_problems, gather, gather_one_by_one, name_rows
from pev_battery_charge.envs.screen import RENDER_FPS, RENDER_MODES, ShownArea
from pev_battery_charge.envs.spaces import AnyScenario, SeenBounds, given_instance, request_box, state_box
from pev_battery_charge.envs.violations import violations
from pev_battery_charge.errors import EpisodeOverError, InputError, raise_if, whole_number_problems
from pev_battery_charge.generate import one_seed

AgentID = str
Infos = dict[AgentID, dict[str, float]]


_FOR_WRAPPERS: Final = 1
"""Tells the random numbers of wrappers from those of schedules, which begin with the same seed."""


class ParallelArea(ShownArea, ParallelEnv[AgentID, Float32, Float32]):
    """A load area in which every charging station is an agent.

    ## Description
    Plug-in electric vehicles (PEVs) come to an area with N charging stations and one power cap, stay for a while, and
    want their batteries charged to a target before they leave. At every step each station asks for a power. What a
    battery cannot take is cut from the request; if the rest exceeds the cap, the area's coordinator cuts it down by the
    scenario's rule; what is granted flows. A station sees its own vehicle and the area's total power, nothing else.

    ## Observation Space
    `Box(low, high, (8,), float32)` for each station: its power limits (kW), the area's cap and minimum (kW), whether a
    PEV is plugged in, the energy it still lacks (kWh), the area's power and the station's own power in the step just
    made (kW). `pev_battery_charge.catalogue.features` has them, and all others that a scenario may show.

    All lie between 0 and what the scenario allows: the station's limit, the area's cap, the limits of all stations
    together, 1, the largest battery that the population draws. What has no bound there, such as the hours that a driver
    means to stay, has none here. A schedule given to `reset` that brings a larger battery raises that bound from then
    on. With `version=0` all spaces are `Box(0, inf, (8,), float32)`; the observations are the same.

    ## Action Space
    `Box(power_min_kw, power_max_kw, (1,), float32)` for each station: the power it asks for, in kW, averaged over the
    step, on the grid side, negative to take power back; a plain number, or an array without axes, will do. Requests
    outside are clipped, and cost reward; one between 0 and the station's minimum counts as 0.

    ## Rewards
    For the step just made, with the scenario's weights (1, 2, 2, 0 by default): minus the missing share of the target,
    minus the request's distance from the station's limits, minus the area's excess over its cap (or lack below its
    minimum), and minus the unmet share when the PEV leaves. An empty station earns 0. `catalogue.terms`
    has the formulas. Each agent's info holds the parts `reward_missing`, `reward_out_of_bounds`, `reward_overload`,
    `reward_departure` (`reward_` and the name of each term) and the granted power `power_kw`.

    Of a site (stations that discharge, an export bound, batteries of the site, series), infos also tell what was
    violated in the step, apart from the reward: `cost_overload`, kW asked for beyond what base load and sun leave of
    the area's bounds, each station's share; `cost_out_of_bounds`, kW asked for beyond the station's own limits;
    `cost_unmet`, kWh that the PEV lacks when it leaves; and `cost`, their sum.

    ## Starting State
    `reset(seed=s)` draws a schedule (arrivals, stays and batteries of the PEVs) from the scenario's population;
    without a seed the generator goes on. `reset(options={"schedule": schedule})` takes a `Schedule` or its file,
    `options={"instance": instance}` an `Instance`, which may have prices, base load and sun. All
    randomness is in the schedule: the steps are deterministic.

    ## Episode End
    No station terminates. All are truncated together at the scenario's horizon, or after `max_cycles` steps if that is
    sooner; `agents` is empty then. A further step with actions raises `EpisodeOverError`; one without any, as wrappers
    make it, is none, and returns empty dictionaries.

    ## Arguments
    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.
    render_mode: "rgb_array", "human" or None.
    max_cycles: ends the episode early.
    version: 1, or 0 for observation spaces without upper bounds.
    changes: values of the scenario to change, as in `Scenario.replace`: `coordinator="equal"`.

    ## Version History
    v1: observation spaces have upper bounds, where there are any.
    v0: first version.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  as in PettingZoo
        "name": "pev_battery_charge_area_v1",
        "render_modes": RENDER_MODES,
        "render_fps": RENDER_FPS,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        scenario: AnyScenario = None,
        render_mode: str | None = None,
        max_cycles: int | None = None,
        *,
        version: int = 1,
        **changes: Any,
    ) -> None:
        if max_cycles is not None:
            raise_if("environment", whole_number_problems("max_cycles", max_cycles, 1))
        super().__init__(scenario, render_mode, changes, max_cycles)
        stations = {f"station_{n}": station for n, station in enumerate(self.scenario.stations)}
        self.possible_agents = list(stations)
        self.agents: list[AgentID] = []
        self.metadata = type(self).metadata | {"name": f"pev_battery_charge_area_v{version}"}
        self._bounds = SeenBounds(self.scenario, version)
        self._make_observation_spaces()
        limits = request_box(self.scenario)
        self.action_spaces = {
            agent: Box(limits.low[n : n + 1], limits.high[n : n + 1], dtype=np.float32)
            for n, agent in enumerate(stations)
        }
        self.state_space = state_box(self.scenario)
        self._none, self._all = dict.fromkeys(stations, False), dict.fromkeys(stations, True)
        self._np_random: np.random.Generator | None = None

    @property
    def np_random(self) -> np.random.Generator:
        """Random numbers for wrappers, seeded by `reset(seed=...)`; the environment itself draws none of them."""
        if self._np_random is None:
            self._np_random = np.random.default_rng()
        return self._np_random

    def _make_observation_spaces(self) -> None:
        self.observation_spaces = {agent: self._bounds.box([n]) for n, agent in enumerate(self.possible_agents)}

    def observation_space(self, agent: AgentID) -> Box:
        """What the agent sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: AgentID) -> Box:
        """What the agent may ask for, in kW."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[AgentID, Float32], Infos]:
        """A new episode; `options["instance"]` or `options["schedule"]` fixes what is not to be drawn."""
        schedule = given_instance(options)
        observations = self.simulation.reset(one_seed(seed), schedule)
        if schedule is not None and self._bounds.grow(self.simulation.sessions):
            self._make_observation_spaces()
        if seed is not None:
            self._np_random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_FOR_WRAPPERS,)))
        self.agents = self.possible_agents[:]
        if self.render_mode == "human":
            self.render()
        return dict(zip(self.agents, observations[0], strict=True)), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[AgentID, Any]
    ) -> tuple[dict[AgentID, Float32], dict[AgentID, float], dict[AgentID, bool], dict[AgentID, bool], Infos]:
        """One step. Raises `InputError` that names every agent whose action is missing or no action.

        After the last step a step without actions is none and returns five empty dictionaries.
        """
        if not self.agents:
            return self._step_without_agents(actions)
        agents = self.possible_agents
        try:
            result = self.simulation.step(gather(actions, agents))
        except InputError:
            gather_one_by_one(actions, agents)
            raise
        observations = dict(zip(agents, result.observations[0]))  # noqa: B905  `strict` takes half a microsecond
        rewards = dict(zip(agents, result.rewards[0].tolist()))  # noqa: B905  likewise
        infos = name_rows(agents, self.simulation.part_names, result.parts[:, 0].tolist())
        if self.simulation.metered:
            costs = violations(self.simulation)
            for n, info in enumerate(infos.values()):
                info |= {name: float(values[0, n]) for name, values in costs.items()}
        if result.over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return observations, rewards, self._none.copy(), (self._all if result.over else self._none).copy(), infos

    def _step_without_agents(self, actions: Mapping[AgentID, Any]) -> tuple[Any, Any, Any, Any, Any]:
        if self.simulation.step_index == 0 or actions or not isinstance(actions, Mapping):
            raise EpisodeOverError("the episode is over, or has not begun: call reset() before step()")
        return {}, {}, {}, {}, {}

    def state(self) -> Float32:
        """The whole area for a central critic: each station's eight numbers and all extra features, `[N * 12]`."""
        return self.simulation.observe(STATE_FEATURES).reshape(-1)


class TurnTaking(parallel_to_aec_wrapper[AgentID, Float32, Float32]):
    """Refuses a bad action when it is given, while the agent can still give another, not when the step is made."""

    def step(self, action: Float32 | None) -> None:
        """The action of the agent whose turn it is; None of one whose episode is over."""
        agent = self.agent_selection
        if not (self.terminations[agent] or self.truncations[agent]):
            raise_if("action", action_problems(agent, action))
        super().step(action)


def parallel_env(
    scenario: AnyScenario = None,
    render_mode: str | None = None,
    max_cycles: int | None = None,
    *,
    version: int = 1,
    **changes: Any,
) -> ParallelArea:
    """The charging area as a PettingZoo `ParallelEnv`; see `ParallelArea`."""
    return ParallelArea(scenario, render_mode, max_cycles, version=version, **changes)


def env(
    scenario: AnyScenario = None,
    render_mode: str | None = None,
    max_cycles: int | None = None,
    *,
    version: int = 1,
    **changes: Any,
) -> AECEnv[AgentID, Float32, Float32]:
    """The same as a PettingZoo `AECEnv`: the stations act one after the other, then the step is made."""
    area = ParallelArea(scenario, render_mode, max_cycles, version=version, **changes)
    return cast(AECEnv[AgentID, Float32, Float32], OrderEnforcingWrapper(TurnTaking(area)))
