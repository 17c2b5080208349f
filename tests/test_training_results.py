"""The README's table of training results: what it says follows from the episodes, and it goes between its marks."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from PIL import Image

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import METRICS, evaluate
from pev_battery_charge.evaluation.statistics import statistics
from pev_battery_charge.training import FIRST_EVALUATION_SEED
from tests.loading import ROOT, load_script

MARKED = "above\n<!-- training -->\nold\n<!-- /training -->\nbelow\n"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("make_training_results")


def found(**figures: dict[str, tuple[float, float, float]]) -> pl.DataFrame:
    """Statistics by hand: for each figure the controllers that differ from 1 [0.9, 1.1]."""
    rows = []
    for controller in ("policy", "uncontrolled", "constant", "random"):
        for name in ("reward", "delivered_percent", "full_percent", "satisfaction_p5", "excess_kwh"):
            mean, low, high = figures.get(name, {}).get(controller, (1.0, 0.9, 1.1))
            rows.append({"controller": controller, "figure": name, "mean": mean, "low": low, "high": high, "iqm": mean})
    return pl.DataFrame(rows)


def test_only_what_is_better_beyond_doubt_is_told(script: ModuleType) -> None:
    (one,) = script.where_simple_is_better("area", found())
    assert "in none of these figures" in one
    touching = found(reward={"constant": (1.3, 1.1, 1.5)}, excess_kwh={"policy": (1.3, 1.1, 1.5)})
    assert script.where_simple_is_better("area", touching) == [one]
    worse = found(reward={"constant": (0.5, 0.4, 0.6)}, excess_kwh={"constant": (9.0, 8.0, 10.0)})
    assert script.where_simple_is_better("area", worse) == [one]


def test_each_figure_where_simple_controllers_are_better_has_its_sentence(script: ModuleType) -> None:
    better = found(
        reward={"constant": (-3.5, -4.0, -3.0), "random": (-2.0, -2.1, -1.9), "policy": (-9.0, -10.0, -8.0)},
        excess_kwh={"uncontrolled": (0.0, 0.0, 0.0)},
    )
    head, empty, *sentences = script.where_simple_is_better("area", better)
    assert head.startswith("area: where a simple controller is better")
    assert empty == ""
    told = "uncontrolled with 1.00 [0.90, 1.10], constant with -3.5 [-4.0, -3.0] and random with -2.00 [-2.10, -1.90]"
    assert sentences == [
        f"- reward of all stations: {told} are better than the policy with -9.0 [-10.0, -8.0].",
        "- energy requested above the cap (kWh): uncontrolled with 0 is better than the policy with 1.00 [0.90, 1.10].",
    ]


def test_the_table_has_a_row_for_each_controller_and_marks_who_is_best(script: ModuleType) -> None:
    rows = found(reward={"policy": (1200.0, 1100.0, 1300.0)}, excess_kwh={"constant": (0.0, 0.0, 0.0)})
    head, line, *lines = script.table_of(rows)
    assert head.count("|") == line.count("|") == lines[0].count("|") == 8
    assert lines[0] == ("| policy | 1,200\\* [1,100, 1,300] | 1,200.0 " + "| 1.00 [0.90, 1.10] " * 4 + "|")
    assert [row.split(" | ")[0] for row in lines] == ["| policy", "| uncontrolled", "| constant", "| random"]
    assert lines[2].endswith("| 0\\* |")


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("reward", (-1234.5, -1300.0, -1200.0), "-1,234 [-1,300, -1,200]"),
        ("reward", (-412.35, -412.4, -412.3), "-412.35 [-412.40, -412.30]"),
        ("delivered_percent", (99.99998, 99.99995, 100.0), "100.000 [100.000, 100.000]"),
        ("excess_kwh", (0.05, -1e-17, 0.13), "0.05 [0.00, 0.13]"),
        ("excess_kwh", (0.0, 0.0, 0.0), "0"),
        ("satisfaction_p5", (0.1254, None, None), "0.125"),
        ("satisfaction_p5", (None, None, None), "-"),
    ],
)
def test_values_have_the_decimals_that_their_interval_asks_for(
    script: ModuleType, name: str, values: tuple[float | None, ...], text: str
) -> None:
    row = dict(zip(("mean", "low", "high"), values, strict=True))
    assert script.value_of(METRICS[name], row) == text


@pytest.mark.parametrize(
    "text",
    [
        "no marks",
        MARKED + MARKED,
        MARKED + "<!-- training -->\n",
        MARKED + "<!-- /training -->",
        "<!-- /training -->\n<!-- training -->\n",
    ],
)
def test_without_exactly_one_pair_of_marks_nothing_is_trained_or_written(
    script: ModuleType, tmp_path: Path, text: str
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    config = script.Config(1000, episodes=4, page=readme, media=tmp_path / "media", runs=tmp_path / "runs")
    with pytest.raises(InputError, match="exactly one pair of training marks"):
        script.main(config)
    assert list(tmp_path.iterdir()) == [readme]
    assert readme.read_text(encoding="utf-8") == text


def test_the_larger_area_is_four_times_the_shown_one(script: ModuleType) -> None:
    small, large = pbc.load_scenario("paper-5x20"), script.twenty_stations()
    assert (large.num_stations, large.area.power_max_kw) == (20, 126.0)
    assert large.area.power_max_kw / small.area.power_max_kw == large.num_stations / small.num_stations == 4.0
    assert large.stations[0] == small.stations[0]
    assert pbc.generate_schedule(large, seed=0).sessions.height == 80


@pytest.mark.slow
def test_the_command_trains_measures_draws_and_writes_and_uses_its_runs_again(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra train")
    pytest.importorskip("tensorboard", reason="needs the extra train")
    readme, media, runs = tmp_path / "README.md", tmp_path / "media", tmp_path / "runs"
    readme.write_text(MARKED, encoding="utf-8")
    places = ("--page", str(readme), "--media", str(media), "--runs", str(runs))
    command = (sys.executable, str(ROOT / "scripts" / "make_training_results.py"), *places)
    numbers = ("--steps", "1000", "--episodes", "4")
    done = subprocess.run([*command, *numbers], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "media", "runs"}
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("above\n<!-- training -->\nMeasured on: ")
    assert text.endswith("\n<!-- /training -->\nbelow\n")
    heads = re.findall(r"^\*\*(.+?)\*\*: [\d,]+ agent-steps in \d+ s, [\d,]+ a second, [\d.]+% of", text, re.MULTILINE)
    assert heads == ["paper-5x20", "workplace-20", "jpl-52"]
    assert "The policy of paper-5x20 on 20 stations" in text
    assert text.count("\n| policy |") == text.count("\n| constant |") == 4
    script = load_script("make_training_results")
    check_constant(text, script)
    files = {path.name: path for path in media.iterdir()}
    assert set(files) == {"learning_curves.png", "policy_comparison.png", "TrainedPolicy.gif"}
    with Image.open(files["TrainedPolicy.gif"]) as film:
        frames: int = getattr(film, "n_frames", 1)
    assert frames > 100

    config = script.Config(steps=1000, episodes=4, runs=runs, page=readme, media=media)
    (policy,) = runs.glob("paper-5x20-*/policy.zip")
    made = policy.stat().st_mtime_ns
    result = script.trained("paper-5x20", config)
    assert f"**paper-5x20**: {result.agent_steps:,} agent-steps in {result.seconds:,.0f} s" in text
    assert policy.stat().st_mtime_ns == made
    with pytest.raises(InputError, match="another configuration or scenario"):
        script.trained("paper-5x20", replace(config, steps=90_000))


def check_constant(text: str, script: Any) -> None:
    """The rows of a controller that needs no training, against an evaluation of its own."""
    scenarios = [*map(pbc.load_scenario, script.SCENARIOS), script.twenty_stations()]
    rows = re.findall(r"^\| constant \| (.+?)(?:\\\*)? \[.*$", text, re.MULTILINE)
    for scenario, told in zip(scenarios, rows, strict=True):
        seeds = range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + 4)
        means = statistics(evaluate(scenario, {"constant": "constant"}, seeds).episodes)
        reward = means.filter(pl.col("figure") == "reward")["mean"].item()
        assert float(told.replace(",", "")) == pytest.approx(reward, abs=0.5)
