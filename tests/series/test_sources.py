"""The table `[series]` of a scenario: from its text to the moments of an episode."""

from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.core.records import MOMENT

TOML = """
name = "site"
step_minutes = 15
horizon_steps = 96
[area]
power_max_kw = 60.0
power_min_kw = -40.0
[[stations]]
count = 3
power_min_kw = -11.0
power_max_kw = 11.0
[population]
kind = "spread"
pevs = 5
power_min_kw = -11.0
[series]
buy_price = {of = "spot", add = 0.09, then_factor = 1.21}
sell_price = {of = "buy_price", factor = 0.5}
load_kw = {synthetic = "office", peak_kw = 20.0}
solar_kw = {synthetic = "sun", peak_kw = 40.0}
carbon_kg_per_kwh = 0.35
demand_price = {value = 0.25, factor = 2.0}
billing = "day"
[reward.terms]
energy_cost = 1.0
unmet_energy = 1.0
"""
SITE = pbc.Scenario.from_toml(TOML)


def changed(**series: Any) -> pbc.Scenario:
    table = SITE.model_dump(exclude_none=True)
    table["series"] = series
    return pbc.Scenario.model_validate(table)


def test_a_scenario_comes_back_from_its_text() -> None:
    assert pbc.Scenario.from_toml(SITE.to_toml()) == SITE
    assert SITE.is_site
    assert "series" not in pbc.Scenario().to_toml()


def test_columns_are_taken_from_one_another() -> None:
    simulation = pbc.Simulation(SITE, 4)
    simulation.reset(seed=0)
    moments = simulation.moments
    assert moments.shape == (4, 97)
    spot = moments["buy_price"] / 1.21 - 0.09
    assert 0.0 < spot.mean() < 0.2
    assert np.array_equal(moments["sell_price"], 0.5 * moments["buy_price"])
    assert (moments["carbon_kg_per_kwh"] == 0.35).all()
    assert (moments["demand_price"] == 0.5).all()
    assert 5.0 < moments["load_kw"].mean() < 20.0
    assert moments["solar_kw"].max() <= 40.0
    assert np.isinf(moments["cap_kw"]).all()
    assert not np.array_equal(moments["buy_price"][0], moments["buy_price"][1])


def test_the_same_seed_gives_the_same_instance_and_an_area_its_own() -> None:
    together = pbc.Simulation(SITE, 3)
    together.reset(seed=7)
    for b in range(3):
        instance = pbc.generate_instance(SITE, seed=7 + b)
        assert instance.series == together.instance(b).series
        assert instance.schedule == together.instance(b).schedule
    without = pbc.Scenario.model_validate(SITE.model_dump(exclude={"series"}))
    assert pbc.generate_schedule(without, 7).sessions.equals(pbc.generate_schedule(SITE, 7).sessions)


def test_a_schedule_that_is_given_gets_series_that_are_drawn() -> None:
    simulation = pbc.Simulation(SITE, record=True)
    simulation.reset(seed=3, schedule=pbc.generate_schedule(SITE, 5))
    assert simulation.moments["buy_price"].any()
    simulation.step(np.full((1, 3), 11.0))
    assert simulation.trace().series is not None
    assert simulation.areas[0]["meter"]["bill"]["cost"] != 0.0


def test_billing_periods_begin_at_midnight() -> None:
    series = {"demand_price": 1.0, "billing": "day"}
    table = changed(**series).model_dump(exclude_none=True)
    table["population"] = {"kind": "site", "profile": "jpl", "start_hour": 18.0}
    moments = pbc.Simulation(pbc.Scenario.model_validate(table))
    moments.reset(seed=0)
    periods = moments.moments["billing_period"][0]
    assert periods[:24].tolist() == [0] * 24
    assert periods[24:].tolist() == [1] * 73


def test_presets_are_fleetrls_two_scenarios() -> None:
    tariff, arbitrage = (pbc.generate_instance(changed(prices=name), 2).series for name in ("tariff", "arbitrage"))
    assert tariff is not None
    assert arbitrage is not None
    assert np.allclose(tariff.moments["buy_price"], (arbitrage.moments["buy_price"] + 0.01) * 1.5)
    assert np.allclose(tariff.moments["sell_price"], 0.04515)
    assert np.array_equal(arbitrage.moments["sell_price"], arbitrage.moments["buy_price"])


def test_constants_alone_draw_nothing_and_are_one_row() -> None:
    simulation = pbc.Simulation(changed(buy_price=0.3, cap_kw=-4.0), 5)
    simulation.reset(seed=0)
    assert simulation.moments.shape == (1, 97)
    assert (simulation.moments["cap_kw"] == 0.0).all()


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        ({}, "must have at least one column"),
        ({"buy_price": {}}, "must have one of value, of and synthetic"),
        ({"buy_price": {"value": 1.0, "of": "spot"}}, "must have one of value, of and synthetic"),
        ({"buy_price": {"of": "sell_price"}}, "buy_price.of: 'sell_price' is unknown; there are spot, buy_price"),
        ({"buy_price": {"of": "sell_price"}, "sell_price": {"of": "buy_price"}}, "in a circle"),
        ({"buy_price": {"of": "buy_price"}}, "in a circle"),
        ({"solar_kw": {"synthetic": "moon"}}, "Input should be 'sun', 'office' or 'household'"),
        ({"buy_price": 1e12}, "less than or equal to 1000000000"),
        ({"price": 1.0}, "Extra inputs are not permitted"),
        ({"buy_price": 0.1, "day_of_year": 366}, "less than or equal to 365"),
    ],
)
def test_what_is_wrong_is_told(series: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        changed(**series)


def test_every_column_of_a_moment_can_be_named() -> None:
    columns = [name for name in MOMENT.names or () if name != "billing_period"]
    scenario = changed(**dict.fromkeys(columns, 1.0))
    assert scenario.series is not None
    assert list(scenario.series.columns) == columns


def test_a_policy_s_environment_steps_it() -> None:
    envs = pbc.vector_env(SITE, num_areas=8, observations=[*SITE.observations, "buy_price", "buy_price@1h"])
    envs.reset(seed=0)
    for _ in range(96):
        _, rewards, *_ = envs.step(envs.action_space.sample())
        assert np.isfinite(rewards).all()
