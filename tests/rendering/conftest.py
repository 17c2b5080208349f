"""Traces to draw, and boards to look at."""

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.frame import Board
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace

POWER_KW = (4.0, 9.0, 15.0)
"""What the three stations of `three_stations` are granted while a PEV is there."""

LONG_NAMES = [
    "constant",
    "ppo, shared policy, seed 0, checkpoint after 1,000,000 steps",
    "uncontrolled",
    "ppo, shared policy, seed 1, checkpoint after 1,000,000 steps",
    "random",
    "mpc_with_a_very_long_name_without_any_place_to_break_it",
    "least laxity",
    "earliest departure first",
]
"""Of controllers, some too long for a picture."""


@pytest.fixture(scope="session")
def paper() -> Trace:
    """`paper-5x20` under the straight line, in which the cap binds."""
    return run("paper-5x20", "constant", seed=0)


@pytest.fixture(scope="session")
def three_stations() -> Trace:
    """Two hours of three stations with limits of their own and, by hand, one PEV of each fate; times in minutes.

    Row 0 charges at station 0 the whole time. Row 1, at station 1, leaves short of its target at 60; row 2 waits for it
    from 30 on and plugs in then. Row 3 finds no station at 40. Row 4 is too short for a step. Row 5 comes at 90 to
    station 2.
    """
    scenario = Scenario(
        name="three stations",
        step_minutes=10.0,
        horizon_steps=12,
        area={"power_max_kw": 40.0},
        population={"stay_minutes": 60.0},
        stations=[{"power_max_kw": 8.0}, {"power_max_kw": 12.0}, {"power_max_kw": 20.0}],
    )
    columns = {
        "pev": ["a_0", "a_1", "a_2", "a_3", "a_4", "a_5"],
        "arrival_min": [0.0, 10.0, 30.0, 40.0, 72.0, 90.0],
        "departure_min": [120.0, 60.0, 110.0, 100.0, 78.0, 120.0],
        "capacity_kwh": [20.0, 60.0, 30.0, 30.0, 30.0, 40.0],
        "energy_arrival_kwh": [2.0, 10.0, 3.0, 4.0, 5.0, 6.0],
        "energy_target_kwh": [18.0, 50.0, 25.0, 20.0, 9.0, 30.0],
        "power_max_kw": [22.0] * 6,
        "efficiency": [0.9] * 6,
        "transition_soc": [1.0] * 6,
        "station": [0, 1, 1, None, 2, 2],
        "plug_in_min": [0.0, 10.0, 60.0, None, 72.0, 90.0],
    }
    schedule = Schedule(pl.DataFrame(columns), ScheduleInfo(start="06:30"))
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    while not simulation.over:
        simulation.step(np.array([POWER_KW]))
    return simulation.trace()


def make_board(trace: Trace) -> tuple[Board, Episode]:
    """What a frame renderer draws with, laid open."""
    episode = Episode(trace.scenario, trace.schedule)
    with house_style():
        return Board(episode, Clock(trace.scenario, trace.schedule)), episode


def settings_now() -> dict[str, object]:
    """Matplotlib's settings. Not the backend: to look at it is to choose one."""
    return {name: mpl.rcParams[name] for name in mpl.rcParams if name != "backend"}
