"""Sites for tests: areas with both directions, base load, sun and prices, drawn by Hypothesis or made by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.records import make_moments
from pev_battery_charge.generate import with_stores
from tests.reference.site import Holder, PlainSite
from tests.strategies import efficiencies, quarters

RULES = ("none", "proportional", "equal", "first_come")


def series_of(moments: Records, **columns: Any) -> pbc.Series:
    """A series with these columns set."""
    moments = moments.copy()
    for name, values in columns.items():
        moments[name] = values
    return pbc.Series(moments)


@dataclass
class DrawnSite:
    """A scenario, what happens in it, and what is asked in each step, `[T, N]`."""

    scenario: pbc.Scenario
    instance: pbc.Instance
    asked_kw: Array

    @property
    def moments(self) -> Records:
        assert self.instance.series is not None
        return self.instance.series.moments

    def plain(self) -> PlainSite:
        """The same for the reference model."""
        numbered = self.instance.schedule.sessions.with_row_index("turn").to_dicts()
        rows = sorted(numbered, key=lambda row: row["station"])
        holders = [
            Holder(
                station.power_min_kw,
                station.power_max_kw,
                station.least_kw,
                row["power_min_kw"] or 0.0,
                row["power_max_kw"],
                row["efficiency"],
                row["efficiency_out"] or row["efficiency"],
                row["energy_min_kwh"] or 0.0,
                row["energy_max_kwh"] or row["energy_target_kwh"],
                row["energy_arrival_kwh"],
                row["turn"],
            )
            for station, row in zip(self.scenario.stations, rows, strict=True)
        ]
        area, hours = self.scenario.area, self.scenario.step_minutes / 60.0
        export_kw = max(-area.power_min_kw, 0.0)
        rule = self.scenario.coordinator
        return PlainSite(rule, area.power_max_kw, export_kw, hours, holders, peak_kw=area.peak_so_far_kw)

    def with_stores(self) -> "DrawnSite":
        """The same, the batteries of the site among the sessions."""
        return replace(self, instance=with_stores(self.instance, self.scenario))

    def simulation(self, areas: int = 1) -> pbc.Simulation:
        """A recording simulation, reset."""
        simulation = pbc.Simulation(self.scenario, areas, record=True)
        simulation.reset(schedule=self.instance)
        return simulation


@st.composite
def vehicles(draw: st.DrawFn, station: int) -> dict[str, Any]:
    """A vehicle that is there from the first step to the last, and may be discharged."""
    capacity_kwh = draw(quarters(4.0, 60.0))
    levels = sorted(draw(st.tuples(*(st.integers(0, 100) for _ in range(3)))))
    floor, arrival, target = (share / 100 * capacity_kwh for share in levels)
    if draw(st.booleans()):
        floor, arrival = arrival, floor  # below its floor
    return {
        "pev": f"pev_{station}",
        "arrival_min": 0.0,
        "departure_min": 1e5,
        "capacity_kwh": capacity_kwh,
        "energy_arrival_kwh": arrival,
        "energy_target_kwh": max(target, arrival, 0.01),
        "power_max_kw": draw(quarters(1.0, 30.0)),
        "efficiency": draw(efficiencies()),
        "transition_soc": 1.0,
        "station": station,
        "plug_in_min": 0.0,
        "power_min_kw": draw(st.none() | quarters(-30.0, 0.0)),
        "efficiency_out": draw(st.none() | efficiencies()),
        "energy_min_kwh": floor,
        "energy_max_kwh": draw(st.sampled_from([None, capacity_kwh])),
    }


@st.composite
def drawn_sites(draw: st.DrawFn, *, rules: tuple[str, ...] = RULES, steps: int = 5) -> DrawnSite:
    """Small sites whose bounds bind both ways."""
    count = draw(st.integers(1, 4))
    stations: list[dict[str, Any]] = []
    for _ in range(count):
        most, least = draw(quarters(1.0, 25.0)), draw(st.just(0.0) | quarters(0.0, 6.0))
        low = draw(st.just(0.0) | quarters(-25.0, -1.0))
        limits = {"power_max_kw": max(most, least), "power_min_kw": min(low, -least) if low else 0.0, "least_kw": least}
        stations.append(limits)
    if draw(st.booleans()):
        capacity = draw(quarters(10.0, 80.0))
        store = {"capacity_kwh": capacity, "energy_start_kwh": capacity / 2, "energy_min_kwh": capacity / 8}
        stations.append({"store": store | {"power_min_kw": -draw(quarters(1.0, 20.0)), "power_max_kw": 12.0}})
    scenario = pbc.Scenario.model_validate(
        {
            "name": "drawn site",
            "step_minutes": draw(st.sampled_from([5.0, 15.0, 60.0])),
            "horizon_steps": steps,
            "coordinator": draw(st.sampled_from(rules)),
            "area": {
                "power_min_kw": draw(st.just(0.0) | quarters(-30.0, -1.0)),
                "power_max_kw": draw(quarters(1.0, 60.0)),
                "peak_so_far_kw": draw(quarters(0.0, 20.0)),
            },
            "stations": stations,
            "population": {"pevs": 1, "stay_minutes": 5.0},
            "reward": {"terms": {name: {"weight": 1.0} for name in ("energy_cost", "demand_charge", "carbon")}},
        }
    )
    rows = [draw(vehicles(k)) for k in range(count)]
    schedule = pbc.Schedule(pl.DataFrame(rows, schema=_TYPES))
    moments = make_moments(scenario.num_moments)

    def column(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=moments.size, max_size=moments.size))

    series = series_of(
        moments,
        load_kw=column(st.just(0.0) | quarters(0.0, 70.0)),
        solar_kw=column(st.just(0.0) | quarters(0.0, 90.0)),
        buy_price=column(quarters(-1.0, 2.0)),
        sell_price=column(quarters(-1.0, 2.0)),
        carbon_kg_per_kwh=column(quarters(0.0, 1.0)),
        cap_kw=column(st.just(np.inf) | quarters(0.0, 60.0)),
        demand_price=column(quarters(0.0, 5.0)),
        billing_period=sorted(draw(st.lists(st.integers(0, 2), min_size=moments.size, max_size=moments.size))),
    )
    asked = draw(st.lists(quarters(-30.0, 30.0), min_size=steps * len(stations), max_size=steps * len(stations)))
    return DrawnSite(scenario, pbc.Instance(schedule, series), np.array(asked).reshape(steps, len(stations)))


def one_step(
    stations: Sequence[Mapping[str, float]],
    area: Mapping[str, float],
    asked_kw: Sequence[float],
    rule: str,
    **series: Any,
) -> pbc.Simulation:
    """A site after one step of an hour, whose batteries take and give without loss all that they are asked for."""
    scenario = pbc.Scenario.model_validate(
        {
            "name": "one step",
            "step_minutes": 60.0,
            "horizon_steps": 1,
            "coordinator": rule,
            "area": dict(area),
            "stations": [dict(station) for station in stations],
            "population": {"pevs": 1, "stay_minutes": 60.0},
            "reward": {"terms": {"energy_cost": {"weight": 1.0}}},
        }
    )
    ample = {"arrival_min": 0.0, "departure_min": 1e5, "capacity_kwh": 2000.0, "energy_arrival_kwh": 1000.0}
    ample |= {"energy_target_kwh": 2000.0, "power_max_kw": 500.0, "efficiency": 1.0, "transition_soc": 1.0}
    ample |= {"plug_in_min": 0.0, "power_min_kw": -500.0, "efficiency_out": 1.0, "energy_min_kwh": 0.0}
    rows = [{**ample, "pev": f"pev_{k}", "station": k, "energy_max_kwh": 2000.0} for k in range(len(stations))]
    simulation = pbc.Simulation(scenario, record=True)
    moments = series_of(make_moments(scenario.num_moments), **series)
    simulation.reset(schedule=pbc.Instance(pbc.Schedule(pl.DataFrame(rows, schema=_TYPES)), moments))
    simulation.step(np.array([asked_kw]))
    return simulation


_TYPES = {
    name: pl.Int32 if name == "station" else pl.String if name == "pev" else pl.Float64
    for name in (
        *("pev", "arrival_min", "departure_min", "capacity_kwh", "energy_arrival_kwh", "energy_target_kwh"),
        *("power_max_kw", "efficiency", "transition_soc", "station", "plug_in_min"),
        *("power_min_kw", "efficiency_out", "energy_min_kwh", "energy_max_kwh"),
    )
}
