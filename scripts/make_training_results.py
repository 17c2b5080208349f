"""Train the shared policies of docs/results.md, measure them on unseen schedules, put table and pictures there.

Takes minutes; runs that have ended are kept in a folder and used again. python scripts/make_training_results.py
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import readme_block
import tyro

import pev_battery_charge as pbc
from pev_battery_charge.benchmark.measurement import describe_machine
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.controllers import Controller
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import METRICS, Evaluation, Metric, evaluate, run
from pev_battery_charge.evaluation.results import write_picture
from pev_battery_charge.evaluation.results_table import best
from pev_battery_charge.evaluation.statistics import statistics
from pev_battery_charge.rendering import LearningCurve, write_gif, write_learning_curves
from pev_battery_charge.training import (
    FIRST_EVALUATION_SEED,
    PPOConfig,
    TrainConfig,
    TrainingResult,
    load_policy,
    resume,
    train,
)
from pev_battery_charge.training.run_folder import RunFolder

Row = dict[str, Any]

ROOT = Path(__file__).parent.parent
SCENARIOS = {"paper-5x20": PPOConfig(), "workplace-20": PPOConfig(), "jpl-52": PPOConfig(gae_lambda=1.0)}
"""With fifty stations, `gae_lambda` tells why, policies drift with less than 1."""
SHOWN = "paper-5x20"
"""The scenario of the film and of the distributions, whose policy also goes to twenty stations."""
POLICY = "policy"
SIMPLE = ("uncontrolled", "constant", "random")
MEASURED = ("reward", "delivered_percent", "full_percent", "satisfaction_p5", "excess_kwh")
HEADS = (
    "controller",
    "reward",
    "its IQM",
    "energy delivered, %",
    "PEVs full, %",
    "satisfaction p5",
    "asked above the cap, kWh",
)


@dataclass(frozen=True)
class Config:
    """Train and measure the policies of the documentation."""

    steps: int = TrainConfig.steps
    """Agent-steps of each run."""
    seed: int = 0
    """Seed of the runs."""
    episodes: int = 100
    """Episodes of each comparison, on seeds from 1,000,000 on."""
    runs: Path = Path("runs/readme")
    """Folder for the runs; those that have ended are used again, and those broken off are gone on with."""
    page: Path = ROOT / "docs" / "results.md"
    """Where the table goes, between its two training marks."""
    media: Path = ROOT / "media"
    """Folder for the pictures."""


class Measured(NamedTuple):
    """What came of one policy in one scenario."""

    run: RunFolder
    result: TrainingResult
    evaluation: Evaluation
    found: pl.DataFrame
    """The statistics of the evaluation."""


def main(config: Config) -> None:
    """Train, measure, draw, write."""
    readme_block.split(config.page, "training")
    config.media.mkdir(parents=True, exist_ok=True)
    measured = [measure(trained(name, config), config.episodes) for name in SCENARIOS]
    shown = next(one for one in measured if one.evaluation.scenario.name == SHOWN)
    more_stations = measure(shown.result, config.episodes, twenty_stations())
    readme_block.write(config.page, "training", text_of(config, measured, more_stations))
    write_learning_curves([curve_of(one) for one in measured], config.media / "learning_curves.png")
    write_picture(shown.evaluation, shown.found, config.media / "policy_comparison.png")
    film = run(shown.evaluation.scenario, load_policy(shown.run.path), seed=FIRST_EVALUATION_SEED)
    write_gif(film, config.media / "TrainedPolicy.gif")


def twenty_stations() -> pbc.Scenario:
    """`paper-5x20` four times as large in everything."""
    changes: dict[str, Any] = {
        "stations": {"count": 20},
        "area": {"power_max_kw": 126.0},
        "population": {"pevs": 80},
    }
    return pbc.load_scenario(SHOWN).replace(name="paper-20x80", **changes)


def trained(name: str, config: Config) -> TrainingResult:
    """The run of a scenario: as it is kept if it has ended, or from where it was broken off, or a new one."""
    own = TrainConfig(
        scenario=name,
        steps=config.steps,
        seed=config.seed,
        evaluation_episodes=min(TrainConfig.evaluation_episodes, config.episodes),
        ppo=SCENARIOS[name],
    ).checked()
    path = config.runs / f"{name}-{own.algorithm}-{own.seed}"
    with progress(name, own.steps, "agent-steps") as advance:
        if not RunFolder(path).config_file.is_file():
            return train(own, path, progress=advance)
        kept = RunFolder.open(path)
        if kept.config != own or kept.scenario != pbc.load_scenario(name):
            problem = "holds a run with another configuration or scenario: remove it, or choose another folder"
            raise InputError(str(path), [problem])
        return resume(path, progress=advance)


def measure(result: TrainingResult, episodes: int, scenario: pbc.Scenario | None = None) -> Measured:
    """A run's policy next to the simple controllers, on the scenario it was trained on or another."""
    folder = RunFolder.open(result.folder)
    controllers: dict[str, Controller | str] = {POLICY: load_policy(result.folder), **{name: name for name in SIMPLE}}
    seeds = range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + episodes)
    with progress("measuring", len(controllers) * episodes, "episodes") as advance:
        evaluation = evaluate(scenario or folder.scenario, controllers, seeds, progress=advance)
    return Measured(folder, result, evaluation, statistics(evaluation.episodes))


