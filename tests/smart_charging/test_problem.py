"""The formulas of the problem, at their boundaries; its grid; and what it refuses."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.errors import InputError
from pev_battery_charge.smart_charging import Cells, SmartCharging

DEFAULT = SmartCharging()


def slot(problem: SmartCharging, energy_kwh: float, rate: int, time_step: int = 0) -> tuple[float, float]:
    """Energy after a slot, and what it costs, from the problem's tables."""
    level = problem.level_of(energy_kwh)
    after = problem.levels_after[rate, level]
    cost = problem.full_slot_costs[time_step, rate] * problem.paid_shares[rate, level]
    return float(problem.energies_kwh[after]), float(cost)


def test_the_default_is_the_exercise() -> None:
    assert DEFAULT.rates_kw == (0.0, 7.0, 14.0, 22.0)
    assert (DEFAULT.capacity_kwh, DEFAULT.num_slots, DEFAULT.slot_minutes) == (72.0, 8, 15.0)
    assert (DEFAULT.demand_mean_kwh, DEFAULT.demand_std_kwh, DEFAULT.arrival_hour) == (30.0, 5.0, 14.0)
    assert DEFAULT.slot_levels.tolist() == [0, 7, 14, 22]
    assert DEFAULT.energy_step_kwh == 0.25
    assert DEFAULT.energies_kwh[[0, 1, -1]].tolist() == [0.0, 0.25, 72.0]
    assert DEFAULT.energies_kwh[DEFAULT.arrival_levels - 1] == 36.0


def test_a_slot_costs_the_time_coefficient_times_e_to_the_power() -> None:
    coefficients = (1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.0, 0.0)
    raw = SmartCharging(costs="raw", time_coefficients=coefficients)
    for time_step, coefficient in enumerate(coefficients):
        for rate, power_kw in enumerate(raw.rates_kw):
            assert slot(raw, 10.0, rate, time_step)[1] == coefficient * math.exp(power_kw)
    assert raw.shortage_cost == 80 * math.exp(22)
    assert raw.cost_unit == ""


@pytest.mark.parametrize("costs", ["relative", "raw"])
def test_a_shortage_costs_ten_times_the_dearest_charging(costs: Any) -> None:
    problem = SmartCharging(costs=costs)
    assert problem.shortage_cost == pytest.approx(10.0 * problem.full_slot_costs.max(axis=1).sum(), rel=1e-15)


def test_relative_costs_are_those_in_full_slots_at_the_highest_rate() -> None:
    raw = DEFAULT.replace(costs="raw")
    assert DEFAULT.full_slot_costs[0, -1] == 1.0
    assert DEFAULT.shortage_cost == 80.0
    np.testing.assert_allclose(DEFAULT.full_slot_costs * math.exp(22.0), raw.full_slot_costs, rtol=1e-13)
    assert DEFAULT.cost_unit == "full slots at 22 kW"


@pytest.mark.parametrize(
    ("energy_kwh", "rate", "after_kwh", "paid"),
    [
        (10.0, 3, 15.5, 1.0),
        (66.5, 3, 72.0, 1.0),  # full at the very end of the slot
        (66.75, 3, 72.0, 5.25 / 5.5),  # full before the end: the last part is not paid
        (71.0, 1, 72.0, 1.0 / 1.75),
        (71.75, 2, 72.0, 0.25 / 3.5),
        (72.0, 3, 72.0, 0.0),  # full from the beginning: nothing is paid
        (72.0, 1, 72.0, 0.0),
        (72.0, 0, 72.0, 1.0),  # 0 kW fills nothing, and is paid in full
        (0.0, 0, 0.0, 1.0),
    ],
)
def test_the_part_of_a_slot_after_the_battery_is_full_is_not_paid(
    energy_kwh: float, rate: int, after_kwh: float, paid: float
) -> None:
    after, cost = slot(DEFAULT, energy_kwh, rate)
    assert after == after_kwh
    assert cost == pytest.approx(paid * math.exp(DEFAULT.rates_kw[rate] - 22.0), rel=1e-14, abs=0.0)


