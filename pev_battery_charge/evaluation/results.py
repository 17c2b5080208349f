"""Writing what an evaluation, or a measurement of regret, has found: tables, settings and statistics, a picture."""

import json
import math
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from pev_battery_charge import rendering
from pev_battery_charge.errors import raise_if
from pev_battery_charge.evaluation.comparison import Evaluation
from pev_battery_charge.evaluation.metrics import METRICS, PLOTTED_METRICS, Metric, metrics_in
from pev_battery_charge.evaluation.regret import OVERALL, REGRET_METRICS, RegretReport
from pev_battery_charge.evaluation.regret_table import by_regret, mean_text
from pev_battery_charge.evaluation.statistics import CONFIDENCE, RESAMPLES, statistics
from pev_battery_charge.files import write_beside, write_parquet
from pev_battery_charge.reading import ending

RESULT_ENDINGS: Final = (".csv", ".parquet", ".json", ".png")

_INTERVAL: Final = {"of": "mean", "method": "bootstrap percentile", "confidence": CONFIDENCE, "resamples": RESAMPLES}
"""What the intervals of statistics are, as files of results tell it."""


def check_result_paths(paths: Sequence[str | Path]) -> None:
    """Raise `InputError` for paths of which `write_results` would not know what to write."""
    wrong = [path for path in paths if ending(path) not in RESULT_ENDINGS]
    raise_if("results", [f"{path}: must end in one of {', '.join(RESULT_ENDINGS)}" for path in wrong])


def write_results(evaluation: Evaluation, paths: Sequence[str | Path], found: pl.DataFrame | None = None) -> None:
    """Write an evaluation to each of the paths, in the form that its ending asks for.

    .csv, .parquet: one row for each controller and episode.
    .json: settings and statistics.
    .png: the distributions of the most telling metrics.

    found: the statistics of the evaluation, if they are at hand.

    Raises `InputError` for another ending, before anything is written.
    """
    found = statistics(evaluation.episodes) if found is None else found
    _write(
        paths,
        evaluation.episodes,
        {"scenario": evaluation.scenario.to_toml()},
        lambda: to_json(evaluation, found),
        lambda path: write_picture(evaluation, found, path),
    )


def to_json(evaluation: Evaluation, found: pl.DataFrame) -> dict[str, Any]:
    """Settings and statistics as they are written: what, over which seeds, and every metric."""
    rows = {(row.pop("controller"), row.pop("figure")): row for row in found.to_dicts()}
    metrics = metrics_in(evaluation.episodes.columns)
    return {
        "scenario": evaluation.scenario.name,
        "scenario_toml": evaluation.scenario.to_toml(),
        "seeds": evaluation.seeds,
        "interval": _INTERVAL,
        "figures": {name: _about(METRICS[name].in_currency(evaluation.scenario.currency)) for name in metrics},
        "controllers": {one: {name: rows[one, name] for name in metrics} for one in evaluation.controllers},
    }


def _about(metric: Metric) -> dict[str, str | None]:
    return {"label": metric.title, "unit": metric.unit, "better": metric.better}


def write_picture(
    evaluation: Evaluation, found: pl.DataFrame, path: str | Path, metrics: Sequence[str] = PLOTTED_METRICS
) -> None:
    """Write a PNG with the distributions of some metrics; `found` are the evaluation's statistics."""
    rows = {(row["figure"], row["controller"]): row for row in found.to_dicts()}
    own = {one: evaluation.episodes.filter(pl.col("controller") == one) for one in evaluation.controllers}
    distributions = []
    for name in metrics:
        metric = METRICS[name].in_currency(evaluation.scenario.currency)
        title = ", ".join(filter(None, (metric.title[:1].upper() + metric.title[1:], metric.unit)))
        values = {one: np.array(frame[name], np.float64) for one, frame in own.items()}
        means = {one: _mean_and_interval(rows[name, one]) for one in own}
        distributions.append(rendering.Distribution(title, values, means, metric.better))
    scenario, count = evaluation.scenario, len(evaluation.seeds)
    about = f"{count:,} episode{'' if count == 1 else 's'} of each controller, on the same schedules; coordinator: "
    about += scenario.coordinator.replace("_", " ")
    rendering.write_distributions(scenario.name, about, distributions, path)


