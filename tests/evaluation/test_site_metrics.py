"""What the meter of a site read, in summaries, tables and commands; and nothing of it where there is no site."""

import numpy as np
import pytest

from pev_battery_charge import Instance, Scenario, Simulation, Trace, generate_schedule, load_scenario
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.evaluation import (
    SITE_METRICS,
    Totals,
    evaluate,
    results_table,
    run,
    summarise,
)
from pev_battery_charge.evaluation.results import to_json
from pev_battery_charge.evaluation.statistics import statistics
from tests.evaluation.usual import USUAL
from tests.v2g_evening import CheapAndDear, evening, evening_scenario


@pytest.fixture(scope="module")
def played() -> tuple[Trace, dict[str, float]]:
    """An evening's trace, and its metrics as they were added up step by step."""
    scenario, instance = evening()
    assert instance.series is not None
    controller, simulation, totals = CheapAndDear(instance.series), Simulation(scenario, record=True), Totals(scenario)
    simulation.reset(schedule=instance)
    while not simulation.over:
        totals.add(simulation, simulation.step(controller(Snapshot.of(simulation))))
    return simulation.trace(), {name: column[0].item() for name, column in totals.metrics(simulation).items()}


def test_the_figures_of_the_meter_are_those_counted_by_hand(played: tuple[Trace, dict[str, float]]) -> None:
    trace, figures = played
    assert trace.series is not None
    moments, hours = trace.series.moments[: trace.num_steps], trace.scenario.step_minutes / 60.0
    base_kw = moments["load_kw"] - moments["solar_kw"]
    wished_kw = base_kw + trace.power_kw.sum(axis=1)
    net_kw = np.maximum(wished_kw, -20.0)
    into, out = np.maximum(net_kw, 0.0), np.maximum(-net_kw, 0.0)
    expected = {
        "import_kwh": into.sum() * hours,
        "export_kwh": out.sum() * hours,
        "curtailed_kwh": (net_kw - wished_kw).sum() * hours,
        "overload_kwh": 0.0,
        "import_peak_kw": into.max(),
        "cost": (into * moments["buy_price"] - out * moments["sell_price"]).sum() * hours,
        "demand_cost": 0.8 * into.max(),
        "carbon_kg": (moments["carbon_kg_per_kwh"] * net_kw).sum() * hours,
    }
    bounded_kw = np.maximum(base_kw, -20.0)
    base_cost = np.where(bounded_kw > 0.0, moments["buy_price"], moments["sell_price"]) * bounded_kw * hours
    expected |= {"base_cost": base_cost.sum(), "stations_cost": expected["cost"] - base_cost.sum()}
    pevs = np.isin(np.arange(5), trace.scenario.store_stations, invert=True)
    expected["given_back_kwh"] = np.maximum(-trace.power_kw[:, pevs], 0.0).sum() * hours
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name
    assert min(figures[name] for name in ("import_kwh", "export_kwh", "curtailed_kwh", "given_back_kwh")) > 1.0


def test_the_parts_of_the_stations_add_up_to_their_bill(played: tuple[Trace, dict[str, float]]) -> None:
    trace, figures = played
    frame, sessions = trace.to_frame(), trace.session_frame()
    for name in ("cost", "demand_cost", "carbon_kg"):
        assert figures[name] == pytest.approx(figures[f"base_{name}"] + figures[f"stations_{name}"], abs=1e-9)
        assert frame[name].sum() == pytest.approx(figures[f"stations_{name}"], abs=1e-9)
        assert sessions[name].sum() == pytest.approx(figures[f"stations_{name}"], abs=1e-9)
    assert frame["cost"].min() < 0.0 < frame["cost"].max()


def test_a_trace_tells_the_same(played: tuple[Trace, dict[str, float]]) -> None:
    trace, figures = played
    summary = summarise(trace)
    for name in SITE_METRICS:
        assert getattr(summary, name) == pytest.approx(figures[name], rel=1e-9, abs=1e-9), name
    units = {label: unit for label, _, unit in summary.rows("CHF")}
    assert units["cost of the area's energy"] == units["demand charge of the area"] == "CHF"
    assert units["carbon of the area's energy"] == "kg"


def test_tables_have_the_meter_of_sites_only() -> None:
    scenario = evening_scenario().replace(currency="CHF")
    found = evaluate(scenario, {"constant": "constant"}, [0, 1])
    assert set(USUAL) | set(SITE_METRICS) == set(found.episodes.columns) - {"controller", "seed"}
    frame = statistics(found.episodes)
    units = {row[0]: row[1] for row in results_table(frame, ["cost", "import_kwh"], scenario.currency).rows}
    assert units == {"cost of the area's energy": "CHF", "energy imported": "kWh"}
    assert to_json(found, frame)["figures"]["stations_cost"]["unit"] == "CHF"
    flat = run(load_scenario("paper-5x20"), "constant")
    assert "cost" not in flat.to_frame().columns
    assert "cost" not in flat.session_frame().columns
    assert all(getattr(summarise(flat), name) is None for name in SITE_METRICS)


def test_controllers_are_compared_on_instances() -> None:
    scenario, instance = evening()
    assert instance.series is not None
    steered = CheapAndDear(instance.series)
    table = evaluate(scenario, {"steered": steered, "constant": "constant"}, [0], schedules=[instance]).episodes
    for row, controller in zip(table.iter_rows(named=True), (steered, "constant"), strict=True):
        summary = summarise(run(scenario, controller, schedule=instance))
        for name in SITE_METRICS:
            assert row[name] == pytest.approx(getattr(summary, name), rel=1e-9, abs=1e-9), name
    assert table["cost"][0] < table["cost"][1]


def test_prices_alone_make_a_meter() -> None:
    scenario = load_scenario("paper-5x20")
    _, instance = evening()
    assert instance.series is not None
    priced = Instance(generate_schedule(scenario, 0), instance.series)
    row = evaluate(scenario, {"constant": "constant"}, [0], schedules=[priced]).episodes.row(0, named=True)
    assert row["stations_cost"] > 0.0
    assert row["given_back_kwh"] == 0.0


def test_an_episode_without_steps_has_no_meter_read() -> None:
    simulation = Simulation(evening_scenario(), record=True)
    simulation.reset(seed=0)
    assert summarise(simulation.trace()).cost is None


def test_the_currency_is_the_scenarios() -> None:
    assert Scenario().currency == "EUR"
    assert Scenario.from_toml(Scenario(currency="CHF").to_toml()).currency == "CHF"
