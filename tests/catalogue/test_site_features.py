"""What stations see of their site, by hand: series now and ahead, the meter, limits, calendar, ranges and presets."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import FEATURES, expand_features
from pev_battery_charge.catalogue.presets import PRESETS
from pev_battery_charge.core.records import make_moments
from pev_battery_charge.envs.spaces import SeenBounds
from pev_battery_charge.training.scaling import scale_observations
from tests.sites import DrawnSite, drawn_sites, series_of
from tests.strategies import schedule_of

CALENDAR = ("hour_sin", "hour_cos", "weekday_sin", "weekday_cos", "year_sin", "year_cos")
SERIES = ("buy_price", "sell_price", "load_kw", "solar_kw", "carbon_kg_per_kwh", "target_kw", "cap_kw", "base_kw")
METER = (
    *("net_power_kw", "room_left_kw", "export_room_kw", "peak_so_far_kw", "overload_kw", "curtailed_kw"),
    *("potential_kw", "stations_occupied"),
)
OWN = (
    *("charge_limit_kw", "discharge_limit_kw", "energy_kwh", "floor_kwh", "ceiling_kwh", "efficiency"),
    *("efficiency_out", "time_needed_h", "laxity_h", "buy_price_rank"),
)
PEV = {
    **{"arrival_min": 0.0, "departure_min": 240.0, "capacity_kwh": 40.0, "energy_arrival_kwh": 10.0},
    **{"energy_target_kwh": 28.0, "power_max_kw": 10.0, "efficiency": 0.9, "transition_soc": 1.0},
    **{"power_min_kw": -5.0, "efficiency_out": 0.8, "energy_min_kwh": 4.0, "energy_max_kwh": 36.0},
}


def two_stations(*observations: str, **changes: Any) -> pbc.Scenario:
    scenario = {
        "step_minutes": 60,
        "horizon_steps": 6,
        "observations": observations,
        "stations": [{"power_min_kw": -7.0, "power_max_kw": 11.0}, {"power_max_kw": 22.0}],
        "area": {"power_min_kw": -8.0, "power_max_kw": 30.0},
    }
    return pbc.Scenario.model_validate(scenario | changes)


def started(scenario: pbc.Scenario, pevs: list[dict[str, float]] | None = None, **columns: Any) -> pbc.Simulation:
    simulation = pbc.Simulation(scenario)
    schedule = schedule_of([PEV] if pevs is None else pevs, 2)
    simulation.reset(schedule=pbc.Instance(schedule, series_of(make_moments(scenario.num_moments), **columns)))
    return simulation


def seen(simulation: pbc.Simulation, station: int = 0) -> dict[str, float]:
    values = simulation.observe()[0, station].tolist()
    return dict(zip(simulation.scenario.observations, values, strict=True))


def test_series_are_seen_now_and_ahead() -> None:
    leads = [one for name in SERIES for one in (name, f"{name}@2h")]
    scenario = two_stations(*leads)
    rising = np.arange(scenario.num_moments, dtype=float)
    columns: dict[str, Any] = {name: rising + 10.0 * k for k, name in enumerate(SERIES[:6])} | {"cap_kw": 27.0 + rising}
    simulation = started(scenario, **columns)
    told = seen(simulation)
    for k, name in enumerate(SERIES[:6]):
        assert (told[name], told[f"{name}@2h"]) == (10.0 * k, 10.0 * k + 2.0)
    assert (told["cap_kw"], told["cap_kw@2h"], told["base_kw"], told["base_kw@2h"]) == (27.0, 29.0, -10.0, -10.0)
    for _ in range(4):
        simulation.step([[0.0, 0.0]])
    assert seen(simulation)["cap_kw"] == 30.0  # never above the area's own
    assert seen(simulation)["buy_price"] == 4.0


def test_the_meter_is_seen() -> None:
    scenario = two_stations(*METER)
    ones = np.ones(scenario.num_moments)
    load_kw, solar_kw = 4.0 * ones, 2.0 * ones
    load_kw[1], solar_kw[2] = 33.0, 50.0
    simulation = started(scenario, load_kw=load_kw, solar_kw=solar_kw)
    told = seen(simulation)
    assert told == {
        **{"net_power_kw": 0, "room_left_kw": 28, "export_room_kw": 10, "peak_so_far_kw": 0, "overload_kw": 0},
        **{"curtailed_kw": 0, "potential_kw": 0, "stations_occupied": 1},
    }
    simulation.step([[6.0, 0.0]])
    told = seen(simulation)
    assert (told["net_power_kw"], told["peak_so_far_kw"], told["potential_kw"]) == (8.0, 8.0, 10.0)
    assert (told["room_left_kw"], told["export_room_kw"]) == (-1.0, 39.0)
    simulation.step([[0.0, 0.0]])
    told = seen(simulation)
    assert (told["overload_kw"], told["room_left_kw"], told["export_room_kw"]) == (1.0, 76.0, 0.0)
    simulation.step([[0.0, 0.0]])
    told = seen(simulation)
    assert (told["curtailed_kw"], told["net_power_kw"]) == (38.0, -8.0)
    simulation.step([[0.0, 0.0]])
    assert seen(simulation)["stations_occupied"] == 0


def test_a_vehicle_at_its_station_is_seen() -> None:
    simulation = started(two_stations(*OWN), buy_price=[0.3, 0.2, 0.4, 0.5, 0.1, 0.1, 0.1])
    told = seen(simulation)
    expected = [10, -5, 10, 4, 36, 0.9, 0.8, 2, 2, 1 / 3]
    assert list(told.values()) == pytest.approx(expected)
    assert set(seen(simulation, 1).values()) == {0.0}
    simulation.step([[10.0, 0.0]])
    told = seen(simulation)
    assert told["energy_kwh"] == 19.0
    assert (told["time_needed_h"], told["laxity_h"], told["buy_price_rank"]) == (1.0, 2.0, 0.0)
    simulation.step([[-5.0, 0.0]])
    assert seen(simulation)["laxity_h"] == pytest.approx(2.0 - 15.25 / 9.0)


def test_equal_prices_are_of_the_middle_rank() -> None:
    assert seen(started(two_stations("buy_price_rank"), buy_price=0.2))["buy_price_rank"] == 0.5


def dated(start: str | None, zone: str | None, hours: int) -> list[dict[str, float]]:
    scenario = two_stations(*CALENDAR, horizon_steps=hours)
    schedule = schedule_of([PEV], 2)
    info = replace(schedule.info, start=start, time_zone=zone)
    simulation = pbc.Simulation(scenario)
    simulation.reset(schedule=pbc.Schedule(schedule.sessions, info))
    told = [seen(simulation)]
    for _ in range(hours):
        simulation.step([[0.0, 0.0]])
        told.append(seen(simulation))
    return told


def turned(told: dict[str, float], name: str) -> float:
    return math.atan2(told[f"{name}_sin"], told[f"{name}_cos"]) / (2.0 * math.pi) % 1.0


def test_the_calendar_turns() -> None:
    told = dated("2021-03-28 00:00", "Europe/Berlin", 30)  # a Sunday of 23 hours, the 87th day
    assert [turned(told[0], "hour"), turned(told[0], "weekday")] == pytest.approx([0.0, 6 / 7], abs=1e-6)
    assert turned(told[0], "year") == pytest.approx(86 / 365.2425, abs=1e-6)
    assert turned(told[2], "hour") == pytest.approx(3 / 24, abs=1e-6)
    assert turned(told[22], "weekday") == pytest.approx((6 + 23 / 24) / 7, abs=1e-6)
    assert min(turned(told[23], "weekday"), 1 - turned(told[23], "weekday")) == pytest.approx(0.0, abs=1e-6)
    assert turned(told[23], "year") == pytest.approx(87 / 365.2425, abs=1e-6)
    told = dated("2021-10-31 00:00", "Europe/Berlin", 30)  # one of 25 hours
    assert turned(told[24], "weekday") == pytest.approx((6 + 23 / 24) / 7, abs=1e-6)
    assert turned(told[26], "weekday") == pytest.approx(1 / 24 / 7, abs=1e-6)


@pytest.mark.parametrize("start", [None, "18:00"])
def test_there_is_no_weekday_without_a_date(start: str | None) -> None:
    told = dated(start, None, 8)
    assert all(one[name] == 0.0 for one in told for name in CALENDAR[2:])
    assert turned(told[7], "hour") == pytest.approx((1 if start else 7) / 24, abs=1e-6)


def test_a_range_stands_for_a_feature_at_each_of_its_leads() -> None:
    hours = tuple(f"buy_price@{hour}h" for hour in range(1, 25))
    assert expand_features(["soc", "buy_price[1h..24h]"]) == ("soc", *hours)
    assert expand_features(["load_kw[0h..4h/2h]"]) == ("load_kw", "load_kw@2h", "load_kw@4h")
    quarters = ("load_kw@15min", "load_kw@30min", "load_kw@45min", "load_kw@1h")
    assert expand_features(["load_kw[15min..1h/15min]"]) == quarters
    scenario = two_stations("power_max_kw", "area_power_max_kw", "buy_price[1h..24h]")
    assert scenario.observations[2:] == hours
    assert scenario.is_site
    assert scenario.num_moments == 6 + 1 + 24
    assert pbc.Scenario.from_toml(scenario.to_toml()) == scenario
    assert SeenBounds(scenario, 1).common_box().shape == (26,)
    prices = np.arange(scenario.num_moments) / 10.0
    observations = started(scenario, buy_price=prices).observe()
    assert observations[0, 0, 2:] == pytest.approx(prices[1:25])
    assert scale_observations(observations, scenario.observations)[0, 0, 2:] == pytest.approx(prices[1:25] / 0.3)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("buy_price[2h..1h]", "goes up"),
        ("buy_price[1h..2h/0h]", "steps above 0"),
        ("buy_price[1h..", "is no range"),
        ("buy_price[1..2]", "is no range"),
        ("buy_prise[1h..2h]", "there are buy_price"),
        ("buy_price[1h..2h/40min]", "whole number of steps"),
        ("buy_price[1min..366d/1min]", "at most 500"),
        ("buy_price[366d..367d/1d]", "at most 366 days"),
        ("buy_price[15min..45min/15min]", "whole number of steps"),
        ("soc[1h..2h]", "of the present only"),
        ("fleetrl-bot", "most like it: fleetrl-both"),
    ],
)
def test_a_bad_range_is_one_clear_error(name: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        two_stations(name)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_list_of_features(preset: str) -> None:
    scenario = two_stations(preset, observations=preset)
    assert scenario.observations == expand_features(PRESETS[preset])
    observations = started(scenario).observe()
    assert np.isfinite(scale_observations(observations, scenario.observations)).all()


def test_presets_are_as_long_as_what_they_follow() -> None:
    assert len(expand_features(["fleetrl-both"])) == 2 + 2 * 9 + 2 * 5 + 12 + 1


def test_what_reads_the_series_makes_a_site() -> None:
    assert all(FEATURES[name].metered for name in (*SERIES, *METER, "buy_price_rank"))
    flat = {"area": {"power_max_kw": 30.0}, "stations": {"count": 2}}
    assert two_stations("buy_price", **flat).is_site
    assert not two_stations("soc", *CALENDAR, **flat).is_site


@given(site=drawn_sites(), key=st.integers(0, 2**64 - 1), error=st.sampled_from([0.0, 0.1]))
@settings(max_examples=25, deadline=None)
def test_what_is_seen_lies_in_the_space(site: DrawnSite, key: int, error: float) -> None:
    names = (*SERIES, *METER, *OWN, *CALENDAR)
    scenario = site.scenario.replace(observations=names)
    simulation = pbc.Simulation(scenario)
    simulation.reset(schedule=site.instance)
    simulation.areas["forecast_key"], simulation.areas["forecast_error"] = key, error
    bounds = SeenBounds(scenario, 1)
    bounds.grow(simulation.sessions)
    boxes = [bounds.box([n]) for n in range(scenario.num_stations)]
    for asked in site.asked_kw:
        for box, told in zip(boxes, simulation.observe()[0], strict=True):
            outside = (told < box.low) | (told > box.high) | ~np.isfinite(told)
            assert not outside.any(), [names[k] for k in np.flatnonzero(outside)]
        simulation.step(asked[None])


@given(st.lists(st.floats(-1.0, 1.0, width=32), min_size=9, max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_look_ahead_is_what_is_seen_later(prices: list[float]) -> None:
    simulation = started(two_stations("buy_price", "buy_price@2h"), buy_price=prices)
    told = [seen(simulation)]
    for _ in range(4):
        simulation.step([[0.0, 0.0]])
        told.append(seen(simulation))
    assert [one["buy_price@2h"] for one in told[:3]] == [one["buy_price"] for one in told[2:]]
