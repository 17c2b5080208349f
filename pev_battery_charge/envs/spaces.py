"""The spaces of a scenario, and what an environment takes for one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.scenario import Scenario

AnyScenario = Scenario | str | Path | None
"""A scenario, a name, or a path to a TOML file; None is `paper-5x20`."""


def observation_box(scenario: Scenario, stations: int = 1) -> Box:
    """What `stations` stations see, one after the other: `Box(0, inf, (stations * F,), float32)`.

    Where a scenario shows features of one's own, below by their own bounds.
    """
    low = np.tile([one.entry.low for one in scenario.feature_choices()], stations)
    return Box(low.astype(np.float32), np.inf, dtype=np.float32)


def state_box(scenario: Scenario) -> Box:
    """The state of the whole area: the `STATE_FEATURES` of every station, station by station."""
    return Box(0.0, np.inf, (scenario.num_stations * len(STATE_FEATURES),), np.float32)


def request_box(power_max_kw: npt.ArrayLike) -> Box:
    """Requests in kW between 0 and the given limits `[M]`."""
    high = np.asarray(power_max_kw, np.float32)
    return Box(np.zeros_like(high), high, dtype=np.float32)
