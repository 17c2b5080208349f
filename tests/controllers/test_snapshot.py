"""What a controller is shown: all that is known now, and nothing of the future."""

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Simulation, load_scenario
from pev_battery_charge.catalogue import DEFAULT_FEATURES, STATE_FEATURES
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.core.records import KNOWN_STATION, STATION
from pev_battery_charge.schedule.columns import STATED
from tests import strategies
from tests.bits import bits, meaningful
from tests.controllers.areas import make_area
from tests.strategies import schedule_of

PEV = {
    "arrival_min": 0.0,
    "departure_min": 60.0,
    "capacity_kwh": 40.0,
    "energy_arrival_kwh": 10.0,
    "energy_target_kwh": 30.0,
    "power_max_kw": 7.0,
    "efficiency": 0.9,
    "transition_soc": 0.8,
}


def two_stations(**changes: object) -> Scenario:
    stations = [{"power_max_kw": 22.0}, {"power_min_kw": 4.0, "power_max_kw": 11.0}]
    scenario = {"stations": stations, "area": {"power_max_kw": 31.5}, "step_minutes": 5, "horizon_steps": 48}
    return Scenario.model_validate(scenario | changes)


def test_no_field_of_the_future_is_reachable() -> None:
    simulation = Simulation("public-10", 2)
    simulation.reset(seed=3)
    snapshot = Snapshot.of(simulation)
    assert set(KNOWN_STATION.names or ()) == set(STATION.names or ()) - {"hidden"}
    for name in ("hidden", "depart_step", "next_session", "next_plug_step"):
        with pytest.raises(ValueError, match="no field"):
            _ = snapshot.stations[name]
    assert set(STATION["hidden"].names or ()) == {"depart_step", "next_session", "next_plug_step"}
    assert not np.array(snapshot.stations.view(STATION)["hidden"].tolist()).any(), "nor as bytes"
    for array in (snapshot.stations, snapshot.areas):
        assert array.base is None, "a view would lead back to the simulation"
    public = {name for name in dir(snapshot) if not name.startswith("_")}
    assert not {name for name in public if "session" in name or "schedule" in name or "simulation" in name}


def another_future(schedule: Schedule, scenario: Scenario, now: int, later_min: float) -> Schedule:
    """The same until now, and the same said; but whoever is here stays longer, and nobody else comes."""
    grid = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
    lasting = pl.Series((grid["depart_step"] > now) & (grid["depart_step"] > grid["plug_step"]))
    now_min = now * scenario.step_minutes
    sessions = schedule.sessions.with_columns(pl.col(STATED).fill_null(pl.col("departure_min")))
    later = pl.when(lasting).then(pl.col("departure_min") + later_min).otherwise(pl.col("departure_min"))
    return Schedule(sessions.with_columns(departure_min=later).filter(pl.col("arrival_min") <= now_min), schedule.info)


@given(
    data=st.data(),
    scenario=strategies.scenarios(population={"kind": "spread", "pevs": 1, "stay_minutes": 1.0}),
    later_min=strategies.quarters(0.25, 500.0),
)
@settings(max_examples=60)
def test_two_futures_that_begin_alike_look_alike_to_the_bit(
    data: st.DataObject, scenario: Scenario, later_min: float
) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    assume((schedule.sessions["plug_in_min"] == schedule.sessions["arrival_min"]).all())  # nobody waits for anybody
    now = data.draw(st.integers(0, scenario.horizon_steps - 1))
    other = another_future(schedule, scenario, now, later_min)
    assume(len(other) > 0)
    ask = data.draw(strategies.policies())
    seen = []
    for one in (schedule, other):
        simulation = Simulation(scenario)
        simulation.reset(schedule=one)
        for step in range(now):
            simulation.step(ask(step, simulation.stations["power_max_kw"][0])[None])
        snapshot = Snapshot.of(simulation)
        seen.append((snapshot, bits(snapshot.areas), bits(snapshot.stations)))
    (first, *before), (second, *after) = seen
    assert before == after
    np.testing.assert_array_equal(first.observe(STATE_FEATURES), second.observe(STATE_FEATURES))
    np.testing.assert_array_equal(first.waiting, second.waiting)


