"""Episodes of sites: both directions, base load, sun, one meter, one bill, against a model in plain Python."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import compose
from pev_battery_charge.core.records import BILL, make_moments
from pev_battery_charge.evaluation import evaluate, summarise
from tests import strategies
from tests.bits import bits, meaningful
from tests.reference import KnifeEdgeError
from tests.sites import DrawnSite, drawn_sites, series_of

CLOSE = {"rel": 1e-9, "abs": 1e-9}


def close(found: Any, expected: Any) -> bool:
    return bool(np.allclose(found, expected, rtol=1e-9, atol=1e-9))


@given(site=drawn_sites())
@settings(max_examples=150, deadline=None)
def test_every_step_goes_as_the_plain_model_says(site: DrawnSite) -> None:
    simulation, plain = site.simulation(), site.with_stores().plain()
    for t, asked in enumerate(site.asked_kw):
        try:
            powers = plain.step(asked.tolist(), moment_of(site, t))
        except KnifeEdgeError:
            assume(False)
        simulation.step(asked[None])
        stations, meter = simulation.stations[0], simulation.areas[0]["meter"]
        assert close(stations["made"]["power_kw"], powers)
        assert close(stations["energy_kwh"], [one.energy_kwh for one in plain.holders])
        assert close(stations["served"]["bill"]["cost"], plain.station_cost)
        assert close(stations["served"]["bill"]["demand_cost"], plain.station_demand)
        bill, base = meter["bill"], meter["base_bill"]
        assert close([bill["cost"], base["cost"]], [plain.cost, plain.base_cost])
        assert close([bill["demand_cost"], base["demand_cost"]], [plain.demand, plain.base_demand])
        assert close([bill["carbon_kg"], meter["peak_kw"]], [plain.carbon_kg, plain.peak_kw])
        assert close([meter["curtailed_kwh"], meter["overload_kwh"]], [plain.curtailed_kwh, plain.overload_kwh])
        books = stations["books"]
        assert close(books["grid_kwh"], [one.grid_kwh for one in plain.holders])
        assert close(books["grid_out_kwh"], [one.grid_out_kwh for one in plain.holders])
        assert close(books["loss_kwh"], [one.loss_kwh for one in plain.holders])


def moment_of(site: DrawnSite, t: int) -> dict[str, float]:
    return {name: float(site.moments[name][t]) for name in site.moments.dtype.names or ()}


@given(site=drawn_sites(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_books_and_bill_balance_and_bounds_hold(site: DrawnSite, data: st.DataObject) -> None:
    simulation = site.simulation()
    for asked in site.asked_kw:
        simulation.step(asked[None])
    area, moments = simulation.areas[0], site.moments[: len(site.asked_kw)]
    books, meter, hours = area["books"], area["meter"], float(area["step_hours"])
    assert books["grid_kwh"] - books["grid_out_kwh"] == pytest.approx(books["stored_kwh"] + books["loss_kwh"], **CLOSE)
    trace = simulation.trace()
    flowed = trace.area_power_kw + moments["load_kw"] - moments["solar_kw"]
    net_kwh = meter["import_kwh"] - meter["export_kwh"]
    assert net_kwh == pytest.approx(flowed.sum() * hours + meter["curtailed_kwh"], **CLOSE)
    assert trace.meter[-1].tobytes() == meter.tobytes()
    for name in BILL.names or ():
        assert trace.bills[name].sum() + meter["base_bill"][name] == pytest.approx(meter["bill"][name], **CLOSE)
    energy = trace.session_energy_kwh
    batteries, targets = trace.session_records["battery"], trace.session_records["energy_target_kwh"]
    floor = np.minimum(batteries["energy_min_kwh"], energy[0])
    assert (energy >= floor).all()
    assert (energy <= np.maximum(targets, batteries["energy_max_kwh"])).all()
    if site.scenario.coordinator != "none":
        base = moments["load_kw"] - moments["solar_kw"]
        upper = np.minimum(site.scenario.area.power_max_kw, moments["cap_kw"]) - base
        lower = np.minimum(min(site.scenario.area.power_min_kw, 0.0) - base, 0.0)
        assert (trace.area_power_kw <= np.maximum(upper, 0.0)).all()
        assert (trace.area_power_kw >= lower).all()
    least = np.array([station.least_kw for station in site.scenario.stations])
    assert ((trace.power_kw == 0.0) | (np.abs(trace.power_kw) >= least)).all()


@given(site=drawn_sites())
@settings(max_examples=40, deadline=None)
def test_areas_together_go_as_each_alone_and_a_trace_read_again_reads_the_same_meter(site: DrawnSite) -> None:
    together, alone = site.simulation(3), site.simulation()
    for asked in site.asked_kw:
        together.step(np.tile(asked, (3, 1)))
        alone.step(asked[None])
    for b in range(3):
        assert bits(together.areas[b]) == bits(alone.areas[0])
        assert bits(together.stations[b]) == bits(alone.stations[0])


@given(site=drawn_sites(rules=("proportional", "equal")), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_stations_does_not_matter(site: DrawnSite, data: st.DataObject) -> None:
    count = len(site.scenario.stations)
    order = data.draw(st.permutations(range(count)))
    whole = site.with_stores().instance
    sessions = whole.schedule.sessions
    place = {old: new for new, old in enumerate(order)}
    names = {f"store_{old}": f"store_{new}" for old, new in place.items()}
    moved = sessions.with_columns(sessions["station"].replace_strict(place), sessions["pev"].replace(names))
    scenario = site.scenario.replace(stations=[site.scenario.stations[k] for k in order])
    other = pbc.Simulation(scenario, record=True)
    other.reset(schedule=pbc.Instance(pbc.Schedule(moved), whole.series))
    first = site.simulation()
    for asked in site.asked_kw:
        first.step(asked[None])
        other.step(asked[None, order])
    assert close(other.trace().power_kw, first.trace().power_kw[:, order])
    assert close(other.areas["meter"]["bill"]["cost"], first.areas["meter"]["bill"]["cost"])


@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=60, deadline=None)
def test_a_meter_that_nothing_passes_by_changes_no_bit(data: st.DataObject, scenario: pbc.Scenario) -> None:
    """An area without base load, sun and prices, stepped with a meter, is the area without one."""
    seed = data.draw(st.integers(0, 1000))
    flat, site = pbc.Simulation(scenario, record=True), pbc.Simulation(scenario, record=True)
    flat.reset(seed=seed)
    instance = pbc.Instance(flat.schedule(), pbc.Series(make_moments(scenario.num_moments)))
    site.reset(schedule=instance)
    assert site._kernels is not flat._kernels
    random = np.random.default_rng(seed)
    while not flat.over:
        asked = random.uniform(-5.0, 30.0, (1, scenario.num_stations))
        one, other = flat.step(asked), site.step(asked)
        for mine, theirs in zip(one[:3], other[:3], strict=True):
            assert mine.tobytes() == theirs.tobytes()
    assert flat.trace().records.tobytes() == site.trace().records.tobytes()
    for name in ("books", "unmet_kwh", "power_kw", "request_kw"):
        assert flat.areas[name].tobytes() == site.areas[name].tobytes()
    known = [name for name in flat.stations.dtype.names if name != "served"]
    assert bits(meaningful(flat.stations)[known]) == bits(meaningful(site.stations)[known])
    bill = site.areas["meter"]["bill"]
    assert not any(bill[name].any() for name in BILL.names or ())


def evening() -> tuple[pbc.Scenario, pbc.Instance]:
    """Two vehicles and a battery, an hour a step: cheap, dear, cheap."""
    scenario = pbc.Scenario(
        step_minutes=60.0,
        horizon_steps=3,
        area={"power_min_kw": -20.0, "power_max_kw": 40.0},
        stations=[
            {"power_max_kw": 10.0, "power_min_kw": -10.0},
            {"store": {"capacity_kwh": 20.0, "energy_start_kwh": 10.0, "power_min_kw": -10.0, "power_max_kw": 10.0}},
        ],
        population={
            "pevs": 1,
            "stay_minutes": 180.0,
            "stay_tolerance": 0.0,
            "power_min_kw": -10.0,
            "capacity_kwh": 40.0,
        },
        reward={"terms": {"energy_cost": {"weight": 1.0}, "stored_energy": {"weight": 0.2}}},
    )
    series = series_of(
        make_moments(scenario.num_moments), buy_price=[0.1, 0.5, 0.1, 0.1], sell_price=[0.1, 0.4, 0.1, 0.1]
    )
    return scenario, pbc.Instance(pbc.generate_schedule(scenario, 3), series)


def test_a_battery_of_the_site_never_leaves_and_counts_in_no_metric_of_pevs() -> None:
    scenario, instance = evening()
    simulation = pbc.Simulation(scenario, record=True)
    simulation.reset(schedule=instance)
    earned = [simulation.step([[10.0, 8.0]]), simulation.step([[-5.0, -8.0]]), simulation.step([[0.0, 0.0]])]
    store = simulation.stations[0, 1]
    assert store["session"] == 0
    assert store["target_kwh"] == 0.0
    assert store["energy_kwh"] == pytest.approx(10.0 + 0.95 * 8.0 - 8.0 / 0.95)
    value = 0.2 * (store["energy_kwh"] - 10.0)
    assert sum(float(one.parts[1, 0, 1]) for one in earned) == pytest.approx(value, rel=1e-6)
    trace = simulation.trace()
    assert trace.session_frame()["pev"].to_list() == ["store_1", "pev_00"]
    assert trace.session_frame()["energy_unmet_kwh"][0] == 0.0
    summary = summarise(trace)
    assert summary.pevs == 1
    assert summary.grid_energy_kwh == pytest.approx(18.0)


def test_what_is_bought_cheap_and_sold_dear_is_billed_at_both_prices_once() -> None:
    scenario, instance = evening()
    simulation = pbc.Simulation(scenario, record=True)
    simulation.reset(schedule=instance)
    rewards = [float(simulation.step(asked).parts[0].sum()) for asked in ([[10.0, 8.0]], [[-5.0, -8.0]], [[2.0, 0.0]])]
    assert rewards == pytest.approx([-1.8, 13.0 * 0.4, -0.2])
    assert simulation.areas[0]["meter"]["bill"]["cost"] == pytest.approx(1.8 - 5.2 + 0.2)


def test_a_schedule_that_brings_a_pev_to_a_battery_of_the_site_is_refused() -> None:
    scenario, instance = evening()
    sessions = instance.schedule.sessions
    moved = sessions.with_columns(station=sessions["station"] * 0 + 1).filter(sessions["pev"] == "pev_00")
    with pytest.raises(pbc.InputError, match="row 1, station: is a battery of the site, where no PEV comes"):
        pbc.Simulation(scenario).reset(schedule=pbc.Schedule(moved))


def test_pevs_are_given_no_station_that_is_a_battery() -> None:
    scenario, _ = evening()
    crowded = scenario.replace(population={"pevs": 6, "stay_minutes": 60.0, "patience_minutes": 60.0})
    for seed in range(20):
        sessions = pbc.generate_schedule(crowded, seed).sessions
        assert set(sessions.filter(sessions["pev"] != "store_1")["station"].drop_nulls()) <= {0}


def test_efficiencies_of_one_lose_nothing_and_prices_of_zero_cost_nothing() -> None:
    scenario, _ = evening()
    store = scenario.stations[1].model_dump()
    store["store"] |= {"efficiency": 1.0, "efficiency_out": 1.0}
    lossless = scenario.replace(stations=[scenario.stations[0], store], population={"efficiency": 1.0})
    simulation = pbc.Simulation(lossless, record=True)
    simulation.reset(seed=1)
    random = np.random.default_rng(0)
    while not simulation.over:
        result = simulation.step(random.uniform(-10.0, 10.0, (1, 2)))
        assert not result.parts[0].any()
    assert simulation.areas[0]["books"]["loss_kwh"] == 0.0
    assert simulation.areas[0]["books"]["grid_out_kwh"] > 0.0


def test_kernels_with_and_without_a_meter_are_two() -> None:
    scenario = pbc.load_scenario("paper-5x20")
    kinds = [
        compose.step_kernels(scenario.rule, scenario.reward.choices, scenario.feature_choices(), 5, site=site)
        for site in (False, True)
    ]
    assert kinds[0] is not kinds[1]
    assert not scenario.is_site
    assert scenario.replace(area={"power_min_kw": -1.0}).is_site
    assert scenario.replace(reward={"terms": {"carbon": {"weight": 1.0}}}).is_site


@given(site=drawn_sites())
@settings(max_examples=30, deadline=None)
def test_a_trace_and_an_instance_come_back_from_their_files(site: DrawnSite) -> None:
    simulation = site.simulation()
    for asked in site.asked_kw:
        simulation.step(asked[None])
    trace = simulation.trace()
    with TemporaryDirectory() as folder:
        trace.write(f"{folder}/trace.parquet")
        again = pbc.Trace.read(f"{folder}/trace.parquet")
        simulation.instance().write(f"{folder}/instance.parquet")
        instance = pbc.Instance.read(f"{folder}/instance.parquet")
    assert again.records.tobytes() == trace.records.tobytes()
    assert again.series == trace.series == instance.series
    assert again.meter.tobytes() == trace.meter.tobytes()
    assert again.bills.tobytes() == trace.bills.tobytes()
    assert instance.schedule == trace.schedule
    other = pbc.Simulation(site.scenario)
    other.reset(schedule=instance)
    for asked in site.asked_kw:
        other.step(asked[None])
    assert bits(other.areas) == bits(simulation.areas)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("request_kw", -11.0, "must not be below the station's power_min_kw"),
        ("acceptance_kw", -10.5, "must not be above request_kw"),
        ("power_kw", 5.0, "must have the sign of request_kw"),
        ("energy_kwh", -1.0, "must not be below what the PEV came with, or its floor"),
        ("energy_kwh", 41.0, "must not be above what the PEV should leave with, or its ceiling"),
        ("energy_kwh", 20.0, "must be what it was before and what power_kw stores in the step"),
    ],
)
def test_a_trace_of_discharging_that_breaks_a_rule_is_refused(
    field: str, value: float, rule: str, tmp_path: Path
) -> None:
    scenario, instance = evening()
    simulation = pbc.Simulation(scenario, record=True)
    simulation.reset(schedule=instance)
    for asked in ([[10.0, 8.0]], [[-5.0, -8.0]], [[0.0, 0.0]]):
        simulation.step(asked)
    trace = simulation.trace()
    trace.records[field][1, 0] = value
    trace.write(tmp_path / "trace.parquet")
    with pytest.raises(pbc.InputError, match=re.escape(f"step 1, station 0, {field}: {rule}")):
        pbc.Trace.read(tmp_path / "trace.parquet")


def test_a_trace_below_what_may_be_exported_is_refused(tmp_path: Path) -> None:
    scenario, instance = evening()
    simulation = pbc.Simulation(scenario, record=True)
    simulation.reset(schedule=instance)
    simulation.step([[10.0, 8.0]])
    simulation.step([[-10.0, -8.0]])
    narrow = pbc.Trace(scenario.replace(area={"power_min_kw": -10.0}), instance.schedule, simulation.trace().records)
    narrow.write(tmp_path / "trace.parquet")
    with pytest.raises(
        pbc.InputError, match="step 1, power_kw: the sum of all stations must not be below the area's -10"
    ):
        pbc.Trace.read(tmp_path / "trace.parquet")


@pytest.mark.parametrize("planner", ["optimum", "mpc", "decentralised-mpc"])
def test_planners_refuse_what_they_do_not_plan_for(planner: str) -> None:
    scenario, _ = evening()
    one_way_reward = scenario.replace(reward={"terms": {"missing": {"weight": 1.0}}})
    with pytest.raises(pbc.InputError, match="plans are of charging under one cap"):
        evaluate(one_way_reward, {"planner": planner}, [0])
    with pytest.raises(pbc.InputError, match="energy_cost"):
        pbc.optimal_schedule(scenario)
