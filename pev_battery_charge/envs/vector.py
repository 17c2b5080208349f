"""Many charging areas at once as a Gymnasium vector environment, for policies that all stations share."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from pev_battery_charge.core.arrays import Booleans, Float32
from pev_battery_charge.envs.spaces import AnyScenario, SeenBounds, common_request_box, given_instance
from pev_battery_charge.envs.violations import violations
from pev_battery_charge.errors import EpisodeOverError, InputError, raise_if, whole_number_problems
from pev_battery_charge.generate import one_seed
from pev_battery_charge.scenario import resolve_scenario
from pev_battery_charge.simulation import Simulation

Autoreset = Literal["same_step", "next_step", "disabled"]


class VectorArea(VectorEnv[Float32, Float32, npt.NDArray[Any]]):
    """B load areas of N stations, each of the B * N stations a sub-environment of its own.

    ## Description
    The areas of `ParallelArea`, stepped together by compiled code: sub-environment `b * N + n` is station n of area b.
    Area b of a batch reset with seed s is, bit for bit, the single area reset with seed s + b.

    ## Observation Space
    `Box(low, high, (8,), float32)` a station, as in `ParallelArea`, with the limit of the strongest station; batched
    `[B * N, 8]`. With `version=0` it is `Box(0, inf, (8,), float32)`.

    ## Action Space
    `Box(power_min_kw, power_max_kw, (1,), float32)` a station, in kW; batched `[B * N, 1]`. Where stations
    differ, the limits are the widest; what another one is asked for beyond its own is clipped, and costs reward.

    ## Rewards
    As in `ParallelArea`, `[B * N]`. Infos hold `power_kw` and the reward's parts as arrays `[B * N]`; of a site, also
    `cost` and its parts, as in `ParallelArea`.

    ## Starting State
    `reset(seed=s)` gives area b the generator of seed s + b; without a seed the generators go on.
    `options={"schedule": ...}` takes one `Schedule` for all areas, or a list of B.

    ## Episode End
    Never terminated; all are truncated together at the horizon. `autoreset` says what follows, and
    `metadata["autoreset_mode"]` declares it:

    - "same_step" (the default): the step that ends the episode returns the first observations of the next one; the
      final observations are in `infos["final_obs"]`, `[B * N, 8]`, the final infos in `infos["final_info"]`.
      Gymnasium's vector wrappers that change observations need one of the other modes.
    - "next_step": that step returns the final observations, and the step after it ignores its actions and resets.
    - "disabled": the caller resets; a further step raises `EpisodeOverError`.

    ## Arguments
    scenario: a Scenario, a name, or a path to a TOML file; None is `paper-5x20`.
    num_areas: B.
    num_threads: how many threads step the areas; results do not depend on it.
    autoreset: see above.
    version: 1, or 0 for observation spaces without upper bounds.
    copy: False hands out the same arrays at every step, for learners that copy what they keep.
    changes: values of the scenario to change, as in `Scenario.replace`.

    ## Version History
    v1: observation spaces have upper bounds, where there are any.
    v0: first version.
    """

    closed = True  # until it is made: Gymnasium closes what it collects, even an environment that was refused

    def __init__(
        self,
        scenario: AnyScenario = None,
        num_areas: int = 1,
        num_threads: int = 1,
        *,
        autoreset: Autoreset = "same_step",
        copy: bool = True,
        version: int = 1,
        **changes: Any,
    ) -> None:
        if autoreset not in ("same_step", "next_step", "disabled"):
            raise InputError(f"autoreset={autoreset!r}", ["must be 'same_step', 'next_step' or 'disabled'"])
        self.simulation = Simulation(
            resolve_scenario(scenario, **changes), num_areas, num_threads=num_threads, reuse_buffers=not copy
        )
        self.scenario = scenario = self.simulation.scenario
        self.autoreset = autoreset
        self.autoreset_mode = AutoresetMode[autoreset.upper()]
        """The same as Gymnasium has it, for libraries that look for it here as in Gymnasium's own vectors."""
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.num_areas = num_areas
        self.num_envs = num_areas * scenario.num_stations
        self._bounds = SeenBounds(scenario, version)
        self._make_observation_spaces()
        self.single_action_space = common_request_box(scenario)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.closed = False

    def _make_observation_spaces(self) -> None:
        self.single_observation_space = self._bounds.common_box()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32, dict[str, Any]]:
        """A new episode in every area; a list of seeds, one a station, has no meaning here and is refused."""
        mask = (options or {}).get("reset_mask")
        if mask is not None and not np.all(mask):
            raise InputError("reset_mask", ["all areas share one clock: reset all of them or none"])
        schedule = given_instance(options)
        observations = self.simulation.reset(one_seed(seed), schedule)
        if schedule is not None and self._bounds.grow(self.simulation.sessions):
            self._make_observation_spaces()
        return observations.reshape(self.num_envs, -1), {}

    def step(self, actions: npt.ArrayLike) -> tuple[Float32, Float32, Booleans, Booleans, dict[str, Any]]:
        """One step of every area under `actions`, `[B * N, 1]` or `[B * N]` in kW."""
        if self.simulation.over:
            if self.autoreset != "next_step" or self.simulation.step_index == 0:
                raise EpisodeOverError("the episode is over, or has not begun: call reset() before step()")
            observations = self.simulation.reset().reshape(self.num_envs, -1)
            return observations, np.zeros(self.num_envs, np.float32), *self._ends(False), {}
        requests = np.asarray(actions)
        if requests.shape not in ((self.num_envs, 1), (self.num_envs,)):
            raise InputError("actions", [f"shape must be {(self.num_envs, 1)} (it is {requests.shape})"])
        result = self.simulation.step(requests.reshape(self.simulation.stations.shape))
        observations = result.observations.reshape(self.num_envs, -1)
        infos = self._infos(result.parts)
        if result.over and self.autoreset == "same_step":
            infos |= {"final_obs": observations, "_final_obs": self._always}
            infos |= {"final_info": self._infos(result.parts.copy()), "_final_info": self._always}
            observations = self.simulation.reset().reshape(self.num_envs, -1)
        return observations, result.rewards.reshape(-1), *self._ends(result.over), infos

    def _ends(self, over: bool) -> tuple[Booleans, Booleans]:
        return np.zeros(self.num_envs, np.bool_), np.full(self.num_envs, over)

    @property
    def _always(self) -> Booleans:
        """A read-only mask that is true for every sub-environment."""
        return np.broadcast_to(np.True_, self.num_envs)

    def _infos(self, parts: Float32) -> dict[str, Any]:
        names, always = self.simulation.part_names, self._always
        told: dict[str, Any] = dict(zip(names, parts.reshape(len(names), -1), strict=True))
        if self.simulation.metered:
            told |= {name: values.reshape(-1) for name, values in violations(self.simulation).items()}
        return told | {f"_{name}": always for name in told}

    def close_extras(self, **kwargs: Any) -> None:
        """Release of the threads."""
        del kwargs
        self.simulation.close()


