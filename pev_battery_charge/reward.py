"""What a station earns for the step just made. With the weights w of the scenario's `[reward]`:

    reward = - w_soc       (remaining / target) ^ exponent
             - w_local     distance of the request from 0 or [power_min, power_max] / power_max
             - w_area      excess of the area's total request over its cap, or lack below its minimum / cap
             - w_departure unmet / target, in the step after which the PEV leaves

remaining, unmet: energy (kWh) that the PEV served in this step lacks to its target at the step's end; target is the
energy that should be stored at departure. The request counted in the local part is the policy's own word, before it is
clipped; the total request is that after clipping. A station that served no PEV in this step earns 0.

`sharing` s mixes a plugged station's reward with the mean over all plugged stations of its area, (1 - s) own + s mean,
which leaves the area's sum unchanged.
"""

from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Float32, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import LIMIT_TOLERANCE
from pev_battery_charge.scenario import Reward

WEIGHTS: Final = np.dtype(
    [("soc", "f8"), ("local", "f8"), ("area", "f8"), ("departure", "f8"), ("exponent", "f8"), ("sharing", "f8")]
)
"""`Reward` as kernels see it."""

PARTS: Final = ("reward_soc", "reward_local", "reward_area", "reward_departure", "power_kw")
"""The rows of the parts that are told beside a reward: its four terms before sharing, and the granted power."""


def make_weights(reward: Reward) -> Records:
    """The scenario's weights: `WEIGHTS[1]`."""
    return np.array([tuple(getattr(reward, name) for name in WEIGHTS.names or ())], WEIGHTS)


@kernel
def reward_area(
    area: Record,
    stations: Records,
    weights: Record,
    rewards: Float32,
    parts: Float32,
) -> None:
    """Write the rewards of one area's N stations into `rewards[N]` and their parts into `parts[5, N]`."""
    area_part = -weights["area"] * cap_violation(area)
    plugged, total = 0, 0.0
    for i in range(stations.size):
        station = stations[i]
        soc_part, local_part, cap_part, departure_part = 0.0, 0.0, 0.0, 0.0
        if station["made"]["session"] != NO_SESSION:
            plugged += 1
            missing = missing_share(station)
            exponent = weights["exponent"]
            soc_part = -weights["soc"] * (missing if exponent == 1.0 else missing**exponent)
            local_part = -weights["local"] * limit_violation(station, station["made"]["asked_kw"])
            cap_part = area_part
            if station["made"]["departed"] == 1:
                departure_part = -weights["departure"] * missing
        own = soc_part + local_part + cap_part + departure_part
        total += own
        rewards[i] = own
        parts[0, i] = soc_part
        parts[1, i] = local_part
        parts[2, i] = cap_part
        parts[3, i] = departure_part
        parts[4, i] = station["made"]["power_kw"]
    sharing = weights["sharing"]
    if sharing > 0.0 and plugged > 0:
        for i in range(stations.size):
            if stations[i]["made"]["session"] != NO_SESSION:
                rewards[i] = (1.0 - sharing) * rewards[i] + sharing * total / plugged


@kernel
def missing_share(station: Record) -> float:
    """What the PEV lacks to its target, as a share of the target."""
    target: float = station["made"]["target_kwh"]
    return max(target - station["made"]["energy_kwh"], 0.0) / target if target > 0.0 else 0.0


@kernel
def limit_violation(station: Record, asked_kw: float) -> float:
    """Distance of what was asked from 0 or [power_min, power_max], whichever is nearer, over power_max."""
    low, high = station["power_min_kw"], station["power_max_kw"]
    distance: float = min(abs(asked_kw), low - asked_kw) if asked_kw < low else max(asked_kw - high, 0.0)
    if distance <= LIMIT_TOLERANCE * high:
        return 0.0
    share: float = distance / high
    return share


@kernel
def cap_violation(area: Record) -> float:
    """How far the area's total request lies above its cap or below its minimum, over the cap."""
    request, cap = area["request_kw"], area["power_max_kw"]
    violation: float = max(request - cap, area["power_min_kw"] - request, 0.0) / cap
    return violation