def test_the_probability_of_a_shortage_is_that_of_the_normal_distribution() -> None:
    normal = NormalDist(30.0, 5.0)
    for energy_kwh in (0.0, 10.0, 25.0, 30.0, 38.25, 50.0):
        expected = 1.0 - normal.cdf(energy_kwh)
        assert float(DEFAULT.shortage_probability(energy_kwh)) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert float(DEFAULT.shortage_probability(30.0)) == 0.5
    assert DEFAULT.shortage_probability([[0.0, 30.0]]).shape == (1, 2)
    assert 0.0 < DEFAULT.shortage_probability(72.0) < 1e-16


def test_a_certain_demand_that_is_just_what_there_is_is_met() -> None:
    certain = SmartCharging(demand_std_kwh=0.0)
    assert certain.shortage_probability([29.75, 30.0, 30.25]).tolist() == [1.0, 0.0, 0.0]
    assert certain.draw_demand(np.random.default_rng(0)) == 30.0


def test_a_demand_is_never_negative_and_none_means_no_shortage_even_of_nothing() -> None:
    wild = SmartCharging(demand_mean_kwh=1.0, demand_std_kwh=20.0)
    generator = np.random.default_rng(0)
    demands = np.array([wild.draw_demand(generator) for _ in range(4000)])
    assert demands.min() == 0.0
    share = (demands > 0.0).mean()
    assert float(wild.shortage_probability(0.0)) == pytest.approx(share, abs=4 * 0.5 / math.sqrt(demands.size))


def test_the_lectures_21_kilowatts_move_on_the_same_grid() -> None:
    lecture = SmartCharging(rates_kw=(0, 7, 14, 21), costs="raw")
    assert lecture.slot_levels.tolist() == [0, 7, 14, 21]
    assert lecture.shortage_cost == 80.0 * math.exp(21.0)


@given(
    rates_kw=st.lists(st.integers(0, 2200), min_size=1, max_size=5, unique=True).map(sorted),
    capacity_kwh=st.integers(1, 9000).map(lambda kwh: kwh / 100.0),
    slot_minutes=st.sampled_from([5.0, 10.0, 15.0, 20.0, 30.0, 60.0]),
    soc_max=st.integers(0, 10).map(lambda tenths: tenths / 10.0),
)
def test_nothing_on_the_grid_is_rounded(
    rates_kw: list[int], capacity_kwh: float, slot_minutes: float, soc_max: float
) -> None:
    rates = tuple(rate / 100.0 for rate in rates_kw)
    try:
        problem = SmartCharging(
            capacity_kwh=capacity_kwh, rates_kw=rates, slot_minutes=slot_minutes, arrival_soc_max=soc_max
        )
    except InputError as error:
        assert "no common step" in str(error)  # noqa: PT017  some draws have none
        return
    step_kwh = problem.energy_step_kwh
    assert problem.energies_kwh[-1] == pytest.approx(capacity_kwh, rel=1e-12)
    np.testing.assert_allclose(np.diff(problem.energies_kwh), step_kwh, rtol=1e-6)
    np.testing.assert_allclose(problem.slot_levels * step_kwh, np.multiply(rates, slot_minutes / 60.0), rtol=1e-12)
    highest_kwh = problem.energies_kwh[problem.arrival_levels - 1]
    assert highest_kwh <= soc_max * capacity_kwh * (1.0 + 1e-12)
    assert highest_kwh + step_kwh > soc_max * capacity_kwh * (1.0 - 1e-12)
    assert (problem.paid_shares >= 0.0).all()
    assert (problem.paid_shares <= 1.0).all()
    charged = problem.levels_after - np.arange(problem.num_levels)
    np.testing.assert_allclose(charged[1:], (problem.paid_shares * problem.slot_levels[:, None])[1:], atol=1e-9)


