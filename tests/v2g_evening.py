"""A site with prices, sun, load, batteries that may be discharged and one that never leaves; and who steers it."""

from typing import Final

import numpy as np

from pev_battery_charge import Instance, Scenario, Series, generate_instance, load_scenario
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.core.records import make_moments
from tests.strategies import Floats

STORE: Final = {
    "capacity_kwh": 100.0,
    "energy_start_kwh": 40.0,
    "energy_min_kwh": 10.0,
    "power_min_kw": -30.0,
    "power_max_kw": 30.0,
}


def evening_scenario() -> Scenario:
    """Four stations and a battery of the site, behind one connection that may also export."""
    return load_scenario("paper-5x20").replace(
        name="v2g-evening",
        area={"power_min_kw": -20.0, "power_max_kw": 60.0},
        stations=[{"power_max_kw": 22.0, "power_min_kw": -22.0}] * 4 + [{"store": STORE}],
        population={"power_min_kw": -10.0, "floor_soc": 0.1, "efficiency_out": 0.92},
    )


def evening_series(scenario: Scenario) -> Series:
    """From morning to night: sun at noon, dear hours after it, a building that draws more in the evening."""
    moments = make_moments(scenario.num_moments)
    hour = np.arange(moments.size) * scenario.step_minutes / 60.0
    dear = np.exp(-(((hour - 11.5) / 1.6) ** 2))
    moments["buy_price"] = np.round(0.22 - 0.1 * np.exp(-(((hour - 5.0) / 2.0) ** 2)) + 0.3 * dear, 3)
    moments["sell_price"] = np.round(0.05 + 0.25 * dear, 3)
    moments["load_kw"] = 10.0 + 9.0 * np.exp(-(((hour - 11.0) / 2.5) ** 2))
    moments["solar_kw"] = 45.0 * np.maximum(np.sin(np.pi * (hour + 1.0) / 12.0), 0.0) ** 2 * (hour < 11.0)
    moments["carbon_kg_per_kwh"] = 0.35 + 0.1 * dear
    moments["demand_price"] = 0.8
    return Series(moments)


def evening(seed: int = 0) -> tuple[Scenario, Instance]:
    """The scenario, and an instance of it."""
    scenario = evening_scenario()
    return scenario, Instance(generate_instance(scenario, seed).schedule, evening_series(scenario))


class CheapAndDear:
    """Charges while energy is cheap, and discharges while it is dear."""

    def __init__(self, series: Series) -> None:
        self.buy_price = series.moments["buy_price"]

    def __call__(self, snapshot: Snapshot) -> Floats:
        """The requests of all stations."""
        price = self.buy_price[snapshot.step]
        upper: Floats = snapshot.stations["power_max_kw"]
        lower: Floats = snapshot.stations["power_min_kw"]
        return lower * 0.7 if price > 0.3 else upper * (0.9 if price < 0.2 else 0.3)
