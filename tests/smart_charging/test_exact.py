"""Dynamic programming against every policy there is, on tiny instances; and exact values against episodes played."""

import math
from itertools import product
from statistics import NormalDist

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge.errors import InputError
from pev_battery_charge.smart_charging import SmartCharging, SmartChargingEnv, policy_value, solve
from pev_battery_charge.smart_charging.environment import ID_V0
from pev_battery_charge.smart_charging.method_comparison import compare_methods, play

TINY = SmartCharging(
    capacity_kwh=3.0,
    rates_kw=(0.0, 4.0, 8.0),
    num_slots=2,
    time_coefficients=(1.0, 2.5),
    arrival_soc_max=1.0,
    demand_mean_kwh=2.2,
    demand_std_kwh=0.6,
    shortage_slots=3.0,
)
"""Levels 0, 1, 2, 3 kWh; a slot lifts by 0, 1 or 2: 3^(2 x 4) = 6,561 policies."""


def expected_return(problem: SmartCharging, actions: tuple[tuple[int, ...], ...], energy_kwh: float) -> float:
    """From one energy on arrival, written out from the problem's description, without its tables."""
    paid = 0.0
    hours = problem.slot_minutes / 60.0
    for t in range(problem.num_slots):
        power_kw = problem.rates_kw[actions[t][round(energy_kwh / problem.energy_step_kwh)]]
        share = 1.0
        if power_kw > 0.0:
            share = min(1.0, (problem.capacity_kwh - energy_kwh) / (power_kw * hours))
        coefficient = problem.time_coefficients[t if len(problem.time_coefficients) > 1 else 0]
        paid += coefficient * math.exp(power_kw - problem.rates_kw[-1]) * share
        energy_kwh = min(problem.capacity_kwh, energy_kwh + power_kw * hours)
    short = 1.0 - NormalDist(problem.demand_mean_kwh, problem.demand_std_kwh).cdf(energy_kwh)
    return -paid - problem.shortage_slots * short


def all_policies(problem: SmartCharging) -> list[tuple[tuple[int, ...], ...]]:
    by_slot = list(product(range(len(problem.rates_kw)), repeat=problem.num_levels))
    return list(product(by_slot, repeat=problem.num_slots))


def test_no_policy_of_all_there_are_is_better_from_any_energy() -> None:
    optimum = solve(TINY)
    policies = all_policies(TINY)
    assert len(policies) == 6561
    returns = np.array([[expected_return(TINY, one, float(kwh)) for kwh in range(4)] for one in policies])
    assert optimum.values[0] == pytest.approx(returns.max(axis=0), rel=1e-12)
    assert optimum.expected_return == pytest.approx(returns.mean(axis=1).max(), rel=1e-12)
    assert len({round(value, 9) for value in returns.mean(axis=1)}) > 100, "policies really differ"


@pytest.mark.parametrize("number", range(0, 6561, 97))
def test_the_exact_value_of_any_policy_is_what_its_description_gives(number: int) -> None:
    actions = all_policies(TINY)[number]
    value = policy_value(TINY, np.array(actions))
    by_hand = [expected_return(TINY, actions, float(kwh)) for kwh in range(4)]
    assert value.values[0] == pytest.approx(by_hand, rel=1e-12)
    costs = value.charging_costs + TINY.shortage_cost * value.shortage_probabilities
    assert -costs == pytest.approx(by_hand, rel=1e-12)
    assert value.shortfall(solve(TINY)) >= 0.0


@given(
    coefficients=st.lists(st.integers(0, 8).map(float), min_size=3, max_size=3),
    mean_kwh=st.integers(0, 4).map(float),
    std_kwh=st.sampled_from([0.5, 1.0, 3.0]),
    shortage_slots=st.integers(0, 10).map(float),
)
@settings(max_examples=40)
def test_with_two_rates_and_three_slots_it_is_as_good_as_the_best_sequence_of_rates(
    coefficients: list[float], mean_kwh: float, std_kwh: float, shortage_slots: float
) -> None:
    """Nothing is learned before departure, so no policy is better than the best fixed sequence from each energy."""
    problem = SmartCharging(
        capacity_kwh=3.0,
        rates_kw=(0.0, 4.0),
        num_slots=3,
        time_coefficients=tuple(coefficients),
        demand_mean_kwh=mean_kwh,
        demand_std_kwh=std_kwh,
        shortage_slots=shortage_slots,
    )
    best = [
        max(
            expected_return(problem, tuple((rate,) * 4 for rate in rates), float(kwh))
            for rates in product(range(2), repeat=3)
        )
        for kwh in range(4)
    ]
    assert solve(problem).values[0] == pytest.approx(best, rel=1e-12, abs=1e-12)


