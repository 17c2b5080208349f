"""What the tests of the planning controllers share: schedules whose future is known, and losses of whole episodes."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Simulation
from pev_battery_charge.controllers import Controller, Snapshot
from pev_battery_charge.controllers.optimum import reward_loss
from pev_battery_charge.evaluation import run
from tests.strategies import schedule_of, sessions


def loss_of(scenario: Scenario, schedule: Schedule, controller: Controller) -> float:
    return reward_loss(run(scenario, controller, schedule=schedule))


def play_requests(scenario: Scenario, schedule: Schedule, requests_kw: np.ndarray) -> float:
    """The loss of requests, `[T, N]`, asked for blindly."""
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    for row in requests_kw:
        simulation.step(row[None])
    return reward_loss(simulation.trace())


def check_a_batch_is_controlled_area_by_area(scenario: Scenario, make: Callable[[], Controller]) -> None:
    """Three areas together ask for what each of them asks for alone, to the bit."""
    together, alone = Simulation(scenario, 3), [Simulation(scenario) for _ in range(3)]
    controller, single = make(), [make() for _ in range(3)]
    together.reset(seed=5)
    for b, simulation in enumerate(alone):
        simulation.reset(seed=5 + b)
    while not together.over:
        requests_kw = controller(Snapshot.of(together))
        for b, simulation in enumerate(alone):
            np.testing.assert_array_equal(requests_kw[b], single[b](Snapshot.of(simulation))[0])
            simulation.step(requests_kw[b : b + 1])
        together.step(requests_kw)


@st.composite
def present_from_the_start(draw: st.DrawFn, scenario: Scenario, taper: bool) -> Schedule:
    """One PEV at each station from step 0 on: nothing of the future is unknown."""
    pevs = []
    for _ in range(scenario.num_stations):
        pev = draw(sessions(scenario.horizon_minutes))
        length = pev["departure_min"] - pev["arrival_min"]
        stay_min = max(length, scenario.step_minutes)
        pev |= {"arrival_min": 0.0, "departure_min": stay_min, "departure_stated_min": stay_min}
        pevs.append(pev if taper else pev | {"transition_soc": 1.0})
    return schedule_of(pevs, scenario.num_stations)
