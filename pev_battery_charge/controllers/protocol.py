"""The protocol of every controller: a snapshot of what is known at t, batched over areas, to requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

import numpy as np

from pev_battery_charge.catalogue import COORDINATORS, DEFAULT_FEATURES, choose_feature, compose
from pev_battery_charge.core.arrays import Array, Booleans, Float32, Integers, PerArea, PerStation, Records
from pev_battery_charge.core.clock import GRID_TOLERANCE_STEPS, hours_of_day
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import KNOWN_STATION, NO_SESSION, STATION, Status, copy_records
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation

_PADDING, _REJECTED = int(Status.PADDING), int(Status.REJECTED)


@dataclass(frozen=True)
class Snapshot:
    """What is known at step t of B areas with N stations: nothing of the future but what drivers have stated.

    stations: `KNOWN_STATION[B, N]`, read-only; a vehicle's fields mean nothing where `plugged` is False.
    areas: `AREA[B]`, read-only.
    waiting: `[B, N]`, read-only: how many PEVs have arrived and stand in line for the station.

    It is a copy: it stays as it is when the simulation goes on, and leads nowhere else. All that is told of a PEV below
    is 0 at an empty station.
    """

    stations: Records
    areas: Records
    waiting: Integers
    _moments: Records = field(repr=False, compare=False)

    @classmethod
    def of(cls, simulation: Simulation) -> Self:
        """What is known now."""
        stations = np.empty(simulation.stations.shape, KNOWN_STATION)
        copy_records(simulation.stations, stations)
        hidden = stations.view(STATION)["hidden"]
        for name in hidden.dtype.names or ():
            hidden[name] = 0
        areas, waiting = simulation.areas.copy(), np.zeros(stations.shape, np.int64)
        if simulation.lines:
            count_waiting(areas, simulation.sessions, waiting)
        for array in (stations, areas, waiting):
            array.flags.writeable = False
        return cls(stations, areas, waiting, simulation.moments)

    @property
    def step(self) -> int:
        """Which step is to be made: t."""
        return int(self.areas["step"][0])

    @property
    def step_hours(self) -> float:
        """Length of a step."""
        return float(self.areas["step_hours"][0])

    @property
    def hour(self) -> Array:
        """`[B]`: local hour of the day, in [0, 24), at which the step begins."""
        return hours_of_day(self.areas)

    @property
    def cap_kw(self) -> Array:
        """`[B]`: what each area may draw at most."""
        return self.areas["power_max_kw"]

    @property
    def area_power_kw(self) -> Array:
        """`[B]`: what each area drew in the step just made."""
        return self.areas["power_kw"]

    @property
    def least_kw(self) -> Array:
        """`[B, N]`: the least that the stations can give; a request below is worth nothing."""
        return self.stations["least_kw"]

    @property
    def power_max_kw(self) -> Array:
        """`[B, N]`: the stations' upper limits."""
        return self.stations["power_max_kw"]

    @property
    def plugged(self) -> Booleans:
        """`[B, N]`: whether a PEV is plugged in."""
        plugged: Booleans = self.stations["session"] != NO_SESSION
        return plugged

    @property
    def energy_remaining_kwh(self) -> Array:
        """`[B, N]`: what the battery lacks to its target."""
        return self._of_pev(np.maximum(self.stations["target_kwh"] - self.stations["energy_kwh"], 0.0))

    @property
    def capacity_kwh(self) -> Array:
        """`[B, N]`: capacity of the battery."""
        return self._of_pev(self.stations["battery"]["capacity_kwh"])

    @property
    def soc(self) -> Array:
        """`[B, N]`: state of charge."""
        soc = np.zeros(self.stations.shape)
        np.divide(self.stations["energy_kwh"], self.stations["battery"]["capacity_kwh"], out=soc, where=self.plugged)
        return soc

    @property
    def pev_power_max_kw(self) -> Array:
        """`[B, N]`: the PEV's own limit, on the grid side."""
        return self._of_pev(self.stations["battery"]["power_max_kw"])

    @property
    def efficiency(self) -> Array:
        """`[B, N]`: stored energy over grid energy."""
        return self._of_pev(self.stations["battery"]["efficiency"])

    @property
    def transition_soc(self) -> Array:
        """`[B, N]`: state of charge above which the battery tapers."""
        return self._of_pev(self.stations["battery"]["transition_soc"])

    @property
    def depart_stated_step(self) -> Integers:
        """`[B, N]`: the step at whose beginning the PEV leaves, as its driver said; it may be over."""
        return np.where(self.plugged, self.stations["depart_stated_step"], 0).astype(np.int64)

    @property
    def time_left_h(self) -> Array:
        """`[B, N]`: hours until the PEV leaves, as its driver said; a PEV still present stays for a step at least."""
        steps = np.maximum(self.stations["depart_stated_step"] - self.areas["step"][:, None], 1)
        return self._of_pev(steps * self.step_hours)

    def observe(self, names: Sequence[str] = DEFAULT_FEATURES) -> Float32:
        """`[B, N, F]`: what each station sees for itself, of the named features; see `catalogue.features`."""
        features = [choose_feature(name, self.step_hours * MINUTES_PER_HOUR) for name in names]
        return compose.Observer(features)(self.areas, self.stations.view(STATION), self._moments)

    def share(self, rule: str, uppers_kw: PerArea) -> PerStation:
        """`[B, N]`: what the rule of this name leaves of what batteries take at full power, under a bound an area."""
        return compose.share(self.areas, self.stations.view(STATION), self._moments, COORDINATORS[rule], uppers_kw)

    def _of_pev(self, values: Array) -> Array:
        return np.where(self.plugged, values, 0.0)


class Controller(Protocol):
    """A map from what is known now to requests."""

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW. An empty station's request does not matter."""
        ...


@runtime_checkable
class Planner(Controller, Protocol):
    """A controller that receives the scenario before the episode begins: what is rewarded, and what the area is."""

    def prepare(self, scenario: Scenario) -> None:
        """The start of an episode of the scenario."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """A controller that has something to tell of the episode it has controlled."""

    def report(self) -> list[tuple[str, str, str]]:
        """Rows of a table: what, its value, its unit."""
        ...


@runtime_checkable
class Clairvoyant(Controller, Protocol):
    """A controller that receives the whole schedule before the episode begins, arrivals and true departures."""

    def foresee(self, scenario: Scenario, schedules: Sequence[Schedule]) -> None:
        """The start of an episode, with one schedule for each area."""
        ...


@runtime_checkable
class OpenLoop(Controller, Protocol):
    """A controller whose requests are known before the episode begins, whatever happens in it."""

    def plan_kw(self) -> Array:
        """The requests of every step, `[T, B, N]`, once it has been told what it is told."""
        ...


@kernel
def count_waiting(areas: Records, sessions: Records, waiting: Integers) -> None:
    """Count those of `sessions[B, S]` that have arrived and are not plugged in yet, by their station, `waiting[B, N]`.

    Also sessions that will find too little time left for a single step: they stand in line like all others.
    """
    for b in range(areas.size):
        now_min = (areas[b]["step"] + GRID_TOLERANCE_STEPS) * areas[b]["step_hours"] * MINUTES_PER_HOUR
        for j in range(sessions.shape[1]):
            session = sessions[b, j]
            if session["status"] == _PADDING or session["status"] == _REJECTED:
                continue
            if session["arrival_min"] <= now_min < session["plug_in_min"]:
                waiting[b, session["station"]] += 1
