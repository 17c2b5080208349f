"""Reward terms of goals beside the bill: energy and satisfaction at departure, and power that is to be followed.

What concerns the whole area is shared equally by the stations that served a PEV in the step, so that it counts once.
"""

from pev_battery_charge.catalogue.registry import reward_term
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.models import Exponent

FULL_SHARE = 1e-9
"""Of what was wanted; a PEV that lacks no more is satisfied."""


@kernel
def share_of_all(area: Record, value: float) -> float:
    """An equal part of what concerns the whole area, for a station that served a PEV in the step."""
    return float(value / max(area["stations_served"], 1))


@kernel
def unmet_kwh(station: Record) -> float:
    """What the PEV that leaves after the step lacks to its target; 0 while it stays."""
    made = station["made"]
    return float(max(made["target_kwh"] - made["energy_kwh"], 0.0)) if made["departed"] == 1 else 0.0


@kernel
def satisfaction_of(station: Record) -> float:
    """What the PEV got of the energy that it wanted, from 0 to 1; 1 where it wanted none."""
    wanted_kwh = float(station["served"]["wanted_kwh"])
    lacking_kwh = max(station["made"]["target_kwh"] - station["made"]["energy_kwh"], 0.0)
    if wanted_kwh <= 0.0 or lacking_kwh <= FULL_SHARE * wanted_kwh:
        return 1.0
    return float(max(1.0 - lacking_kwh / wanted_kwh, 0.0))


@reward_term(unit="kWh", label="for energy unmet at departure")
def unmet_energy(area: Record, station: Record, moments: Records) -> float:
    """Minus the energy that the PEV lacks to its target, in the step after which it leaves; 0 in all others."""
    return -unmet_kwh(station)


@reward_term(unit="1", label="for satisfied drivers", metered=True)
def satisfaction(area: Record, station: Record, moments: Records) -> float:
    """What the PEV got of the energy that it wanted, in the step after which it leaves; 0 in all others."""
    return satisfaction_of(station) if station["made"]["departed"] == 1 else 0.0


@reward_term(unit="kW^exponent", label="for power off the target", metered=True)
def tracking(area: Record, station: Record, moments: Records, exponent: Exponent = 2.0) -> float:
    """Minus the distance of the stations' power from the moment's `target_kw`, to the power of `exponent`.

    2 is the squared error, 1 the absolute one.
    """
    distance_kw = abs(area["power_kw"] - moments[area["step"] - 1]["target_kw"])
    return -share_of_all(area, distance_kw if exponent == 1.0 else distance_kw**exponent)
