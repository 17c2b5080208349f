"""The meter of an area: what its stations may draw and give beside base load and sun, and the bill of a step.

Net power is stations + base load - solar power, less what sun is curtailed. Energy costs

    import x buy price - export x sell price,   x hours,

and what the stations cost is the bill with them minus the bill without. A station's part is its power at the average
price of the change, so that all parts add up to the whole; where the sum of powers is 0, at the price of the base. The
demand charge is a rate x the highest import of a billing period: in a step, rate x what the
import raises the peak so far. The stations' part is what remains of that beside what the base alone would have raised,
shared by power, and negative where they shave a peak.
"""

import math

from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import ceiling_kwh


@kernel
def open_meter(area: Record, moment: Record) -> None:
    """Tell what all stations together may draw, and give, in this step beside base load and sun.

    Where the base load alone is beyond what may be imported, stations may only give; where the sun alone is beyond what
    may be exported, they need not draw it: it is curtailed.
    """
    meter = area["meter"]
    base_kw = moment["load_kw"] - moment["solar_kw"]
    cap_kw = min(area["power_max_kw"], moment["cap_kw"])
    meter["base_kw"] = base_kw
    meter["overload_kw"] = max(base_kw - cap_kw, 0.0)
    area["upper_kw"] = cap_kw - base_kw
    area["lower_kw"] = area["power_min_kw"] - base_kw


@kernel
def tell_potential(area: Record, stations: Records) -> None:
    """What all plugged PEVs below their ceilings could draw at full power, without limits of the area."""
    total_kw = 0.0
    for i in range(stations.size):
        station = stations[i]
        if station["session"] != NO_SESSION and station["energy_kwh"] < ceiling_kwh(station):
            total_kw += min(station["power_max_kw"], station["battery"]["power_max_kw"])
    area["potential_before_kw"], area["potential_kw"] = area["potential_kw"], total_kw


@kernel
def tell_occupied(area: Record, stations: Records) -> None:
    """How many stations hold a PEV, or a battery of the site, now."""
    count = 0
    for i in range(stations.size):
        count += stations[i]["session"] != NO_SESSION
    area["stations_occupied"] = count


@kernel
def tell_all_occupied(areas: Records, stations: Records) -> None:
    """The same for each of `AREA[B]`, `STATION[B, N]`."""
    for b in range(areas.size):
        tell_occupied(areas[b], stations[b])


@kernel
def least_net_kw(area: Record) -> float:
    """The bound of the area's export, <= 0. A positive `power_min_kw` is a wish of the reward alone."""
    return float(min(area["power_min_kw"], 0.0))


@kernel
def read_meter(area: Record, stations: Records, moment: Record) -> None:
    """The net power of a step whose powers are granted, and its bill: of the area, of its base, and of each station."""
    meter, hours, total_kw = area["meter"], area["step_hours"], area["power_kw"]
    least_kw = least_net_kw(area)
    wished_kw = meter["base_kw"] + total_kw
    net_kw = max(wished_kw, least_kw)
    base_kw = max(meter["base_kw"], least_kw)
    meter["net_kw"], meter["curtailed_kw"] = net_kw, net_kw - wished_kw
    meter["import_kwh"] += max(net_kw, 0.0) * hours
    meter["export_kwh"] += max(-net_kw, 0.0) * hours
    meter["curtailed_kwh"] += meter["curtailed_kw"] * hours
    meter["overload_kwh"] += meter["overload_kw"] * hours

    if moment["billing_period"] != meter["billing_period"]:
        meter["billing_period"] = moment["billing_period"]
        meter["peak_kw"] = 0.0
    raised_kw = max(net_kw - meter["peak_kw"], 0.0)
    base_raised_kw = max(base_kw - meter["peak_kw"], 0.0)
    meter["peak_kw"] += raised_kw

    book_bill(meter["bill"], moment, net_kw, raised_kw, hours)
    book_bill(meter["base_bill"], moment, base_kw, base_raised_kw, hours)
    changed = 1.0
    if meter["curtailed_kw"] > 0.0 or base_kw > meter["base_kw"]:
        # Where stations take sun that would be curtailed, the meter sees less of them, or nothing.
        changed = (net_kw - base_kw) / total_kw if total_kw != 0.0 else 0.0
    price = average_price(moment, base_kw, net_kw, total_kw, changed)
    demand = moment["demand_price"] * (raised_kw - base_raised_kw) / total_kw if total_kw != 0.0 else 0.0
    for i in range(stations.size):
        station = stations[i]
        power_kw, own = station["made"]["power_kw"], station["served"]["bill"]
        own["cost"] = price * power_kw * hours
        own["demand_cost"] = demand * power_kw
        own["carbon_kg"] = moment["carbon_kg_per_kwh"] * changed * power_kw * hours


