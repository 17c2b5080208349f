"""What a station may see of its site: prices, load and sun, now and ahead; the meter; its own limits.

What is seen ahead of prices, load, sun and carbon is a forecast, right unless the area has a `forecast_error`; a target
and a cap are announced, and always right.
"""

from typing import Final

from pev_battery_charge.catalogue.features import (
    all_stations,
    area_cap,
    export_limit,
    largest_battery,
    of_cap,
    of_station,
    station_limit,
    station_lower_limit,
)
from pev_battery_charge.catalogue.registry import Limits, feature
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.forecast import BUY_PRICE, CARBON, LOAD, SELL_PRICE, SOLAR, foreseen
from pev_battery_charge.core.meter import least_net_kw
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import ceiling_kwh as ceiling_of

_REFERENCE_PRICE: Final = 0.3
_REFERENCE_CARBON: Final = 0.5
_REFERENCE_HOURS: Final = 10.0
_REFERENCE_STATIONS: Final = 10.0


def no_power(limits: Limits) -> float:
    """0."""
    return 0.0


@feature(unit="currency/kWh", scale=_REFERENCE_PRICE, metered=True)
def buy_price(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The price of energy from the grid, in the step to be made or ahead of it."""
    return foreseen(area, moments[area["step"] + ahead_steps]["buy_price"], BUY_PRICE, ahead_steps)


@feature(unit="currency/kWh", scale=_REFERENCE_PRICE, metered=True)
def sell_price(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The price of energy to the grid, in the step to be made or ahead of it."""
    return foreseen(area, moments[area["step"] + ahead_steps]["sell_price"], SELL_PRICE, ahead_steps)


@feature(unit="kW", scale=of_cap, metered=True)
def load_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """What the site draws beside its stations, in the step to be made or ahead of it."""
    return foreseen(area, moments[area["step"] + ahead_steps]["load_kw"], LOAD, ahead_steps)


@feature(unit="kW", scale=of_cap, metered=True)
def solar_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The solar power of the site, in the step to be made or ahead of it."""
    return foreseen(area, moments[area["step"] + ahead_steps]["solar_kw"], SOLAR, ahead_steps)


@feature(unit="kg/kWh", scale=_REFERENCE_CARBON, metered=True)
def carbon_kg_per_kwh(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The carbon intensity of the grid, in the step to be made or ahead of it."""
    return foreseen(area, moments[area["step"] + ahead_steps]["carbon_kg_per_kwh"], CARBON, ahead_steps)


@feature(unit="kW", scale=of_cap, metered=True)
def target_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The power that the area is asked to follow, in the step to be made or ahead of it."""
    return float(moments[area["step"] + ahead_steps]["target_kw"])


@feature(unit="kW", scale=of_cap, limit=area_cap, metered=True)
def cap_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """What the area may draw, in the step to be made or ahead of it: at most its cap, less where the series says so."""
    return float(min(area["power_max_kw"], moments[area["step"] + ahead_steps]["cap_kw"]))


@feature(unit="kW", scale=of_cap, metered=True)
def base_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The base load less the solar power, in the step to be made or ahead of it."""
    moment = moments[area["step"] + ahead_steps]
    load = foreseen(area, moment["load_kw"], LOAD, ahead_steps)
    return load - foreseen(area, moment["solar_kw"], SOLAR, ahead_steps)


@feature(unit="kW", low=0.0, scale=of_cap, lower_limit=export_limit, metered=True)
def net_power_kw(area: Record, station: Record, moments: Records) -> float:
    """The net power of the area in the step just made; negative where it flowed out."""
    return float(area["meter"]["net_kw"])


@feature(unit="kW", scale=of_cap, metered=True)
def room_left_kw(area: Record, station: Record, moments: Records) -> float:
    """What the stations may draw in the step to be made: the cap less base load, plus sun; negative: they must give."""
    moment = moments[area["step"]]
    return float(min(area["power_max_kw"], moment["cap_kw"]) - (moment["load_kw"] - moment["solar_kw"]))


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def export_room_kw(area: Record, station: Record, moments: Records) -> float:
    """What the stations may give in the step to be made: the export bound, plus base load less sun; at least 0."""
    moment = moments[area["step"]]
    return float(max(moment["load_kw"] - moment["solar_kw"] - least_net_kw(area), 0.0))


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def peak_so_far_kw(area: Record, station: Record, moments: Records) -> float:
    """The highest import so far of the billing period."""
    return float(area["meter"]["peak_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def overload_kw(area: Record, station: Record, moments: Records) -> float:
    """What the base load alone drew beyond the cap in the step just made."""
    return float(area["meter"]["overload_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def curtailed_kw(area: Record, station: Record, moments: Records) -> float:
    """The solar power beyond the export bound in the step just made."""
    return float(area["meter"]["curtailed_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, limit=all_stations, metered=True)
def potential_kw(area: Record, station: Record, moments: Records) -> float:
    """What all plugged PEVs below their ceilings could draw at full power, in the step just made."""
    return float(area["potential_kw"])


@feature(unit="1", low=0.0, scale=_REFERENCE_STATIONS, metered=True)
def stations_occupied(area: Record, station: Record, moments: Records) -> float:
    """How many stations of the area hold a PEV, or a battery of the site, now."""
    return float(area["stations_occupied"])


@feature(unit="kW", low=0.0, scale=of_station, limit=station_limit)
def charge_limit_kw(area: Record, station: Record, moments: Records) -> float:
    """What the PEV may draw at this station: the lower limit of the two; 0 at an empty station."""
    return charging_kw(station) if station["session"] != NO_SESSION else 0.0


@feature(unit="kW", low=0.0, scale=of_station, limit=no_power, lower_limit=station_lower_limit)
def discharge_limit_kw(area: Record, station: Record, moments: Records) -> float:
    """What the PEV may give at this station, at most 0: the limit of the two nearer to 0; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    return float(min(max(station["power_min_kw"], station["battery"]["power_min_kw"]), 0.0))


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def energy_kwh(area: Record, station: Record, moments: Records) -> float:
    """The energy in the PEV's battery; 0 at an empty station."""
    return float(station["energy_kwh"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def floor_kwh(area: Record, station: Record, moments: Records) -> float:
    """The energy down to which the PEV's battery is discharged; 0 at an empty station."""
    return float(station["battery"]["energy_min_kwh"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def ceiling_kwh(area: Record, station: Record, moments: Records) -> float:
    """The energy up to which the PEV's battery is charged; 0 at an empty station."""
    return ceiling_of(station) if station["session"] != NO_SESSION else 0.0


@feature(unit="1", low=0.0, high=1.0)
def efficiency(area: Record, station: Record, moments: Records) -> float:
    """Of the energy from the grid, the part that the battery stores; 0 at an empty station."""
    return float(station["battery"]["efficiency"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="1", low=0.0, high=1.0)
def efficiency_out(area: Record, station: Record, moments: Records) -> float:
    """Of the energy taken from the battery, the part that the grid gets; 0 at an empty station."""
    return float(station["battery"]["efficiency_out"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="h", low=0.0, scale=_REFERENCE_HOURS)
def time_needed_h(area: Record, station: Record, moments: Records) -> float:
    """Hours at full power from the PEV's present energy to its target; 0 at an empty station."""
    return needed_h(station) if station["session"] != NO_SESSION else 0.0


@feature(unit="h", scale=_REFERENCE_HOURS)
def laxity_h(area: Record, station: Record, moments: Records) -> float:
    """Hours until the stated departure less those needed at full power; negative: too late; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    left_h = max(station["depart_stated_step"] - area["step"], 0) * area["step_hours"]
    return float(left_h - needed_h(station))


@feature(unit="1", low=0.0, high=1.0, metered=True)
def buy_price_rank(area: Record, station: Record, moments: Records) -> float:
    """The place of the present price among those until the stated departure: 0 cheapest, 1 dearest, 0.5 all equal.

    Of the prices that differ from it, the part that is lower: the linearly interpolated quantile where no two are
    equal. Steps beyond the episode's end do not count; 0 at an empty station.
    """
    if station["session"] == NO_SESSION:
        return 0.0
    step, lower, higher = area["step"], 0, 0
    now = moments[step]["buy_price"]
    for ahead in range(1, min(station["depart_stated_step"], area["horizon_steps"]) - step):
        price = foreseen(area, moments[step + ahead]["buy_price"], BUY_PRICE, ahead)
        lower += price < now
        higher += price > now
    return lower / (lower + higher) if lower + higher > 0 else 0.5


@kernel
def charging_kw(station: Record) -> float:
    """What the plugged battery may draw at its station."""
    return float(min(station["power_max_kw"], station["battery"]["power_max_kw"]))


@kernel
def needed_h(station: Record) -> float:
    """Hours at full power from the plugged battery's energy to its target."""
    missing_kwh = max(station["target_kwh"] - station["energy_kwh"], 0.0)
    stored_kw = charging_kw(station) * station["battery"]["efficiency"]
    return float(missing_kwh / stored_kw) if missing_kwh > 0.0 and stored_kw > 0.0 else 0.0
