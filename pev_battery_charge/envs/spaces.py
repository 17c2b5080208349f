"""The spaces of a scenario, and what an environment takes for one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
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

    The largest battery is the largest that the population draws, until a schedule with a larger one is given.
    Raises `InputError` for an unknown version.
    """

    def __init__(self, scenario: Scenario, version: int) -> None:
        if isinstance(version, bool) or version not in VERSIONS:
            raise InputError(f"version={version!r}", [f"must be one of {', '.join(map(str, VERSIONS))}"])
        self._bounded = version > 0
        self._entries = [one.entry for one in scenario.feature_choices()]
        self._powers_kw = [station.power_max_kw for station in scenario.stations]
        self._cap_kw = scenario.area.power_max_kw
        self._battery_kwh = scenario.population.capacity_max_kwh

    def box(self, stations: Sequence[int]) -> Box:
        """What these stations see, one after the other: `Box(low, high, (len(stations) * F,), float32)`."""
        return self._box([self._limits(self._powers_kw[n]) for n in stations])

    def common_box(self) -> Box:
        """What any station of the area sees: `Box(low, high, (F,), float32)`."""
        return self._box([self._limits(max(self._powers_kw))])

    def grow(self, sessions: Records) -> bool:
        """Take in the batteries of `SESSION[B, S]`; returns whether one is larger than all before."""
        largest_kwh = float(sessions["battery"]["capacity_kwh"].max(initial=0.0))
        grows = self._bounded and largest_kwh > self._battery_kwh
        if grows:
            self._battery_kwh = largest_kwh
        return grows

    def _limits(self, power_max_kw: float) -> Limits:
        stations_kw = float(np.cumsum(self._powers_kw)[-1])  # one after the other, as the physics adds up powers
        return Limits(power_max_kw, stations_kw, self._cap_kw, self._battery_kwh)

    def _box(self, limits: Sequence[Limits]) -> Box:
        low = [entry.low for _ in limits for entry in self._entries]
        high = [entry.highest(one) if self._bounded else np.inf for one in limits for entry in self._entries]
        return Box(np.array(low, np.float32), np.array(high, np.float32), dtype=np.float32)


def state_box(scenario: Scenario) -> Box:
    """The state of the whole area: the `STATE_FEATURES` of every station, station by station."""
    return Box(0.0, np.inf, (scenario.num_stations * len(STATE_FEATURES),), np.float32)


def request_box(power_max_kw: npt.ArrayLike) -> Box:
    """Requests in kW between 0 and the given limits `[M]`."""
    high = np.asarray(power_max_kw, np.float32)
    return Box(np.zeros_like(high), high, dtype=np.float32)
