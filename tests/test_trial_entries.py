"""A term, a feature and a rule, each in one place."""

import numpy as np
import pytest

from pev_battery_charge import Simulation, load_scenario
from tests.strategies import schedule_of

PEV = {
    "arrival_min": 0.0,
    "departure_min": 60.0,
    "capacity_kwh": 40.0,
    "energy_arrival_kwh": 10.0,
    "energy_target_kwh": 30.0,
    "power_max_kw": 11.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
}


def test_they_count_and_rank() -> None:
    scenario = load_scenario("paper-5x20").replace(
        stations={"count": 2, "power_max_kw": 22.0},
        area={"power_max_kw": 11.0},
        coordinator="smallest_battery",
        observations=["since_start_h"],
        reward={"terms": {"unusable": 2.0}},
    )
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule_of([PEV, PEV | {"capacity_kwh": 35.0}], 2))
    result = simulation.step(np.full((1, 2), 22.0))
    assert simulation.stations["made"]["power_kw"].tolist() == [[0.0, 11.0]]
    assert result.rewards[0] == pytest.approx([-1.0, -1.0])
    assert result.observations[0, :, 0] == pytest.approx([5 / 60] * 2)
    assert simulation.part_names == ("reward_unusable", "power_kw")
