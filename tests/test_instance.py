"""Instances: sessions and series drawn before an episode, as populations, terms and features meet them."""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.records import MOMENT, make_moments
from pev_battery_charge.populations import Site
from tests.strategies import schedule_of

PEV = {
    "arrival_min": 0.0,
    "departure_min": 60.0,
    "capacity_kwh": 40.0,
    "energy_arrival_kwh": 10.0,
    "energy_target_kwh": 30.0,
    "power_max_kw": 11.0,
    "efficiency": 0.9,
    "transition_soc": 1.0,
}


@pbc.reward_term(unit="EUR")
def priced(area: Record, station: Record, moments: Records) -> float:
    """Minus the price of the step just made times its energy."""
    return -moments[area["step"] - 1]["buy_price"] * station["made"]["power_kw"] * area["step_hours"]


@pbc.feature(unit="EUR/kWh", scale=0.3)
def price_ahead(area: Record, station: Record, moments: Records, ahead_steps: int) -> float:
    """The price so many steps ahead."""
    price: float = moments[area["step"] + ahead_steps]["buy_price"]
    return price


@pbc.population("priced")
class Priced(pbc.Population):
    """One PEV, and prices of its own in every episode."""

    dear: float = 1.0

    def draw(self, random: np.random.Generator, site: Site) -> pbc.Instance:
        moments = make_moments(site.num_moments)
        moments["buy_price"] = self.dear * random.uniform(0.1, 0.5, moments.size)
        return pbc.Instance(schedule_of([PEV], 1), pbc.Series(moments))


def scenario(**changes: object) -> pbc.Scenario:
    table = {
        "step_minutes": 15,
        "horizon_steps": 4,
        "stations": {"count": 1},
        "population": {"kind": "priced"},
        "observations": ["power_kw", "price_ahead", "price_ahead@30min", "price_ahead@1h"],
        "reward": {"terms": {"priced": 2.0, "missing": {"weight": 0.0}}},
    }
    return pbc.Scenario.model_validate(table | changes)


def drawn_prices(seed: int, steps: int) -> list[float]:
    return np.random.default_rng(seed).uniform(0.1, 0.5, steps).tolist()


def test_series_of_a_population_are_rewarded_and_seen_as_far_ahead_as_a_feature_looks() -> None:
    simulation = pbc.Simulation(scenario(), num_areas=2)
    observations = simulation.reset(seed=5)
    prices = [drawn_prices(5 + b, 4 + 1 + 4) for b in range(2)]
    for t in range(4):
        seen = [[one[t], one[t + 2], one[t + 4]] for one in prices]
        np.testing.assert_allclose(observations[:, 0, 1:], seen, rtol=1e-6)
        result = simulation.step([[4.0], [8.0]])
        np.testing.assert_allclose(result.rewards[:, 0], [-2 * prices[0][t] * 1.0, -2 * prices[1][t] * 2.0], rtol=1e-6)
        observations = result.observations
    np.testing.assert_allclose(observations[:, 0, 3], [one[8] for one in prices], rtol=1e-6)


def test_an_instance_is_drawn_given_and_told() -> None:
    one = pbc.generate_instance(scenario(), seed=5)
    assert one.schedule == pbc.generate_schedule(scenario(), seed=5)
    assert one.series is not None
    assert one.series.moments["buy_price"].tolist() == drawn_prices(5, 9)
    simulation, given = pbc.Simulation(scenario()), pbc.Simulation(scenario())
    drawn = simulation.reset(seed=5)
    assert simulation.instance() == one
    assert given.reset(schedule=one).tobytes() == drawn.tobytes()
    assert given.instance() == one
    assert given.step([[4.0]]).rewards.tobytes() == simulation.step([[4.0]]).rewards.tobytes()


