"""The optimum where it can be told with pencil and paper: who is alone, who comes after whom, who shares a cap."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import optimal_schedule
from pev_battery_charge.core.battery import acceptance_kw
from tests.controllers.planning.plans import NEAR, area, assert_certified, pev
from tests.records import battery
from tests.strategies import efficiencies, quarters, schedule_of

REWARD = {"soc": 1.5, "local": 2.0, "area": 2.0, "departure": 3.0}


def lacks_at_full_power(one: dict[str, float], steps: int, gain_kwh: float) -> list[float]:
    """What a linear battery lacks at the end of each step, if it charges from the beginning as fast as it can."""
    needed_kwh = one["energy_target_kwh"] - one["energy_arrival_kwh"]
    return [max(0.0, needed_kwh - (step + 1) * gain_kwh) for step in range(steps)]


@st.composite
def lone_pevs(draw: st.DrawFn) -> tuple[dict[str, float], int, float]:
    """A PEV alone at a 10 kW station, the steps that it stays, and what one at full power gives it."""
    begin, stay = draw(st.integers(0, 3)), draw(st.integers(1, 8))
    need_kwh, limit_kw, efficiency = draw(quarters(0.25, 60.0)), draw(quarters(1.0, 20.0)), draw(efficiencies())
    held_kwh = draw(quarters(0.0, 40.0))
    one = pev(begin, begin + stay, need_kwh, power_max_kw=limit_kw, efficiency=efficiency, energy_arrival_kwh=held_kwh)
    return one, min(stay, 8 - begin), efficiency * min(limit_kw, 10.0)


@settings(max_examples=60)
@given(lone=lone_pevs(), exponent=st.sampled_from([1.0, 2.0, 1.5]))
def test_one_linear_battery_charges_at_full_power_from_the_start(
    lone: tuple[dict[str, float], int, float], exponent: float
) -> None:
    one, steps, gain_kwh = lone
    lacks = lacks_at_full_power(one, steps, gain_kwh)
    schedule = schedule_of([one], 1)
    scenario = area(1, 10.0, reward=REWARD | {"exponent": exponent})
    least = optimal_schedule(scenario, schedule, "unmet")
    assert (least.status, least.unmet_kwh) == ("optimal", least.objective)
    assert least.objective == pytest.approx(lacks[-1], **NEAR)
    shares = [lack / one["energy_target_kwh"] for lack in lacks]
    leaves = one["departure_min"] <= scenario.horizon_minutes
    loss = 1.5 * sum(share**exponent for share in shares) + (3.0 * shares[-1] if leaves else 0.0)
    optimum = optimal_schedule(scenario, schedule)
    assert optimum.status == "optimal"
    assert optimum.objective == pytest.approx(loss, **NEAR)
    assert optimum.bound == pytest.approx(loss, **NEAR)
    assert optimum.least_unmet_kwh == pytest.approx(lacks[-1], **NEAR)


def test_reward_loss_by_hand_with_both_exponents_and_beyond_the_horizon() -> None:
    # 9 kWh to 20 kWh at 5 kW x 0.8 = 4 kWh an hour: 5, 1 and 0 are missing, then it stays for two steps more.
    one = pev(1, 6, 9.0, power_max_kw=5.0, efficiency=0.8, energy_arrival_kwh=11.0)
    weights = {"soc": 2.0, "departure": 7.0}
    for exponent, loss in ((1.0, 2.0 * (5 + 1) / 20), (2.0, 2.0 * (25 + 1) / 400)):
        scenario = area(1, 10.0, reward=weights | {"exponent": exponent})
        assert optimal_schedule(scenario, schedule_of([one], 1)).objective == pytest.approx(loss, **NEAR)
    # Two steps only: 1 kWh is missing when it leaves, and only then.
    short = one | {"departure_min": 180.0}
    for exponent, loss in ((1.0, 2.0 * (5 + 1) / 20), (2.0, 2.0 * (25 + 1) / 400)):
        scenario = area(1, 10.0, reward=weights | {"exponent": exponent})
        leaves = optimal_schedule(scenario, schedule_of([short], 1))
        assert leaves.objective == pytest.approx(loss + 7.0 * 1 / 20, **NEAR)
        cut_off = optimal_schedule(scenario.replace(horizon_steps=3), schedule_of([one], 1))
        assert cut_off.objective == pytest.approx(loss, **NEAR)
        assert cut_off.unmet_kwh == pytest.approx(1.0)


def test_several_vehicles_one_after_the_other_at_one_station() -> None:
    # 10 kW: 25 kWh in 3 h, 12 kWh in 1 h, and 4 kWh in 2 h of which the horizon leaves one.
    pevs = [pev(0, 3, 25.0), pev(3, 4, 12.0), pev(7, 9, 4.0, power_max_kw=3.0)]
    scenario, schedule = area(1, 10.0, reward={"departure": 5.0}), schedule_of(pevs, 1)
    for objective, expected in (
        ("unmet", 2.0 + 1.0),
        ("reward", (15 + 5) / 25 + (1 + 5) * 2 / 12 + 1 / 4),
        ("peak", 10.0),
    ):
        optimum = optimal_schedule(scenario, schedule, objective)
        assert_certified(optimum, scenario, schedule, objective)
        assert optimum.objective == pytest.approx(expected, **NEAR)
    prices = np.array([3.0, 1.0, 2.0, 9.0, 0.0, 0.0, 0.0, 5.0])
    optimum = optimal_schedule(scenario, schedule, "cost", prices=prices)
    assert optimum.objective == pytest.approx(3 * 5 + 1 * 10 + 2 * 10 + 9 * 10 + 5 * 3, **NEAR)


def test_two_vehicles_share_a_cap_by_what_their_targets_are_worth() -> None:
    # Both want 16 kWh under a cap of 8 kW, for 2 h. A kWh is worth more to who has the smaller target.
    pevs = [pev(0, 2, 16.0), pev(0, 2, 16.0, energy_arrival_kwh=16.0)]
    scenario, schedule = area(2, 8.0), schedule_of(pevs, 2)
    optimum = optimal_schedule(scenario, schedule)
    assert optimum.power_kw[:2].tolist() == pytest.approx(np.array([[8.0, 0.0], [8.0, 0.0]]))
    assert optimum.objective == pytest.approx((8 + 0) / 16 + (16 + 16) / 32, **NEAR)
    # Squared, both are charged; a and b are what the first one gets in either step, tried out.
    squared = optimal_schedule(scenario.replace(reward={"exponent": 2.0}), schedule)
    loss = min(
        ((16 - a) / 16) ** 2 + ((8 + a) / 32) ** 2 + ((16 - a - b) / 16) ** 2 + ((a + b) / 32) ** 2
        for a in np.linspace(0.0, 8.0, 81)
        for b in np.linspace(0.0, 8.0, 81)
    )
    assert squared.objective == pytest.approx(loss, rel=1e-3)
    assert squared.objective <= loss + 1e-6


def test_the_least_peak_is_the_flattest_power_that_fits_the_stays() -> None:
    # 12 kWh in the first 2 h and 4 kWh in 4 h: 6 kW for two hours, then 2 kW.
    scenario, schedule = area(2, 20.0), schedule_of([pev(0, 2, 12.0), pev(0, 4, 4.0)], 2)
    optimum = optimal_schedule(scenario, schedule, "peak")
    assert optimum.objective == pytest.approx(6.0, **NEAR)
    assert optimum.unmet_kwh <= 1e-6
    # 20 kWh in 4 h: 12 in the first two and 20 in the next, or 8 everywhere.
    later = schedule_of([pev(0, 2, 12.0), pev(0, 4, 20.0)], 2)
    assert optimal_schedule(scenario, later, "peak").objective == pytest.approx(8.0, **NEAR)


def test_the_least_cost_fills_the_cheapest_steps_first() -> None:
    # 18 kWh / 0.9 = 20 kWh from the grid, at 8 kW: 16 at the two cheapest steps of the stay, 4 at the third.
    scenario = area([{"power_max_kw": 8.0}], 20.0)
    schedule = schedule_of([pev(1, 6, 18.0, efficiency=0.9)], 1)
    prices = np.array([0.0, 5.0, 2.0, 3.0, 1.0, 4.0, 0.0, 0.0])
    optimum = optimal_schedule(scenario, schedule, "cost", prices=prices)
    assert optimum.objective == pytest.approx(1 * 8 + 2 * 8 + 3 * 4, **NEAR)
    assert optimum.power_kw[:, 0] == pytest.approx(np.array([0, 0, 8, 4, 8, 0, 0, 0]), abs=1e-5)


@settings(max_examples=40)
@given(
    transition_soc=st.sampled_from([0.0, 0.5, 0.8]),
    limit_kw=quarters(2.0, 30.0),
    held_kwh=quarters(0.0, 15.0),
    exponent=st.sampled_from([1.0, 2.0]),
)
def test_one_battery_that_tapers_charges_at_full_power_from_the_start_too(
    transition_soc: float, limit_kw: float, held_kwh: float, exponent: float
) -> None:
    fields = {"capacity_kwh": 20.0, "power_max_kw": limit_kw, "efficiency": 0.9, "transition_soc": transition_soc}
    one = pev(0, 4, 20.0 - held_kwh, energy_arrival_kwh=held_kwh, **fields)
    energy_kwh, losses = held_kwh, []
    for _ in range(4):
        energy_kwh += 0.9 * acceptance_kw(battery(**fields), energy_kwh, 20.0, min(limit_kw, 10.0), 1.0)
        losses.append(((20.0 - energy_kwh) / 20.0) ** exponent)
    scenario = area(1, 10.0, reward={"exponent": exponent, "departure": 1.0})
    schedule = schedule_of([one], 1)
    assert optimal_schedule(scenario, schedule, "unmet").objective == pytest.approx(20.0 - energy_kwh, **NEAR)
    loss = math.fsum(losses) + (20.0 - energy_kwh) / 20.0
    assert optimal_schedule(scenario, schedule).objective == pytest.approx(loss, **NEAR)
