"""The spaces of a scenario, and what an environment takes for one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from gymnasium.spaces import Box

from pev_battery_charge.catalogue import STATE_FEATURES, Limits
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario

AnyScenario = Scenario | str | Path | None
"""A scenario, a name, or a path to a TOML file; None is `paper-5x20`."""

VERSIONS: Final = (0, 1)
"""Those of the observation spaces: without upper bounds, and with those that there are."""


class SeenBounds:
    """The bounds of what the stations of a scenario see.

    version: 0 has no upper bounds; 1 has those that the catalogue's features have in the scenario.
    names: features in place of the scenario's.

    The largest battery is the largest that the population draws, until a schedule with a larger one is given.
    Raises `InputError` for an unknown version.
    """

    def __init__(self, scenario: Scenario, version: int, names: Sequence[str] | None = None) -> None:
        if isinstance(version, bool) or version not in VERSIONS:
            raise InputError(f"version={version!r}", [f"must be one of {', '.join(map(str, VERSIONS))}"])
        self._bounded = version > 0
        self._entries = [one.entry for one in scenario.feature_choices(names)]
        self._powers_kw = [(station.power_min_kw, station.power_max_kw) for station in scenario.stations]
        self._export_kw = min(scenario.area.power_min_kw, 0.0)
        self._cap_kw = scenario.area.power_max_kw
        self._battery_kwh = scenario.population.capacity_max_kwh

    def box(self, stations: Sequence[int]) -> Box:
        """What these stations see, one after the other: `Box(low, high, (len(stations) * F,), float32)`."""
        return self._box([self._limits(*self._powers_kw[n]) for n in stations])

    def common_box(self) -> Box:
        """What any station of the area sees: `Box(low, high, (F,), float32)`."""
        lowest, highest = zip(*self._powers_kw, strict=True)
        return self._box([self._limits(min(lowest), max(highest))])

    def grow(self, sessions: Records) -> bool:
        """Take in the batteries of `SESSION[B, S]`; returns whether one is larger than all before."""
        largest_kwh = float(sessions["battery"]["capacity_kwh"].max(initial=0.0))
        grows = self._bounded and largest_kwh > self._battery_kwh
        if grows:
            self._battery_kwh = largest_kwh
        return grows

    def _limits(self, power_min_kw: float, power_max_kw: float) -> Limits:
        # One after the other, as the physics adds up powers.
        least_kw, most_kw = np.cumsum(self._powers_kw, axis=0)[-1].tolist()
        own = power_max_kw, most_kw, self._cap_kw, self._battery_kwh
        return Limits(*own, power_min_kw=power_min_kw, stations_min_kw=least_kw, export_kw=self._export_kw)

    def _box(self, limits: Sequence[Limits]) -> Box:
        low = [entry.lowest(one) for one in limits for entry in self._entries]
        high = [entry.highest(one) if self._bounded else np.inf for one in limits for entry in self._entries]
        return Box(np.array(low, np.float32), np.array(high, np.float32), dtype=np.float32)


def given_instance(options: Mapping[str, Any] | None) -> Any:
    """What `reset` is told to play: `options["instance"]`, or `options["schedule"]`; None is to be drawn."""
    told = options or {}
    if told.get("instance") is not None and told.get("schedule") is not None:
        raise InputError("options", ["instance: holds a schedule already; give one of the two"])
    return told.get("schedule") if told.get("instance") is None else told["instance"]


def state_box(scenario: Scenario) -> Box:
    """The state of the whole area: the `STATE_FEATURES` of every station, station by station."""
    box = SeenBounds(scenario, 0, STATE_FEATURES).box(range(scenario.num_stations))
    return Box(box.low, np.inf, box.shape, np.float32)


def common_request_box(scenario: Scenario) -> Box:
    """Requests in kW that some station of the area may make, `[1]`."""
    each = request_box(scenario)
    return Box(each.low.min(keepdims=True), each.high.max(keepdims=True), dtype=np.float32)


def request_box(scenario: Scenario) -> Box:
    """Requests in kW within the limits of each station, `[N]`."""
    low = np.array([station.power_min_kw for station in scenario.stations], np.float32)
    high = np.array([station.power_max_kw for station in scenario.stations], np.float32)
    return Box(low, high, dtype=np.float32)
