"""From powers to requests: what has flowed flows again, and what cannot flow is brought inside every limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, Trace, generate_schedule, load_scenario
from pev_battery_charge.controllers.planning.replay import replay, requests_for
from pev_battery_charge.controllers.planning.slots import Slots
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from tests.controllers.planning.plans import Floats, area, assert_keeps_limits, pev, play
from tests.strategies import COORDINATORS, policies, scenarios, schedule_of, schedules


def slots_of(scenario: Scenario, schedule: Schedule) -> tuple[Vehicles, Slots]:
    vehicles = Vehicles.of_schedule(scenario, schedule.on_grid(scenario.step_minutes, scenario.horizon_steps))
    return vehicles, Slots.of(scenario, vehicles)


def powers_at(trace: Trace, vehicles: Vehicles, slots: Slots) -> Floats:
    """`[P]`: what has flowed at each slot."""
    return trace.power_kw[slots.step, vehicles.station[slots.vehicle]]


def test_places_are_the_steps_of_every_stay_in_which_something_can_flow() -> None:
    pevs = [pev(0, 2.5, 5.0), pev(0, 6, 0.0), pev(2.5, 9, 5.0), pev(5.5, 6.5, 5.0), pev(1, 3, 5.0)]
    scenario = area([{"power_max_kw": 6.0}] * 2 + [{"power_min_kw": 4.0, "power_max_kw": 6.0}], 10.0)
    schedule = schedule_of(pevs, 3)
    vehicles, slots = slots_of(scenario, schedule)
    # In order of arrival: 0 at station 0 for steps 0 and 1; 1 wants nothing; 4 at the third station for 1 and 2; 2 at
    # station 0 from step 3 to the horizon; 3 has no whole step.
    assert vehicles.session.tolist() == [0, 1, 2, 3]
    assert vehicles.departs.tolist() == [True, True, True, False]
    assert (slots.vehicle.tolist(), slots.step.tolist()) == ([0, 0, 2, 2, 3, 3, 3, 3, 3], [0, 1, 1, 2, 3, 4, 5, 6, 7])
    assert slots.first.tolist() == [True, False, True, False, True, False, False, False, False]
    assert slots.able.tolist() == [True, False, True, True]
    assert slots.highest_kw.tolist() == [5.0, 0.0, 5.0, 5.0]
    assert vehicles.least_kw.tolist() == [0.0, 0.0, 4.0, 0.0]


@settings(max_examples=60)
@given(data=st.data())
def test_powers_that_have_flowed_flow_again(data: st.DataObject) -> None:
    """Whatever policy drew them: requests are found for which exactly they flow, whoever shares the cap."""
    scenario = data.draw(scenarios())
    schedule, ask = data.draw(schedules(scenario)), data.draw(policies())
    limits_kw = np.array([station.power_max_kw for station in scenario.stations])
    before = play(scenario, schedule, np.stack([ask(step, limits_kw) for step in range(scenario.horizon_steps)]))
    vehicles, slots = slots_of(scenario, schedule)
    requests_kw = requests_for(scenario, vehicles, slots, powers_at(before, vehicles, slots))
    after = replay(scenario, schedule, requests_kw)
    assert (requests_kw <= limits_kw).all()
    np.testing.assert_allclose(after.power_kw, before.power_kw, rtol=2e-6, atol=1e-9)
    np.testing.assert_allclose(after.session_energy_kwh, before.session_energy_kwh, rtol=1e-6, atol=1e-6)
    # The least requests are found: nothing is asked for in vain, and never more than was asked for before.
    assert (requests_kw <= before.records["request_kw"] * (1.0 + 1e-5) + 1e-9).all()


@settings(max_examples=60)
@given(data=st.data())
def test_any_powers_are_brought_inside_the_limits(data: st.DataObject) -> None:
    scenario = data.draw(scenarios())
    schedule = data.draw(schedules(scenario))
    vehicles, slots = slots_of(scenario, schedule)
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    power_kw = random.uniform(-0.2, 1.3, slots.count) * vehicles.power_max_kw[slots.vehicle]
    requests_kw = requests_for(scenario, vehicles, slots, power_kw)
    trace = replay(scenario, schedule, requests_kw)
    assert_keeps_limits(trace)
    low, high = (np.array([getattr(one, name) for one in scenario.stations]) for name in ("least_kw", "power_max_kw"))
    assert ((requests_kw == 0.0) | ((requests_kw >= low) & (requests_kw <= high))).all()
    np.testing.assert_array_equal(trace.records["asked_kw"], requests_kw)
    if scenario.coordinator == "none":
        return
    # Nobody is cut: what is granted is what each battery accepts.
    np.testing.assert_array_equal(trace.power_kw, trace.records["acceptance_kw"])
    asked = slots.step, vehicles.station[slots.vehicle]
    assert (trace.power_kw[asked] <= np.maximum(power_kw, 0.0) * (1.0 + 2e-6) + 1e-9).all()


@pytest.mark.parametrize("name", ["paper-5x20", "jpl-52", "caltech-54"])
def test_full_power_cut_at_the_cap_flows_to_the_last_bit_of_the_cap(name: str) -> None:
    scenario = load_scenario(name)
    schedule = generate_schedule(scenario, 1)
    vehicles, slots = slots_of(scenario, schedule)
    full_kw = np.array([station.power_max_kw for station in scenario.stations])
    trace = play(scenario, schedule, np.tile(full_kw, (scenario.horizon_steps, 1)))
    again = replay(scenario, schedule, requests_for(scenario, vehicles, slots, powers_at(trace, vehicles, slots)))
    np.testing.assert_allclose(again.power_kw, trace.power_kw, rtol=1e-9, atol=1e-9)
    assert_keeps_limits(again)


@pytest.mark.parametrize("coordinator", COORDINATORS)
def test_powers_a_hair_below_a_minimum_are_meant_to_be_it(coordinator: str) -> None:
    scenario = area([{"power_min_kw": 4.0, "power_max_kw": 6.0}], 10.0, 3, coordinator=coordinator)
    schedule = schedule_of([pev(0, 3, 20.0)], 1)
    vehicles, slots = slots_of(scenario, schedule)
    power_kw = np.array([4.0 - 1e-7, 3.9, 6.0 + 1e-7])
    trace = replay(scenario, schedule, requests_for(scenario, vehicles, slots, power_kw))
    assert trace.power_kw[:, 0].tolist() == [4.0, 0.0, 6.0]


def test_a_last_power_at_the_minimum_gets_to_the_target_in_spite_of_rounding() -> None:
    """10 kWh as 6 and 4 kW: with a trifle too much in the first step, the rest would be too little to flow."""
    scenario = area([{"power_min_kw": 4.0, "power_max_kw": 8.0}], 10.0, 3)
    schedule = schedule_of([pev(0, 3, 10.0)], 1)
    vehicles, slots = slots_of(scenario, schedule)
    for off_kw in (0.0, 1e-9, -1e-9, 1e-12):
        power_kw = np.array([6.0 + off_kw, 0.0, 4.0 - off_kw])
        trace = replay(scenario, schedule, requests_for(scenario, vehicles, slots, power_kw))
        assert trace.power_kw[:, 0] == pytest.approx(np.array([6.0, 0.0, 4.0]), abs=1e-5)


@pytest.mark.parametrize("trifle_kw", [0.0, 1e-10])
def test_minima_and_the_rest_fill_the_cap(trifle_kw: float) -> None:
    """4 kW at least at the first station, 6 of a cap of 10 kW are left for the second."""
    stations = [{"power_min_kw": 4.0, "power_max_kw": 6.0}, {"power_max_kw": 8.0}]
    scenario = area(stations, 10.0, 1, coordinator="proportional")
    schedule = schedule_of([pev(0, 1, 20.0), pev(0, 1, 20.0)], 2)
    vehicles, slots = slots_of(scenario, schedule)
    power_kw = np.array([4.0 - trifle_kw, 6.0 + trifle_kw])
    trace = replay(scenario, schedule, requests_for(scenario, vehicles, slots, power_kw))
    assert trace.power_kw[0] == pytest.approx(np.array([4.0, 6.0]))


@pytest.mark.parametrize("coordinator", COORDINATORS[1:])
@pytest.mark.parametrize("minimum_kw", [4.0, 0.1])
def test_minima_that_fill_the_cap_to_the_last_bit_all_flow(coordinator: str, minimum_kw: float) -> None:
    stations = [{"power_min_kw": minimum_kw, "power_max_kw": 6.0}] * 3
    cap_kw = minimum_kw + minimum_kw + minimum_kw
    scenario = area(stations, cap_kw, 1, coordinator=coordinator)
    schedule = schedule_of([pev(0, 1, 20.0)] * 3, 3)
    vehicles, slots = slots_of(scenario, schedule)
    trace = replay(scenario, schedule, requests_for(scenario, vehicles, slots, np.full(3, minimum_kw)))
    assert trace.power_kw.tolist() == [[minimum_kw] * 3]
    # Where one of them wants more, it is cut down to the minimum; where the cap is a bit lower, one is left out.
    more = requests_for(scenario, vehicles, slots, np.array([minimum_kw, 5.0, minimum_kw]))
    assert more == pytest.approx(np.full((1, 3), minimum_kw))
    tighter = scenario.replace(area={"power_max_kw": cap_kw * (1.0 - 1e-9)})
    trace = replay(tighter, schedule, requests_for(tighter, vehicles, slots, np.full(3, minimum_kw)))
    assert sorted(trace.power_kw[0].tolist()) == [0.0, minimum_kw, minimum_kw]


@pytest.mark.parametrize("coordinator", COORDINATORS[1:])
def test_rounding_never_lifts_a_sum_above_the_cap(coordinator: str) -> None:
    """Eleven stations whose powers, cut at the cap, are sums of odd parts: no coordinator has anything to cut."""
    scenario = area(11, 31.7, 200, step_minutes=1.0, coordinator=coordinator)
    schedule = schedule_of([pev(0, 4, 90.0)] * 11, 11)
    vehicles, slots = slots_of(scenario, schedule)
    power_kw = np.random.default_rng(3).uniform(0.0, 9.0, slots.count)
    requests_kw = requests_for(scenario, vehicles, slots, power_kw)
    assert requests_kw.sum(axis=1) == pytest.approx(np.minimum(power_kw.reshape(11, 200).sum(axis=0), 31.7))
    trace = replay(scenario, schedule, requests_kw)
    np.testing.assert_array_equal(trace.power_kw, requests_kw)
