"""What steps take and give: requests, checked, and in parts between which an interrupt is heard; and results."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Array, Observations, PerStation, RewardParts, Rewards
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import MOST_REQUEST_KW

_STATION_STEPS: Final = 500_000
"""How many are made without a look at whether to go on: some hundredths of a second."""

_SHOWN: Final = 20


class StepResult(NamedTuple):
    """What a step hands out, in arrays of the caller's own (unless `reuse_buffers` was asked for)."""

    observations: Observations
    """`[B, N, F]`, seen at t+1: the scenario's `observations`."""
    rewards: Rewards
    """`[B, N]`, for the step just made."""
    parts: RewardParts
    """`[K + 1, B, N]`: the weighted terms of the reward, before sharing, and the granted power (kW)."""
    over: bool
    """Whether the horizon has been reached."""


class PlayResult(NamedTuple):
    """What the steps of a play add up to, in arrays of the caller's own."""

    steps: int
    """How many were made."""
    observations: Observations
    """`[B, N, F]`, seen after the last of them: the scenario's `observations`."""
    rewards: PerStation
    """`[B, N]`: the sum of the rewards."""
    parts: Array
    """`[K, B, N]`: the sums of the weighted terms of the reward, before sharing."""
    grid_kwh: PerStation
    """`[B, N]`: energy drawn from the grid."""
    over: bool
    """Whether the horizon has been reached."""


def read_requests(requests_kw: npt.ArrayLike, num_areas: int, num_stations: int) -> Array:
    """The requests of T steps, `[T, B, N]`, or one plan for all areas, `[T, N]`, as `[T, B, N]`, for reading only.

    Raises `InputError` for another shape, and as `raise_if_wrong` does.
    """
    shapes = f"[T, {num_areas}, {num_stations}] or [T, {num_stations}]"
    try:
        given_kw = np.asarray(requests_kw, np.float64)
    except (TypeError, ValueError):
        raise InputError("requests", [f"must be numbers in kW of shape {shapes}"]) from None
    if given_kw.shape[1:] not in ((num_areas, num_stations), (num_stations,)):
        raise InputError("requests", [f"shape must be {shapes} (it is {given_kw.shape})"])
    raise_if_wrong(given_kw, ("step", "area", "station") if given_kw.ndim == 3 else ("step", "station"))
    if given_kw.ndim == 2:
        given_kw = given_kw[:, None]
    return np.broadcast_to(given_kw, (len(given_kw), num_areas, num_stations))


def in_parts(asked_kw: Array) -> Iterator[Array]:
    """Requests, `[T, B, N]`, a few steps at a time, each time in an array of the caller's own."""
    steps, areas, stations = asked_kw.shape
    size = max(_STATION_STEPS // (areas * stations), 1)
    for first in range(0, steps, size):
        yield np.array(asked_kw[first : first + size], order="C")


def raise_if_wrong(requests_kw: Array, names: Sequence[str]) -> None:
    """Raise `InputError` where requests are NaN, infinite or beyond `MOST_REQUEST_KW`, with their places.

    names: of the axes, such as "area" and "station".
    """
    if _beyond(requests_kw.ravel(), MOST_REQUEST_KW) == 0:
        return
    most, problems = f"must be at most {MOST_REQUEST_KW:g} kW either way", []
    places = np.argwhere(~(np.abs(requests_kw) <= MOST_REQUEST_KW))
    for place in places[:_SHOWN]:
        where = ", ".join(f"{name} {index}" for name, index in zip(names, place, strict=True))
        asked_kw = requests_kw[tuple(place)]
        problems.append(f"{where}: {most if np.isfinite(asked_kw) else 'must be a finite number'} (it is {asked_kw})")
    if len(places) > _SHOWN:
        problems.append(f"{len(places) - _SHOWN} more are not finite or beyond that")
    raise InputError("requests", problems)


@kernel
def _beyond(requests_kw: Array, most_kw: float) -> int:
    beyond = 0
    for one_kw in requests_kw:
        beyond += 0 if abs(one_kw) <= most_kw else 1  # NaN is, too
    return beyond
