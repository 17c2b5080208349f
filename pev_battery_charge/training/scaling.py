"""The numbers a network works with: what a station sees and asks for, as fractions of its own and its area's limits.

Networks learn badly from kW and kWh. In units of the limits the same number also means the same thing at a station of
another power, and in an area of another size, which lets a policy be carried over.

====  =====================  ====================================================
 #    feature                becomes
====  =====================  ====================================================
 0    power_min_kw           / power_max_kw of the station
 1    power_max_kw           / 10 kW
 2    area_power_max_kw      its inverse, times power_max_kw of the station
 3    area_power_min_kw      / area_power_max_kw
 4    plugged                as it is
 5    energy_remaining_kwh   / power_max_kw of the station: hours at full power
 6    area_power_kw          ln(1 + headroom), headroom = (cap - area_power_kw) / power_max_kw, at least 0
 7    power_kw               / power_max_kw of the station
====  =====================  ====================================================

Extra features: `time_left_h` / 10 h, `hour` / 24 h; `soc` and `progress` as they are. Nothing is lost: the eight
numbers can be computed back. An action in [-1, 1] is a request in [0, power_max_kw] of the station.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from gymnasium.spaces import Box

from pev_battery_charge.core.arrays import Array, Float32
from pev_battery_charge.core.units import HOURS_PER_DAY
from pev_battery_charge.observation import FEATURES

_REFERENCE_KW: Final = 10.0
_REFERENCE_HOURS: Final = 10.0

_SQUASHED_LIMIT: Final = 5.0
"""Where the hyperbolic tangent is 1 to four digits."""

_POWER_MIN, _POWER_MAX, _CAP, _AREA_MIN, _PLUGGED, _REMAINING, _AREA_POWER, _POWER = range(len(FEATURES))
_EXTRA_UNITS: Final = {"time_left_h": _REFERENCE_HOURS, "hour": HOURS_PER_DAY, "soc": 1.0, "progress": 1.0}


def scale_observations(observations: Float32, extras: Sequence[str] = ()) -> Float32:
    """What stations see, `[..., 8 + extras]` in kW, kWh and h, as a new array of fractions of the same shape."""
    power_max_kw, cap_kw = observations[..., _POWER_MAX], observations[..., _CAP]
    scaled = np.empty_like(observations)
    for own in (_POWER_MIN, _REMAINING, _POWER):
        np.divide(observations[..., own], power_max_kw, out=scaled[..., own])
    headroom = np.maximum(cap_kw - observations[..., _AREA_POWER], np.float32(0.0)) / power_max_kw
    np.log1p(headroom, out=scaled[..., _AREA_POWER])
    np.divide(observations[..., _AREA_MIN], cap_kw, out=scaled[..., _AREA_MIN])
    np.divide(power_max_kw, np.float32(_REFERENCE_KW), out=scaled[..., _POWER_MAX])
    np.divide(power_max_kw, cap_kw, out=scaled[..., _CAP])
    scaled[..., _PLUGGED] = observations[..., _PLUGGED]
    for k, name in enumerate(extras, start=len(FEATURES)):
        np.divide(observations[..., k], np.float32(_EXTRA_UNITS[name]), out=scaled[..., k])
    return scaled


def action_space(*, squashed: bool) -> Box:
    """What a policy may answer: numbers in [-1, 1], or such as `squash` takes there."""
    limit = _SQUASHED_LIMIT if squashed else 1.0
    return Box(-limit, limit, (1,), np.float32)


def squash(actions: Float32) -> Float32:
    """Actions of any size, smoothly into [-1, 1].

    For policies that draw from a Gaussian. Were its draws cut off at the limits, all that lies beyond would earn the
    same: a policy that has drifted there, where asking for more was right, feels nothing that calls it back where it
    is wrong.
    """
    return np.tanh(actions)


def scale_actions(actions: Float32, power_max_kw: Array) -> Array:
    """Actions in [-1, 1] as requests in kW, for stations with the given limits (both of one shape)."""
    shares: Array = (np.asarray(actions, np.float64) + 1.0) / 2.0
    return shares * power_max_kw
