"""The protocol of every controller: a read-only snapshot of what is known at t, batched over areas, to requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.records import NO_SESSION, Records
from pev_battery_charge.observation import extra_codes, observe
from pev_battery_charge.simulation import Simulation

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """What is known at step t of B areas with N stations. It knows no future arrival, and cannot change anything.

    stations: `STATION[B, N]`, read-only; the vehicle's fields mean nothing where `plugged` is False.
    areas: `AREA[B]`, read-only.
    """

    stations: Records
    areas: Records

    @classmethod
    def of(cls, simulation: Simulation) -> Self:
        """What is known now. The snapshot looks at the running simulation: it is for this moment only."""
        stations, areas = simulation.stations[...], simulation.areas[...]
        stations.flags.writeable = False
        areas.flags.writeable = False
        return cls(stations, areas)

    @property
    def step(self) -> int:
        """Which step is to be made: t."""
        return int(self.areas["step"][0])

    @property
    def step_hours(self) -> float:
        """Length of a step."""
        return float(self.areas["step_hours"][0])

    @property
    def plugged(self) -> npt.NDArray[np.bool_]:
        """`[B, N]`: whether a PEV is plugged in."""
        plugged: npt.NDArray[np.bool_] = self.stations["session"] != NO_SESSION
        return plugged

    @property
    def energy_remaining_kwh(self) -> Array:
        """`[B, N]`: what the battery lacks to its target; 0 at an empty station."""
        return np.where(self.plugged, np.maximum(self.stations["target_kwh"] - self.stations["energy_kwh"], 0.0), 0.0)

    @property
    def time_left_h(self) -> Array:
        """`[B, N]`: hours until the PEV leaves; 0 at an empty station."""
        steps = self.stations["depart_step"] - self.areas["step"][:, None]
        return np.where(self.plugged, steps * self.step_hours, 0.0)

    def observe(self, extras: Sequence[str] = ()) -> npt.NDArray[np.float32]:
        """`[B, N, 8 + extras]`: what each station sees for itself; see `pev_battery_charge.observation`."""
        return observe(self.areas, self.stations, extra_codes(extras))


class Controller(Protocol):
    """Maps what is known now to requests."""

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW. An empty station's request does not matter."""
        ...
