"""What the tests of the planning controllers share: schedules whose future is known, and losses of whole episodes."""

import numpy as np
import polars as pl
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Simulation
from pev_battery_charge.controllers import Controller
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


def with_departures(schedule: Schedule, after_min: float, stay_min: float) -> Schedule:
    """Who arrives after a moment stays for another time: another future."""
    late = pl.col("arrival_min") > after_min
    changed = schedule.sessions.filter(~late)
    later = schedule.sessions.filter(late).with_columns(
        energy_arrival_kwh=pl.col("energy_target_kwh"), departure_min=pl.col("plug_in_min") + stay_min
    )
    return Schedule(pl.concat([changed, later]), schedule.info)
