"""B areas of N stations, bound to their schedules, stepped together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numba.core.errors import NumbaError

from pev_battery_charge import sizes
from pev_battery_charge.catalogue import compose
from pev_battery_charge.core.arrays import Array, Observations, RewardParts, Rewards
from pev_battery_charge.core.clock import begin, put_areas_on_grid
from pev_battery_charge.core.meter import tell_all_occupied
from pev_battery_charge.core.records import (
    SESSION,
    STEP,
    copy_records,
    make_moments,
)
from pev_battery_charge.errors import EpisodeOverError, InputError, raise_if, whole_number_problems
from pev_battery_charge.generate import InstanceGenerator, area_generators, area_seeds, schedule_of, with_stores
from pev_battery_charge.instance import Instance, to_records
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.scenario.idle import idle_records
from pev_battery_charge.schedule.local_time import set_clocks
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.series import Series
from pev_battery_charge.simulation_state import SimulationState, size_problems
from pev_battery_charge.steps import PlayResult, StepResult, in_parts, raise_if_wrong, read_requests
from pev_battery_charge.threads import AreaThreads
from pev_battery_charge.trace import Trace


class Simulation:
    """B areas of N stations, each area with its own schedule and random generator, all at the same step.

    scenario: a Scenario, a name, a path to a TOML file; None is `paper-5x20`.
    num_areas: B.
    num_threads: how many threads step the areas; results do not depend on it.
    record: keep every step, for `trace`.
    reuse_buffers: hand out the same arrays at every step, for callers that copy what they keep.
    max_steps: end the episode after this many steps, if the horizon is not reached before.

    The state lies open in `areas` (`AREA[B]`), `stations` (`STATION[B, N]`) and `sessions` (`SESSION[B, S]`), for
    reading. All randomness is in the schedules: area b of a batch reset with seed s draws from
    `numpy.random.default_rng(s + b)`, going on from episode to episode.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path | None = None,
        num_areas: int = 1,
        *,
        num_threads: int = 1,
        record: bool = False,
        reuse_buffers: bool = False,
        max_steps: int | None = None,
    ) -> None:
        self.scenario = scenario = resolve_scenario(scenario)
        problems = whole_number_problems("num_areas", num_areas, 1, sizes.MOST_AREAS)
        problems += whole_number_problems("num_threads", num_threads, 1, sizes.MOST_THREADS)
        problems += [] if max_steps is None else whole_number_problems("max_steps", max_steps, 1)
        raise_if("simulation", problems or size_problems(scenario, num_areas, record=record, max_steps=max_steps))
        self.num_areas = num_areas
        self.num_stations = scenario.num_stations
        self._threads = AreaThreads(num_threads, num_areas, scenario.num_stations)
        self.record = record
        self.horizon_steps = min(scenario.horizon_steps, max_steps or scenario.horizon_steps)
        self.areas, self.stations = idle_records(scenario, num_areas)
        self._idle = self.areas[:1, None].copy(), self.stations[:1].copy()
        self._generator = InstanceGenerator(scenario)
        self.sessions = np.zeros((num_areas, 0), SESSION)
        self._compose()
        self._flat = make_moments(scenario.num_moments)[None]
        self.moments = self._flat
        self.lines = False
        """Whether a PEV may have to wait for its station in this episode."""
        self._random: list[np.random.Generator] | None = None
        self._seeds: list[int] | None = None
        self._schedules: dict[int, Schedule] = {}
        self._buffers = self._make_buffers() if reuse_buffers else None
        recorded_steps = self.horizon_steps if record else 0
        self._trace = np.zeros((recorded_steps, num_areas, self.num_stations), STEP)
        self._step: int | None = None

    def _compose(self) -> None:
        """Find the kernel of the scenario's rule, rewards and observations, and the numbers that it is given."""
        reward = self.scenario.reward
        self._terms, self._features = reward.choices, self.scenario.feature_choices()
        self.part_names = (*(f"reward_{one.entry.name}" for one in self._terms), "power_kw")
        """What the rows of a step's `parts` are: `reward_` and the name of each term, and the granted power."""
        self._numbers = compose.numbers_of(reward.sharing, self._terms, self._features)
        self._kernels = self._find_kernels(site=self.scenario.is_site)
        shape = self.stations.shape
        self._shapes = (*shape, self.num_features), shape, (len(self.part_names), *shape)
        self._observe = compose.Observer(self._features)

    def _find_kernels(self, *, site: bool) -> compose.StepKernels:
        return compose.step_kernels(self.scenario.rule, self._terms, self._features, self.num_stations, site=site)

    @property
    def num_features(self) -> int:
        """F: how many numbers a station sees."""
        return len(self._features)

    @property
    def metered(self) -> bool:
        """Whether the areas have a meter: the scenario is a site, or the running instances have series."""
        return self.scenario.is_site or self.moments is not self._flat

    @property
    def step_index(self) -> int:
        """t: how many steps of the episode have been made."""
        return self._step or 0

    @property
    def over(self) -> bool:
        """Whether there is nothing to step: the horizon is reached, or there was no reset yet."""
        return self._step is None or self._step >= self.horizon_steps

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        schedule: Schedule | Instance | str | Path | Sequence[Schedule | Instance] | None = None,
    ) -> Observations:
        """The first observations of a new episode, `[B, N, F]`.

        seed: area b draws its schedules from seed + b; of a sequence, one for each area, from its own seed; None lets
            each area's generator go on.
        schedule: a schedule (or its file) or an instance for every area, or one for each, instead of drawn ones.

        Raises `InputError` for seeds that are none, and where a schedule or a series does not fit the scenario.
        """
        seeds = None if seed is None else area_seeds(seed, self.num_areas)
        generators = self._random
        if seeds is not None or generators is None:
            generators = area_generators(seeds, self.num_areas)
        instances = None if schedule is None else self._checked(schedule)
        room = self._flat.shape[1]
        drawn = self._generator.draw(generators) if instances is None else to_records(instances, room)
        if drawn.moments is None:
            drawn = drawn._replace(moments=self._generator.draw_series(generators))
        self._step = None  # until all is in place, also where Ctrl-C ends this halfway
        self._random, self._seeds, self._schedules = generators, seeds, {}
        for records, idle in zip((self.areas[:, None], self.stations), self._idle, strict=True):
            copy_records(idle, records)
        self.sessions, self.moments = drawn.sessions, self._flat if drawn.moments is None else drawn.moments
        site = self.scenario.is_site or drawn.moments is not None
        self._kernels = self._find_kernels(site=site)
        self.areas["meter"]["billing_period"] = self.moments["billing_period"][:, 0]
        if instances is not None:
            self._schedules = {b: one.schedule for b, one in enumerate(instances)}
            set_clocks(self.areas, [one.schedule.info for one in instances], self.scenario.horizon_minutes)
        self.lines = False
        for part in sizes.parts(self.num_areas, max(self.sessions.shape[1], self.num_stations)):
            sessions = self.sessions[part]
            self.lines |= put_areas_on_grid(sessions, self.scenario.step_minutes, self.scenario.horizon_steps)
            begin(self.stations[part], sessions)
        if site:
            tell_all_occupied(self.areas, self.stations)
        self._step = 0
        return self.observe()

    def _checked(self, given: Schedule | Instance | str | Path | Sequence[Schedule | Instance]) -> list[Instance]:
        """An instance for each area that fits the scenario, or `InputError`."""
        if isinstance(given, str | Path):
            given = Schedule.read(given)
        listed = [given] * self.num_areas if isinstance(given, Schedule | Instance) else given
        if not isinstance(listed, Sequence) or not all(isinstance(one, Schedule | Instance) for one in listed):
            raise InputError("schedule", [f"must be a Schedule, its file, or a list of them (it is {type(given)})"])
        if len(listed) != self.num_areas:
            raise InputError("schedule", [f"{len(listed)} schedules for {self.num_areas} areas"])
        distinct = {id(one): one for one in listed}
        instances = {key: one if isinstance(one, Instance) else Instance(one) for key, one in distinct.items()}
        for key, instance in instances.items():
            instance.validate(self.scenario)
            instances[key] = with_stores(instance, self.scenario)
        return [instances[id(one)] for one in listed]

    def step(self, requests_kw: npt.ArrayLike) -> StepResult:
        """One step of every area under the stations' requests, `[B, N]` in kW.

        Requests outside a station's limits are clipped; what the policy itself asked for counts in the reward.
        Raises `EpisodeOverError` at the end of an episode, `InputError` for a wrong shape and for a request that is
        NaN, or beyond 1e9 kW either way.
        """
        step = self._step
        if step is None or step >= self.horizon_steps:
            raise EpisodeOverError("the episode is over, or has not begun: call reset() before step()")
        shape = self._shapes[1]
        try:
            asked_kw = np.array(requests_kw, np.float64, order="C")
        except (TypeError, ValueError):
            raise InputError("requests", [f"must be numbers in kW of shape {shape}"]) from None
        if asked_kw.shape != shape:
            raise InputError("requests", [f"shape must be {shape} (it is {asked_kw.shape})"])
        raise_if_wrong(asked_kw, ("area", "station"))
        told = self._buffers or self._make_buffers()
        try:
            self._advance(self._kernels.step, asked_kw, told)
        except BaseException:
            self._count_steps()
            raise
        self._step = step = step + 1
        return StepResult(*told, step >= self.horizon_steps)

    def play(self, requests_kw: npt.ArrayLike) -> PlayResult:
        """Many steps at once, under the requests of each, `[T, B, N]` in kW, or one plan for all areas, `[T, N]`.

        State, trace and results are those of as many calls of `step`, but only sums are handed out. The play ends with
        the horizon: requests for steps beyond it are left aside. An interrupt leaves it between two steps, or
        where it parts the areas of a large batch, ends the episode.
        Raises `EpisodeOverError` at the end of an episode, `InputError` as `step` does, before the first step.
        """
        if self._step is None or self._step >= self.horizon_steps:
            raise EpisodeOverError("the episode is over, or has not begun: call reset() before play()")
        begin = self._step
        asked_kw = read_requests(requests_kw, self.num_areas, self.num_stations)[: self.horizon_steps - begin]
        told = observations, _, _ = self._make_buffers()
        sums = np.zeros((len(self._terms) + 2, *self.stations.shape))
        try:
            for part_kw in in_parts(asked_kw):
                self._advance(self._kernels.play, part_kw, told, sums)
        finally:
            self._count_steps()
        if self.step_index == begin:
            observations = self.observe()
        return PlayResult(self.step_index - begin, observations, sums[0], sums[1:-1], sums[-1], self.over)

    def _count_steps(self) -> None:
        """Where all areas are at one step, that is where the episode is; where an interrupt parted them, it is over."""
        steps = self.areas["step"]
        self._step = int(steps[0]) if (steps == steps[0]).all() else None

    def _make_buffers(self) -> tuple[Observations, Rewards, RewardParts]:
        seen, earned, parts = self._shapes
        return np.empty(seen, np.float32), np.empty(earned, np.float32), np.empty(parts, np.float32)

    def _advance(
        self,
        advance: Callable[..., None],
        asked_kw: Array,
        told: tuple[Observations, Rewards, RewardParts],
        *sums: Array,
    ) -> None:
        """Call the kernel `step`, or `play`, for all areas; `told` are the arrays that it fills."""
        state = self.areas, self.stations, self.sessions, self.moments
        try:
            self._threads.run(advance, *state, asked_kw, self._numbers, *told, self._trace, *sums)
        except NumbaError as error:
            raise compose.explained(error, (self.scenario.rule, *self._terms, *self._features)) from error

    def observe(self, names: Sequence[str] | None = None) -> Observations:
        """What the stations see now, `[B, N, F]`; with `names`, these features in place of the scenario's."""
        observe = self._observe if names is None else compose.Observer(self.scenario.feature_choices(names))
        return observe(self.areas, self.stations, self.moments)

    def schedule(self, area: int = 0) -> Schedule:
        """The schedule of the running episode of one area."""
        if self._step is None:
            raise EpisodeOverError("no episode has begun: call reset() first")
        if area not in self._schedules:
            seed = None if self._seeds is None else self._seeds[area]
            self._schedules[area] = schedule_of(self.sessions[area], self.scenario, seed)
        return self._schedules[area]

    def instance(self, area: int = 0) -> Instance:
        """The instance of the running episode of one area."""
        schedule = self.schedule(area)
        flat = self.moments is self._flat
        return Instance(schedule, None if flat else Series(self.moments[min(area, len(self.moments) - 1)]))

    def trace(self, area: int = 0) -> Trace:
        """What has happened in one area so far in this episode; the simulation must have been made with `record`."""
        if not self.record:
            raise InputError("trace", ["the simulation keeps none: make it with record=True"])
        instance = self.instance(area)
        steps = self._trace[: self.step_index, area].copy()
        return Trace(self.scenario, instance.schedule, steps, instance.series)

    def state(self) -> SimulationState:
        """A copy of everything that the next steps and resets depend on, for `restore`."""
        if self._step is None or self._random is None:
            raise EpisodeOverError("no episode has begun: call reset() first")
        random_states = [generator.bit_generator.state for generator in self._random]
        areas, stations = self.areas.copy(), self.stations.copy()
        sessions, moments = self.sessions.copy(), self.moments.copy()
        return SimulationState(self._step, areas, stations, sessions, moments, random_states)

    def restore(self, state: SimulationState) -> None:
        """Go on, to the bit, where `state` was taken from a simulation of the same scenario and number of areas.

        The trace of the episode is not part of it. Raises `InputError` where the arrays do not fit.
        """
        state.raise_unless_of(self.areas, self.stations, self._flat.shape[1])
        generators = area_generators(range(self.num_areas), self.num_areas)
        for generator, random_state in zip(generators, state.random_states, strict=True):
            generator.bit_generator.state = random_state
        self._random, self._seeds, self._schedules = generators, None, {}
        self.areas[:], self.stations[:], self.sessions = state.areas, state.stations, state.sessions.copy()
        self.moments = self._flat if state.moments.tobytes() == self._flat.tobytes() else state.moments.copy()
        self.lines = bool((self.sessions["plug_in_min"] > self.sessions["arrival_min"]).any())
        self._step = state.step

    def close(self) -> None:
        """Release of the threads; a further step makes new ones."""
        self._threads.close()

    def __getstate__(self) -> dict[str, Any]:
        composed = ("_terms", "_features", "_numbers", "_kernels", "_observe")
        return {name: value for name, value in self.__dict__.items() if name not in composed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._compose()