def test_of_equals_the_lowest_rate_is_chosen() -> None:
    free = SmartCharging(time_coefficients=(0.0,), shortage_slots=0.0)
    assert not solve(free).actions.any()


def test_beside_an_optimum_that_costs_nothing_every_loss_is_infinite() -> None:
    free = SmartCharging(time_coefficients=(0.0,), demand_std_kwh=0.0)
    optimum = solve(free)
    assert optimum.expected_return == 0.0
    assert optimum.shortfall(optimum) == 0.0
    assert policy_value(free, np.zeros((8, 289), np.int64)).shortfall(optimum) == math.inf
    with pytest.raises(InputError, match="the optimum costs nothing"):
        compare_methods(free, algorithms=("q",))


def test_the_optimum_of_the_exercise() -> None:
    optimum = solve()
    assert optimum.expected_return == pytest.approx(-1.6572432083, rel=1e-9)
    assert optimum.shortage_probability == pytest.approx(0.0050016758, rel=1e-8)
    assert optimum.expected_charging_cost == pytest.approx(1.2571091404, rel=1e-8)
    raw = solve(SmartCharging(costs="raw"))
    assert raw.expected_return == pytest.approx(optimum.expected_return * math.exp(22.0), rel=1e-12)
    np.testing.assert_array_equal(raw.actions, optimum.actions)
    # From nothing: seven slots' cost of 22 kW, one of 14 kW, and a shortage beyond 42 kWh in the battery, by hand.
    by_hand = -(7 + math.exp(-8)) - 80 * (1 - NormalDist(30, 5).cdf(7 * 5.5 + 3.5))
    assert optimum.values[0, 0] == pytest.approx(by_hand, rel=1e-9)


def test_the_optimum_of_the_first_version_is_what_it_was() -> None:
    with pytest.warns(DeprecationWarning, match="out of date"):
        first = gymnasium.make(ID_V0).unwrapped
    assert isinstance(first, SmartChargingEnv)
    optimum = solve(first.problem)
    assert optimum.expected_return == pytest.approx(-1.0831706107, rel=1e-9)
    assert optimum.shortage_probability == pytest.approx(0.0212985571, rel=1e-8)
    assert optimum.expected_charging_cost == pytest.approx(0.6571994695, rel=1e-8)
    # From nothing: five slots' cost of 22 kW and one of a shortage beyond 38 kWh in the battery, by hand.
    by_hand = -(5 + 3 * math.exp(-8)) - 20 * (1 - NormalDist(30, 5).cdf(5 * 5.5 + 3 * 3.5))
    assert optimum.values[0, 0] == pytest.approx(by_hand, rel=1e-9)


def test_values_never_fall_with_more_energy_up_to_what_a_rate_of_nothing_costs() -> None:
    optimum = solve()
    differences = np.diff(optimum.values, axis=1)
    assert (differences >= -8 * math.exp(-22.0)).all()


@pytest.mark.parametrize("rate", [1, 2, 3])
def test_episodes_played_come_to_the_exact_value(rate: int) -> None:
    problem = SmartCharging(arrival_soc_max=0.25, demand_std_kwh=9.0)
    value = policy_value(problem, np.full((8, problem.num_levels), rate))
    returns = play(value, 4000)
    error = returns.std() / math.sqrt(returns.size)
    assert returns.mean() == pytest.approx(value.expected_return, abs=4 * error)
    shortages = (returns < -problem.shortage_cost).mean()
    assert shortages == pytest.approx(value.shortage_probability, abs=4 * 0.5 / math.sqrt(returns.size))


def test_policies_meet_the_same_days() -> None:
    problem = SmartCharging()
    idle, full = (policy_value(problem, np.full((8, problem.num_levels), rate)) for rate in (0, 3))
    np.testing.assert_array_equal(play(idle, 50), play(idle, 50))
    lost = play(idle, 200) < -problem.shortage_cost
    assert not (play(full, 200) < -problem.shortage_cost)[~lost].any(), "what suffices without charging does with it"
    env = SmartChargingEnv(problem)
    arrivals = [env.reset(seed=1_000_000)[1]["energy_kwh"], *(env.reset()[1]["energy_kwh"] for _ in range(3))]
    assert len(set(arrivals)) > 1


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        (np.zeros((8, 288), np.int64), r"shape \(8, 289\)"),
        (np.zeros((8, 289)), "whole numbers"),
        (np.full((8, 289), 4), "rates are numbered 0 to 3"),
        (np.full((8, 289), -1), "rates are numbered 0 to 3"),
    ],
)
def test_what_is_no_policy_is_refused(actions: np.ndarray, told: str) -> None:
    with pytest.raises(InputError, match=told):
        policy_value(SmartCharging(), actions)