def test_series_end_with_their_episode() -> None:
    simulation = pbc.Simulation(scenario())
    simulation.reset(seed=5)
    observations = simulation.reset(schedule=simulation.schedule())
    assert simulation.instance().series is None
    assert not observations[0, 0, 1:].any()
    mixed = [pbc.Instance(simulation.schedule()), pbc.generate_instance(scenario(), seed=1)]
    both = pbc.Simulation(scenario(), num_areas=2).reset(schedule=mixed)
    assert both[0, 0, 1] == 0.0 < both[1, 0, 1]


def test_a_copy_and_a_restored_state_go_on_with_the_same_series() -> None:
    simulation = pbc.Simulation(scenario(), num_areas=2)
    simulation.reset(seed=5)
    simulation.step([[4.0], [8.0]])
    copy = pickle.loads(pickle.dumps(simulation))  # noqa: S301
    other = pbc.Simulation(scenario(), num_areas=2)
    other.restore(simulation.state())
    expected = simulation.step([[4.0], [8.0]])
    for one in (copy, other):
        result = one.step([[4.0], [8.0]])
        assert result.rewards.tobytes() == expected.rewards.tobytes()
        assert result.observations.tobytes() == expected.observations.tobytes()


def test_series_too_short_for_the_episode_and_its_look_ahead_are_refused() -> None:
    simulation = pbc.Simulation(scenario())
    short = pbc.Instance(schedule_of([PEV], 1), pbc.Series(make_moments(8)))
    with pytest.raises(pbc.InputError, match=r"series: needs 9 moments: .* \(it has 8\)"):
        simulation.reset(schedule=short)

    @pbc.population("short")
    class Short(pbc.Population):
        def draw(self, *_: object) -> pbc.Instance:
            return short

    with pytest.raises(pbc.InputError, match="population 'short', series: needs 9 moments"):
        pbc.generate_instance(scenario(population={"kind": "short"}))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("buy_price", np.nan, r"step 2, buy_price: must be a finite number \(it is nan\)"),
        ("load_kw", np.inf, r"step 2, load_kw: must be a finite number \(it is inf\)"),
        ("cap_kw", np.nan, r"step 2, cap_kw: must be a finite number \(it is nan\)"),
    ],
)
def test_a_series_holds_numbers(name: str, value: float, problem: str) -> None:
    moments = make_moments(4)
    moments[name][2] = value
    with pytest.raises(pbc.InputError, match=problem):
        pbc.Series(moments)


@pytest.mark.parametrize("moments", [np.zeros(3), np.zeros((2, 3), MOMENT), []])
def test_a_series_is_of_moments(moments: Sequence[object]) -> None:
    with pytest.raises(pbc.InputError, match=r"series: moments: must be MOMENT\[T\]"):
        pbc.Series(moments)  # type: ignore[arg-type]


def test_a_series_is_a_copy_that_stays_as_it_is() -> None:
    moments = make_moments(3)
    series = pbc.Series(moments)
    moments["buy_price"] = 7.0
    assert series.moments["buy_price"].tolist() == [0.0] * 3
    with pytest.raises(ValueError, match="read-only"):
        series.moments["buy_price"][0] = 1.0
    assert series == pbc.Series(make_moments(3))
    assert hash(series) == hash(pbc.Series(make_moments(3)))
    assert series != pbc.Series(moments)
    assert len(series) == 3


def test_a_process_in_which_nothing_was_registered_says_how_to_load_it(tmp_path: Path) -> None:
    (tmp_path / "scenario.pickle").write_bytes(
        pickle.dumps(scenario(population={"kind": "spread", "stay_minutes": 45.0}))
    )
    code = "import pickle, sys, pev_battery_charge as pbc; pbc.Simulation(pickle.load(open(sys.argv[1], 'rb')))"
    command = [sys.executable, "-c", code, str(tmp_path / "scenario.pickle")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1]).stderr
    assert "unknown reward term 'priced'; there are " in told
    assert "import its module, or pev --plugin MODULE" in told
