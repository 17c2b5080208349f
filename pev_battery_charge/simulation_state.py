"""The records of a simulation: a copy of them to go on from, and how much memory they may take."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pev_battery_charge import sizes
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import AREA, MOMENT, SESSION, STATION, STEP
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario


class SimulationState(NamedTuple):
    """What a running simulation is, beside its scenario."""

    step: int
    """t: how many steps of the episode have been made."""
    areas: Records
    """`AREA[B]`."""
    stations: Records
    """`STATION[B, N]`."""
    sessions: Records
    """`SESSION[B, S]`."""
    moments: Records
    """`MOMENT[R, T + 1 + look-ahead]`."""
    random_states: Sequence[Mapping[str, Any]]
    """The state of each area's random generator, as `numpy.random.BitGenerator.state` tells it."""

    def raise_unless_of(self, areas: Records, stations: Records, num_moments: int) -> None:
        """Raise `InputError` unless it is of a simulation with such records."""
        for name, there, here in (("areas", self.areas, areas), ("stations", self.stations, stations)):
            if there.dtype != here.dtype or there.shape != here.shape:
                raise InputError("simulation state", [f"{name}: are of another scenario, batch or version"])
        if self.sessions.dtype != SESSION or self.sessions.shape[:1] != areas.shape:
            raise InputError("simulation state", ["sessions: are of another batch or version"])
        if self.moments.dtype != MOMENT or self.moments.shape[1:] != (num_moments,):
            raise InputError("simulation state", ["moments: are of another scenario or version"])


def size_problems(scenario: Scenario, num_areas: int, *, record: bool, max_steps: int | None) -> list[str]:
    """The problem of a batch whose records take more memory than they may."""
    stations = num_areas * scenario.num_stations
    told = len(scenario.reward.choices) + len(scenario.feature_choices()) + 2
    steps = min(scenario.horizon_steps, max_steps or scenario.horizon_steps) if record else 0
    return sizes.bytes_problems(
        areas=num_areas * AREA.itemsize,
        stations=stations * (STATION.itemsize + told * np.dtype(np.float32).itemsize),
        moments=scenario.num_moments * MOMENT.itemsize,
        trace=steps * stations * STEP.itemsize,
    )