@kernel
def tell_served(area: Record, stations: Records) -> None:
    """What the step was for each PEV served in it, before it leaves; and how many there were."""
    hours, count = area["step_hours"], 0
    for i in range(stations.size):
        station = stations[i]
        served, battery = station["served"], station["battery"]
        served["throughput_kwh"] = served["capacity_kwh"] = served["wanted_kwh"] = served["beyond_kwh"] = 0.0
        if station["session"] == NO_SESSION:
            continue
        count += 1
        power_kw, request_kw = station["made"]["power_kw"], station["made"]["request_kw"]
        if power_kw >= 0.0:
            served["throughput_kwh"] = battery["efficiency"] * power_kw * hours
        else:
            served["throughput_kwh"] = -power_kw * hours / battery["efficiency_out"]
        before_kwh = station["energy_kwh"] - math.copysign(served["throughput_kwh"], power_kw)
        if request_kw > 0.0:
            room_kwh = ceiling_kwh(station) - before_kwh
            served["beyond_kwh"] = max(battery["efficiency"] * request_kw * hours - room_kwh, 0.0)
        elif request_kw < 0.0 and battery["power_min_kw"] < 0.0:
            spare_kwh = max(before_kwh - battery["energy_min_kwh"], 0.0)
            served["beyond_kwh"] = max(-request_kw * hours / battery["efficiency_out"] - spare_kwh, 0.0)
        served["capacity_kwh"] = battery["capacity_kwh"]
        served["wanted_kwh"] = station["target_kwh"] - (station["energy_kwh"] - station["books"]["stored_kwh"])
    area["stations_served"] = count


@kernel
def bill_steps(
    area: Record, stations: Records, moments: Records, steps: Records, told: Records, bills: Records
) -> None:
    """Read the meter again in each of `STEP[T, N]`: `METER[T]` into `told`, the stations' `BILL[T, N]` into `bills`.

    area, stations: as they are when an episode begins.
    """
    for t in range(steps.shape[0]):
        total_kw = 0.0
        for i in range(steps.shape[1]):
            stations[i]["made"]["power_kw"] = steps[t, i]["power_kw"]
            total_kw += steps[t, i]["power_kw"]
        area["power_kw"] = total_kw
        open_meter(area, moments[t])
        read_meter(area, stations, moments[t])
        told[t] = area["meter"]
        for i in range(steps.shape[1]):
            bills[t, i] = stations[i]["served"]["bill"]


@kernel
def book_bill(bill: Record, moment: Record, net_kw: float, raised_kw: float, hours: float) -> None:
    """Add to a `BILL` what a net power costs."""
    price = moment["buy_price"] if net_kw > 0.0 else moment["sell_price"]
    bill["cost"] += price * net_kw * hours
    bill["demand_cost"] += moment["demand_price"] * raised_kw
    bill["carbon_kg"] += moment["carbon_kg_per_kwh"] * net_kw * hours


@kernel
def average_price(moment: Record, base_kw: float, net_kw: float, total_kw: float, changed: float) -> float:
    """What a kWh of the stations' power costs: the price of the change, or the average of two prices.

    changed: the part of their power that the meter sees.
    """
    price = moment["buy_price"] if base_kw > 0.0 or (base_kw == 0.0 and net_kw > 0.0) else moment["sell_price"]
    if (base_kw >= 0.0 and net_kw >= 0.0) or (base_kw <= 0.0 and net_kw <= 0.0) or total_kw == 0.0:
        return float(price * changed)
    other = moment["buy_price"] if net_kw > 0.0 else moment["sell_price"]
    return float((other * net_kw - price * base_kw) / total_kw)