def test_it_cannot_change_the_simulation_and_stays_as_it_was() -> None:
    simulation = Simulation("public-10", 2)
    simulation.reset(seed=3)
    for _ in range(100):
        simulation.step(np.full((2, 10), 7.0))
    snapshot = Snapshot.of(simulation)
    with pytest.raises(ValueError, match="read-only"):
        snapshot.stations["energy_kwh"] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        snapshot.areas["power_max_kw"] = 1.0
    before, waiting = (bits(snapshot.areas), bits(snapshot.stations), snapshot.step), snapshot.waiting.copy()
    for _ in range(50):
        simulation.step(np.full((2, 10), 7.0))
    assert (bits(snapshot.areas), bits(snapshot.stations), snapshot.step) == before
    np.testing.assert_array_equal(snapshot.waiting, waiting)


def test_it_shows_what_stations_see() -> None:
    simulation = Simulation("public-10", 2)
    simulation.reset(seed=3)
    for _ in range(100):
        simulation.step(np.full((2, 10), 7.0))
        snapshot = Snapshot.of(simulation)
        np.testing.assert_array_equal(snapshot.observe(), simulation.observe())
        np.testing.assert_array_equal(snapshot.observe(STATE_FEATURES), simulation.observe(STATE_FEATURES))
        columns = simulation.observe((*DEFAULT_FEATURES, "soc", "time_left_h", "hour"))
        np.testing.assert_array_equal(snapshot.soc.astype(np.float32), columns[..., 8])
        np.testing.assert_array_equal(snapshot.time_left_h.astype(np.float32), columns[..., 9])
        np.testing.assert_array_equal(snapshot.hour.astype(np.float32), columns[:, 0, 10])
        np.testing.assert_array_equal(snapshot.energy_remaining_kwh.astype(np.float32), columns[..., 5])
    known = meaningful(simulation.stations)
    for name in set(KNOWN_STATION.names or ()) - {"turn"}:
        here = snapshot.plugged
        np.testing.assert_array_equal(snapshot.stations[name][here], known[name][here], err_msg=name)


def test_what_it_tells_of_stations_vehicles_and_areas() -> None:
    simulation = Simulation(two_stations(), 2)
    early = PEV | {"arrival_min": 5.0, "departure_stated_min": 22.0}
    simulation.reset(schedule=schedule_of([PEV, early], 2).replace_info(start="23:50"))
    first = Snapshot.of(simulation)
    assert first.plugged.tolist() == [[True, False]] * 2
    simulation.step([[7.0, 0.0], [3.0, 0.0]])
    second = Snapshot.of(simulation)
    assert (second.step, second.step_hours) == (1, 5 / 60)
    assert second.hour == pytest.approx([23 + 55 / 60] * 2)
    assert second.cap_kw.tolist() == [31.5, 31.5]
    assert second.area_power_kw.tolist() == [7.0, 3.0]
    assert second.least_kw.tolist() == [[0.0, 4.0]] * 2
    assert second.power_max_kw.tolist() == [[22.0, 11.0]] * 2
    assert second.energy_remaining_kwh == pytest.approx(np.array([[20 - 0.525, 20], [20 - 0.225, 20]]))
    assert second.capacity_kwh.tolist() == [[40.0, 40.0]] * 2
    assert second.soc == pytest.approx(np.array([[10.525 / 40, 0.25], [10.225 / 40, 0.25]]))
    assert second.pev_power_max_kw.tolist() == [[7.0, 7.0]] * 2
    assert second.efficiency.tolist() == [[0.9, 0.9]] * 2
    assert second.transition_soc.tolist() == [[0.8, 0.8]] * 2
    assert second.depart_stated_step.tolist() == [[12, 4]] * 2
    assert second.time_left_h == pytest.approx(np.array([[55 / 60, 15 / 60]] * 2))
    assert first.step == 0, "and the first has stayed"


