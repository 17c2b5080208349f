"""What a station earns, by hand: each part, the exponent, the departure, and the sharing among those plugged in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation
from pev_battery_charge.steps import StepResult
from tests import strategies
from tests.records import PARTS
from tests.strategies import schedule_of

PEV = {
    "arrival_min": 0.0,
    "departure_min": 120.0,
    "capacity_kwh": 24.0,
    "energy_arrival_kwh": 4.0,
    "energy_target_kwh": 20.0,
    "power_max_kw": 22.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
}
WEIGHTS = {"soc": 1.0, "local": 2.0, "area": 2.0, "departure": 0.0, "exponent": 1.0, "sharing": 0.0}
OTHER_PEV = PEV | {"energy_arrival_kwh": 15.0}


def one_step(
    pevs: list[dict[str, float]], asked_kw: list[float], steps: int = 1, limits: Any = None, **weights: float
) -> StepResult:
    """The last of `steps` five-minute steps; stations of 6 to 10 kW, the cap is 25 kW."""
    scenario = Scenario.model_validate(
        {
            "stations": {"count": len(asked_kw), "power_min_kw": 6.0, "power_max_kw": 10.0},
            "area": {"power_max_kw": 25.0} | (limits or {}),
            "reward": WEIGHTS | weights,
        }
    )
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule_of(pevs, len(asked_kw)))
    for _ in range(steps):
        result = simulation.step([asked_kw])
    return result


def test_the_parts_are_named_in_their_order() -> None:
    assert PARTS == ("reward_missing", "reward_out_of_bounds", "reward_overload", "reward_departure", "power_kw")


@pytest.mark.parametrize(("exponent", "expected"), [(1.0, 0.76), (2.0, 0.5776), (0.5, 0.76**0.5)])
def test_a_pev_costs_what_it_lacks_of_its_target_at_the_steps_end(exponent: float, expected: float) -> None:
    # 9.6 kW for 5 minutes is 0.8 kWh, of which 0.72 arrive: 15.28 of 20 kWh are missing; with 10.6667 kW it is 15.2.
    result = one_step([PEV], [9.6])
    assert result.rewards[0, 0] == pytest.approx(-15.28 / 20)
    result = one_step([PEV | {"energy_arrival_kwh": 0.1, "energy_target_kwh": 0.4}], [0.0])
    assert result.rewards[0, 0] == pytest.approx(-0.3 / 0.4)
    result = one_step([PEV | {"energy_arrival_kwh": 4.8}], [0.0], exponent=exponent)
    assert result.rewards[0, 0] == result.parts[0, 0, 0] == pytest.approx(-expected)


def test_a_satisfied_pev_costs_nothing_and_so_does_one_that_wants_nothing_at_all() -> None:
    satisfied = PEV | {"energy_arrival_kwh": 20.0}
    empty = PEV | {"energy_arrival_kwh": 0.0, "energy_target_kwh": 0.0}
    result = one_step([satisfied, empty], [0.0, 0.0], steps=24, departure=5.0)
    assert result.rewards.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("asked_kw", "distance_kw"),
    [
        (-3.0, 3.0),
        (0.0, 0.0),
        (2.0, 2.0),
        (3.0, 3.0),
        (4.0, 2.0),
        (5.5, 0.5),
        (6.0, 0.0),
        (8.0, 0.0),
        (10.0, 0.0),
        (12.5, 2.5),
        (float(np.float32(6.0)) - 4e-6, 0.0),
        (10.0 + 9e-6, 0.0),
        (10.0 + 2e-5, 2e-5),
    ],
)
def test_a_request_costs_its_distance_from_zero_or_the_stations_limits(asked_kw: float, distance_kw: float) -> None:
    result = one_step([PEV], [asked_kw], local=3.0)
    assert result.parts[1, 0, 0] == pytest.approx(-3.0 * distance_kw / 10.0, abs=1e-7)


@pytest.mark.parametrize(
    ("asked_kw", "power_min_kw", "expected"),
    [
        ([10.0, 10.0, 10.0], 0.0, 2.0 * 5.0 / 25.0),
        ([10.0, 10.0, 500.0], 0.0, 2.0 * 5.0 / 25.0),
        ([10.0, 8.0, 7.0], 0.0, 0.0),
        ([6.0, 0.0, 0.0], 15.0, 2.0 * 9.0 / 25.0),
        ([10.0, 5.0, 0.0], 15.0, 2.0 * 5.0 / 25.0),
        ([9.0, 6.0, 0.0], 15.0, 0.0),
    ],
)
def test_everybody_plugged_in_pays_for_requests_above_the_cap_or_below_the_areas_minimum(
    asked_kw: list[float], power_min_kw: float, expected: float
) -> None:
    result = one_step([PEV] * 3, asked_kw, limits={"power_min_kw": power_min_kw})
    assert result.parts[2, 0].tolist() == pytest.approx([-expected] * 3)


def test_the_cost_of_an_overload_counts_what_was_asked_and_not_what_was_granted() -> None:
    result = one_step([PEV] * 3, [10.0, 10.0, 10.0])
    assert result.parts[4, 0].sum() == pytest.approx(25.0)
    assert result.parts[2, 0, 0] == pytest.approx(-0.4)


def test_an_empty_station_earns_nothing_whatever_it_asks() -> None:
    result = one_step([PEV, PEV], [10.0, 10.0, 700.0], limits={"power_min_kw": 24.0}, sharing=0.5)
    assert result.rewards[0, 2] == 0.0
    assert result.parts[:, 0, 2].tolist() == [0.0] * 5
    assert result.rewards[0, 0] < 0.0


def test_what_a_leaving_pev_lacks_is_paid_once_in_the_step_after_which_it_leaves() -> None:
    # 6 kW for 5 minutes stores 0.45 kWh. It leaves after the 24th step, 10.8 kWh later, with 5.2 of 20 kWh missing.
    for steps, expected in ((23, 0.0), (24, 4.0 * 5.2 / 20.0), (25, 0.0)):
        result = one_step([PEV], [6.0], steps=steps, departure=4.0)
        assert result.parts[3, 0, 0] == pytest.approx(-expected)
    assert one_step([PEV], [6.0], steps=24, departure=4.0).rewards[0, 0] == pytest.approx(-5.0 * 5.2 / 20.0)


def test_a_pev_that_stays_beyond_the_horizon_does_not_leave_at_it() -> None:
    stays = PEV | {"departure_min": 5000.0}
    result = one_step([stays], [0.0], steps=192, departure=4.0)
    assert result.over
    assert result.parts[3, 0, 0] == 0.0


@pytest.mark.parametrize(
    ("sharing", "expected"), [(0.0, [-0.8, -0.25, 0.0]), (0.5, [-0.6625, -0.3875, 0.0]), (1.0, [-0.525, -0.525, 0.0])]
)
def test_sharing_mixes_with_the_mean_of_those_plugged_in(sharing: float, expected: list[float]) -> None:
    result = one_step([PEV, OTHER_PEV], [0.0, 0.0, 0.0], sharing=sharing)
    assert result.rewards[0].tolist() == pytest.approx(expected)
    assert result.parts[0, 0].tolist() == pytest.approx([-0.8, -0.25, 0.0])


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies())
def test_sharing_leaves_the_areas_sum_as_it_is_and_rewards_are_never_positive(
    scenario: Scenario, seed: int, ask: Any
) -> None:
    simulation = Simulation(scenario)
    simulation.reset(seed=seed)
    while not simulation.over:
        result = simulation.step(ask(simulation.step_index, simulation.stations["power_max_kw"][0])[None])
        assert (result.rewards <= 0.0).all()
        assert result.rewards.sum() == pytest.approx(result.parts[:4].sum(), rel=1e-5)


def test_a_weight_scales_its_own_part_and_no_other() -> None:
    base = one_step([PEV, PEV, PEV], [10.0, 12.0, 10.0], steps=24, departure=1.0)
    assert (base.parts[:4, 0, 1] < 0.0).all()
    for part, weight in enumerate(("soc", "local", "area", "departure")):
        weights = {"departure": 1.0} | {weight: 7.0}
        scaled = one_step([PEV, PEV, PEV], [10.0, 12.0, 10.0], steps=24, **weights)
        own_weight = 1.0 if weight == "departure" else WEIGHTS[weight]
        expected = base.parts.copy()
        expected[part] *= 7.0 / own_weight
        assert scaled.parts == pytest.approx(expected)
