"""Discretised actions: levels as shares of a station's limits, and which of them are allowed now."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import LIMIT_TOLERANCE
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation

Mask = npt.NDArray[np.int8]
"""1 where a level is allowed, 0 where not; as Gymnasium's spaces take it."""

MOST_LEVELS: Final = 1001

_TENTHS: Final = tuple(k / 10 for k in range(-10, 11))


class Levels:
    """The levels of each station, and what they ask for.

    given: shares of the station's limits from -1 to 1, 0 among them; a negative one is a share of what it can take
        back. None are steps of a tenth, from -1 where the station may discharge, else from 0.
    common: whether all stations have the same levels, where one of them may discharge from -1.

    shares: of each station, `[L_n]`.
    requests_kw: likewise, the power that is asked for.

    Raises `InputError` with every problem of the levels.
    """

    def __init__(self, scenario: Scenario, given: Sequence[float] | None, *, common: bool = False) -> None:
        shares = None if given is None else _checked(given)
        back_kw = [-station.power_min_kw for station in scenario.stations]
        widest = max(back_kw)
        self.shares = [np.array(shares or _TENTHS[0 if (widest if common else own) > 0.0 else 10 :]) for own in back_kw]
        self.requests_kw: list[Array] = []
        self._plugged: list[Mask] = []
        self._empty: list[Mask] = [(one == 0.0).astype(np.int8) for one in self.shares]
        for one, station in zip(self.shares, scenario.stations, strict=True):
            asked_kw = np.where(one < 0.0, one * -station.power_min_kw, one * station.power_max_kw) + 0.0
            useless = (asked_kw != 0.0) & (np.abs(asked_kw) < station.least_kw * (1.0 - LIMIT_TOLERANCE))
            useless |= (one < 0.0) & (station.power_min_kw == 0.0)
            self.requests_kw.append(asked_kw)
            self._plugged.append((~useless).astype(np.int8))

    def masks(self, simulation: Simulation, area: int = 0) -> list[Mask]:
        """Of each station of an area, `[L_n]`: only idle where no PEV is plugged in; nothing that it cannot do."""
        plugged = simulation.stations["session"][area] != NO_SESSION
        return [
            (one if here else none).copy() for here, one, none in zip(plugged, self._plugged, self._empty, strict=True)
        ]

    def batch_masks(self, simulation: Simulation) -> Mask:
        """The same of all stations of all areas, `[B * N, L]`, where all have the same levels."""
        plugged = simulation.stations["session"] != NO_SESSION
        return np.where(plugged[..., None], self._plugged, self._empty).reshape(plugged.size, -1).astype(np.int8)

    def request_kw(self, station: int, action: object) -> Any:
        """What an action asks for; raises `ValueError` that tells why it is none."""
        count = len(self.shares[station])
        number = np.asarray(action)
        if number.dtype.kind not in "iu" or number.size != 1 or not 0 <= number.item() < count:
            raise ValueError(f"must be a whole number from 0 to {count - 1} (it is {action!r})")
        return self.requests_kw[station][number.item()]


def _checked(given: Sequence[float]) -> tuple[float, ...]:
    try:
        shares = tuple(float(one) for one in given)
    except (TypeError, ValueError):
        raise InputError("levels", [f"must be numbers from -1 to 1 (they are {given!r})"]) from None
    problems = [
        f"levels[{place}]: must be from -1 to 1 (it is {one})"
        for place, one in enumerate(shares[:MOST_LEVELS])
        if not (math.isfinite(one) and abs(one) <= 1.0)
    ]
    if len(shares) > MOST_LEVELS:
        problems.append(f"levels: must be at most {MOST_LEVELS} (they are {len(shares)})")
    if len(set(shares)) < len(shares):
        problems.append("levels: must be different")
    if 0.0 not in shares:
        problems.append("levels: must have 0, which is all that an empty station can do")
    raise_if("discrete actions", problems)
    return shares
