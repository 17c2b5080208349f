"""Reward terms of sites on states made by hand: of the meter, of goals, and as others have published them."""

import json
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import TERMS
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.records import NO_SESSION, make_areas, make_moments, make_stations
from tests.loading import ROOT

PUBLISHED: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "published_rewards.json").read_text(encoding="utf-8"))
REWARDS = PUBLISHED["ev2gym_rewards"]


def a_station(**made: float) -> Record:
    """A station that has served a PEV of 50 kWh in the step just made."""
    station = make_stations(1, [0.0], [22.0], [-22.0])[0, 0]
    station["session"] = station["made"]["session"] = 0
    station["battery"]["capacity_kwh"] = station["served"]["capacity_kwh"] = 50.0
    for name, value in made.items():
        station["made"][name] = value
    return station


def an_area(**fields: float) -> Record:
    """After step 3, with one PEV served in it."""
    area = make_areas(1, power_max_kw=40.0, step_minutes=15.0, horizon_steps=8)[0]
    area["step"], area["stations_served"] = 4, 1
    for name, value in fields.items():
        area[name] = value
    return area


def a_day(target_kw: float = 30.0) -> Records:
    moments = make_moments(9)
    moments["target_kw"][3] = target_kw
    return moments


def value(name: str, area: Record, station: Record, moments: Records | None = None, *literals: float) -> float:
    """What a term earns, compiled."""
    return float(TERMS[name].function(area, station, a_day() if moments is None else moments, *literals))


def test_terms_of_the_meter_are_minus_the_stations_part_of_the_bill() -> None:
    station = a_station(power_kw=8.0)
    bill = station["served"]["bill"]
    bill["cost"], bill["demand_cost"], bill["carbon_kg"], station["served"]["throughput_kwh"] = 1.5, 0.25, 0.75, 1.8
    found = [value(name, an_area(), station) for name in ("energy_cost", "demand_charge", "carbon", "throughput")]
    assert found == pytest.approx([-1.5, -0.25, -0.75, -1.8])


@pytest.mark.parametrize(
    ("base_kw", "area_kw", "own_kw", "expected_kwh"),
    [
        (-20.0, 10.0, 4.0, 1.0),  # all of it from the sun, a quarter of an hour
        (-5.0, 10.0, 4.0, 0.5),  # half of it
        (5.0, 10.0, 4.0, 0.0),
        (-20.0, 10.0, -4.0, 0.0),
        (-20.0, -2.0, 4.0, 0.0),
    ],
)
def test_self_consumption_is_the_sun_that_a_station_takes(
    base_kw: float, area_kw: float, own_kw: float, expected_kwh: float
) -> None:
    area = an_area(power_kw=area_kw)
    area["meter"]["base_kw"] = base_kw
    assert value("self_consumption", area, a_station(power_kw=own_kw)) == pytest.approx(expected_kwh)


@pytest.mark.parametrize(("power_kw", "expected"), [(4.0, 0.9), (-4.0, -0.9), (0.0, 0.0)])
def test_stored_energy_is_what_a_battery_of_the_site_has_gained(power_kw: float, expected: float) -> None:
    station = a_station(power_kw=power_kw)
    station["served"]["throughput_kwh"] = abs(expected)
    assert value("stored_energy", an_area(), station) == 0.0
    station["store"] = 1
    assert value("stored_energy", an_area(), station) == pytest.approx(expected)


def test_unmet_energy_and_satisfaction_are_told_once_at_departure() -> None:
    station = a_station(energy_kwh=30.0, target_kwh=40.0)
    station["served"]["wanted_kwh"] = 25.0
    assert [value(name, an_area(), station) for name in ("unmet_energy", "satisfaction")] == [0.0, 0.0]
    station["made"]["departed"] = 1
    assert value("unmet_energy", an_area(), station) == -10.0
    assert value("satisfaction", an_area(), station) == pytest.approx(0.6)
    station["made"]["energy_kwh"] = 45.0
    assert [value(name, an_area(), station) for name in ("unmet_energy", "satisfaction")] == [0.0, 1.0]
    station["made"]["energy_kwh"] = 10.0  # less than it came with
    assert value("satisfaction", an_area(), station) == 0.0


def test_tracking_is_shared_by_the_stations_that_served_a_pev() -> None:
    area = an_area(power_kw=33.0, stations_served=2)
    assert value("tracking", area, a_station(), None, 2.0) == -4.5
    assert value("tracking", area, a_station(), None, 1.0) == -1.5


@pytest.mark.parametrize("row", PUBLISHED["fleetrl_missing_soc"], ids=lambda row: f"{row['missing_soc']:g}")
def test_missing_state_of_charge_is_fleetrls(row: dict[str, float]) -> None:
    station = a_station(energy_kwh=50.0 - 50.0 * row["missing_soc"], target_kwh=50.0, departed=1.0)
    expected = 1.0 if row["missing_soc"] <= 0.005 else row["penalty"]
    assert value("fleetrl_missing_soc", an_area(), station) == pytest.approx(expected, rel=1e-9)
    station["made"]["departed"] = 0
    assert value("fleetrl_missing_soc", an_area(), station) == 0.0


