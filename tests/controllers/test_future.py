"""No controller but a clairvoyant one can tell two futures apart before they begin."""

from collections.abc import Iterator

import numpy as np
import pytest

from pev_battery_charge import Scenario, Schedule, Simulation
from pev_battery_charge.controllers import CATALOGUE, make_controller
from pev_battery_charge.evaluation.runner import play
from tests.strategies import schedule_of

PARTING_MIN = 240.0
SCENARIO = Scenario(
    horizon_steps=96,
    stations={"count": 8, "power_min_kw": 0.0, "power_max_kw": 11.0},
    area={"power_max_kw": 20.0},
    population={"stay_minutes": 60.0},
)


def future(seed: int) -> Schedule:
    """Five PEVs that are always the same up to the parting, but leave after it as the seed says; then three others."""
    common, own = np.random.default_rng(99), np.random.default_rng(seed)
    pevs = []
    for number in range(8):
        early = number < 5
        random = common if early else own
        arrival_min = random.uniform(0.0, 200.0) if early else random.uniform(PARTING_MIN + 5.0, 400.0)
        stated_min = arrival_min + random.uniform(30.0, 300.0)
        needs = np.sort(random.uniform(0.0, 40.0, 2))
        pevs.append(
            {
                "arrival_min": arrival_min,
                "departure_min": own.uniform(PARTING_MIN + 5.0, 480.0) if early else stated_min,
                "departure_stated_min": stated_min,
                "capacity_kwh": 40.0,
                "energy_arrival_kwh": needs[0],
                "energy_target_kwh": needs[1],
                "power_max_kw": 11.0,
                "efficiency": 0.9,
                "transition_soc": 0.8,
            }
        )
    return schedule_of(pevs, SCENARIO.num_stations)


def requests_until_the_parting(name: str, schedule: Schedule) -> Iterator[np.ndarray]:
    simulation = Simulation(SCENARIO)
    simulation.reset(schedule=schedule)
    for _ in play(simulation, make_controller(name, seed=1)):
        if simulation.step_index * SCENARIO.step_minutes > PARTING_MIN:
            return
        yield simulation.stations["made"]["request_kw"].copy()


@pytest.mark.parametrize("name", CATALOGUE)
def test_only_the_clairvoyant_see_what_is_to_come(name: str) -> None:
    one, other = (np.array(list(requests_until_the_parting(name, future(seed)))) for seed in (1, 2))
    assert len(one) == 48
    assert one.any()
    assert np.array_equal(one, other) == (not CATALOGUE[name].clairvoyant)
