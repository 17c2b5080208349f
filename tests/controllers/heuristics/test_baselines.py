"""The simple controllers do what their names say, and see no more than they are shown."""

import numpy as np
import pytest

from pev_battery_charge.controllers import Snapshot, constant, random_requests, uncontrolled
from pev_battery_charge.evaluation import run
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation
from tests.controllers.areas import HOURS, play_by_hand

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
        line = (session["energy_target_kwh"] - session["energy_arrival_kwh"]) / session["battery"]["efficiency"] / hours
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


def test_constant_draws_its_line_to_the_departure_that_the_driver_has_stated() -> None:
    """10 kWh in two hours, said to be one: 10 kW. Or 20 kWh, and four hours are said: 5 kW until it leaves."""
    early = play_by_hand([{"leave": 2.0, "say": 1.0, "need": 10.0}], 100.0, constant)
    assert early.power_kw[:8, 0] == pytest.approx([10.0] * 4 + [0.0] * 4, abs=1e-9)
    late = play_by_hand([{"leave": 2.0, "say": 4.0, "need": 20.0}], 100.0, constant)
    assert late.power_kw[:9, 0] == pytest.approx([5.0] * 8 + [0.0], abs=1e-9)


def test_constant_asks_for_all_that_is_lacking_at_once_when_the_stated_time_is_up() -> None:
    """3 kW are granted of 8; after the stated hour there are 5 kWh to come, each time within the next quarter."""
    trace = play_by_hand([{"leave": 3.0, "say": 1.0, "need": 8.0}], 3.0, constant)
    lacking_kwh = 8.0 - 3.0 * HOURS * np.arange(4, 10)
    assert trace.records["asked_kw"][4:10, 0] == pytest.approx(lacking_kwh / HOURS)