def problems_of(**figures: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        SmartCharging(**figures)
    assert str(caught.value).startswith("smart charging: ")
    return caught.value.problems


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"rates_kw": ()}, "rates_kw: must be at least one rate"),
        ({"rates_kw": (-7.0, 7.0)}, "rates_kw[0]: must be a finite number, at least 0 (it is -7.0)"),
        ({"rates_kw": (0.0, 7.0, 7.0)}, "rates_kw[2]: must be above the rate before it (7 kW; it is 7 kW)"),
        ({"rates_kw": (0.0, 14.0, 7.0)}, "rates_kw[2]: must be above the rate before it (14 kW; it is 7 kW)"),
        ({"rates_kw": (0.0, math.nan)}, "rates_kw[1]: must be a finite number, at least 0 (it is nan)"),
        ({"rates_kw": (0.0, "7")}, "rates_kw[1]: must be a finite number, at least 0 (it is '7')"),
        ({"demand_std_kwh": -5.0}, "demand_std_kwh: must be a finite number, at least 0 (it is -5.0)"),
        ({"demand_mean_kwh": math.inf}, "demand_mean_kwh: must be a finite number, at least 0 (it is inf)"),
        ({"capacity_kwh": -1.0}, "capacity_kwh: must be a finite number, above 0 (it is -1.0)"),
        ({"capacity_kwh": 0.0}, "capacity_kwh: must be a finite number, above 0 (it is 0.0)"),
        ({"num_slots": 0}, "num_slots: must be a whole number of at least 1 (it is 0)"),
        ({"num_slots": 2.5}, "num_slots: must be a whole number of at least 1 (it is 2.5)"),
        ({"slot_minutes": 0.0}, "slot_minutes: must be a finite number, above 0, at most 1440 (it is 0.0)"),
        ({"arrival_soc_max": 1.5}, "arrival_soc_max: must be a finite number, at least 0, at most 1 (it is 1.5)"),
        ({"time_coefficients": (1.0, 2.0)}, "time_coefficients: must be one, or one for each of 8 slots (there are 2)"),
        ({"time_coefficients": -1.0}, "time_coefficients[0]: must be a finite number, at least 0 (it is -1.0)"),
        ({"shortage_slots": -20.0}, "shortage_slots: must be a finite number, at least 0 (it is -20.0)"),
        ({"costs": "dear"}, "costs: must be relative or raw (it is 'dear')"),
        ({"costs": "raw", "rates_kw": (0, 800)}, "costs: e to the 800 kW is too large a number; take costs='relative'"),
    ],
)
def test_bad_figures_are_refused_with_the_rule(figures: dict[str, Any], told: str) -> None:
    assert problems_of(**figures) == (told,)


def test_every_bad_figure_is_told_at_once_and_unknown_ones_too() -> None:
    assert len(problems_of(capacity_kwh=-1.0, demand_std_kwh=-1.0, rates_kw=(), num_slots=0)) == 4
    assert "no common step" in problems_of(rates_kw=(0.0, math.e, math.pi))[0]
    with pytest.raises(InputError, match="smart charging: power: is none of its figures"):
        DEFAULT.replace(power=3.0)


def test_an_energy_on_the_grid_has_its_level_and_any_other_is_refused() -> None:
    assert [DEFAULT.level_of(energy_kwh) for energy_kwh in (0.0, 0.25, 72.0, np.float32(12.5))] == [0, 1, 288, 50]
    for bad in (0.1, -0.25, 72.25, math.nan, "12"):
        with pytest.raises(InputError, match="energy_kwh: must be"):
            DEFAULT.level_of(bad)  # type: ignore[arg-type]


def test_cells_cut_the_battery_evenly_and_number_states_one_after_the_other() -> None:
    cells = Cells(DEFAULT, 2.0)
    assert (cells.num_cells, cells.num_states) == (37, 9 * 37)
    edges = [DEFAULT.level_of(energy) for energy in (0.0, 1.75, 2.0, 3.75, 70.0, 71.75, 72.0)]
    assert cells.of_level[edges].tolist() == [0, 0, 1, 1, 35, 35, 36]
    assert cells.state(3, DEFAULT.level_of(2.0)) == 3 * 37 + 1
    exact = Cells(DEFAULT, 0.25)
    assert exact.of_level.tolist() == list(range(289))
    assert Cells(SmartCharging(slot_minutes=10.0), 1.0).of_level.tolist() == [*np.repeat(range(72), 6), 72]
    assert Cells(SmartCharging(capacity_kwh=1.75, rates_kw=(0, 7))).of_level.tolist() == [0, 0]
    for bad in (1e-6, 0.0, -1.0, math.inf, math.nan):
        with pytest.raises(InputError, match="cell_kwh: must be"):
            Cells(DEFAULT, bad)


def test_what_a_table_does_is_spread_over_the_levels_of_each_cell() -> None:
    cells = Cells(DEFAULT, 2.0)
    spread = cells.spread(np.arange(cells.num_states))
    assert spread.shape == (8, 289)
    for time_step, level in ((0, 0), (3, 9), (7, 288)):
        assert spread[time_step, level] == cells.state(time_step, level)
