"""Stations that agree by messages: on the central plan, by prices where the cap binds, each by its own problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from pev_battery_charge import InputError, Scenario, Simulation, generate_schedule, optimal_schedule
from pev_battery_charge.controllers import CentralMpc, DecentralisedMpc, Snapshot
from pev_battery_charge.controllers.optimum import unmet_kwh
from pev_battery_charge.controllers.planning.station_plan import LOSS, answer
from pev_battery_charge.evaluation import run
from pev_battery_charge.populations.stated import with_stated_departures
from tests.controllers.planners import (
    check_a_batch_is_controlled_area_by_area,
    loss_of,
    play_requests,
    present_from_the_start,
)
from tests.envs.episodes import pev
from tests.records import battery
from tests.strategies import quarters, scenarios, schedule_of, schedules

WITHOUT_MINIMA = {"stations": {"count": 3, "power_max_kw": 11.0}}


@pytest.mark.slow
@settings(max_examples=25)
@given(st.data())
def test_rounds_converge_to_the_optimum_where_nobody_comes_later(data: st.DataObject) -> None:
    reward = {"soc": data.draw(quarters(0.25, 3.0)), "area": 2.0, "departure": data.draw(quarters(0.0, 3.0))}
    area = {"power_max_kw": data.draw(quarters(4.0, 33.0))}
    scenario = data.draw(scenarios(**WITHOUT_MINIMA, coordinator="equal", reward=reward, area=area))
    schedule = data.draw(present_from_the_start(scenario, taper=data.draw(st.booleans())))
    optimum = optimal_schedule(scenario, schedule)
    simulation, controller = Simulation(scenario), DecentralisedMpc(scenario, rounds=400)
    simulation.reset(schedule=schedule)
    controller(Snapshot.of(simulation))
    assert (controller.plans_kw[0].sum(axis=0) <= scenario.area.power_max_kw * 1.01).all()
    for loss in (play_requests(scenario, schedule, controller.plans_kw[0].T), loss_of(scenario, schedule, controller)):
        assert loss >= optimum.bound - 1e-6 * max(1.0, loss)
        assert loss == pytest.approx(optimum.objective, rel=0.01, abs=1e-3)


@pytest.mark.parametrize(("name", "seeds"), [("paper-5x20", 4), ("workplace-20", 2), ("residential-12", 2)])
def test_with_the_usual_rounds_episodes_lose_as_little_as_under_the_central_planner(name: str, seeds: int) -> None:
    central, decentral = 0.0, 0.0
    for seed in range(seeds):
        schedule = generate_schedule(name, seed)
        scenario = run(name, "uncontrolled", schedule=schedule).scenario
        central += loss_of(scenario, schedule, CentralMpc())
        decentral += loss_of(scenario, schedule, DecentralisedMpc())
    assert decentral <= 1.01 * central


@settings(max_examples=30)
@given(
    st.integers(1, 12),
    st.floats(1.0, 22.0),
    st.floats(0.1, 20.0),
    st.floats(0.001, 0.1),
    st.integers(0, 10_000),
)
def test_an_answer_solves_the_stations_own_problem(
    steps: int, limit_kw: float, needed_kwh: float, rho: float, seed: int
) -> None:
    """Against a general solver, for a battery without a taper."""
    scenario = Scenario(stations={"count": 1, "power_max_kw": limit_kw})
    simulation = Simulation(scenario)
    simulation.reset(seed=0)
    area, station = simulation.areas[0], simulation.stations[0][:1].copy()
    station["energy_kwh"], station["target_kwh"] = 0.0, needed_kwh
    station["battery"] = battery(capacity_kwh=100.0, power_max_kw=50.0, efficiency=0.9, transition_soc=1.0)
    loss = np.array([(1.0, 0.5, 1.0, 1)], LOSS)[0]
    random = np.random.default_rng(seed)
    plan_kw, signal = random.uniform(0.0, limit_kw, 192), random.uniform(-3.0, 10.0, 192)
    found_kw = plan_kw.copy()
    answer(area, station[0], loss, steps, rho, signal, found_kw, np.zeros(192), np.zeros(192), float(seed % 5))

    kwh_per_kw = 0.9 * 5.0 / 60.0
    gains = kwh_per_kw / needed_kwh * (np.arange(steps, 0, -1) + 0.5)
    wishes_kw = (plan_kw - signal)[:steps]

    def cost(asked_kw: np.ndarray) -> float:
        return float(-gains @ asked_kw + rho / 2.0 * ((asked_kw - wishes_kw) ** 2).sum())

    reference = minimize(
        cost,
        np.full(steps, min(limit_kw, needed_kwh / kwh_per_kw / steps) / 2.0),
        jac=lambda asked_kw: -gains + rho * (asked_kw - wishes_kw),
        bounds=[(0.0, limit_kw)] * steps,
        constraints={"type": "ineq", "fun": lambda asked_kw: needed_kwh - kwh_per_kw * asked_kw.sum()},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    own = found_kw[:steps]
    assert (own >= 0.0).all()
    assert (own <= limit_kw).all()
    assert kwh_per_kw * own.sum() <= needed_kwh * (1.0 + 2e-7)
    assert cost(own) <= reference.fun + 1e-6 * max(abs(reference.fun), 1.0)


def test_prices_are_paid_only_where_the_cap_binds() -> None:
    scenario = Scenario(coordinator="equal")
    simulation, controller = Simulation(scenario), DecentralisedMpc(scenario, rounds=400)
    simulation.reset(seed=2)
    while simulation.step_index < 60:
        simulation.step(controller(Snapshot.of(simulation)))
    planned_kw, prices = controller.plans_kw[0][:, 60:].sum(axis=0), controller.prices[0][60:]
    binds = planned_kw > 0.999 * scenario.area.power_max_kw
    assert (prices >= 0.0).all()
    assert (prices[binds][:-1] > 0.0).all()
    assert prices[planned_kw < 0.99 * scenario.area.power_max_kw] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("rounds", [1, 2, 3, 20])
def test_each_round_is_one_broadcast_and_one_answer_of_each_station(rounds: int) -> None:
    """Against the formulas at the head of the module, in NumPy, for the first step of an episode."""
    scenario = Scenario(
        **WITHOUT_MINIMA,
        horizon_steps=24,
        coordinator="equal",
        area={"power_max_kw": 9.0},
        population={"stay_minutes": 60.0},
    )
    pevs = [pev(departure_min=departure_min) for departure_min in (30.0, 60.0, 120.0)]
    simulation, controller = Simulation(scenario), DecentralisedMpc(scenario, rounds=rounds)
    simulation.reset(schedule=schedule_of(pevs, 3))
    requests_kw = controller(Snapshot.of(simulation))[0]

    area, stations, steps = simulation.areas[0], simulation.stations[0], scenario.horizon_steps
    loss, ends = np.array([(1.0, 0.0, 1.0, 1)], LOSS)[0], [6, 12, 24]
    planning = np.array([sum(end > t for end in ends) for t in range(steps)], float)
    plans_kw, price, levels_kw = np.zeros((3, steps)), np.zeros(steps), [0.0] * 3
    first_gains = [end * 0.9 * scenario.step_minutes / 60.0 / pevs[0]["energy_target_kwh"] for end in ends]
    rho = sum(first_gains) / 33.0
    for number in range(rounds + 1):
        above_kw = plans_kw.sum(axis=0) / planning + price / rho - 9.0 / planning
        signal = np.maximum(above_kw, 0.0) - price / rho
        if number > 0:
            price = rho * np.maximum(above_kw, 0.0)
        signal += price / rho
        if number < rounds:
            for i in range(3):
                levels_kw[i] = answer(
                    area,
                    stations[i],
                    loss,
                    ends[i],
                    rho,
                    signal,
                    plans_kw[i],
                    np.zeros(steps),
                    np.zeros(steps),
                    levels_kw[i],
                )
    np.testing.assert_allclose(controller.plans_kw[0], plans_kw, atol=1e-9)
    np.testing.assert_allclose(controller.prices[0], price, atol=1e-9)
    asked_kw = plans_kw[:, 0] * min(9.0 / plans_kw[:, 0].sum(), 1.0)
    np.testing.assert_allclose(requests_kw, asked_kw, atol=1e-9)


def test_messages_are_counted() -> None:
    scenario = Scenario(horizon_steps=60, population={"pevs": 6, "stay_minutes": 120.0})
    simulation, controller = Simulation(scenario), DecentralisedMpc(scenario, rounds=7)
    simulation.reset(seed=1)
    expected, known = 0, np.full(5, -1)
    while not simulation.over:
        snapshot = Snapshot.of(simulation)
        here = snapshot.stations["session"][0]
        expected += int(((here >= 0) & (here != known)).sum())
        known = here.copy()
        wanting = int((snapshot.energy_remaining_kwh > 0.0).sum())
        expected += 7 * (1 + wanting) + 1 if wanting else 0
        simulation.step(controller(snapshot))
    assert controller.messages == expected > 1000
    assert controller.report()[0][1] == f"{expected:,}"


@settings(max_examples=25)
@given(st.data())
def test_requests_keep_to_the_limits_however_wrong_drivers_are(data: st.DataObject) -> None:
    scenario = data.draw(scenarios())
    schedule = data.draw(schedules(scenario))
    if data.draw(st.booleans()):
        schedule = with_stated_departures(schedule, (-3.0, -0.1, 2.0), seed=data.draw(st.integers(0, 99)))
    controller = DecentralisedMpc(scenario, data.draw(st.sampled_from(["reward", "unmet"])), rounds=5)
    stations = scenario.stations
    least_kw, limit_kw = (np.array([getattr(one, name) for one in stations]) for name in ("least_kw", "power_max_kw"))
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    while not simulation.over:
        requests_kw = controller(Snapshot.of(simulation))[0]
        assert np.isfinite(requests_kw).all()
        assert (requests_kw <= limit_kw).all()
        assert ((requests_kw == 0.0) | (requests_kw >= least_kw)).all()
        assert requests_kw.sum() <= scenario.area.power_max_kw * (1.0 + 1e-9) or least_kw.any()
        simulation.step(requests_kw[None])


def test_minima_do_not_keep_vehicles_from_being_charged() -> None:
    """Three stations of which the cap feeds one at a time: what is planned below the minimum adds up."""
    scenario = Scenario(
        stations={"count": 3, "power_min_kw": 4.0, "power_max_kw": 11.0},
        area={"power_max_kw": 7.0},
        population={"pevs": 3, "stay_minutes": 480.0, "arrival_soc_max": 0.0},
    )
    trace = run(scenario, DecentralisedMpc(), seed=1)
    assert (trace.session_frame()["energy_unmet_kwh"].to_numpy() < 20.0).all()
    assert unmet_kwh(trace) < 40.0


def test_a_batch_negotiates_area_by_area_to_the_bit() -> None:
    scenario = Scenario(horizon_steps=60, population={"pevs": 8, "stay_minutes": 120.0, "transition_soc": 0.8})
    check_a_batch_is_controlled_area_by_area(scenario, lambda: DecentralisedMpc(scenario))


@pytest.mark.parametrize("rounds", [0, 2.5, True])
def test_rounds_must_be_a_whole_number(rounds: object) -> None:
    with pytest.raises(InputError, match="rounds: must be a whole number of at least 1"):
        DecentralisedMpc(rounds=rounds)
