"""What a station may see of its site: prices, base load, sun and limits, now and ahead; and its battery both ways.

What lies ahead is known as the series tells it, in the steps to come.
"""

import math
from typing import Final

from pev_battery_charge.catalogue.features import (
    all_stations,
    area_cap,
    largest_battery,
    of_cap,
    of_station,
    station_limit,
    station_lower_limit,
)
from pev_battery_charge.catalogue.registry import feature
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.clock import hour_of_day
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import ceiling_kwh as ceiling_of
from pev_battery_charge.core.units import HOURS_PER_DAY

_REFERENCE_PRICE: Final = 0.3
_REFERENCE_CARBON: Final = 0.5
_REFERENCE_HOURS: Final = 10.0


@feature(unit="currency/kWh", scale=_REFERENCE_PRICE, metered=True)
def buy_price(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The price of energy from the grid."""
    return float(moments[area["step"] + ahead_steps]["buy_price"])


@feature(unit="currency/kWh", scale=_REFERENCE_PRICE, metered=True)
def sell_price(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The price of energy to the grid."""
    return float(moments[area["step"] + ahead_steps]["sell_price"])


@feature(unit="kW", scale=of_cap, metered=True)
def load_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """What the site draws beside the stations."""
    return float(moments[area["step"] + ahead_steps]["load_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def solar_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The solar power of the site."""
    return float(moments[area["step"] + ahead_steps]["solar_kw"])


@feature(unit="kg/kWh", low=0.0, scale=_REFERENCE_CARBON, metered=True)
def carbon_kg_per_kwh(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The carbon intensity of the grid."""
    return float(moments[area["step"] + ahead_steps]["carbon_kg_per_kwh"])


@feature(unit="kW", scale=of_cap, metered=True)
def target_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The power that the area is asked to follow."""
    return float(moments[area["step"] + ahead_steps]["target_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, limit=area_cap, metered=True)
def cap_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The area's cap, or the further limit of the step where that is lower."""
    return float(min(area["power_max_kw"], moments[area["step"] + ahead_steps]["cap_kw"]))


@feature(unit="kW", scale=of_cap, metered=True)
def room_left_kw(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """What all stations together may draw: the cap less base load, plus sun."""
    moment = moments[area["step"] + ahead_steps]
    return float(min(area["power_max_kw"], moment["cap_kw"]) - moment["load_kw"] + moment["solar_kw"])


@feature(unit="kW", scale=of_cap, metered=True)
def net_power_kw(area: Record, station: Record, moments: Records) -> float:
    """The net power of the area in the step just made: import positive, export negative."""
    return float(area["meter"]["net_kw"])


@feature(unit="kW", low=0.0, scale=of_cap, metered=True)
def peak_so_far_kw(area: Record, station: Record, moments: Records) -> float:
    """The highest import so far of the billing period."""
    return float(area["meter"]["peak_kw"])


@feature(unit="1", low=0.0, high=1.0)
def buy_price_place(area: Record, station: Record, moments: Records) -> float:
    """The place of the present buy price among those until the stated departure: 0 the cheapest, 1 the dearest.

    The share of steps that are cheaper, those as dear counting half; 0.5 at an empty station, and where all are equal.
    """
    step = area["step"]
    end = min(station["depart_stated_step"], area["horizon_steps"], moments.size - 1)
    if station["session"] == NO_SESSION or end <= step + 1:
        return 0.5
    now, cheaper, others = moments[step]["buy_price"], 0.0, end - step - 1
    for t in range(step + 1, end):
        price = moments[t]["buy_price"]
        cheaper += 1.0 if price < now else 0.5 if price == now else 0.0
    return float(cheaper / others)


@feature(unit="kW", low=0.0, scale=of_station, limit=station_limit)
def charge_limit_kw(area: Record, station: Record, moments: Records) -> float:
    """What the station and its PEV can charge with at most; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    return float(min(station["power_max_kw"], station["battery"]["power_max_kw"]))


@feature(unit="kW", low=0.0, high=0.0, scale=of_station, lower_limit=station_lower_limit)
def discharge_limit_kw(area: Record, station: Record, moments: Records) -> float:
    """What the station and its PEV can give at most, at most 0; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    return float(max(station["power_min_kw"], station["battery"]["power_min_kw"]))


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def energy_kwh(area: Record, station: Record, moments: Records) -> float:
    """What the PEV's battery holds; 0 at an empty station."""
    return float(station["energy_kwh"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def floor_kwh(area: Record, station: Record, moments: Records) -> float:
    """What its battery is discharged to at most; 0 at an empty station."""
    return float(station["battery"]["energy_min_kwh"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="kWh", low=0.0, scale=of_station, limit=largest_battery)
def ceiling_kwh(area: Record, station: Record, moments: Records) -> float:
    """What its battery is charged to at most; 0 at an empty station."""
    return ceiling_of(station) if station["session"] != NO_SESSION else 0.0


@feature(unit="1", low=0.0, high=1.0)
def efficiency(area: Record, station: Record, moments: Records) -> float:
    """Stored over grid energy of its battery; 0 at an empty station."""
    return float(station["battery"]["efficiency"]) if station["session"] != NO_SESSION else 0.0


@feature(unit="h", scale=_REFERENCE_HOURS)
def laxity_h(area: Record, station: Record, moments: Records) -> float:
    """Hours to spare: until the stated departure, less those needed at full power from now; 0 at an empty station."""
    if station["session"] == NO_SESSION:
        return 0.0
    battery = station["battery"]
    full_kw = min(station["power_max_kw"], battery["power_max_kw"]) * battery["efficiency"]
    needed_hours = max(station["target_kwh"] - station["energy_kwh"], 0.0) / full_kw
    left_hours = min(max(station["depart_stated_step"] - area["step"], 1), area["horizon_steps"]) * area["step_hours"]
    return float(left_hours - needed_hours)


@feature(unit="1", low=-1.0, high=1.0)
def hour_sin(area: Record, station: Record, moments: Records) -> float:
    """The sine of the local hour, a day being a turn."""
    return math.sin(2.0 * math.pi * hour_of_day(area, area["step"]) / HOURS_PER_DAY)


@feature(unit="1", low=-1.0, high=1.0)
def hour_cos(area: Record, station: Record, moments: Records) -> float:
    """The cosine of the local hour, a day being a turn."""
    return math.cos(2.0 * math.pi * hour_of_day(area, area["step"]) / HOURS_PER_DAY)


@feature(unit="kW", low=0.0, scale=of_cap, limit=all_stations, metered=True)
def potential_kw(area: Record, station: Record, moments: Records) -> float:
    """What all PEVs that were plugged in could have drawn at full power in the step just made."""
    return float(area["potential_kw"])
