"""Reward terms of the meter: what energy costs and emits, what is taken from the sun, and what wears batteries.

A station's part of the area's bill is that of `core.meter`, so that the terms of all stations add up to what the
stations cost the area. All are per step, and in the currency of the scenario's prices where nothing else is said.
"""

from pev_battery_charge.catalogue.registry import reward_term
from pev_battery_charge.core.arrays import Record, Records


@reward_term(unit="currency", label="for the cost of energy", metered=True)
def energy_cost(area: Record, station: Record, moments: Records) -> float:
    """Minus the station's part of the energy bill: import at the buy price less export at the sell price."""
    return -float(station["served"]["bill"]["cost"])


@reward_term(unit="currency", label="for the demand charge", metered=True)
def demand_charge(area: Record, station: Record, moments: Records) -> float:
    """Minus the station's part of what the step adds to the demand charge of the billing period."""
    return -float(station["served"]["bill"]["demand_cost"])


@reward_term(unit="kg", label="for carbon", metered=True)
def carbon(area: Record, station: Record, moments: Records) -> float:
    """Minus the station's part of the carbon dioxide that the area's net power causes."""
    return -float(station["served"]["bill"]["carbon_kg"])


@reward_term(unit="kWh", label="for energy through batteries", metered=True)
def throughput(area: Record, station: Record, moments: Records) -> float:
    """Minus the energy that went into the battery or out of it; the weight is what a kWh of it wears."""
    return -float(station["served"]["throughput_kwh"])


@reward_term(unit="kWh", label="for sun used on the site", metered=True)
def self_consumption(area: Record, station: Record, moments: Records) -> float:
    """The solar energy beyond the base load that the stations took, shared by what each charged."""
    charged_kw = station["made"]["power_kw"]
    surplus_kw = min(max(-area["meter"]["base_kw"], 0.0), max(area["power_kw"], 0.0))
    if charged_kw <= 0.0 or surplus_kw <= 0.0:
        return 0.0
    return float(surplus_kw * min(charged_kw / area["power_kw"], 1.0) * area["step_hours"])


@reward_term(unit="kWh", label="for energy in the battery of the site", metered=True)
def stored_energy(area: Record, station: Record, moments: Records) -> float:
    """What the step added to a battery of the site, 0 at other stations.

    The weight is the value of a kWh: what the battery holds at the end beyond what it held at first counts so much, and
    emptying it is no gain.
    """
    if station["store"] == 0:
        return 0.0
    grew = station["made"]["power_kw"] >= 0.0
    return float(station["served"]["throughput_kwh"] if grew else -station["served"]["throughput_kwh"])
