"""From the powers of a solution to requests that make them flow, and through the environment."""

from typing import Final

import numpy as np

from pev_battery_charge.controllers.planning.slots import Slots
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.core.battery import acceptance_kw, request_for_kw
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace

CAP_SLACK: Final = 1e-13
"""Relative: requests stay so far below the cap that rounding never makes the coordinator cut them."""

_SNAP: Final = 1e-6
"""Relative: a power so near to a station's minimum is meant to be it."""


def requests_for(
    scenario: Scenario, vehicles: Vehicles, slots: Slots, power_kw: Array, asked_kw: Array | None = None
) -> Array:
    """The requests, `[T, N]` in kW, for which the `power_kw[P]` of a solution flow.

    asked_kw: `[P]`, what the solution asks for, where it says so: it is asked for, if it is more than the power.
        Without it, the least requests are found that the powers need.

    Powers that miss a limit, by the solver's tolerance or because it was out of time, are brought inside: below the
    cap (unless the coordinator has none), within what the battery accepts, and off the gap below a station's minimum.
    """
    capped_kw = np.maximum(power_kw, 0.0)
    _leave_room(slots.vehicle, vehicles.least_kw, vehicles.needed_kwh / slots.kwh_per_kw, capped_kw)
    if scenario.coordinator != "none":
        _keep_cap(slots.step, vehicles.least_kw[slots.vehicle], scenario.area.power_max_kw, capped_kw)
    asked_kw = np.zeros(0) if asked_kw is None else asked_kw
    found_kw = np.zeros(slots.count)
    _follow(vehicles, slots.vehicle, capped_kw, asked_kw, scenario.step_minutes / MINUTES_PER_HOUR, found_kw)
    requests_kw = np.zeros((scenario.horizon_steps, scenario.num_stations))
    requests_kw[slots.step, vehicles.station[slots.vehicle]] = found_kw
    return requests_kw


def replay(scenario: Scenario, schedule: Schedule, requests_kw: Array) -> Trace:
    """What the environment makes of requests, `[T, N]`."""
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    simulation.play(requests_kw)
    return simulation.trace()


@kernel
def _leave_room(vehicle: Integers, least_kw: Array, needed_kw: Array, power_kw: Array) -> None:
    """Let a vehicle that reaches its target with a last power at the station's minimum get there.

    By rounding, the last power could be a little less than the minimum, and not flow at all: a little is moved to it
    from the vehicle's highest power. `needed_kw[V]` is what reaches the target in a single step.
    """
    first = 0
    while first < vehicle.size:
        v = vehicle[first]
        low = least_kw[v]
        end, last, highest, total = first, first, first, 0.0
        while end < vehicle.size and vehicle[end] == v:
            total += power_kw[end]
            if power_kw[end] >= low * (1.0 - _SNAP):
                last = end
            if power_kw[end] > power_kw[highest]:
                highest = end
            end += 1
        extra = low * _SNAP
        if low > 0.0 and total >= needed_kw[v] - extra and abs(power_kw[last] - low) <= extra:
            more = low + extra - power_kw[last]
            if power_kw[highest] >= low + extra + more:
                power_kw[highest] -= more
                power_kw[last] += more
        first = end


@kernel
def _keep_cap(step: Integers, lowest_kw: Array, cap_kw: float, power_kw: Array) -> None:
    """Cut what is above the cap: down to the least that may flow, then off; `step[P]` counts from 0.

    Powers a hair below their minimum are raised to it before, and minima that fill the cap to the last bit stay.
    """
    steps = step.max() + 1 if step.size else 0
    total = np.zeros(steps)
    for i in range(step.size):
        if lowest_kw[i] * (1.0 - _SNAP) <= power_kw[i] < lowest_kw[i]:
            power_kw[i] = lowest_kw[i]
        total[step[i]] += power_kw[i]
    for least in (True, False):
        for i in range(step.size):
            excess = total[step[i]] - (cap_kw * (1.0 - CAP_SLACK) if least else cap_kw)
            floor = lowest_kw[i] if least else 0.0
            if excess > 0.0 and power_kw[i] > floor:
                cut = min(excess, power_kw[i] - floor) if least or lowest_kw[i] == 0.0 else power_kw[i]
                power_kw[i] -= cut
                total[step[i]] -= cut


@kernel
def _follow(
    vehicles: Vehicles, vehicle: Integers, power_kw: Array, asked_kw: Array, step_hours: float, found_kw: Array
) -> None:
    """Let each vehicle follow its powers as far as its battery accepts them; write its requests into `found_kw[P]`.

    Near the battery's own limit a request hardly moves the power, so that a power that is a little too high would need
    a request that is much too high: where requests are given, `asked_kw[P]` (else of size 0), they count.
    """
    energy = 0.0
    for i in range(vehicle.size):
        v = vehicle[i]
        if i == 0 or vehicle[i - 1] != v:
            energy = vehicles.energy_kwh[v]
        low, battery = vehicles.least_kw[v], vehicles.battery[v]
        power = power_kw[i]
        if power < low:
            power = low if power >= low * (1.0 - _SNAP) else 0.0
        request = max(power, asked_kw[i]) if asked_kw.size > 0 else vehicles.power_max_kw[v]
        if (power <= 0.0 and asked_kw.size == 0) or request <= 0.0 or request < low:
            continue
        most = acceptance_kw(battery, energy, vehicles.target_kwh[v], request, step_hours)
        if asked_kw.size > 0:
            power = most if most >= low else 0.0
        else:
            power = min(power, most)
            if power < low or power <= 0.0:
                continue
            request = min(request_for_kw(battery, energy, power, step_hours), vehicles.power_max_kw[v])
        found_kw[i] = request
        energy = min(energy + battery["efficiency"] * power * step_hours, vehicles.target_kwh[v])
