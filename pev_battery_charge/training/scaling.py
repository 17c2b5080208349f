"""The numbers a network works with: what a station sees and asks for, as fractions of its own and its area's limits.

Networks learn badly from kW and kWh. In units of the limits the same number also means the same thing at a station of
another power, and in an area of another size, which lets a policy be carried over. How each feature is shown stands in
its entry of the catalogue (`scale`); of the eight that every station sees nothing is lost: they can be computed back.
An action in [-1, 1] is a request in [power_min_kw, power_max_kw] of the station.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from gymnasium.spaces import Box

from pev_battery_charge.catalogue import DEFAULT_FEATURES, FEATURES
from pev_battery_charge.core.arrays import Array, Float32
from pev_battery_charge.errors import raise_if

_LIMITS: Final = ("power_max_kw", "area_power_max_kw")


def scale_observations(observations: Float32, names: Sequence[str] = DEFAULT_FEATURES) -> Float32:
    """What stations see, `[..., F]` in kW, kWh and h, as a new array of fractions of the same shape.

    names: the features, in order. Raises `InputError` without the limits that the others are measured in.
    """
    missing = [name for name in _LIMITS if name not in names]
    raise_if("observations", [f"{one}: must be seen: others are shown in its units" for one in missing])
    power_max_kw, cap_kw = (observations[..., names.index(name)] for name in _LIMITS)
    scaled = np.empty_like(observations)
    for k, name in enumerate(names):
        scale, seen = FEATURES[name.split("@")[0]].scale, observations[..., k]
        scaled[..., k] = scale(seen, power_max_kw, cap_kw) if callable(scale) else seen / np.float32(scale)
    return scaled


def action_space(*, squashed: bool) -> Box:
    """What a policy may answer: numbers in [-1, 1], or such as `squash` takes there."""
    limit = 5.0 if squashed else 1.0  # where the hyperbolic tangent is 1 to four digits
    return Box(-limit, limit, (1,), np.float32)


def squash(actions: Float32) -> Float32:
    """Actions of any size, smoothly into [-1, 1].

    For policies that draw from a Gaussian. Were its draws cut off at the limits, all that lies beyond would earn the
    same: a policy that has drifted there, where asking for more was right, feels nothing that calls it back where it
    is wrong.
    """
    return np.tanh(actions)


def scale_actions(actions: Float32, power_min_kw: Array, power_max_kw: Array) -> Array:
    """Actions in [-1, 1] as requests in kW, for stations with the given limits (all of one shape)."""
    return power_min_kw + (np.asarray(actions, np.float64) + 1.0) / 2.0 * (power_max_kw - power_min_kw)
