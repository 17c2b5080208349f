"""The records of a scenario's areas as they are before an episode: limits and clock set, stations empty, books at 0."""

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import make_areas, make_stations
from pev_battery_charge.scenario.model import Scenario


def idle_records(scenario: Scenario, num_areas: int = 1) -> tuple[Records, Records]:
    """`AREA[B]` and `STATION[B, N]`."""
    areas = make_areas(
        num_areas,
        power_min_kw=scenario.area.power_min_kw,
        power_max_kw=scenario.area.power_max_kw,
        step_minutes=scenario.step_minutes,
        start_hour=scenario.population.start_hour,
        horizon_steps=scenario.horizon_steps,
    )
    areas["meter"]["peak_kw"] = scenario.area.peak_so_far_kw
    stations = make_stations(
        num_areas,
        [station.least_kw for station in scenario.stations],
        [station.power_max_kw for station in scenario.stations],
        [station.power_min_kw for station in scenario.stations],
    )
    stations["store"][:, scenario.store_stations] = 1
    return areas, stations
