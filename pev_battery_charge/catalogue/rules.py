"""The coordination rules of the package: how an area cuts claims down to its cap.

A rule returns a station's weight or its place in line (see `core.limits`), and is asked only where the cap binds, of
stations that claim power; `station["made"]["acceptance_kw"]` is the claim.
"""

from pev_battery_charge.catalogue.registry import coordinator
from pev_battery_charge.core.arrays import Record, Records


@coordinator(by="nothing")
def none(area: Record, station: Record, moments: Records) -> float:
    """No cut: every claim is granted, whatever the cap."""
    return 0.0


@coordinator(by="weight")
def proportional(area: Record, station: Record, moments: Records) -> float:
    """All claims cut by the same part."""
    return float(station["made"]["acceptance_kw"])


@coordinator(by="weight")
def equal(area: Record, station: Record, moments: Records) -> float:
    """The same power for all, or the claim where that is lower: max-min fair."""
    return 1.0


@coordinator(by="place")
def earliest_departure(area: Record, station: Record, moments: Records) -> float:
    """Earliest stated departure first."""
    return float(station["depart_stated_step"])


@coordinator(by="place")
def least_laxity(area: Record, station: Record, moments: Records) -> float:
    """Fewest hours to spare first: hours left, as stated, minus hours needed at full power.

    A PEV that is still here stays for the step being made, whatever its driver has said.
    """
    battery = station["battery"]
    full_power_kw = min(station["power_max_kw"], battery["power_max_kw"])
    needed_hours = (station["target_kwh"] - station["energy_kwh"]) / (battery["efficiency"] * full_power_kw)
    return float(max(station["depart_stated_step"] - area["step"], 1) * area["step_hours"] - needed_hours)


@coordinator(by="place")
def first_come(area: Record, station: Record, moments: Records) -> float:
    """Earliest arrival first."""
    return float(station["session"])


@coordinator(by="place")
def largest_remaining(area: Record, station: Record, moments: Records) -> float:
    """Most energy lacking first."""
    return float(station["energy_kwh"] - station["target_kwh"])
