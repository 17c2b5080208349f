"""The charging area as a PettingZoo environment: parallel, and AEC."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
from gymnasium.spaces import Box
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.core.arrays import Array, Float32
from pev_battery_charge.envs.screen import RENDER_FPS, RENDER_MODES, ShownArea
from pev_battery_charge.envs.spaces import AnyScenario, observation_box, request_box, state_box
from pev_battery_charge.errors import EpisodeOverError, InputError, raise_if, whole_number_problems
from pev_battery_charge.generate import one_seed
from pev_battery_charge.sizes import MOST_REQUEST_KW

AgentID = str
Infos = dict[AgentID, dict[str, float]]


class ParallelArea(ShownArea, ParallelEnv[AgentID, Float32, Float32]):
    """A load area in which every charging station is an agent.

    ## Description
    Plug-in electric vehicles (PEVs) come to an area with N charging stations and one power cap, stay for a while, and
    want their batteries charged to a target before they leave. At every step each station asks for a power. What a
    battery cannot take is cut from the request; if the rest exceeds the cap, the area's coordinator cuts it down by the
    scenario's rule; what is granted flows. A station sees its own vehicle and the area's total power, nothing else.

    ## Observation Space
    `Box(0, inf, (8,), float32)` for each station: its power limits (kW), the area's cap and minimum (kW), whether a PEV
    is plugged in, the energy it still lacks (kWh), the area's power and the station's own power in the step just made
    (kW). `pev_battery_charge.catalogue.features` has them, and all others that a scenario may show.

    ## Action Space
    `Box(0, power_max_kw, (1,), float32)` for each station: the power it asks for, in kW, averaged over the step, on the
    grid side. Requests outside are clipped, and cost reward; one between 0 and the station's minimum counts as 0.

    ## Rewards
    For the step just made, with the scenario's weights (1, 2, 2, 0 by default): minus the missing share of the target,
    minus the request's distance from the station's limits, minus the area's excess over its cap (or lack below its
    minimum), and minus the unmet share when the PEV leaves. An empty station earns 0. `catalogue.terms`
    has the formulas. Each agent's info holds the parts `reward_missing`, `reward_out_of_bounds`, `reward_overload`,
    `reward_departure` (`reward_` and the name of each term) and the granted power `power_kw`.

    ## Starting State
    `reset(seed=s)` draws a schedule (who comes when, for how long, with which battery) from the scenario's population;
    without a seed the generator goes on. `reset(options={"schedule": schedule})` takes a `Schedule` or its file. All
    randomness is in the schedule: the steps are deterministic.

    ## Episode End
    No station terminates. All are truncated together at the scenario's horizon, or after `max_cycles` steps if that is
    sooner; `agents` is empty then, and a further step raises `EpisodeOverError`.

    ## Arguments
    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.
    render_mode: "rgb_array", "human" or None.
    max_cycles: ends the episode early.
    changes: values of the scenario to change, as in `Scenario.replace`: `coordinator="equal"`.

    ## Version History
    v0: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "pev_battery_charge_area_v0",
        "render_modes": RENDER_MODES,
        "render_fps": RENDER_FPS,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        scenario: AnyScenario = None,
        render_mode: str | None = None,
        max_cycles: int | None = None,
        **changes: Any,
    ) -> None:
        if max_cycles is not None:
            raise_if("environment", whole_number_problems("max_cycles", max_cycles, 1))
        super().__init__(scenario, render_mode, changes, max_cycles)
        stations = {f"station_{n}": station for n, station in enumerate(self.scenario.stations)}
        self.possible_agents = list(stations)
        self.agents: list[AgentID] = []
        self.observation_spaces = {agent: observation_box(self.scenario) for agent in stations}
        self.action_spaces = {agent: request_box([station.power_max_kw]) for agent, station in stations.items()}
        self.state_space = state_box(self.scenario)

    def observation_space(self, agent: AgentID) -> Box:
        """What the agent sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: AgentID) -> Box:
        """What the agent may ask for, in kW."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[AgentID, Float32], Infos]:
        """Begin an episode; `options["schedule"]` fixes its schedule."""
        observations = self.simulation.reset(one_seed(seed), (options or {}).get("schedule"))
        self.agents = self.possible_agents[:]
        if self.render_mode == "human":
            self.render()
        return dict(zip(self.agents, observations[0], strict=True)), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[AgentID, Float32]
    ) -> tuple[dict[AgentID, Float32], dict[AgentID, float], dict[AgentID, bool], dict[AgentID, bool], Infos]:
        """Advance by one step. Raises `InputError` that names every agent whose action is missing or no action."""
        agents = self.agents
        if not agents:
            raise EpisodeOverError("the episode is over, or has not begun: call reset() before step()")
        result = self.simulation.step(_gather(actions, agents))
        observations = dict(zip(agents, result.observations[0], strict=True))
        rewards = dict(zip(agents, result.rewards[0].tolist(), strict=True))
        terminations, truncations = dict.fromkeys(agents, False), dict.fromkeys(agents, result.over)
        names, parts = self.simulation.part_names, result.parts[:, 0].T.tolist()
        infos = {agent: dict(zip(names, row, strict=True)) for agent, row in zip(agents, parts, strict=True)}
        if result.over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return observations, rewards, terminations, truncations, infos

    def state(self) -> Float32:
        """The whole area for a central critic: each station's eight numbers and all extra features, `[N * 12]`."""
        return self.simulation.observe(STATE_FEATURES).reshape(-1)


