"""The reward terms of the package. A station's reward for the step just made is the sum over the scenario's terms,

    reward = sum of weight x term,

of those below, or of one's own (`reward_term`). Energy and target are those of the PEV served in the step, at its end;
what was asked is the policy's own word, before it is clipped. A station that served no PEV in the step earns 0.

`sharing` s mixes a plugged station's reward with the mean over all plugged stations of its area, (1 - s) own + s mean,
which leaves the area's sum unchanged.
"""

from typing import Final

from pev_battery_charge.catalogue.registry import reward_term
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.transition import LIMIT_TOLERANCE
from pev_battery_charge.models import Exponent


@kernel
def missing_share(energy_kwh: float, target_kwh: float) -> float:
    """What a battery lacks to its target, as a share of the target."""
    return max(target_kwh - energy_kwh, 0.0) / target_kwh if target_kwh > 0.0 else 0.0


@reward_term(unit="1", label="for energy still lacking", linear=True)
def missing(area: Record, station: Record, moments: Records, exponent: Exponent = 1.0) -> float:
    """Minus the missing share of the target, to the power of `exponent`: -(missing / target) ^ exponent."""
    made = station["made"]
    share = missing_share(made["energy_kwh"], made["target_kwh"])
    return -(share if exponent == 1.0 else share**exponent)


@reward_term(unit="1", label="for requests beyond a station's limits", linear=True)
def out_of_bounds(area: Record, station: Record, moments: Records) -> float:
    """Minus the distance of what was asked from 0 or [least, power_max], whichever is nearer, over power_max.

    Where the station may take power back, [power_min, -least] is allowed, too, and measured by power_min.
    """
    asked_kw, low, high = station["made"]["asked_kw"], station["least_kw"], station["power_max_kw"]
    if asked_kw < 0.0 and station["power_min_kw"] < 0.0:
        asked_kw, high = -asked_kw, -station["power_min_kw"]
    distance_kw = min(abs(asked_kw), low - asked_kw) if asked_kw < low else max(asked_kw - high, 0.0)
    if distance_kw <= LIMIT_TOLERANCE * high:
        return -0.0
    return -float(distance_kw / high)


@reward_term(unit="1", label="for requests beyond the area's limits", linear=True)
def overload(area: Record, station: Record, moments: Records) -> float:
    """Minus the area's total request above its cap, or what it falls short of its minimum, over the cap.

    The request counts after clipping to the stations' limits. Every station that served a PEV bears it whole. Cap and
    minimum are what base load and sun leave of them to the stations, and a negative minimum is the export bound.
    """
    request_kw, lower_kw = area["request_kw"], area["lower_kw"]
    if area["power_min_kw"] <= 0.0:
        lower_kw = min(lower_kw, 0.0)  # sun beyond the export bound is curtailed, and no request's fault
    return -float(max(request_kw - area["upper_kw"], lower_kw - request_kw, 0.0) / area["power_max_kw"])


@reward_term(unit="1", label="for energy lacking on departure", linear=True)
def departure(area: Record, station: Record, moments: Records) -> float:
    """Minus the missing share of the target, in the step after which the PEV leaves; 0 in all others."""
    made = station["made"]
    return -missing_share(made["energy_kwh"], made["target_kwh"]) if made["departed"] == 1 else 0.0


DEFAULT_TERMS: Final = {"missing": 1.0, "out_of_bounds": 2.0, "overload": 2.0, "departure": 0.0}
"""The terms of a scenario that names none, with their weights."""
