"""Discretised actions for learners that take `Discrete` ones: wrappers of all four environments."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Space
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from pettingzoo import ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec_wrapper
from pettingzoo.utils.wrappers import BaseParallelWrapper, OrderEnforcingWrapper

from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.levels import Levels
from pev_battery_charge.envs.parallel import ParallelArea, TurnTaking
from pev_battery_charge.envs.vector import VectorArea
from pev_battery_charge.errors import InputError, raise_if


class _MaskedSpaces:
    """`Dict` spaces around those of an environment, which may grow: made again only where they have."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Space[Any], Dict]] = {}

    def around(self, name: str, inner: Space[Any], size: int) -> Dict:
        known = self._made.get(name)
        if known is None or known[0] is not inner:
            mask = Box(0, 1, (size,), np.int8)
            known = self._made[name] = inner, Dict({"observation": inner, "action_mask": mask})
        return known[1]


class DiscreteParallel(BaseParallelWrapper[str, Any, Any]):  # type: ignore[misc]  # PettingZoo tells no types
    """`ParallelArea` with `Discrete` actions; see `discrete_actions`."""

    def __init__(
        self, env: ParallelEnv[str, Any, Any], levels: Sequence[float] | None, *, mask_in_observation: bool
    ) -> None:
        super().__init__(env)
        self.area: ParallelArea = cast(ParallelArea, env.unwrapped)
        self.levels = Levels(self.area.scenario, levels)
        self.mask_in_observation = mask_in_observation
        self._spaces = _MaskedSpaces()
        self._number = {agent: n for n, agent in enumerate(self.area.possible_agents)}
        self.action_spaces: dict[str, Any] = {
            agent: Discrete(len(shares))
            for agent, shares in zip(self.area.possible_agents, self.levels.shares, strict=True)
        }

    @property
    def observation_spaces(self) -> dict[str, Any]:
        """By agent."""
        return {agent: self.observation_space(agent) for agent in self.area.possible_agents}

    @observation_spaces.setter
    def observation_spaces(self, spaces: dict[str, Any]) -> None:
        del spaces
        raise AttributeError("observation_spaces: follow those of the environment")

    def observation_space(self, agent: str) -> Space[Any]:
        """What the agent sees, and with it, if so wished, its mask."""
        inner: Space[Any] = self.env.observation_space(agent)
        if not self.mask_in_observation:
            return inner
        return self._spaces.around(agent, inner, len(self.levels.shares[self._number[agent]]))

    def action_space(self, agent: str) -> Space[Any]:
        """The numbers of its levels."""
        return cast(Space[Any], self.action_spaces[agent])

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """A new episode."""
        return self._told(*self.env.reset(seed=seed, options=options))

    def step(self, actions: Mapping[str, Any]) -> Any:
        """One step; raises `InputError` that names every agent whose action is none of its levels."""
        asked, problems = {}, []
        for agent, action in actions.items():
            try:
                asked[agent] = self.levels.request_kw(self._number[agent], action) if agent in self._number else action
            except ValueError as error:
                problems.append(f"{agent}: {error}")
        raise_if("actions", problems)
        observations, *ends, infos = self.env.step(asked)
        observations, infos = self._told(observations, infos)
        return observations, *ends, infos

    def action_problems(self, agent: str, action: object) -> list[str]:
        """Why what an agent gives is no action, if it is none."""
        try:
            self.levels.request_kw(self._number[agent], action)
        except ValueError as error:
            return [f"{agent}: {error}"]
        return []

    def _told(self, observations: dict[str, Any], infos: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        masks = dict(zip(self._number, self.levels.masks(self.area.simulation), strict=True))
        infos = {agent: {**info, "action_mask": masks[agent]} for agent, info in infos.items()}
        if self.mask_in_observation:
            observations = {
                agent: {"observation": seen, "action_mask": masks[agent].copy()} for agent, seen in observations.items()
            }
        return observations, infos


class _DiscreteTurns(parallel_to_aec_wrapper[str, Any, Any]):  # type: ignore[misc]  # likewise
    """Refuses a bad action when it is given, as the environment of turns does."""

    def step(self, action: Any) -> None:
        agent = self.agent_selection
        if not (self.terminations[agent] or self.truncations[agent]):
            raise_if("action", cast(DiscreteParallel, self.env).action_problems(agent, action))
        super().step(action)


class DiscreteCentral(gymnasium.Wrapper[Any, Any, Any, Any]):
    """`CentralArea` with `MultiDiscrete` actions; see `discrete_actions`."""

    def __init__(
        self, env: gymnasium.Env[Any, Any], levels: Sequence[float] | None, *, mask_in_observation: bool
    ) -> None:
        super().__init__(env)
        self.area = cast(CentralArea, env.unwrapped)
        self.levels = Levels(self.area.scenario, levels)
        self.mask_in_observation = mask_in_observation
        self._spaces = _MaskedSpaces()
        self._size = sum(len(one) for one in self.levels.shares)
        self.action_space = MultiDiscrete([len(one) for one in self.levels.shares])

    @property
    def observation_space(self) -> Space[Any]:
        """What is seen, and with it, if so wished, the masks of all stations one after the other."""
        inner = self.env.observation_space
        return self._spaces.around("all", inner, self._size) if self.mask_in_observation else inner

    @observation_space.setter
    def observation_space(self, space: Space[Any]) -> None:
        del space
        raise AttributeError("observation_space: follows that of the environment")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new episode."""
        return self._told(*self.env.reset(seed=seed, options=options))

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """One step."""
        chosen = np.asarray(action)
        if chosen.shape != self.action_space.shape:
            raise InputError("action", [f"shape must be {self.action_space.shape} (it is {chosen.shape})"])
        asked_kw = np.zeros(chosen.shape, np.float32)
        problems = []
        for n, one in enumerate(chosen):
            try:
                asked_kw[n] = self.levels.request_kw(n, one)
            except ValueError as error:
                problems.append(f"station_{n}: {error}")
        raise_if("action", problems)
        observation, reward, terminated, truncated, info = self.env.step(asked_kw)
        observation, info = self._told(observation, info)
        return observation, reward, terminated, truncated, info

    def _told(self, observation: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        masks = self.levels.masks(self.area.simulation)
        if self.mask_in_observation:
            observation = {"observation": observation, "action_mask": np.concatenate(masks)}
        return observation, {**info, "action_mask": tuple(masks)}


class DiscreteVector(VectorWrapper):
    """`VectorArea` with `Discrete` actions; see `discrete_actions`."""

    def __init__(
        self, env: VectorEnv[Any, Any, Any], levels: Sequence[float] | None, *, mask_in_observation: bool
    ) -> None:
        super().__init__(env)
        self.area = cast(VectorArea, env.unwrapped)
        if mask_in_observation and self.area.autoreset == "same_step":
            rule = "must be 'next_step' or 'disabled' for masks in observations: of final ones there are none"
            raise InputError("discrete actions", [f"autoreset: {rule} (it is 'same_step')"])
        self.levels = Levels(self.area.scenario, levels, common=True)
        self.mask_in_observation = mask_in_observation
        self._spaces = _MaskedSpaces()
        self._requests_kw = np.array(self.levels.requests_kw)
        self._stations = np.tile(np.arange(self.area.scenario.num_stations), self.area.num_areas)
        self.single_action_space = Discrete(self._requests_kw.shape[1])
        self.action_space = batch_space(self.single_action_space, self.area.num_envs)

    @property
    def single_observation_space(self) -> Space[Any]:
        """What a station sees, and with it, if so wished, its mask."""
        inner = self.env.single_observation_space
        return self._spaces.around("one", inner, self._requests_kw.shape[1]) if self.mask_in_observation else inner

    @single_observation_space.setter
    def single_observation_space(self, space: Space[Any]) -> None:
        del space
        raise AttributeError("single_observation_space: follows that of the environment")

    @property
    def observation_space(self) -> Space[Any]:
        """The same of all stations of all areas."""
        if not self.mask_in_observation:
            return self.env.observation_space
        single = self.single_observation_space
        if getattr(self, "_batched_from", None) is not single:
            self._batched_from, self._batched = single, batch_space(single, self.area.num_envs)
        return self._batched

    @observation_space.setter
    def observation_space(self, space: Space[Any]) -> None:
        del space
        raise AttributeError("observation_space: follows that of the environment")

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new episode in every area."""
        return self._told(*self.env.reset(seed=seed, options=options))

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One step of every area under the numbers of levels, `[B * N]`."""
        chosen, count = np.asarray(actions), self._requests_kw.shape[1]
        if chosen.shape != self._stations.shape or chosen.dtype.kind not in "iu":
            rule = f"must be whole numbers of shape {self._stations.shape}"
            raise InputError("actions", [f"{rule} (they are {chosen.dtype} of {chosen.shape})"])
        wrong = np.flatnonzero((chosen < 0) | (chosen >= count))
        raise_if("actions", [f"actions[{n}]: must be from 0 to {count - 1} (it is {chosen[n]})" for n in wrong[:5]])
        asked_kw = self._requests_kw[self._stations, chosen].astype(np.float32)
        observations, *rest, infos = self.env.step(asked_kw[:, None])
        observations, infos = self._told(observations, infos)
        return observations, rest[0], rest[1], rest[2], infos

    def _told(self, observations: Any, infos: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        masks = self.levels.batch_masks(self.area.simulation)
        if self.mask_in_observation:
            observations = {"observation": observations, "action_mask": masks.copy()}
        always = np.broadcast_to(np.True_, len(masks))
        return observations, {**infos, "action_mask": masks, "_action_mask": always}


def discrete_actions(env: Any, levels: Sequence[float] | None = None, *, mask_in_observation: bool = False) -> Any:
    """An environment of this package whose actions are numbers of levels, for learners that take `Discrete` ones.

    env: what `parallel_env`, `env`, `vector_env` or `central_env` made, also wrapped (but for `env`).
    levels: shares of each station's limits, from -1 (all that it can take back) to 1 (its `power_max_kw`), 0 among
        them; None are steps of a tenth, from -1 where the station may discharge, else from 0. In a vector, where all
        stations share one space, from -1 where any of them may.
    mask_in_observation: observations become `{"observation": ..., "action_mask": ...}`.

    Actions are `Discrete(len(levels))` for each station, `MultiDiscrete` for the central agent. Infos hold
    `action_mask`, int8, 1 where a level is allowed: at an empty station only 0; nowhere what the station cannot do,
    which is to discharge one that only charges, and to give less than its `least_kw`. It is `[L]` for each agent,
    `[B * N, L]` in a vector, and a tuple with that of each station for the central agent, as `MultiDiscrete.sample`
    takes it; in its observation they stand one after the other. What is not allowed may be asked for nevertheless,
    gives nothing, and may cost reward.

    Raises `InputError` for another environment, and for levels that are none.
    """
    inner = getattr(env, "unwrapped", None)
    if isinstance(env, ParallelEnv) and isinstance(inner, ParallelArea):
        return DiscreteParallel(env, levels, mask_in_observation=mask_in_observation)
    if isinstance(env, OrderEnforcingWrapper) and isinstance(env.env, TurnTaking) and isinstance(inner, ParallelArea):
        turns = _DiscreteTurns(DiscreteParallel(inner, levels, mask_in_observation=mask_in_observation))
        return OrderEnforcingWrapper(turns)
    if isinstance(env, gymnasium.Env) and isinstance(inner, CentralArea):
        return DiscreteCentral(env, levels, mask_in_observation=mask_in_observation)
    if isinstance(env, VectorEnv) and isinstance(inner, VectorArea):
        return DiscreteVector(env, levels, mask_in_observation=mask_in_observation)
    made = "parallel_env, env (not wrapped), vector_env or central_env"
    raise InputError("discrete actions", [f"env: must be made by {made} (it is {type(env).__name__})"])