@pytest.mark.parametrize("row", PUBLISHED["fleetrl_overload"], ids=lambda row: f"{row['relative_loading']:g}")
def test_overload_is_fleetrls(row: dict[str, float]) -> None:
    area = an_area(request_kw=40.0 * row["relative_loading"] - 10.0 + 1e-12)
    area["meter"]["base_kw"] = 10.0
    assert value("fleetrl_overload", area, a_station()) == pytest.approx(row["penalty"], rel=1e-9)


@pytest.mark.parametrize(
    ("asked_kw", "session", "expected"),
    [
        (22.0, NO_SESSION, -0.2),
        (-11.0, NO_SESSION, -0.05),
        (1.0, NO_SESSION, 0.0),
        (22.0, 0, 0.0),
        (90.0, NO_SESSION, -0.2),
    ],
)
def test_an_invalid_action_costs_by_its_square(asked_kw: float, session: int, expected: float) -> None:
    station = a_station(asked_kw=asked_kw, session=float(session))
    assert value("fleetrl_invalid_action", an_area(), station) == pytest.approx(expected)


@pytest.mark.parametrize(("beyond_kwh", "expected"), [(0.0, 0.0), (2.0, -0.022), (10.0, -0.2)])
def test_overcharging_costs_by_its_square_and_not_without_end(beyond_kwh: float, expected: float) -> None:
    station = a_station()
    station["served"]["beyond_kwh"] = beyond_kwh
    assert value("fleetrl_overcharging", an_area(), station) == pytest.approx(expected)


def test_rewards_of_power_are_ev2gyms() -> None:
    area, station = an_area(power_kw=33.0, potential_kw=24.0), a_station()
    assert value("ev2gym_squared_tracking_error", area, station) == REWARDS["SquaredTrackingErrorReward"]
    assert value("ev2gym_simple_reward", area, station) == REWARDS["SimpleReward"]
    assert value("ev2gym_minimize_tracker_surplus", area, station) == REWARDS["MinimizeTrackerSurplusWithChargeRewards"]
    surplus = 1000.0 * value("ev2gym_surplus", area, station)
    assert REWARDS["V2G_profitmaxV2"] + surplus == pytest.approx(REWARDS["pst_V2G_profitmaxV2"])
    idle = an_area(power_kw=0.0, potential_before_kw=24.0)
    assert value("ev2gym_idle", idle, station) == -1.0
    assert value("ev2gym_idle", an_area(power_kw=0.0), station) == value("ev2gym_idle", area, station) == 0.0


def test_rewards_of_drivers_are_ev2gyms() -> None:
    """Its hand-made state: two that have left, one of them short, and two that stay; the step cost 1.75."""
    leaving = [a_station(energy_kwh=energy, target_kwh=40.0, departed=1.0) for energy in (30.0, 45.0)]
    staying = []
    for energy, target, power_kw, departure in ((20.0, 50.0, 11.0, 6), (48.0, 40.0, 22.0, 5)):
        station = a_station(energy_kwh=energy, target_kwh=target)
        station["battery"]["power_max_kw"], station["depart_stated_step"] = power_kw, departure
        staying.append(station)

    def of_all(name: str) -> float:
        return sum(value(name, an_area(), station) for station in (*leaving, *staying))

    assert -1.75 + of_all("ev2gym_user_satisfaction") == pytest.approx(REWARDS["profit_maximization"], rel=1e-12)
    assert -1.75 + 100.0 * of_all("unmet_energy") == pytest.approx(REWARDS["V2G_profitmax"])
    assert -1.75 + of_all("ev2gym_lag") == pytest.approx(REWARDS["V2G_profitmaxV2"])


def test_an_empty_station_earns_what_is_for_empty_stations_and_nothing_else() -> None:
    terms = {name: {"weight": 1.0} for name in TERMS if name.startswith(("fleetrl", "ev2gym", "energy"))}
    scenario = pbc.load_scenario("paper-5x20").replace(reward={"terms": terms})
    simulation = pbc.Simulation(scenario)
    simulation.reset(seed=0)
    while (simulation.stations["session"] != NO_SESSION).all():
        simulation.step(np.zeros((1, 5)))
    empty = int(np.argmin(simulation.stations["session"][0] != NO_SESSION))
    result = simulation.step(np.full((1, 5), 22.0))
    earned = dict(zip(simulation.part_names, result.parts[:, 0, empty].tolist(), strict=True))
    assert earned.pop("reward_fleetrl_invalid_action") == pytest.approx(-0.2)
    assert set(earned.values()) == {0.0}
    assert result.rewards[0, empty] == pytest.approx(-0.2)
