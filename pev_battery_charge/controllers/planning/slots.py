"""The slots of a plan: each step of each stay in which a vehicle could charge."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from pev_battery_charge.controllers.planning.taper import taper_lengths
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.core.arrays import Array, Booleans, Integers
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.scenario import Scenario

_NEEDED_TOLERANCE_KWH: Final = 1e-12


@dataclass(frozen=True)
class Slots:
    """P slots of V vehicles, ordered by vehicle, then by step.

    vehicle, step, first: `[P]`, whose slot it is, which step of the episode, whether it is the vehicle's first.
    able: `[V]`, whether a vehicle has slots: one that needs nothing, or cannot charge at all, has none.
    kwh_per_kw: `[V]`, what a kW over one step stores.
    highest_kw: `[V]`, what can flow at most.
    taper: `[V]`, the k of `planning.taper`.
    tapered: `[P]`, whether the taper can be felt: whether the battery could hold enough for that when the step begins.
        If it can at one slot, it can at all later ones of the stay.
    """

    vehicle: Integers
    step: Integers
    first: Booleans
    able: Booleans
    kwh_per_kw: Array
    highest_kw: Array
    taper: Array
    tapered: Booleans

    @property
    def count(self) -> int:
        """P."""
        return int(self.vehicle.size)

    @classmethod
    def of(cls, scenario: Scenario, vehicles: Vehicles) -> Self:
        """The slots of some vehicles in an area of the scenario."""
        battery = vehicles.battery
        capacity_kwh, transition_soc = battery["capacity_kwh"], battery["transition_soc"]
        kwh_per_kw: Array = battery["efficiency"] * scenario.step_minutes / MINUTES_PER_HOUR
        highest_kw = np.minimum(vehicles.power_max_kw, vehicles.needed_kwh / kwh_per_kw)
        stays = vehicles.end_step - vehicles.first_step
        able = (vehicles.needed_kwh > _NEEDED_TOLERANCE_KWH) & (highest_kw >= vehicles.least_kw) & (stays > 0)
        lengths = np.where(able, stays, 0)
        vehicle = np.repeat(np.arange(stays.size), lengths)
        begin = np.cumsum(lengths) - lengths
        step = np.arange(vehicle.size) - np.repeat(begin - vehicles.first_step, lengths)
        taper = taper_lengths(transition_soc, battery["power_max_kw"] * kwh_per_kw / capacity_kwh)
        straight_kwh = capacity_kwh - (1.0 + taper) * vehicles.power_max_kw * kwh_per_kw
        fastest_kwh = (highest_kw * kwh_per_kw)[vehicle] * (step - vehicles.first_step[vehicle])
        reach_kwh = np.minimum(vehicles.energy_kwh[vehicle] + fastest_kwh, vehicles.target_kwh[vehicle])
        tapered = (transition_soc < 1.0)[vehicle] & (reach_kwh > straight_kwh[vehicle])
        first = step == vehicles.first_step[vehicle]
        return cls(vehicle, step, first, able, kwh_per_kw, highest_kw, taper, tapered)
