"""Many episodes at once, every metric held against a plain-Python count of one episode at a time."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Simulation, generate_schedule, load_scenario
from pev_battery_charge.controllers import Controller, Snapshot
from pev_battery_charge.evaluation import METRICS, Totals, comparison, evaluate, run, summarise
from pev_battery_charge.evaluation.session_metrics import closed_sessions, session_metrics
from tests import strategies
from tests.evaluation.by_hand import figures_by_hand
from tests.evaluation.usual import USUAL
from tests.reference import KnifeEdgeError
from tests.strategies import Floats

PARTS = ("reward_missing", "reward_out_of_bounds", "reward_overload", "reward_departure")


def wild(snapshot: Snapshot) -> Floats:
    """Beyond the limits, below zero, and always the same for the same step and station."""
    limits: Floats = snapshot.stations["power_max_kw"]
    shares: Floats = 0.6 + np.sin(snapshot.step + 2.0 * np.arange(limits.shape[1]))
    return limits * shares


CONTROLLERS: dict[str, Controller | str] = {"uncontrolled": "uncontrolled", "constant": "constant", "wild": wild}

SCENARIOS: dict[str, dict[str, Any]] = {
    "paper-5x20": {},
    "paper-5x20, weights": {
        "reward": {"departure": 3.0, "sharing": 0.4, "exponent": 2.0},
        "area": {"power_min_kw": 12.0},
        "stations": [{"power_max_kw": limit, "power_min_kw": 4.0} for limit in (8.0, 12.0, 20.0)],
    },
    "residential-12": {},
    "residential-12, none": {"coordinator": "none", "area": {"power_max_kw": 11.0}},
    "public-10": {"population": {"sessions_per_day": 50.0}},
    "public-10, none": {"coordinator": "none", "area": {"power_max_kw": 20.0}, "step_minutes": 20, "horizon_steps": 50},
    "caltech-54": {},
}


def make_scenario(name: str) -> Scenario:
    return load_scenario(name.partition(",")[0]).replace(**SCENARIOS[name])


def assert_figures(actual: dict[str, Any], expected: dict[str, float | None], what: str) -> None:
    """Counts are equal, energies to 1e-8, rewards to what float32 can hold."""
    for name, value in expected.items():
        if name.startswith("reward"):
            assert actual[name] == pytest.approx(value, rel=1e-6, abs=1e-4), f"{what}: {name}"
        elif METRICS[name].whole or value is None:
            assert actual[name] == value, f"{what}: {name}"
        else:
            assert actual[name] == pytest.approx(value, rel=1e-9, abs=1e-8), f"{what}: {name}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_figure_is_the_one_counted_by_hand(name: str) -> None:
    scenario = make_scenario(name)
    seeds = (3, 11, 4)
    episodes = evaluate(scenario, CONTROLLERS, seeds).episodes
    assert episodes["controller"].to_list() == [name for name in CONTROLLERS for _ in seeds]
    for row in episodes.iter_rows(named=True):
        trace = run(scenario, CONTROLLERS[row["controller"]], seed=row["seed"])
        what = f"{row['controller']}, seed {row['seed']}"
        expected = figures_by_hand(trace)
        assert expected.keys() == set(USUAL)
        assert_figures(row, expected, what)
        alone = vars(summarise(trace))
        assert alone.pop("reward_terms") == {}
        assert_figures(alone, {key: value for key, value in expected.items() if key not in PARTS}, f"trace of {what}")


def test_the_scenarios_above_have_pevs_of_every_fate_and_every_kind_of_trouble() -> None:
    """Or the comparison by hand says less than it seems to."""
    frames = [evaluate(make_scenario(name), CONTROLLERS, (3, 11, 4)).episodes for name in SCENARIOS]
    most = pl.concat(frames).select(pl.exclude("controller").abs().max()).row(0, named=True)
    zeros = [name for name in USUAL if most[name] == 0]
    assert zeros == []


@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=25)
def test_any_scenario_is_counted_as_by_hand(data: st.DataObject, scenario: Scenario) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    ask = data.draw(strategies.policies())

    def controller(snapshot: Snapshot) -> Floats:
        return ask(snapshot.step, snapshot.stations["power_max_kw"])

    simulation, totals = Simulation(scenario, record=True), Totals(scenario)
    simulation.reset(schedule=schedule)
    while not simulation.over:
        totals.add(simulation, simulation.step(controller(Snapshot.of(simulation))))
    try:
        expected = figures_by_hand(simulation.trace())
    except KnifeEdgeError:
        assume(False)
    for name, column in totals.metrics(simulation).items():
        if expected[name] is None:
            assert np.isnan(column).all(), name
        else:
            assert_figures({name: column[0].item()}, {name: expected[name]}, "drawn")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_figures_keep_their_books(name: str) -> None:
    frame = evaluate(make_scenario(name), CONTROLLERS, range(20)).episodes

    def column(expression: pl.Expr) -> Floats:
        return frame.select(expression).to_series().to_numpy()

    def close(actual: pl.Expr, expected: pl.Expr, tolerance: float = 1e-8) -> None:
        np.testing.assert_allclose(column(actual), column(expected), rtol=0.0, atol=tolerance)

    delivered = pl.col("energy_delivered_kwh")
    close(pl.col("grid_energy_kwh"), delivered + pl.col("loss_kwh"))
    close(pl.col("energy_wanted_kwh"), delivered + pl.col("energy_unmet_kwh") + pl.col("energy_pending_kwh"))
    close(pl.col("pevs"), pl.sum_horizontal("pevs_served", "pevs_rejected", "pevs_too_short"))
    close(pl.col("reward"), pl.sum_horizontal(PARTS), 1e-3)
    assert (column(delivered - pl.col("energy_attainable_kwh")) <= 1e-9).all()
    shares = frame.select("satisfaction_mean", "satisfaction_p5", "satisfaction_jain").to_numpy()
    assert ((shares >= 0.0) & (shares <= 1.0 + 1e-12)).all()


def test_who_is_alone_without_a_cap_gets_what_is_attainable() -> None:
    """Full power through the whole stay is the most that can be had: the bound is reached, not only kept."""
    scenario = load_scenario("residential-12").replace(coordinator="none")
    frame = evaluate(scenario, {"all": "uncontrolled"}, range(30)).episodes
    np.testing.assert_allclose(frame["energy_delivered_kwh"], frame["energy_attainable_kwh"], rtol=1e-12)
    assert frame["delivered_percent"].to_list() == [pytest.approx(100.0)] * 30
    assert frame["unmet_percent"].to_list() == [pytest.approx(0.0, abs=1e-9)] * 30


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_results_do_not_depend_on_the_chunks_nor_on_threads(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    arguments = ("public-10", CONTROLLERS, [5, 0, 9, 2, 3, 8, 1])
    whole = evaluate(*arguments).episodes
    monkeypatch.setattr(comparison, "CHUNK_AREAS", chunk)
    assert evaluate(*arguments, num_threads=2).episodes.equals(whole)


def test_every_controller_meets_the_schedule_of_its_seed() -> None:
    seen: dict[str, list[bytes]] = {}

    def spy(name: str) -> Controller:
        def ask(snapshot: Snapshot) -> Floats:
            if snapshot.step == 0:
                seen.setdefault(name, []).extend(area.tobytes() for area in snapshot.stations["target_kwh"])
            return np.zeros(snapshot.stations.shape)

        return ask

    evaluation = evaluate("jpl-52", {"one": spy("one"), "other": spy("other")}, [8, 2])
    assert len(seen["one"]) == 2
    assert seen["one"] == seen["other"]
    for seed in (8, 2):
        row = evaluation.episodes.row(
            by_predicate=(pl.col("seed") == seed) & (pl.col("controller") == "one"), named=True
        )
        sessions = generate_schedule("jpl-52", seed=seed).sessions
        wanted = float((sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]).sum())
        assert row["energy_wanted_kwh"] == pytest.approx(wanted)
    assert (evaluation.controllers, evaluation.seeds) == (["one", "other"], [8, 2])


def test_progress_tells_every_step_of_every_chunk_and_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "CHUNK_AREAS", 2)
    told: list[tuple[int, int]] = []
    evaluate("paper-5x20", CONTROLLERS, range(5), progress=lambda done, total: told.append((done, total)))
    total = 192 * 3 * 3
    assert told == [(done, total) for done in range(1, total + 1)]


def test_an_episode_without_pevs_has_nulls_where_there_is_nothing_to_tell_and_zeros_elsewhere() -> None:
    scenario = load_scenario("jpl-52").replace(population={"sessions_per_day": 0.01}, horizon_steps=48)
    evaluation = evaluate(scenario, {"all": "uncontrolled"}, [0])
    (row,) = evaluation.episodes.iter_rows(named=True)
    assert row["pevs"] == 0
    nulls = [name for name in USUAL if row[name] is None]
    shares = ["full_percent", "delivered_percent", "unmet_percent"]
    assert nulls == [*shares, "satisfaction_mean", "satisfaction_p5", "satisfaction_jain"]
    assert {row[name] for name in USUAL if name not in (*nulls, "power_cap_kw")} == {0}


def made_sessions(delivered_kwh: list[list[float]], wanted_kwh: float = 10.0) -> Any:
    """Served sessions, `SESSION[B, S]`, that got this; a negative number is none."""
    simulation = Simulation("paper-5x20", num_areas=len(delivered_kwh))
    simulation.reset(seed=0)
    sessions = closed_sessions(simulation)[:, : len(delivered_kwh[0])]
    sessions["energy_arrival_kwh"], sessions["energy_target_kwh"] = 2.0, 2.0 + wanted_kwh
    sessions["energy_kwh"] = 2.0 + np.array(delivered_kwh)
    sessions["plug_step"], sessions["station"] = 0, 0
    sessions["status"] = np.where(np.array(delivered_kwh) < 0.0, 0, 1)
    return sessions


def test_percentile_and_fairness_are_those_of_numpy() -> None:
    random = np.random.default_rng(0)
    delivered = np.where(random.random((50, 20)) < 0.3, -1.0, random.uniform(0.0, 10.0, (50, 20)))
    metrics = session_metrics(made_sessions(delivered.tolist()), np.full(5, 22.0), 192, 1 / 12)
    for b, row in enumerate(delivered):
        shares = row[row >= 0.0] / 10.0
        assert metrics["satisfaction_mean"][b] == pytest.approx(shares.mean())
        assert metrics["satisfaction_p5"][b] == pytest.approx(np.percentile(shares, 5))
        assert metrics["satisfaction_jain"][b] == pytest.approx(shares.sum() ** 2 / shares.size / (shares**2).sum())


@pytest.mark.parametrize(
    ("delivered", "mean", "low", "jain"),
    [
        ([10.0, 10.0, 10.0, 10.0], 1.0, 1.0, 1.0),
        ([0.0, 0.0, 0.0, 10.0], 0.25, 0.0, 0.25),
        ([0.0, 0.0, 0.0, 0.0], 0.0, 0.0, 1.0),
        ([5.0, -1.0, -1.0, -1.0], 0.5, 0.5, 1.0),
        ([-1.0, -1.0, -1.0, -1.0], np.nan, np.nan, np.nan),
    ],
    ids=["all got all", "one got all", "nobody got anything", "one PEV", "no PEVs"],
)
def test_satisfaction_in_cases_that_everybody_can_count(
    delivered: list[float], mean: float, low: float, jain: float
) -> None:
    metrics = session_metrics(made_sessions([delivered]), np.full(5, 22.0), 192, 1 / 12)
    actual = [metrics[f"satisfaction_{name}"][0] for name in ("mean", "p5", "jain")]
    np.testing.assert_allclose(actual, [mean, low, jain], rtol=1e-12)


def test_who_wanted_nothing_is_satisfied() -> None:
    metrics = session_metrics(made_sessions([[0.0, 0.0]], wanted_kwh=0.0), np.full(5, 22.0), 192, 1 / 12)
    assert metrics["satisfaction_mean"].tolist() == [1.0]
    assert np.isnan(metrics["delivered_percent"]).all()


def test_rounding_at_the_cap_is_no_step_above_it() -> None:
    scenario = load_scenario("paper-5x20")

    def ask(share: float) -> Controller:
        def controller(snapshot: Snapshot) -> Floats:
            plugged = snapshot.plugged
            return np.where(plugged, share * 31.5 / np.maximum(plugged.sum(axis=1, keepdims=True), 1), 0.0)

        return controller

    frame = evaluate(scenario, {"cap": ask(1.0 + 1e-9), "more": ask(1.0 + 1e-4)}, range(8)).episodes
    above = frame.group_by("controller", maintain_order=True).agg(pl.col("steps_above_cap").sum())
    assert above["steps_above_cap"].to_list()[0] == 0
    assert above["steps_above_cap"].to_list()[1] > 100


def test_totals_of_an_interrupted_episode_count_up_to_now_as_its_trace_does() -> None:
    scenario = make_scenario("public-10")
    simulation, totals = Simulation(scenario, num_areas=2, record=True), Totals(scenario, 2)
    simulation.reset(seed=[7, 1])
    for _ in range(150):
        totals.add(simulation, simulation.step(wild(Snapshot.of(simulation))))
    metrics = totals.metrics(simulation)
    for b in range(2):
        told = {name: column[b].item() for name, column in metrics.items() if name not in PARTS}
        assert_figures(vars(summarise(simulation.trace(b))), told, f"area {b}")
        assert told["energy_delivered_kwh"] <= told["energy_attainable_kwh"] + 1e-9
    simulation.reset()
    totals.reset()
    assert totals.metrics(simulation)["reward"].tolist() == [0.0, 0.0]
    assert totals.metrics(simulation)["energy_delivered_kwh"].tolist() == [0.0, 0.0]


def test_a_simulation_that_goes_on_with_fewer_pevs_is_counted_as_a_new_one() -> None:
    """Rows of the schedule that are not used hold PEVs of the episode before."""
    scenario = make_scenario("residential-12")

    def figures_after(*seeds: int) -> dict[str, list[float]]:
        simulation, totals = Simulation(scenario), Totals(scenario)
        for seed in seeds:
            simulation.reset(seed=seed)
            totals.reset()
            while not simulation.over:
                totals.add(simulation, simulation.step(wild(Snapshot.of(simulation))))
        return {name: column.tolist() for name, column in totals.metrics(simulation).items()}

    counts = {seed: len(generate_schedule(scenario, seed=seed)) for seed in range(10)}
    many, few = max(counts, key=lambda seed: counts[seed]), min(counts, key=lambda seed: counts[seed])
    assert counts[few] < counts[many]
    assert figures_after(many, few) == figures_after(few)


def test_what_cannot_be_evaluated_is_refused_with_every_reason() -> None:
    with pytest.raises(InputError) as refused:
        evaluate("paper-5x20", {}, [])
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["controllers", "seeds"]
    with pytest.raises(InputError) as refused:
        evaluate("paper-5x20", CONTROLLERS, [1, -1, 2**63, 1.5])  # type: ignore[list-item]  # that is the mistake
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["seeds[1]", "seeds[2]", "seeds[3]"]
    with pytest.raises(InputError, match="seeds: must be different"):
        evaluate("paper-5x20", CONTROLLERS, [1, 2, 1])
    with pytest.raises(InputError, match="controller 'greedy': unknown name"):
        evaluate("paper-5x20", {"best": "greedy"}, [0])


def test_a_trace_is_summarised_as_its_episode_is_evaluated() -> None:
    """To the last bit, but for losses, which the trace adds up in another order."""
    row = evaluate("paper-5x20", CONTROLLERS, [6]).episodes.row(by_predicate=pl.col("controller") == "wild", named=True)
    summary = vars(summarise(run("paper-5x20", wild, seed=6)))
    for name in USUAL:
        if name not in (*PARTS, "loss_kwh"):
            assert summary[name] == row[name], name
