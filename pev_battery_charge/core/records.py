"""The state of a batch of areas as NumPy structured arrays, one record a row.

`STATION[B, N]`, `AREA[B]` and `SESSION[B, S]` hold B areas of N stations with room for S sessions each; one area is
B = 1. A column is one expression (`stations["energy_kwh"]`), and a kernel that visits one station touches two or
three cache lines. Power is measured on the grid (AC) side; energy is stored in the battery unless its name says
`grid_`.
"""

from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.units import MINUTES_PER_HOUR

Records = npt.NDArray[np.void]
"""An array of one of the structured types below."""

Record = Any
"""One element of such an array, inside a kernel: fields are read and written by name."""

NO_SESSION: Final = -1
"""In a field that holds a session's row: there is none."""

NEVER: Final = np.iinfo(np.int32).max
"""In a field that holds a step: it does not come."""


class Status(IntEnum):
    """What became of a session when the schedule was made."""

    PADDING = 0
    """Not a session: an unused row."""
    SERVED = 1
    """It has a station, and at least one whole step inside the horizon."""
    REJECTED = 2
    """No station was free within its patience: it drove on."""
    TOO_SHORT = 3
    """It has a station, but no whole step of the horizon lies inside its stay, so nothing can be charged."""


class Rule(IntEnum):
    """The coordinator's rule, as kernels see it."""

    NONE = 0
    PROPORTIONAL = 1
    EQUAL = 2
    EARLIEST_DEPARTURE = 3
    LEAST_LAXITY = 4
    FIRST_COME = 5


STATION: Final = np.dtype(
    [
        ("power_min_kw", "f8"),
        ("power_max_kw", "f8"),
        # The PEV that is plugged now; meaningless while session == NO_SESSION.
        ("energy_kwh", "f8"),
        ("target_kwh", "f8"),
        ("capacity_kwh", "f8"),
        ("pev_power_max_kw", "f8"),
        ("efficiency", "f8"),
        ("transition_soc", "f8"),
        ("grid_energy_kwh", "f8"),
        ("loss_kwh", "f8"),
        # The step just made, for the PEV that was served in it, even if it has left since.
        ("request_kw", "f8"),
        ("acceptance_kw", "f8"),
        ("power_kw", "f8"),
        ("served_energy_kwh", "f8"),
        ("served_target_kwh", "f8"),
        ("served_session", "i4"),
        ("departed", "i4"),
        ("session", "i4"),
        ("depart_step", "i4"),
        ("depart_stated_step", "i4"),
        ("next_session", "i4"),
        ("next_plug_step", "i4"),
        # Scratch of the coordinator: whether the station still takes part in the sharing, and its turn.
        ("sharing", "i4"),
        ("priority", "f8"),
    ],
    align=True,
)
"""A station, the PEV plugged into it, and what happened in the step just made."""

AREA: Final = np.dtype(
    [
        ("power_min_kw", "f8"),
        ("power_max_kw", "f8"),
        ("step_hours", "f8"),
        ("start_hour", "f8"),
        # The step just made.
        ("request_kw", "f8"),
        ("power_kw", "f8"),
        # The books, from the start of the episode.
        ("grid_energy_kwh", "f8"),
        ("battery_energy_kwh", "f8"),
        ("loss_kwh", "f8"),
        ("unmet_kwh", "f8"),
        ("step", "i4"),
        ("horizon_steps", "i4"),
        ("rule", "i4"),
    ],
    align=True,
)
"""A load area: its limits, its clock and its energy books."""

SESSION: Final = np.dtype(
    [
        ("arrival_min", "f8"),
        ("departure_min", "f8"),
        # What the driver says; the departure itself where nothing is said. Nobody but the clock knows the true one.
        ("departure_stated_min", "f8"),
        ("plug_in_min", "f8"),
        ("capacity_kwh", "f8"),
        ("energy_arrival_kwh", "f8"),
        ("energy_target_kwh", "f8"),
        ("power_max_kw", "f8"),
        ("efficiency", "f8"),
        ("transition_soc", "f8"),
        # The books of the session, written when the PEV leaves.
        ("energy_kwh", "f8"),
        ("grid_energy_kwh", "f8"),
        ("loss_kwh", "f8"),
        ("station", "i4"),
        ("plug_step", "i4"),
        ("depart_step", "i4"),
        ("depart_stated_step", "i4"),
        ("next_session", "i4"),
        ("status", "i4"),
    ],
    align=True,
)
"""One visit of one PEV: what the schedule says of it, and what it was given."""

TRACE: Final = np.dtype(
    [
        ("asked_kw", "f8"),
        ("request_kw", "f8"),
        ("acceptance_kw", "f8"),
        ("power_kw", "f8"),
        ("energy_kwh", "f8"),
        ("reward", "f4"),
        ("session", "i4"),
    ],
    align=True,
)
"""What happened at one station in one step: `TRACE[T, B, N]` holds an episode.

`session` is the row of the session served in the step, or `NO_SESSION`; `asked_kw` is the policy's own word,
`request_kw` what is left of it after clipping; `energy_kwh` is what the battery holds at the step's end.
"""


def make_areas(
    num_areas: int,
    *,
    power_max_kw: float,
    step_minutes: float,
    horizon_steps: int,
    rule: Rule,
    power_min_kw: float = 0.0,
    start_hour: float = 0.0,
) -> Records:
    """Areas of one kind at step 0, with empty books: `AREA[num_areas]`."""
    areas = np.zeros(num_areas, AREA)
    areas["power_min_kw"] = power_min_kw
    areas["power_max_kw"] = power_max_kw
    areas["step_hours"] = step_minutes / MINUTES_PER_HOUR
    areas["start_hour"] = start_hour
    areas["horizon_steps"] = horizon_steps
    areas["rule"] = rule
    return areas


def make_stations(num_areas: int, power_min_kw: npt.ArrayLike, power_max_kw: npt.ArrayLike) -> Records:
    """Empty stations with the given limits (each `[N]`), the same in every area: `STATION[num_areas, N]`."""
    power_min_kw = np.asarray(power_min_kw, np.float64)
    stations = np.zeros((num_areas, power_min_kw.size), STATION)
    stations["power_min_kw"] = power_min_kw
    stations["power_max_kw"] = power_max_kw
    for field in ("session", "next_session", "served_session"):
        stations[field] = NO_SESSION
    stations["next_plug_step"] = NEVER
    return stations