def _gather(actions: Mapping[AgentID, Float32], agents: list[AgentID]) -> Array:
    """The actions as requests `[1, N]`, or an error that names every wrong one."""
    try:
        requests = np.array([actions[agent] for agent in agents], np.float64)
    except (IndexError, KeyError, TypeError, ValueError):
        requests = np.empty(0)
    fits = requests.shape == (len(agents), 1) and len(actions) == len(agents)
    if not fits or not (np.abs(requests) <= MOST_REQUEST_KW).all():
        raise InputError("actions", _describe_wrong(actions, agents))
    return requests.T


def _describe_wrong(actions: object, agents: list[AgentID]) -> list[str]:
    if not isinstance(actions, Mapping):
        return [f"must map every agent to its action (it is {actions!r})"]
    problems = [f"{agent}: has no action" for agent in agents if agent not in actions]
    problems += [f"{agent}: is not an agent of this environment" for agent in actions if agent not in agents]
    return problems + [text for agent in agents if agent in actions for text in _action_problems(agent, actions[agent])]


def _action_problems(agent: AgentID, given: object) -> list[str]:
    try:
        action = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        return [f"{agent}: must be a number in kW (it is {given!r})"]
    if action.shape != (1,):
        return [f"{agent}: shape must be (1,) (it is {action.shape})"]
    if np.abs(action[0]) <= MOST_REQUEST_KW:
        return []
    most = f"at most {MOST_REQUEST_KW:g} kW either way" if np.isfinite(action[0]) else "finite"
    return [f"{agent}: must be {most} (it is {action[0]})"]


class _TurnTaking(parallel_to_aec_wrapper[AgentID, Float32, Float32]):
    """Refuses a bad action when it is given, while the agent can still give another, not when the step is made."""

    def step(self, action: Float32 | None) -> None:
        agent = self.agent_selection
        if not (self.terminations[agent] or self.truncations[agent]):
            raise_if("action", _action_problems(agent, action))
        super().step(action)


def parallel_env(
    scenario: AnyScenario = None, render_mode: str | None = None, max_cycles: int | None = None, **changes: Any
) -> ParallelArea:
    """The charging area as a PettingZoo `ParallelEnv`; see `ParallelArea`."""
    return ParallelArea(scenario, render_mode, max_cycles, **changes)


def env(
    scenario: AnyScenario = None, render_mode: str | None = None, max_cycles: int | None = None, **changes: Any
) -> AECEnv[AgentID, Float32, Float32]:
    """The same as a PettingZoo `AECEnv`: the stations act one after the other, then the step is made."""
    area = ParallelArea(scenario, render_mode, max_cycles, **changes)
    return cast(AECEnv[AgentID, Float32, Float32], OrderEnforcingWrapper(_TurnTaking(area)))
