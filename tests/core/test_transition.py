"""Charging at the edges: a hair below the target, at an empty station, and what is unmet of a full PEV."""

import numpy as np
import pytest

from pev_battery_charge import Scenario, Simulation
from pev_battery_charge.core.transition import accept_all
from tests.envs.episodes import pev
from tests.strategies import schedule_of

AREA = Scenario(step_minutes=60.0, horizon_steps=3, stations={"count": 2}, population={"pevs": 2, "stay_minutes": 60.0})
"""An hour a step: a kW that is granted is a kWh of the grid, and 0.9 kWh in the battery."""


def charged(request_kw: float) -> Simulation:
    """After one step of two hours' stay, with 9 kWh to go: 10 kW fill them to the target."""
    simulation = Simulation(AREA)
    simulation.reset(schedule=schedule_of([pev(energy_arrival_kwh=3.0, energy_target_kwh=12.0)], 2))
    simulation.step(np.array([[request_kw, 0.0]]))
    return simulation


@pytest.mark.parametrize("short_kwh", [0.9e-3, 0.9e-6, 0.9e-9])
def test_a_battery_short_of_its_target_by_more_than_rounding_is_not_full(short_kwh: float) -> None:
    simulation = charged(10.0 - short_kwh / 0.9)
    station = simulation.stations[0, 0]
    assert station["target_kwh"] - station["energy_kwh"] == pytest.approx(short_kwh, rel=1e-4)
    assert station["books"]["stored_kwh"] == pytest.approx(9.0 - short_kwh, abs=1e-12)


@pytest.mark.parametrize("request_kw", [10.0, 10.0 - 1e-14, 22.0])
def test_a_full_battery_is_at_its_target_to_the_bit_and_leaves_nothing_unmet(request_kw: float) -> None:
    simulation = charged(request_kw)
    assert simulation.stations[0, 0]["energy_kwh"] == 12.0
    simulation.step(np.zeros((1, 2)))
    assert simulation.stations[0, 0]["made"]["departed"] == 1
    assert simulation.areas["unmet_kwh"].tolist() == [0.0]


def test_an_empty_station_accepts_nothing_at_full_power_either() -> None:
    simulation = charged(0.0)
    accept_all(simulation.areas[0], simulation.stations[0])
    assert simulation.stations["made"]["acceptance_kw"].tolist() == [[10.0, 0.0]]