def test_of_an_empty_station_everything_is_zero_also_after_a_pev_has_left() -> None:
    simulation = Simulation(two_stations())
    simulation.reset(schedule=schedule_of([PEV], 2))
    while not simulation.over:
        simulation.step([[7.0, 7.0]])
    snapshot = Snapshot.of(simulation)
    assert not snapshot.plugged.any()
    names = ("energy_remaining_kwh", "capacity_kwh", "soc", "pev_power_max_kw", "efficiency", "transition_soc")
    for name in (*names, "depart_stated_step", "time_left_h", "waiting"):
        assert not getattr(snapshot, name).any(), name


def test_time_left_is_what_the_driver_said_but_a_step_at_least() -> None:
    scenario, schedule = make_area(
        [{"leave": 2.0, "say": 0.6, "need": 5.0}, {"leave": 1.0, "say": 3.0, "need": 5.0}], 9.0
    )
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    told = []
    while not simulation.over:
        told.append(Snapshot.of(simulation).time_left_h[0].tolist())
        simulation.step([[0.0, 0.0]])
    assert told[:9] == [[0.5, 3], [0.25, 2.75], [0.25, 2.5], [0.25, 2.25], *[[0.25, 0]] * 4, [0, 0]]


def test_who_stands_in_line_is_counted_also_who_will_have_no_time_left() -> None:
    """At one station: a from 0 to 20, b from 3 to 40, c from 5 on, its time up at 43: too short for a step; d at 50."""
    times = [(0.0, 20.0), (3.0, 40.0), (5.0, 43.0), (50.0, 60.0)]
    pevs = [PEV | {"arrival_min": arrival, "departure_min": departure} for arrival, departure in times]
    simulation = Simulation(two_stations(stations=[{"power_max_kw": 22.0}]))
    simulation.reset(schedule=schedule_of(pevs, 1, patience_minutes=100.0))
    told = []
    for _ in range(13):
        told.append(Snapshot.of(simulation).waiting.tolist()[0][0])
        simulation.step([[0.0]])
    assert told == [0, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0]


@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=30)
def test_those_in_line_are_those_who_have_come_and_are_not_plugged_in(data: st.DataObject, scenario: Scenario) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    slack_min = 1e-9 * scenario.step_minutes
    while not simulation.over:
        now_min = simulation.step_index * scenario.step_minutes + slack_min
        expected = [0] * scenario.num_stations
        for row in schedule.sessions.drop_nulls("station").iter_rows(named=True):
            expected[row["station"]] += row["arrival_min"] <= now_min < row["plug_in_min"]
        assert Snapshot.of(simulation).waiting.tolist() == [expected]
        simulation.step(np.zeros((1, scenario.num_stations)))


def test_the_line_stays_as_it_was_when_the_simulation_goes_on() -> None:
    simulation = Simulation(load_scenario("public-10").replace(population={"sessions_per_day": 90.0}))
    simulation.reset(seed=1)
    while not (snapshot := Snapshot.of(simulation)).waiting.any():
        simulation.step(np.zeros((1, 10)))
    before = snapshot.waiting.tolist()
    simulation.reset(seed=2)
    assert snapshot.waiting.tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        snapshot.waiting[0, 0] = 5


def test_waiting_pevs_are_told_of_a_named_scenario() -> None:
    simulation = Simulation(load_scenario("public-10").replace(population={"sessions_per_day": 90.0}), 2)
    simulation.reset(seed=1)
    longest = 0
    while not simulation.over:
        longest = max(longest, int(Snapshot.of(simulation).waiting.max()))
        simulation.step(np.zeros((2, 10)))
    assert longest >= 1
