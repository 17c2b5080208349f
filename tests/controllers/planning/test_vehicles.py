"""The vehicles that a plan is for: those of a snapshot are those of the schedule, as far as they are here."""

import numpy as np
import pytest

from pev_battery_charge import Scenario, Simulation
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from tests.envs.episodes import pev
from tests.strategies import schedule_of

STEPS = 12
AREA = Scenario(
    horizon_steps=STEPS,
    population={"stay_minutes": 30.0},
    stations=({"power_max_kw": 22.0}, {"power_max_kw": 6.0, "least_kw": 2.0}),
    area={"power_max_kw": 9.0},
)


@pytest.mark.parametrize(
    ("departure_steps", "end_step", "departs"),
    [(STEPS - 1, STEPS - 1, True), (STEPS, STEPS, True), (STEPS + 1, STEPS, False), (10 * STEPS, STEPS, False)],
)
def test_a_vehicle_that_leaves_as_the_episode_ends_departs_within_it(
    departure_steps: int, end_step: int, departs: bool
) -> None:
    departure_min = departure_steps * AREA.step_minutes
    simulation = Simulation(AREA)
    simulation.reset(schedule=schedule_of([pev(departure_min=departure_min)], 2))
    for _ in range(3):
        for vehicles in (
            Vehicles.of_schedule(AREA, simulation.sessions[0]),
            Vehicles.of_snapshot(Snapshot.of(simulation), 0),
        ):
            assert vehicles.end_step.tolist() == [end_step]
            assert vehicles.departs.tolist() == [departs]
        simulation.step(np.zeros((1, 2)))


def test_at_the_first_step_of_those_that_are_here_snapshot_and_schedule_tell_the_same() -> None:
    pevs = [
        pev(departure_min=30.0, energy_arrival_kwh=3.0),
        pev(departure_min=60.0, power_max_kw=4.0, transition_soc=0.7),
    ]
    simulation = Simulation(AREA)
    simulation.reset(schedule=schedule_of(pevs, 2))
    known = Vehicles.of_snapshot(Snapshot.of(simulation), 0)
    for name, told in Vehicles.of_schedule(AREA, simulation.sessions[0])._asdict().items():
        np.testing.assert_array_equal(getattr(known, name), told, err_msg=name)
    assert known.power_max_kw.tolist() == [22.0, 4.0]
    assert known.least_kw.tolist() == [0.0, 2.0]