def write_regret_results(report: RegretReport, paths: Sequence[str | Path], found: pl.DataFrame | None = None) -> None:
    """Write a report to each of the paths, as `write_results` writes an evaluation.

    Rows are for controllers and instances. The picture shows the mean regret of each controller with its interval, in
    all instances together and in each group.
    """
    found = report.statistics() if found is None else found
    _write(
        paths,
        report.instances,
        {"suite_version": str(report.suite.version)},
        lambda: regret_to_json(report, found),
        lambda path: write_regret_picture(report, found, path),
    )


def regret_to_json(report: RegretReport, found: pl.DataFrame) -> dict[str, Any]:
    """Settings and statistics as they are written: which suite, its seeds, and every metric of every group."""
    names = [OVERALL, *(group.name for group in report.suite.groups)]
    rows = {(row.pop("controller"), row.pop("group"), row.pop("figure")): row for row in found.to_dicts()}
    metrics = (*REGRET_METRICS, *metrics_in(report.instances.columns))
    return {
        "suite": report.suite.model_dump(mode="json"),
        "largest_relative_gap": report.largest_gap,
        "interval": _INTERVAL,
        "controllers": {
            controller: {
                "clairvoyant": controller in report.clairvoyant,
                "groups": {name: {metric: rows[controller, name, metric] for metric in metrics} for name in names},
            }
            for controller in by_regret(report, found)
        },
    }


def write_regret_picture(report: RegretReport, found: pl.DataFrame, path: str | Path) -> None:
    """Write a PNG of the regret; `found` are the report's statistics."""
    suite, regrets = report.suite, report.instances
    controllers = by_regret(report, found)
    percent = found.filter(pl.col("figure") == "regret_percent")
    rows = {(row["group"], row["controller"]): row for row in percent.iter_rows(named=True)}
    groups = [(group.name, group.name, pl.col("group") == group.name, group.instances) for group in suite.groups]
    if len(groups) > 1:
        groups.insert(0, (OVERALL, "all instances", pl.lit(True), suite.num_instances))
    panels = [
        rendering.RegretPanel(
            title=f"{title} ({count})",
            values={one: np.array(regrets.filter(which, controller=one)["regret_percent"]) for one in controllers},
            means={one: _mean_and_interval(rows[name, one]) for one in controllers},
            texts={one: mean_text(rows[name, one]) for one in controllers},
        )
        for name, title, which, count in groups
    ]
    about = "reward lost beyond what the optimum loses, in % of that: less is better; in brackets, how many instances"
    rendering.write_regret(f"Regret, benchmark suite {suite.version}", about, panels, path, report.clairvoyant)


def _write(
    paths: Sequence[str | Path],
    rows: pl.DataFrame,
    metadata: dict[str, str],
    summary: Callable[[], dict[str, Any]],
    draw: Callable[[str | Path], None],
) -> None:
    """Write to each path what its ending asks for: the rows, in Parquet with metadata; a summary; a picture."""
    check_result_paths(paths)
    for path in paths:
        kind = ending(path)
        if kind == ".png":
            draw(path)
            continue
        if kind == ".parquet":
            write_parquet(path, rows, metadata)
            continue
        with write_beside(path) as beside:
            if kind == ".csv":
                rows.write_csv(beside)
            else:
                about = {"format_version": 1, "package_version": version("pev-battery-charge")}
                beside.write_text(json.dumps(about | summary(), indent=1) + "\n", encoding="utf-8")


def _mean_and_interval(row: dict[str, Any]) -> tuple[float, float, float]:
    """Mean, low and high of a row of statistics; NaN for null."""
    mean, low, high = (math.nan if row[name] is None else float(row[name]) for name in ("mean", "low", "high"))
    return mean, low, high
