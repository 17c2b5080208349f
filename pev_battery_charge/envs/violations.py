"""Constraint violations of a step, apart from its reward, as libraries for safe reinforcement learning take them."""

from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import LIMIT_TOLERANCE
from pev_battery_charge.simulation import Simulation

COSTS: Final = ("cost_overload", "cost_out_of_bounds", "cost_unmet")
"""By name; `cost` is their sum."""


def violations(simulation: Simulation) -> dict[str, Array]:
    """What each station violated in the step just made, `[B, N]` each: `cost`, the sum, and its parts by name.

    ==================  ================================================================================================
    cost_overload       kW asked for beyond what base load and sun leave of the area's bounds, cap or export: the whole
                        area's, shared by what the stations asked for in that direction: the parts add up to it
    cost_out_of_bounds  kW asked for beyond the station's own limits, or between 0 and the least it can give
    cost_unmet          kWh that the PEV lacks to its target when it leaves; 0 in all steps but its last
    ==================  ================================================================================================

    0 at an empty station.
    """
    areas, stations = simulation.areas, simulation.stations
    made = stations["made"]
    served = made["session"] != NO_SESSION
    request_kw = made["request_kw"]
    most_kw, least_kw = areas["upper_kw"][:, None], areas["lower_kw"][:, None]
    # Sun beyond the export bound is curtailed, and base load beyond the cap is there anyway: no request's fault.
    total_kw = request_kw.sum(axis=1, keepdims=True)
    above = _shared(np.maximum(total_kw - np.maximum(most_kw, 0.0), 0.0), np.maximum(request_kw, 0.0))
    below = _shared(np.maximum(np.minimum(least_kw, 0.0) - total_kw, 0.0), np.maximum(-request_kw, 0.0))
    outside_kw = np.where(served, _distance_kw(made["asked_kw"], stations), 0.0)
    left = (made["departed"] != 0) & (stations["store"] == 0)
    lacking_kwh = np.where(left, np.maximum(made["target_kwh"] - made["energy_kwh"], 0.0), 0.0)
    parts = dict(zip(COSTS, (above + below, outside_kw, lacking_kwh), strict=True))
    return {"cost": sum(parts.values(), np.zeros(request_kw.shape)), **parts}


def _shared(whole_kw: Array, asked_kw: Array) -> Array:
    """What an area has too much, `[B, 1]`, by what its stations asked for, `[B, N]`."""
    return np.asarray(whole_kw * asked_kw / np.maximum(asked_kw.sum(axis=1, keepdims=True), 1e-12))


def _distance_kw(asked_kw: Array, stations: Records) -> Array:
    """How far a request is from 0, and from what the station can give or take, whichever is nearer; as the reward."""
    low, high, back = stations["least_kw"], stations["power_max_kw"], -stations["power_min_kw"]
    turned = (asked_kw < 0.0) & (back > 0.0)
    asked_kw, high = np.where(turned, -asked_kw, asked_kw), np.where(turned, back, high)
    under = np.minimum(np.abs(asked_kw), low - asked_kw)
    distance = np.where(asked_kw < low, under, np.maximum(asked_kw - high, 0.0))
    return np.where(distance <= LIMIT_TOLERANCE * high, 0.0, distance)
