"""Writing what an evaluation has found: tables, settings, a picture."""

import json
import math
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.comparison import Evaluation
from pev_battery_charge.evaluation.figures import FIGURES, PLOTTED_FIGURES
from pev_battery_charge.evaluation.statistics import CONFIDENCE, RESAMPLES, statistics
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.distributions import Distribution, write_distributions

RESULT_ENDINGS: Final = (".csv", ".parquet", ".json", ".png")

_FORMAT_VERSION: Final = 1


def check_result_paths(paths: Sequence[str | Path]) -> None:
    """Raise `InputError` for paths of which `write_results` would not know what to write."""
    known = ", ".join(RESULT_ENDINGS)
    problems = [
        f"{path}: must end in one of {known}" for path in paths if Path(path).suffix.lower() not in RESULT_ENDINGS
    ]
    if problems:
        raise InputError("results", problems)


def write_results(evaluation: Evaluation, paths: Sequence[str | Path], found: pl.DataFrame | None = None) -> None:
    """Write an evaluation to each of the paths, in the form that its ending asks for.

    .csv, .parquet: one row for each controller and episode.
    .json: settings and statistics.
    .png: the distributions of the most telling figures.

    found: the statistics of the evaluation, if they are at hand.

    Raises `InputError` for another ending, before anything is written.
    """
    check_result_paths(paths)
    found = statistics(evaluation.episodes) if found is None else found
    for path in paths:
        ending = Path(path).suffix.lower()
        if ending == ".png":
            write_picture(evaluation, found, path)
            continue
        with write_beside(path) as beside:
            if ending == ".csv":
                evaluation.episodes.write_csv(beside)
            elif ending == ".parquet":
                evaluation.episodes.write_parquet(beside, metadata={"scenario": evaluation.scenario.to_toml()})
            else:
                beside.write_text(json.dumps(to_json(evaluation, found), indent=1) + "\n", encoding="utf-8")


def to_json(evaluation: Evaluation, found: pl.DataFrame) -> dict[str, Any]:
    """Settings and statistics as they are written: what, of which version, over which seeds, and every figure."""
    rows = {(row.pop("controller"), row.pop("figure")): row for row in found.to_dicts()}
    return {
        "format_version": _FORMAT_VERSION,
        "package_version": version("pev-battery-charge"),
        "scenario": evaluation.scenario.name,
        "scenario_toml": evaluation.scenario.to_toml(),
        "seeds": evaluation.seeds,
        "interval": {"of": "mean", "method": "bootstrap percentile", "confidence": CONFIDENCE, "resamples": RESAMPLES},
        "figures": {one.name: {"label": one.title, "unit": one.unit, "better": one.better} for one in FIGURES.values()},
        "controllers": {
            controller: {name: rows[controller, name] for name in FIGURES} for controller in evaluation.controllers
        },
    }


def write_picture(
    evaluation: Evaluation, found: pl.DataFrame, path: str | Path, figures: Sequence[str] = PLOTTED_FIGURES
) -> None:
    """Write a PNG with the distributions of some figures; `found` are the evaluation's statistics."""
    rows = {(row["figure"], row["controller"]): row for row in found.to_dicts()}
    own = {one: evaluation.episodes.filter(pl.col("controller") == one) for one in evaluation.controllers}
    distributions = []
    for name in figures:
        figure = FIGURES[name]
        title = figure.title[:1].upper() + figure.title[1:]
        distributions.append(
            Distribution(
                title=f"{title}, {figure.unit}" if figure.unit else title,
                values={one: np.array(frame[name], np.float64) for one, frame in own.items()},
                means={one: _mean(rows[name, one]) for one in own},
                better=figure.better,
            )
        )
    scenario = evaluation.scenario
    episodes = f"{len(evaluation.seeds):,} episode{'' if len(evaluation.seeds) == 1 else 's'} of each controller"
    rule = scenario.coordinator.replace("_", " ")
    write_distributions(scenario.name, f"{episodes}, on the same schedules; coordinator: {rule}", distributions, path)


def _mean(row: dict[str, Any]) -> tuple[float, float, float]:
    """The mean and its interval; NaN for null."""
    mean, low, high = (math.nan if row[name] is None else float(row[name]) for name in ("mean", "low", "high"))
    return mean, low, high
