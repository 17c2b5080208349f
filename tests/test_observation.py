"""What a station sees: eight numbers in their order, the extra features by hand, and nothing of its neighbours."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation, generate_schedule, load_scenario
from pev_battery_charge.catalogue import DEFAULT_FEATURES, STATE_FEATURES
from tests import strategies
from tests.strategies import schedule_of

PEV = {
    "arrival_min": 0.0,
    "departure_min": 30.0,
    "capacity_kwh": 40.0,
    "energy_arrival_kwh": 10.0,
    "energy_target_kwh": 30.0,
    "power_max_kw": 22.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
}


def two_stations(**changes: Any) -> Scenario:
    stations = [{"power_max_kw": 22.0}, {"power_min_kw": 4.0, "power_max_kw": 11.0}]
    area = {"power_min_kw": 3.0, "power_max_kw": 31.5}
    scenario = {"stations": stations, "area": area, "step_minutes": 5, "horizon_steps": 48}
    return Scenario.model_validate(scenario | changes)


@pytest.mark.slow
@given(
    scenario=strategies.scenarios(),
    extras=st.sampled_from([(), ("soc", "hour"), STATE_FEATURES[8:]]),
    seed=st.integers(0, 2**32),
    ask=strategies.policies(),
)
def test_observations_always_lie_in_the_box(scenario: Scenario, extras: tuple[str, ...], seed: int, ask: Any) -> None:
    simulation = Simulation(scenario.replace(extra_observations=extras))
    box = Box(0.0, np.inf, (8 + len(extras),), np.float32)
    observations = simulation.reset(seed=seed)
    while True:
        assert all(box.contains(one) for one in observations[0])
        if simulation.over:
            break
        power_max_kw = simulation.stations["power_max_kw"][0]
        observations = simulation.step(ask(simulation.step_index, power_max_kw)[None]).observations


def test_the_eight_features_stand_in_their_order() -> None:
    assert DEFAULT_FEATURES == (
        "power_min_kw",
        "power_max_kw",
        "area_power_max_kw",
        "area_power_min_kw",
        "plugged",
        "energy_remaining_kwh",
        "area_power_kw",
        "power_kw",
    )
    assert (*DEFAULT_FEATURES, "time_left_h", "soc", "hour", "progress") == STATE_FEATURES


def test_a_station_sees_its_own_vehicle_and_the_areas_power() -> None:
    late = PEV | {"arrival_min": 5.0}
    simulation = Simulation(two_stations())
    first = simulation.reset(schedule=schedule_of([PEV, late], 2))
    assert first[0].tolist() == [[0, 22, 31.5, 3, 1, 20, 0, 0], [4, 11, 31.5, 3, 0, 0, 0, 0]]
    # 12 kW for 5 minutes stores 0.9 kWh; the second PEV has just come.
    second = simulation.step([[12.0, 9.0]]).observations[0]
    assert second == pytest.approx(np.array([[0, 22, 31.5, 3, 1, 19.1, 12, 12], [4, 11, 31.5, 3, 1, 20, 12, 0]]))
    third = simulation.step([[0.0, 6.0]]).observations[0]
    assert third == pytest.approx(np.array([[0, 22, 31.5, 3, 1, 19.1, 6, 0], [4, 11, 31.5, 3, 1, 19.55, 6, 6]]))


def test_a_station_whose_pev_has_left_sees_no_remaining_energy_and_its_own_last_power() -> None:
    simulation = Simulation(two_stations())
    simulation.reset(schedule=schedule_of([PEV], 2))
    for _ in range(6):
        observation = simulation.step([[12.0, 9.0]]).observations[0, 0]
    assert observation[4:].tolist() == [0.0, 0.0, 12.0, 12.0]
    assert simulation.step([[12.0, 9.0]]).observations[0, 0, 4:].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_a_pev_that_arrives_above_its_needs_has_nothing_remaining() -> None:
    simulation = Simulation(two_stations())
    satisfied = PEV | {"energy_arrival_kwh": 30.0}
    assert simulation.reset(schedule=schedule_of([satisfied], 2))[0, 0, 4:6].tolist() == [1.0, 0.0]


def test_the_neighbours_vehicle_is_not_seen() -> None:
    seen = []
    for neighbour in (PEV, PEV | {"departure_min": 10.0, "energy_arrival_kwh": 29.0, "capacity_kwh": 77.0}):
        simulation = Simulation(two_stations(extra_observations=list(STATE_FEATURES[8:])))
        told = [simulation.reset(schedule=schedule_of([PEV, neighbour], 2))[0, 0]]
        told += [simulation.step([[7.0, 0.0]]).observations[0, 0] for _ in range(6)]
        seen.append(np.stack(told).tobytes())
    assert seen[0] == seen[1]


def test_extra_features_follow_in_the_order_asked_for_and_mean_what_they_say() -> None:
    simulation = Simulation(two_stations(extra_observations=["progress", "soc", "hour", "time_left_h"]))
    schedule = schedule_of([PEV], 2).replace_info(start="22:30")
    first = simulation.reset(schedule=schedule)
    assert simulation.num_features == first.shape[2] == 12
    assert first[0, :, 8:] == pytest.approx(np.array([[0, 0.25, 22.5, 0.5], [0, 0, 22.5, 0]]))
    second = simulation.step([[12.0, 0.0]]).observations[0, :, 8:]
    hour = 22.5 + 5 / 60
    assert second == pytest.approx(np.array([[1 / 48, 10.9 / 40, hour, 25 / 60], [1 / 48, 0, hour, 0]]))
    for _ in range(23):
        last = simulation.step([[0.0, 0.0]]).observations[0, :, 8:]
    assert last == pytest.approx(np.array([[0.5, 0, 0.5, 0]] * 2), abs=1e-6)


def test_the_time_left_is_what_the_driver_said_and_never_below_the_step_to_be_made() -> None:
    simulation = Simulation(two_stations(extra_observations=["time_left_h"]))
    early, late = PEV | {"departure_stated_min": 13.0}, PEV | {"departure_stated_min": 44.0}
    told = [simulation.reset(schedule=schedule_of([early, late], 2))[0, :, 8]]
    told += [simulation.step([[0.0, 0.0]]).observations[0, :, 8] for _ in range(6)]
    minutes = [[10, 40], [5, 35], [5, 30], [5, 25], [5, 20], [5, 15], [0, 0]]
    assert np.array(told) * 60.0 == pytest.approx(np.array(minutes), abs=1e-5)


def test_the_hour_of_a_site_begins_at_its_start_hour() -> None:
    simulation = Simulation(load_scenario("residential-12").replace(extra_observations=["hour"]))
    assert set(simulation.reset(seed=0)[0, :, 8].tolist()) == {12.0}
    for _ in range(150):
        hour = simulation.step(np.zeros((1, 12))).observations[0, 0, 8]
    assert hour == pytest.approx(0.5, abs=1e-5)


def test_the_hour_is_the_scenarios_own_again_after_a_schedule_with_a_clock() -> None:
    scenario = load_scenario("residential-12").replace(extra_observations=["hour"])
    simulation = Simulation(scenario)
    schedule = generate_schedule(scenario, seed=3).replace_info(start="07:00")
    assert simulation.reset(schedule=schedule)[0, 0, 8] == 7.0
    assert simulation.reset(seed=1)[0, 0, 8] == 12.0


def test_other_features_can_be_looked_up_without_a_change_of_what_policies_see() -> None:
    simulation = Simulation("paper-5x20")
    observations = simulation.reset(seed=0)
    assert simulation.observe([*DEFAULT_FEATURES, "soc"])[..., :8].tobytes() == observations.tobytes()
    assert simulation.observe(["soc", "hour"]).shape == (1, 5, 2)
    assert simulation.observe().tobytes() == observations.tobytes()