def vector_env(
    scenario: AnyScenario = None,
    num_areas: int = 1,
    num_threads: int = 1,
    *,
    autoreset: Autoreset = "same_step",
    copy: bool = True,
    version: int = 1,
    **changes: Any,
) -> VectorArea:
    """B areas as a `gymnasium.vector.VectorEnv` of B * N sub-environments; see `VectorArea`."""
    return VectorArea(scenario, num_areas, num_threads, autoreset=autoreset, copy=copy, version=version, **changes)


def make_vec(num_envs: int = 1, scenario: AnyScenario = None, **options: Any) -> VectorArea:
    """What `gymnasium.make_vec("pev_battery_charge/Area-v1", num_envs=B * N)` makes: each station counts as one.

    options: those of `VectorArea`, but for `num_areas`, which follows; and values of the scenario to change.

    Raises `InputError` for a number that is no multiple of the scenario's N stations.
    """
    names = ("num_threads", "autoreset", "copy", "version")
    own = {name: options.pop(name) for name in names if name in options}
    scenario = resolve_scenario(scenario, **options)
    stations = scenario.num_stations
    problems = whole_number_problems("num_envs", num_envs, 1)
    if not problems and num_envs % stations:
        rule = f"must be a multiple of {stations}, the stations of {scenario.name}: each is an environment"
        problems = [f"num_envs: {rule} (it is {num_envs})"]
    raise_if("environment", problems)
    return VectorArea(scenario, num_envs // stations, **own)
