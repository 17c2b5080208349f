"""The simple controllers do what their names say, and see no more than they are shown."""

import numpy as np
import pytest

from pev_battery_charge.controllers import Snapshot, constant, make_controller, random_requests, uncontrolled
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import run
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation

ROOMY = Scenario(area={"power_max_kw": 1000.0})


def test_constant_reaches_the_target_at_departure_on_a_straight_line() -> None:
    trace = run(ROOMY, "constant", seed=3)
    sessions = trace.session_frame()
    served = sessions.filter(sessions["status"] == "served")
    assert served.height > 10
    np.testing.assert_allclose(served["energy_unmet_kwh"].to_numpy(), 0.0, atol=1e-9)
    records = trace.session_records
    for j, session in enumerate(records):
        steps = slice(int(session["plug_step"]), int(session["depart_step"]))
        power = trace.power_kw[steps][trace.session[steps] == j]
        hours = (session["depart_step"] - session["plug_step"]) * 5 / 60
        line = (session["energy_target_kwh"] - session["energy_arrival_kwh"]) / session["efficiency"] / hours
        np.testing.assert_allclose(power, line, rtol=1e-9)


def test_constant_draws_a_new_line_where_the_cap_has_cut_it() -> None:
    scenario = Scenario(stations={"count": 2}, area={"power_max_kw": 3.0}, population={"pevs": 6})
    trace = run(scenario, "constant", seed=0)
    cut = trace.records["power_kw"] < trace.records["request_kw"] - 1e-9
    below_limit = trace.records["request_kw"][1:] < 22.0
    again = cut[:-1] & (trace.session[1:] == trace.session[:-1]) & below_limit
    assert again.sum() > 5
    rises = trace.records["request_kw"][1:] - trace.records["request_kw"][:-1]
    assert (rises[again] > 0).all()


def test_uncontrolled_asks_for_the_maximum_of_each_station() -> None:
    scenario = Scenario(stations=({"power_max_kw": 11.0}, {"power_max_kw": 22.0}))
    simulation = Simulation(scenario, num_areas=3)
    simulation.reset(seed=0)
    requests = uncontrolled(Snapshot.of(simulation))
    np.testing.assert_array_equal(requests, np.tile([11.0, 22.0], (3, 1)))
    requests[:] = 0.0
    assert (simulation.stations["power_max_kw"] > 0).all()


def test_random_lies_in_the_limits_and_depends_on_its_seed_alone() -> None:
    simulation = Simulation("public-10", num_areas=2)
    simulation.reset(seed=0)
    snapshot = Snapshot.of(simulation)
    first, second = random_requests(1), random_requests(1)
    for _ in range(50):
        drawn = first(snapshot)
        np.testing.assert_array_equal(drawn, second(snapshot))
        assert (drawn >= 0).all()
        assert (drawn <= simulation.stations["power_max_kw"]).all()
    assert not np.array_equal(drawn, random_requests(2)(snapshot))


def test_constant_asks_nothing_of_empty_stations_and_of_full_batteries() -> None:
    simulation = Simulation(ROOMY)
    simulation.reset(seed=0)
    snapshot = Snapshot.of(simulation)
    assert not snapshot.plugged.any()
    assert (constant(snapshot) == 0).all()


def test_a_snapshot_cannot_change_the_simulation() -> None:
    simulation = Simulation()
    simulation.reset(seed=0)
    snapshot = Snapshot.of(simulation)
    with pytest.raises(ValueError, match="read-only"):
        snapshot.stations["energy_kwh"] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        snapshot.areas["power_max_kw"] = 1.0
    simulation.step(np.full((1, 5), 5.0))


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown name; there are random, uncontrolled, constant"):
        make_controller("optimal")


def test_a_snapshot_shows_what_stations_see() -> None:
    simulation = Simulation("public-10", 2)
    simulation.reset(seed=3)
    simulation.step(np.full((2, 10), 7.0))
    snapshot = Snapshot.of(simulation)
    np.testing.assert_array_equal(snapshot.observe(), simulation.observe())
    extras = ("soc", "time_left_h")
    np.testing.assert_array_equal(snapshot.observe(extras), simulation.observe(extras))
