"""Linear batteries: the optimum against another linear program, written from the formulas and solved by SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule, generate_schedule, optimal_schedule
from tests.controllers.planning.linear_reference import LinearReference
from tests.controllers.planning.plans import assert_certified
from tests.strategies import COORDINATORS, quarters, scenarios, schedule_of, sessions, socs

pytestmark = pytest.mark.slow

NEAR = {"rel": 1e-6, "abs": 2e-6}


@st.composite
def linear_areas(draw: st.DrawFn) -> tuple[Scenario, Schedule]:
    """Stations without minima, batteries without a taper, rewards with the exponent 1."""
    limits_kw = draw(st.lists(quarters(1.0, 25.0), min_size=1, max_size=4))
    cap_kw = draw(quarters(1.0, sum(limits_kw)))
    weights = {name: draw(quarters(0.0, 3.0)) for name in ("soc", "local", "area", "departure", "sharing")}
    scenario = draw(
        scenarios(
            stations=[{"power_max_kw": limit} for limit in limits_kw],
            area={"power_max_kw": cap_kw},
            reward=weights | {"sharing": weights["sharing"] / 3.0},
        )
    )
    pevs = draw(st.lists(sessions(scenario.horizon_minutes), min_size=1, max_size=12))
    patience_min = draw(st.just(0.0) | quarters(0.0, scenario.horizon_minutes))
    return scenario, schedule_of([one | {"transition_soc": 1.0} for one in pevs], len(limits_kw), patience_min)


@settings(max_examples=50)
@given(drawn=linear_areas())
def test_reward_and_unmet_energy_are_those_of_the_other_program(drawn: tuple[Scenario, Schedule]) -> None:
    scenario, schedule = drawn
    reference = LinearReference(scenario, schedule)
    for objective, expected in (("unmet", reference.least_unmet_kwh()), ("reward", reference.least_loss())):
        optimum = optimal_schedule(scenario, schedule, objective)
        assert optimum.status == "optimal"
        assert_certified(optimum, scenario, schedule, objective)
        assert optimum.objective == pytest.approx(expected, **NEAR)
        assert optimum.bound == pytest.approx(expected, **NEAR)
        assert optimum.least_unmet_kwh == pytest.approx(reference.least_unmet_kwh(), **NEAR)


@settings(max_examples=40)
@given(drawn=linear_areas(), seed=st.integers(0, 2**32 - 1), lowest=st.sampled_from([0.0, -2.0]))
def test_peak_and_cost_are_those_of_the_other_program(
    drawn: tuple[Scenario, Schedule], seed: int, lowest: float
) -> None:
    scenario, schedule = drawn
    reference = LinearReference(scenario, schedule)
    prices = np.random.default_rng(seed).uniform(lowest, 4.0, scenario.horizon_steps)
    for objective, expected in (("peak", reference.least_peak_kw()), ("cost", reference.least_cost(prices))):
        given_prices = prices if objective == "cost" else None
        optimum = optimal_schedule(scenario, schedule, objective, prices=given_prices)
        assert optimum.status == "optimal"
        assert_certified(optimum, scenario, schedule, objective, given_prices)
        # What is allowed to lack beyond the least unmet energy may be worth a little.
        assert optimum.objective == pytest.approx(expected, rel=1e-6, abs=1e-5)
        assert optimum.unmet_kwh <= reference.least_unmet_kwh() + 1e-6


@pytest.mark.parametrize("coordinator", ["none", *COORDINATORS[1:3]])
@pytest.mark.parametrize("departure", [0.0, 3.0])
def test_a_days_schedule_comes_to_the_same(coordinator: str, departure: float) -> None:
    scenario = Scenario(
        step_minutes=15.0,
        horizon_steps=64,
        coordinator=coordinator,
        area={"power_max_kw": 20.0},
        reward={"departure": departure, "area": 1.0},
    )
    schedule = generate_schedule(scenario, 3)
    reference = LinearReference(scenario, schedule)
    prices = 1.0 + np.sin(np.arange(64) / 5.0)
    for objective, expected in (
        ("reward", reference.least_loss()),
        ("unmet", reference.least_unmet_kwh()),
        ("peak", reference.least_peak_kw()),
        ("cost", reference.least_cost(prices)),
    ):
        optimum = optimal_schedule(scenario, schedule, objective, prices=prices if objective == "cost" else None)
        assert optimum.status == "optimal"
        assert optimum.objective == pytest.approx(expected, **NEAR)


@given(target_soc=socs(), held=socs())
def test_the_reference_itself_is_right_where_one_pev_is_alone(target_soc: float, held: float) -> None:
    held_soc = min(held, target_soc)
    one = {
        "arrival_min": 7.0,
        "departure_min": 31.0,
        "capacity_kwh": 10.0,
        "energy_arrival_kwh": 10.0 * held_soc,
        "energy_target_kwh": 10.0 * target_soc,
        "power_max_kw": 15.0,
        "efficiency": 0.8,
        "transition_soc": 1.0,
    }
    # Steps 1, 2, 3, ..., of 10 minutes, with the station's 12 kW: 1.6 kWh each; the stay of 7 to 31 min holds two.
    scenario = Scenario(step_minutes=10.0, horizon_steps=18, stations=[{"power_max_kw": 12.0}], reward={"area": 0.0})
    reference = LinearReference(scenario, schedule_of([one], 1))
    lacks = [max(0.0, one["energy_target_kwh"] - one["energy_arrival_kwh"] - 1.6 * steps) for steps in (1, 2)]
    assert reference.least_unmet_kwh() == pytest.approx(lacks[1], abs=1e-7)
    loss = sum(lacks) / one["energy_target_kwh"] if target_soc else 0.0
    assert reference.least_loss() == pytest.approx(loss, abs=1e-7)