def curve_of(one: Measured) -> LearningCurve:
    """The evaluations during training, and the simple controllers on the same episodes as these."""
    curve = pl.read_parquet(one.run.evaluations_file)
    own = one.evaluation.episodes.filter(pl.col("seed").is_in(list(one.run.config.evaluation_seeds)))
    rows = statistics(own).filter(pl.col("figure") == "reward", pl.col("controller") != POLICY)
    scenario = one.evaluation.scenario
    area = f"{scenario.num_stations} stations, cap {scenario.area.power_max_kw:g} kW"
    return LearningCurve(
        f"{scenario.name}: {area}, {own['seed'].n_unique()} episodes",
        *(
            curve[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in ("agent_steps", "reward", "reward_low", "reward_high")
        ),
        others={
            row["controller"]: tuple(np.nan if row[name] is None else row[name] for name in ("mean", "low", "high"))
            for row in rows.to_dicts()
        },
    )


def text_of(config: Config, measured: Sequence[Measured], more_stations: Measured) -> str:
    """Everything between the marks."""
    torch, algorithms = version("torch"), version("stable-baselines3")
    lines = [
        f"Measured on: {describe_machine()}, PyTorch {torch}, Stable-Baselines3 {algorithms}; seed {config.seed}.",
        "",
        f"Mean [95 % bootstrap interval] over {config.episodes:,} episodes that no policy was trained on; "
        "IQM: interquartile mean; p5: 5th percentile over an episode's PEVs; "
        "\\*: better than all others, the intervals apart.",
    ]
    for one in measured:
        result, name = one.result, one.evaluation.scenario.name
        head = (
            f"**{name}**: {result.agent_steps:,} agent-steps in {result.seconds:,.0f} s, "
            f"{result.agent_steps_per_s:,.0f} a second, {result.env_share:.1%} of the time in the environment."
        )
        lines += ["", head, "", *table_of(one.found), "", *where_simple_is_better(name, one.found)]
    larger, found = more_stations.evaluation.scenario, more_stations.found
    head = (
        f"**The policy of {SHOWN} on {larger.num_stations} stations** (cap {larger.area.power_max_kw:g} kW, "
        f"{larger.population.pevs} PEVs), without further training."
    )
    lines += ["", head, "", *table_of(found), "", *where_simple_is_better(f"{larger.num_stations} stations", found)]
    return "\n".join(lines) + "\n"


def table_of(found: pl.DataFrame) -> list[str]:
    """A Markdown table with a row for each controller."""
    lines = ["| " + " | ".join(HEADS) + " |", "|---|" + "--:|" * (len(HEADS) - 1)]
    winners = best(found)
    for controller in (POLICY, *SIMPLE):
        rows = rows_of(found, controller)
        stars = {name: "\\*" if winners.get(name) == controller else "" for name in MEASURED}
        reward, *others = (value_of(METRICS[name], rows[name], stars[name]) for name in MEASURED)
        lines.append("| " + " | ".join((controller, reward, f"{rows['reward']['iqm']:z,.1f}", *others)) + " |")
    return lines


def where_simple_is_better(name: str, found: pl.DataFrame) -> list[str]:
    """A sentence for each measured metric in which a simple controller is better than the policy beyond doubt."""
    own, simple = rows_of(found, POLICY), {one: rows_of(found, one) for one in SIMPLE}
    sentences = []
    for measured in MEASURED:
        metric = METRICS[measured]
        winners = [one for one in SIMPLE if is_better(metric, simple[one][measured], own[measured])]
        if winners:
            told = [f"{one} with {value_of(metric, simple[one][measured])}" for one in winners]
            verb = "is" if len(winners) == 1 else "are"
            title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
            sentence = f"{listed(told)} {verb} better than the policy with {value_of(metric, own[measured])}"
            sentences.append(f"- {title}: {sentence}.")
    if not sentences:
        return [f"{name}: in none of these figures is a simple controller better than the policy, the intervals apart."]
    return [f"{name}: where a simple controller is better than the policy, the intervals apart:", "", *sentences]


def rows_of(found: pl.DataFrame, controller: str) -> dict[str, Row]:
    """The statistics of a controller, by metric."""
    return {row["figure"]: row for row in found.filter(pl.col("controller") == controller).to_dicts()}


def value_of(metric: Metric, row: Row, star: str = "") -> str:
    """Mean and interval, with so many decimals, at most three, that the interval is 3 to 30 units of the last one."""
    mean, low, high = row["mean"], row["low"], row["high"]
    if mean is None:
        return "-"
    if low is None or low == high:
        return f"{mean:z,.{0 if float(mean).is_integer() else metric.digits}f}{star}"
    decimals = min(max(-math.floor(math.log10((high - low) / 3.0)), 0), 3)
    return f"{mean:z,.{decimals}f}{star} [{low:z,.{decimals}f}, {high:z,.{decimals}f}]"


def listed(texts: Sequence[str]) -> str:
    """One, two and three as people write them."""
    return " and ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part)


def is_better(metric: Metric, one: Row, other: Row) -> bool:
    """Whether the interval of one mean lies on the better side of another's, apart from it."""
    if metric.better is None or one["low"] is None or other["low"] is None:
        return False
    return bool(one["low"] > other["high"] if metric.better == "more" else one["high"] < other["low"])


if __name__ == "__main__":
    try:
        main(tyro.cli(Config, description=__doc__))
    except InputError as problem:
        print(f"make_training_results: {problem}", file=sys.stderr)
        sys.exit(2)
