"""Regret: by hand, never negative, the same to the last digit, and with the statistics of all other tables."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pev_battery_charge import InputError, Scenario, Schedule, optimal_schedule
from pev_battery_charge.controllers import CATALOGUE, CONTROLLERS, Controller, Snapshot, make_controller
from pev_battery_charge.controllers.optimum import OptimalController
from pev_battery_charge.evaluation import (
    METRICS,
    Group,
    RegretReport,
    Suite,
    evaluate,
    load_suite,
    measure_regret,
    regret,
)
from pev_battery_charge.evaluation.regret import REGRET_METRICS, check_possible, with_regret
from pev_battery_charge.evaluation.statistics import bootstrap_interval, statistics
from tests.evaluation.small_suite import SPREAD, small_suite
from tests.evaluation.usual import USUAL
from tests.strategies import Floats


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return small_suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def report(suite: Suite) -> RegretReport:
    """All of the catalogue."""
    return measure_regret({name: name for name in CONTROLLERS}, suite=suite)


@pytest.fixture(scope="module")
def found(report: RegretReport) -> pl.DataFrame:
    """Its statistics."""
    return report.statistics()


def half(snapshot: Snapshot) -> Floats:
    """Half of what a station can give."""
    return 0.5 * snapshot.power_max_kw


def nothing(snapshot: Snapshot) -> Floats:
    return np.zeros(snapshot.plugged.shape)


def greedy(snapshot: Snapshot) -> Floats:
    """Twice what the station can give, which the reward punishes."""
    return 2.0 * snapshot.power_max_kw


def test_regret_by_hand() -> None:
    """One station of 10 kW, four hours. A PEV that wants 20 kWh is there to the end and beyond; in the second instance
    another PEV that wants 6 kWh finds no station, in the third the first one leaves after an hour.
    """
    scenario = Scenario(
        step_minutes=60.0,
        horizon_steps=4,
        area={"power_max_kw": 10.0},
        stations=[{"power_max_kw": 10.0}],
        population={"stay_minutes": 60.0},
    )
    columns: dict[str, Any] = {
        "pev": ["a", "b"],
        "arrival_min": [0.0, 10.0],
        "departure_min": [300.0, 200.0],
        "capacity_kwh": [40.0, 40.0],
        "energy_arrival_kwh": [0.0, 4.0],
        "energy_target_kwh": [20.0, 10.0],
        "power_max_kw": [22.0, 22.0],
        "efficiency": [1.0, 1.0],
        "transition_soc": [1.0, 1.0],
        "station": [0, None],
        "plug_in_min": [0.0, None],
    }
    both = pl.DataFrame(columns)
    early = both.head(1).with_columns(departure_min=pl.lit(60.0))
    schedules = [Schedule(both.head(1)), Schedule(both), Schedule(early)]
    optimal = OptimalController()
    controllers: dict[str, Controller | str] = {"optimum": optimal, "half": half, "nothing": nothing, "greedy": greedy}
    episodes = evaluate(scenario, controllers, [5, 6, 7], schedules=schedules).episodes
    found = with_regret(episodes, optimal.optima)
    assert found.columns == ["controller", "seed", *REGRET_METRICS, *USUAL]
    # Full power leaves half missing after an hour and nothing after two; half of it 3/4, 1/2, 1/4 and nothing. Asking
    # for 20 kW costs 2 for the station's limit in each hour, and nothing for the area's: the request is clipped.
    losses = {
        "optimum": [0.5, 0.5, 0.5],
        "half": [1.5, 1.5, 0.75],
        "nothing": [4.0, 4.0, 1.0],
        "greedy": [8.5, 8.5, 2.5],
    }
    lacking = {"optimum": [0.0, 6.0, 10.0], "half": [0.0, 6.0, 15.0], "nothing": [20.0, 26.0, 20.0]}
    lacking["greedy"] = lacking["optimum"]
    for name, loss in losses.items():
        rows = found.filter(pl.col("controller") == name)
        assert rows["seed"].to_list() == [5, 6, 7]
        assert rows["reward_loss"].to_list() == pytest.approx(loss, abs=1e-6)
        assert rows["optimum_loss"].to_list() == pytest.approx([0.5] * 3, abs=1e-6)
        assert rows["optimum_bound"].to_list() == pytest.approx([0.5] * 3, abs=1e-6)
        assert rows["regret"].to_list() == pytest.approx([one - 0.5 for one in loss], abs=1e-6)
        assert rows["regret_percent"].to_list() == pytest.approx([200.0 * (one - 0.5) for one in loss], abs=1e-4)
        assert rows["energy_lacking_kwh"].to_list() == pytest.approx(lacking[name], abs=1e-6)
        assert rows["energy_lacking_least_kwh"].to_list() == pytest.approx([0.0, 6.0, 10.0], abs=1e-6)
        missed = [one - least for one, least in zip(lacking[name], (0.0, 6.0, 10.0), strict=True)]
        assert rows["unmet_regret_kwh"].to_list() == pytest.approx(missed, abs=1e-6)


def test_nobody_of_the_catalogue_is_better_than_the_optimum(
    report: RegretReport, found: pl.DataFrame, suite: Suite
) -> None:
    table = report.instances
    assert report.controllers == list(CONTROLLERS)
    assert table.height == len(CONTROLLERS) * suite.num_instances
    tolerance = 1e-6 * table["optimum_loss"].clip(1.0) + 1e-6 * table["reward_loss"]
    assert (table["regret"] >= -tolerance).all()
    assert (table["unmet_regret_kwh"] >= -1e-6 * table["energy_lacking_least_kwh"].clip(1.0)).all()
    assert (table["energy_lacking_least_kwh"] > 0.1).any(), "some PEVs find no station"
    means = found.filter(pl.col("group") == "overall", pl.col("figure") == "regret_percent")
    by_name = dict(zip(means["controller"], means["mean"], strict=True))
    assert by_name["optimum"] == 0.0 < by_name["mpc"] < by_name["constant"] < by_name["uncontrolled"]
    assert report.clairvoyant == {name for name, one in CATALOGUE.items() if one.clairvoyant} == {"optimum"}


def test_the_optimum_is_the_zero_of_the_scale_and_certified(report: RegretReport, suite: Suite) -> None:
    rows = report.instances.filter(pl.col("controller") == "optimum")
    assert rows["regret"].to_list() == rows["regret_percent"].to_list() == [0.0] * suite.num_instances
    gaps = []
    for group in suite.groups:
        scenario, schedules = group.load()
        own = rows.filter(pl.col("group") == group.name)
        assert own["seed"].to_list() == list(group.seeds)
        for row, schedule in zip(own.iter_rows(named=True), schedules, strict=True):
            optimum = optimal_schedule(scenario, schedule)
            assert row["optimum_loss"] == pytest.approx(optimum.objective, rel=1e-9)
            assert (row["optimum_bound"], row["energy_lacking_least_kwh"]) == (optimum.bound, optimum.least_unmet_kwh)
            assert row["energy_lacking_kwh"] == pytest.approx(optimum.unmet_kwh, abs=1e-9)
            gaps.append(optimum.relative_gap)
    assert report.largest_gap == pytest.approx(max(gaps), abs=1e-12)
    assert report.largest_gap < 1e-6


def test_the_same_call_gives_the_same_numbers_to_the_last_digit(
    report: RegretReport, found: pl.DataFrame, suite: Suite
) -> None:
    some = ["random", "least-laxity", "mpc", "decentralised-mpc", "optimum"]
    again = measure_regret({name: name for name in some}, ["site-4", "three"], suite=suite)
    these = report.instances.filter(pl.col("group") != "site-4-erring", pl.col("controller").is_in(some))
    assert again.instances.equals(these)
    in_three = pl.col("group") == "three", pl.col("controller").is_in(some)
    assert again.statistics().filter(in_three).equals(found.filter(in_three))


def test_what_is_drawn_depends_on_the_group_alone(suite: Suite) -> None:
    found = measure_regret({"random": "random", "same": "random"}, suite=suite)
    assert found.controllers == ["random", "same", "optimum"]
    drawn, same = (found.instances.filter(pl.col("controller") == name) for name in ("random", "same"))
    assert drawn.drop("controller").equals(same.drop("controller"))
    for group in suite.groups:
        scenario, schedules = group.load()
        random = {"random": make_controller("random", group.first_seed)}
        episodes = evaluate(scenario, random, group.seeds, schedules=schedules).episodes
        assert drawn.filter(pl.col("group") == group.name).select(episodes.columns).equals(episodes)


def test_figures_and_statistics_are_those_of_all_other_tables(
    report: RegretReport, found: pl.DataFrame, suite: Suite
) -> None:
    scenario, schedules = suite.groups[1].load()
    same = evaluate(scenario, {name: name for name in CONTROLLERS if name != "random"}, range(3), schedules=schedules)
    own = report.instances.filter(pl.col("group") == "site-4", pl.col("controller") != "random")
    assert own.select(same.episodes.columns).equals(same.episodes)
    ours = found.filter(pl.col("group") == "site-4", pl.col("controller") != "random", pl.col("figure").is_in(METRICS))
    assert ours.drop("group").equals(statistics(same.episodes))
    for group, size in [("three", 2), ("site-4-erring", 3), ("overall", 8)]:
        rows = found.filter(pl.col("group") == group, pl.col("figure") == "regret_percent")
        for row in rows.iter_rows(named=True):
            which = pl.lit(True) if group == "overall" else pl.col("group") == group
            values = report.instances.filter(which, pl.col("controller") == row["controller"])["regret_percent"]
            low, high = bootstrap_interval(values.to_numpy()[:, None])
            assert (row["count"], row["missing"], row["mean"]) == (size, 0, pytest.approx(values.mean(), rel=1e-12))
            assert (row["low"], row["high"]) == (pytest.approx(low[0]), pytest.approx(high[0]))


def test_what_drivers_say_changes_nothing_for_those_who_do_not_listen(report: RegretReport) -> None:
    plain, erring = (
        report.instances.filter(pl.col("group") == group).drop("group", "optimum_bound", "energy_lacking_least_kwh")
        for group in ("site-4", "site-4-erring")
    )
    deaf = pl.col("controller").is_in(["uncontrolled", "random", "equal-share", "first-come", "optimum"])
    assert erring.filter(deaf).equals(plain.filter(deaf))
    assert not erring.filter(pl.col("controller") == "mpc").equals(plain.filter(pl.col("controller") == "mpc"))


class Foreseeing:
    """Knows the schedules, and makes nothing of it."""

    def foresee(self, scenario: Scenario, schedules: list[Schedule]) -> None:
        self.told = scenario.name, len(schedules)

    def __call__(self, snapshot: Snapshot) -> Floats:
        return nothing(snapshot)


def test_controllers_of_ones_own_and_the_progress(suite: Suite) -> None:
    told: list[tuple[int, int]] = []
    own = Foreseeing()
    found = measure_regret({"half": half, "seer": own}, suite=suite, progress=lambda *steps: told.append(steps))
    assert found.controllers == ["half", "seer", "optimum"]
    assert found.clairvoyant == {"seer", "optimum"}
    assert own.told == ("site", suite.groups[-1].instances)
    assert {total for _, total in told} == {3 * (2 * 24 + 6 * 48)}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == told[-1][1]


def test_an_instance_in_which_nothing_can_be_lost_has_no_percentage(tmp_path: Path) -> None:
    scenario = tmp_path / "lonely.toml"
    population = {"kind": "site", "profile": "caltech", "sessions_per_day": 0.5}
    SPREAD.replace(horizon_steps=96, population=population).save(scenario)
    group = Group(name="lonely", scenario=str(scenario), first_seed=0, instances=6)
    found = measure_regret({"uncontrolled": "uncontrolled"}, suite=Suite(version=0, groups=(group,)))
    empty = found.instances["pevs"] == 0
    assert 0 < empty.sum() < found.instances.height
    assert found.instances["regret_percent"].is_null().equals(empty)
    assert found.instances.filter(empty)["regret"].to_list() == [0.0] * int(empty.sum())
    rows = found.statistics().filter(pl.col("group") == "overall", pl.col("figure") == "regret_percent")
    assert rows["missing"].to_list() == [empty.sum() / 2] * 2
    assert rows["count"].to_list() == [6 - empty.sum() / 2] * 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"regret": -1e-3, "reward_loss": 99.999}, "group g, seed 4: b loses 99.999 of reward"),
        ({"unmet_regret_kwh": -1e-4, "energy_lacking_kwh": 4.9999}, "group g, seed 4: b .*leaves 4.9999 kWh"),
        ({"regret": -1e-4}, None),
        ({"regret": -1e-3, "optimum_bound": 99.99}, None),
        ({"unmet_regret_kwh": -4e-6}, None),
    ],
    ids=["reward", "unmet", "rounding", "gap", "rounding of energy"],
)
def test_who_is_better_than_possible_is_a_fault_that_is_told(change: dict[str, float], told: str | None) -> None:
    good = {
        **{"group": "g", "seed": 4, "reward_loss": 100.0, "optimum_loss": 100.0, "optimum_bound": 99.99995},
        **{"regret": 0.0, "energy_lacking_kwh": 5.0, "energy_lacking_least_kwh": 5.0, "unmet_regret_kwh": 0.0},
    }
    table = pl.DataFrame([good | {"controller": "a"}, good | change | {"controller": "b"}])
    if told is None:
        check_possible(table)
        return
    with pytest.raises(RuntimeError, match=told):
        check_possible(table)


class Lazy(OptimalController):
    """Knows the optimum, and asks for nothing."""

    def __call__(self, snapshot: Snapshot) -> Floats:
        return np.zeros(snapshot.plugged.shape)


class Boastful(OptimalController):
    """Takes a plan that does nothing for the best."""

    def foresee(self, scenario: Scenario, schedules: Any) -> None:
        super().foresee(scenario, schedules)
        lost = evaluate(scenario, {"nothing": nothing}, range(len(schedules)), schedules=schedules).episodes["reward"]
        for one, reward in zip(self.optima, lost, strict=True):
            object.__setattr__(one, "objective", -reward)
            object.__setattr__(one, "bound", -reward)
        self._requests_kw *= 0.0


@pytest.mark.parametrize(
    ("optimum", "told"),
    [(Lazy, "seed 7: the optimum is certified to lose"), (Boastful, "group three, seed 7: fair loses")],
)
def test_an_optimum_that_is_none_is_found_out(
    optimum: type, told: str, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regret, "OptimalController", optimum)
    with pytest.raises(RuntimeError, match=told):
        measure_regret({"fair": "equal-share"}, ["three"], suite=suite)


def test_bad_input_is_told_before_anything_is_run(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regret, "evaluate", None)
    with pytest.raises(InputError) as refused:
        measure_regret({"a": "best", "optimum": half, "b": "mpc"}, suite=suite)
    assert refused.value.problems == (
        f"a: there is no controller 'best'; there are {', '.join(CONTROLLERS)}",
        "optimum: is the name of the zero of the scale; give this controller another",
    )
    with pytest.raises(InputError, match="groups: four: unknown; there are three, site-4, site-4-erring"):
        measure_regret({"a": "mpc"}, ["three", "four"], suite=suite)
    changed = suite.model_copy(update={"groups": (suite.groups[0], suite.groups[1].model_copy(update={"digest": "0"}))})
    with pytest.raises(InputError, match=r"group site-4: scenario .* no longer what the suite has frozen"):
        measure_regret({"a": "mpc"}, suite=changed)


@pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="needs the extra train")
def test_a_trained_run_has_a_regret_like_everybody(suite: Suite, tmp_path: Path) -> None:
    from pev_battery_charge.training import load_policy, train  # noqa: PLC0415
    from tests.training.conftest import short_config  # noqa: PLC0415

    scenario = Path(suite.groups[0].scenario)
    result = train(short_config(scenario, steps=720, evaluation_episodes=1), tmp_path / "run")
    policy = load_policy(result.folder)
    found = measure_regret({"run": policy, "mpc": "mpc"}, suite=suite)
    again = measure_regret({"run": load_policy(result.folder)}, suite=suite)
    rows = found.instances.filter(pl.col("controller") == "run")
    assert again.instances.filter(pl.col("controller") == "run").equals(rows)
    assert rows.height == suite.num_instances
    assert (rows["regret_percent"] > 0.0).all()
    assert found.clairvoyant == {"optimum"}


@pytest.mark.slow
@pytest.mark.parametrize("group", load_suite().groups, ids=lambda group: group.name)
def test_the_packages_own_suite_holds_for_all_of_the_catalogue(group: Group) -> None:
    few = group.model_copy(update={"instances": 2, "digest": None})
    found = measure_regret({name: name for name in CONTROLLERS}, suite=Suite(version=1, groups=(few,)))
    assert found.largest_gap < 1e-6
    assert found.instances.height == 2 * len(CONTROLLERS)
