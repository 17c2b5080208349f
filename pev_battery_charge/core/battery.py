"""How much power a PEV's battery accepts, and gives: the two-stage battery, its taper integrated exactly over a step.

Up to `transition_soc` the battery takes its maximum power; above, what it takes falls linearly with the state of
charge and reaches zero at a full battery. This is the model of ACN-Sim's `Linear2StageBattery` (Lee, Johansson and
Low, "ACN-Sim: An Open-Source Simulator for Data-Driven Electric Vehicle Charging Research", 2021), solved in closed
form. A `transition_soc` of 1 gives the plain linear battery.
"""

import math

from pev_battery_charge.core.arrays import Record
from pev_battery_charge.core.compile import kernel

_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-15


@kernel
def stored_soc(soc: float, request_soc: float, request_max_soc: float, transition_soc: float) -> float:
    """What one step adds to the state of charge.

    soc: state of charge when the step begins, in [0, 1].
    request_soc: what the step would add if the battery never tapered, 0 < request_soc <= request_max_soc.
    request_max_soc: the same at the PEV's maximum power.
    transition_soc: where the taper begins at maximum power, in [0, 1].

    A request below the maximum meets the taper later: at the soc where the falling acceptance has come down to it.
    From there on the missing charge decays exponentially.
    """
    missing = max(1.0 - soc, 0.0)
    if transition_soc >= 1.0:
        return min(request_soc, missing)
    taper_soc = transition_soc + (1.0 - request_soc / request_max_soc) * (1.0 - transition_soc)
    if soc + request_soc <= taper_soc:
        return request_soc
    if taper_soc >= 1.0:
        return min(request_soc, missing)
    straight = min(max(taper_soc - soc, 0.0), request_soc)
    return straight - (missing - straight) * math.expm1(-(request_soc - straight) / (1.0 - taper_soc))


@kernel
def acceptance_kw(battery: Record, energy_kwh: float, target_kwh: float, request_kw: float, step_hours: float) -> float:
    """The grid-side power, averaged over one step, that the `BATTERY` draws when asked for `request_kw`.

    Never above the request or the PEV's own `power_max_kw`, and never past the session's target: a PEV at its target
    draws nothing. A request that neither the taper nor the target cuts is returned to the bit.
    """
    wanted_kwh = target_kwh - energy_kwh
    capacity_kwh, power_max_kw = battery["capacity_kwh"], battery["power_max_kw"]
    transition_soc = battery["transition_soc"]
    request: float = min(request_kw, power_max_kw)
    if wanted_kwh <= 0.0 or request <= 0.0:
        return 0.0
    kwh_per_kw = battery["efficiency"] * step_hours
    untapered_kwh = request * kwh_per_kw
    if transition_soc < 1.0 or energy_kwh + untapered_kwh > capacity_kwh:
        request_soc = untapered_kwh / capacity_kwh
        request_max_soc = power_max_kw * kwh_per_kw / capacity_kwh
        gain_soc = stored_soc(energy_kwh / capacity_kwh, request_soc, request_max_soc, transition_soc)
        stored_kwh = untapered_kwh if gain_soc >= request_soc else gain_soc * capacity_kwh
    else:
        stored_kwh = untapered_kwh
    stored_kwh = min(stored_kwh, wanted_kwh)
    return request if stored_kwh >= untapered_kwh else min(stored_kwh / kwh_per_kw, request)


@kernel
def release_kw(battery: Record, energy_kwh: float, request_kw: float, step_hours: float) -> float:
    """The grid-side power, averaged over one step, that the `BATTERY` gives when asked for `request_kw`; both <= 0.

    At constant power until it is down to its floor, never more than asked for or than the PEV's own `power_min_kw`. A
    request that none of them cuts is returned to the bit. A battery below its floor gives nothing.
    """
    spare_kwh = energy_kwh - battery["energy_min_kwh"]
    request: float = max(request_kw, battery["power_min_kw"])
    if spare_kwh <= 0.0 or request >= 0.0:
        return 0.0
    return float(max(request, -spare_kwh * battery["efficiency_out"] / step_hours))


@kernel
def request_for_kw(battery: Record, energy_kwh: float, power_kw: float, step_hours: float) -> float:
    """The smallest request for which the PEV draws `power_kw`: the inverse of `acceptance_kw`.

    `power_kw` must be no more than what is accepted at full request; above that, it is the smallest request that meets
    the battery's own limit from the step's beginning, which draws as much as any.

    With m the missing share of the capacity, D the share that a step adds at full power, k = (1 - transition_soc) / D
    and d the share that the request would add, a request that meets the taper on its way adds
    m - k d exp(m / (k d) - (1 + k) / k). For y = m / (k d) this reads y - log(y) = const, solved by Newton's method.
    """
    capacity_kwh, transition_soc = battery["capacity_kwh"], battery["transition_soc"]
    kwh_per_kw = battery["efficiency"] * step_hours
    gain_soc = power_kw * kwh_per_kw / capacity_kwh
    missing = 1.0 - energy_kwh / capacity_kwh
    if transition_soc >= 1.0 or gain_soc <= 0.0:
        return power_kw
    taper: float = (1.0 - transition_soc) * capacity_kwh / (battery["power_max_kw"] * kwh_per_kw)
    if missing >= (1.0 + taper) * gain_soc:
        return power_kw
    y = 1.0
    if gain_soc < missing * -math.expm1(-1.0 / taper):
        level = math.log1p(-gain_soc / missing) + (1.0 + taper) / taper
        y = (1.0 + taper) / taper
        for _ in range(_NEWTON_STEPS):
            above = y - math.log(y) - level
            if above <= _NEWTON_TOLERANCE * level:
                break
            y -= above / (1.0 - 1.0 / y)
    request_kw: float = min(missing * capacity_kwh / (taper * max(y, 1.0) * kwh_per_kw), battery["power_max_kw"])
    return request_kw


@kernel
def hours_to_charge(battery: Record, soc: float, target_soc: float, power_max_kw: float) -> float:
    """Hours from `soc` to `target_soc` at `power_max_kw`, the battery's own limit or a station's below it.

    Infinite for 1 above a taper, where it is only neared.
    """
    if target_soc <= soc:
        return 0.0
    transition_soc: float = battery["transition_soc"]
    soc_per_hour: float = battery["efficiency"] * power_max_kw / battery["capacity_kwh"]
    straight = max(min(target_soc, transition_soc) - soc, 0.0) / soc_per_hour
    if target_soc <= transition_soc:
        return straight
    if target_soc >= 1.0:
        return math.inf
    bend_start = max(soc, transition_soc)
    return straight + (1.0 - transition_soc) / soc_per_hour * math.log((1.0 - bend_start) / (1.0 - target_soc))
