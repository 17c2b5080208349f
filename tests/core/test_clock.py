"""One step, phase by phase: requests, the clock, sessions on the grid of steps, and the books of who leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.clock import begin, hour_of_day, put_on_grid
from pev_battery_charge.core.records import NEVER, NO_SESSION, SESSION, Status, make_areas, make_stations
from pev_battery_charge.core.transition import take_requests
from tests import strategies
from tests.records import write_session

PEV = {
    "capacity_kwh": 24.0,
    "energy_arrival_kwh": 4.0,
    "energy_target_kwh": 24.0,
    "power_max_kw": 22.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
}


def visits(*times_min: tuple[int, float, float]) -> Records:
    """Sessions of equal PEVs: station, plug-in, departure."""
    sessions = np.zeros(len(times_min), SESSION)
    for session, (station, plug_in_min, departure_min) in zip(sessions, times_min, strict=True):
        write_session(session, **PEV)
        session["arrival_min"] = session["plug_in_min"] = plug_in_min
        session["departure_min"] = session["departure_stated_min"] = departure_min
        session["station"], session["status"] = station, Status.SERVED
    return sessions


def bound(sessions: Records, step_minutes: float = 5.0, horizon_steps: int = 12) -> Records:
    """The stations of an area of two, at step 0."""
    stations: Records = make_stations(1, [0.0, 6.0], [22.0, 6.656])[0]
    put_on_grid(sessions, step_minutes, horizon_steps)
    begin(stations[None], sessions[None])
    return stations


@pytest.mark.parametrize(
    ("plug_in_min", "departure_min", "steps"),
    [
        (0.0, 60.0, (0, 12)),
        (7.0, 23.0, (2, 4)),
        (10.0, 20.0, (2, 4)),
        (10.01, 19.99, None),
        (10.0 + 1e-6, 20.0 - 1e-6, None),
        (10.0 + 1e-9, 20.0 - 1e-9, (2, 4)),
        (11.0, 20.0, (3, 4)),
        (10.0, 14.99, None),
        (55.0, 90.0, (11, 18)),
        (56.0, 90.0, None),
        (60.0, 90.0, None),
    ],
)
def test_a_session_is_plugged_in_the_steps_that_lie_whole_inside_its_stay(
    plug_in_min: float, departure_min: float, steps: tuple[int, int] | None
) -> None:
    sessions = visits((0, plug_in_min, departure_min))
    bound(sessions)
    if steps is None:
        assert sessions["status"].tolist() == [Status.TOO_SHORT]
    else:
        assert (sessions["plug_step"][0], sessions["depart_step"][0]) == steps
        assert sessions["status"].tolist() == [Status.SERVED]


@given(
    plug_in_min=strategies.quarters(0.0, 100.0),
    stay_min=strategies.quarters(0.25, 100.0),
    step_minutes=strategies.steps_minutes(),
    horizon_steps=st.integers(1, 20),
)
def test_the_plugged_steps_of_a_session_are_those_counted_one_by_one(
    plug_in_min: float, stay_min: float, step_minutes: float, horizon_steps: int
) -> None:
    sessions = visits((0, plug_in_min, plug_in_min + stay_min))
    bound(sessions, step_minutes, horizon_steps)
    slack = 1e-9 * step_minutes
    inside = [
        step
        for step in range(horizon_steps)
        if step * step_minutes >= plug_in_min - slack and (step + 1) * step_minutes <= plug_in_min + stay_min + slack
    ]
    assert (sessions["status"][0] == Status.SERVED) == bool(inside)
    if inside:
        assert sessions["plug_step"][0] == inside[0]
        assert min(sessions["depart_step"][0], horizon_steps) == inside[-1] + 1


@pytest.mark.parametrize(
    ("stated_min", "stated_step"),
    [
        (23.0, 4),
        (19.99, 3),
        (25.0, 5),
        (25.0 - 1e-9, 5),
        (25.0 - 1e-6, 4),
        (24.9, 4),
        (500.0, 100),
        (14.0, 3),
        (10.0, 3),
        (0.5, 3),
    ],
)
def test_a_stated_departure_is_rounded_as_a_true_one_but_leaves_a_step_at_least(
    stated_min: float, stated_step: int
) -> None:
    sessions = visits((0, 7.0, 43.0), (1, 0.0, 43.0))
    sessions["departure_stated_min"][0] = stated_min
    stations = bound(sessions)
    assert sessions["plug_step"].tolist() == [2, 0]
    assert sessions["depart_step"].tolist() == [8, 8]
    assert sessions["depart_stated_step"].tolist() == [stated_step, 8]
    assert stations["depart_stated_step"][1] == 8


@given(
    plug_in_min=strategies.quarters(0.0, 100.0),
    stay_min=strategies.quarters(0.25, 100.0),
    step_minutes=strategies.steps_minutes(),
)
def test_where_nothing_else_is_stated_the_stated_step_is_the_true_one(
    plug_in_min: float, stay_min: float, step_minutes: float
) -> None:
    sessions = visits((0, plug_in_min, plug_in_min + stay_min))
    bound(sessions, step_minutes, 1000)
    if sessions["status"][0] == Status.SERVED:
        assert sessions["depart_stated_step"][0] == sessions["depart_step"][0]


def test_times_a_rounding_away_from_a_step_lie_on_it() -> None:
    sessions = visits((0, 0.1 + 0.2, 0.3 * 3))
    bound(sessions, step_minutes=0.3)
    assert (sessions["plug_step"][0], sessions["depart_step"][0]) == (1, 3)


@pytest.mark.parametrize("step_minutes", [5.0, 1.1, 0.7, 2.0])
def test_a_clock_changed_at_the_beginning_of_a_step_has_changed_in_it_whatever_the_rounding(
    step_minutes: float,
) -> None:
    area = make_areas(1, power_max_kw=31.5, step_minutes=step_minutes, horizon_steps=100)[0]
    area["clock_shift_h"][0] = 7.0
    rounded_down = 0
    for step in range(1, 100):
        change_h = step * step_minutes / 60.0
        rounded_down += step * area["step_hours"] < change_h
        area["clock_change_h"][0] = change_h
        assert hour_of_day(area, step - 1) == pytest.approx(change_h - step_minutes / 60.0, abs=1e-9)
        assert hour_of_day(area, step) == pytest.approx(change_h + 7.0, abs=1e-9)
        area["clock_change_h"][0] = change_h + 1e-8
        assert hour_of_day(area, step) == pytest.approx(change_h, abs=1e-9)
    assert rounded_down > 0


def test_one_leaves_and_the_next_plugs_in_at_the_same_moment() -> None:
    scenario = Scenario.model_validate({"stations": {"count": 1}, "step_minutes": 5, "horizon_steps": 36})
    pevs = [
        PEV | {"arrival_min": 0.0, "departure_min": 10.0},
        PEV | {"arrival_min": 10.0, "departure_min": 25.0, "energy_arrival_kwh": 11.0},
    ]
    simulation = Simulation(scenario)
    simulation.reset(schedule=strategies.schedule_of(pevs, 1))
    plugged, energies_kwh = [], []
    for _ in range(6):
        plugged.append(int(simulation.stations["session"][0, 0]))
        simulation.step([[12.0]])
        energies_kwh.append(float(simulation.stations["made"]["energy_kwh"][0, 0]))
    assert plugged == [0, 0, 1, 1, 1, NO_SESSION]
    # 12 kW for 5 minutes is 1 kWh from the grid, 0.9 kWh in the battery.
    assert energies_kwh[:5] == pytest.approx([4.9, 5.8, 11.9, 12.8, 13.7], abs=1e-12)
    assert simulation.sessions["energy_kwh"][0].tolist() == pytest.approx([5.8, 13.7], abs=1e-12)
    assert simulation.sessions["books"]["grid_kwh"][0].tolist() == pytest.approx([2.0, 3.0], abs=1e-12)
    assert simulation.sessions["books"]["loss_kwh"][0].tolist() == pytest.approx([0.2, 0.3], abs=1e-12)
    assert simulation.areas["unmet_kwh"][0] == pytest.approx(18.2 + 10.3, abs=1e-12)


def test_sessions_of_a_station_follow_each_other_as_they_plug_in_whatever_their_order_of_arrival() -> None:
    sessions = visits((0, 30.0, 40.0), (1, 0.0, 10.0), (0, 15.0, 30.0), (0, 41.0, 44.0), (0, 0.0, 15.0))
    stations = bound(sessions)
    assert stations["session"].tolist() == [4, 1]
    assert stations["hidden"]["next_session"].tolist() == [2, NO_SESSION]
    assert stations["hidden"]["next_plug_step"].tolist() == [3, NEVER]
    assert sessions["next_session"][[4, 2, 0]].tolist() == [2, 0, NO_SESSION]
    assert sessions["status"][3] == Status.TOO_SHORT


def test_a_rejected_session_and_padding_touch_no_station() -> None:
    sessions = visits((0, 0.0, 60.0), (0, 0.0, 60.0))
    sessions["status"] = Status.REJECTED, Status.PADDING
    assert bound(sessions)["session"].tolist() == [NO_SESSION, NO_SESSION]
    assert sessions["status"].tolist() == [Status.REJECTED, Status.PADDING]


@pytest.mark.parametrize(
    ("asked_kw", "taken_kw"),
    [
        (-3.0, 0.0),
        (0.0, 0.0),
        (5.9, 0.0),
        (6.0 * (1 - 2e-6), 0.0),
        (6.0 * (1 - 5e-7), 6.0),
        (6.0, 6.0),
        (6.3, 6.3),
        (float(np.float32(6.656)), 6.656),
        (6.656, 6.656),
        (1e300, 6.656),
    ],
)
def test_a_request_is_clipped_to_nothing_or_the_stations_limits(asked_kw: float, taken_kw: float) -> None:
    stations = bound(visits((1, 0.0, 60.0)))
    area = make_areas(1, power_max_kw=50.0, step_minutes=5.0, horizon_steps=12)[0]
    take_requests(area, stations, np.array([22.0, asked_kw]))
    assert stations["made"]["request_kw"].tolist() == [0.0, taken_kw]
    assert area["request_kw"] == taken_kw


def test_a_float32_maximum_gets_the_full_power_and_costs_nothing() -> None:
    pev = PEV | {"arrival_min": 0.0, "departure_min": 60.0}
    scenario = Scenario.model_validate({"stations": {"count": 1, "power_max_kw": 6.656}})
    simulation = Simulation(scenario)
    simulation.reset(schedule=strategies.schedule_of([pev], 1))
    asked_kw = np.full((1, 1), 6.656, np.float32)
    assert float(asked_kw[0, 0]) > 6.656
    result = simulation.step(asked_kw)
    assert simulation.stations["made"]["power_kw"][0, 0] == 6.656
    assert result.parts[1, 0, 0] == 0.0


def test_what_a_pev_lacks_is_booked_when_it_leaves_and_not_at_the_horizon() -> None:
    scenario = Scenario.model_validate({"stations": {"count": 2}, "horizon_steps": 36})
    stays = PEV | {"arrival_min": 0.0, "departure_min": 500.0}
    leaves = PEV | {"arrival_min": 0.0, "departure_min": 180.0}
    simulation = Simulation(scenario)
    simulation.reset(schedule=strategies.schedule_of([stays, leaves], 2))
    while not simulation.over:
        assert simulation.areas["unmet_kwh"][0] == 0.0
        simulation.step([[0.0, 0.0]])
    assert simulation.areas["unmet_kwh"][0] == pytest.approx(20.0, abs=1e-12)
    assert simulation.stations["session"][0].tolist() == [0, NO_SESSION]
    assert simulation.stations["made"]["departed"][0].tolist() == [0, 1]
