"""Writing regret: tables, settings and statistics, a picture."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from pev_battery_charge.evaluation.figures import FIGURES
from pev_battery_charge.evaluation.regret import OVERALL, REGRET_FIGURES, RegretReport
from pev_battery_charge.evaluation.regret_table import by_regret, mean_text
from pev_battery_charge.evaluation.results import check_result_paths
from pev_battery_charge.evaluation.statistics import CONFIDENCE, RESAMPLES
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.regret import RegretPanel, write_regret

_FORMAT_VERSION: Final = 1


def write_regret_results(report: RegretReport, paths: Sequence[str | Path], found: pl.DataFrame | None = None) -> None:
    """Write a report to each of the paths, in the form that its ending asks for.

    .csv, .parquet: one row for each controller and instance.
    .json: settings and statistics.
    .png: mean regret of each controller with its interval, in all instances together and in each group.

    found: the statistics of the report, if they are at hand.

    Raises `InputError` for another ending, before anything is written.
    """
    check_result_paths(paths)
    found = report.statistics() if found is None else found
    for path in paths:
        ending = Path(path).suffix.lower()
        if ending == ".png":
            write_regret_picture(report, found, path)
            continue
        with write_beside(path) as beside:
            if ending == ".csv":
                report.instances.write_csv(beside)
            elif ending == ".parquet":
                report.instances.write_parquet(beside, metadata={"suite_version": str(report.suite.version)})
            else:
                beside.write_text(json.dumps(regret_to_json(report, found), indent=1) + "\n", encoding="utf-8")


def regret_to_json(report: RegretReport, found: pl.DataFrame) -> dict[str, Any]:
    """Settings and statistics as they are written: which suite, its seeds, and every figure of every group."""
    names = [OVERALL, *(group.name for group in report.suite.groups)]
    rows = {(row.pop("controller"), row.pop("group"), row.pop("figure")): row for row in found.to_dicts()}
    figures = (*REGRET_FIGURES, *FIGURES)
    return {
        "format_version": _FORMAT_VERSION,
        "package_version": version("pev-battery-charge"),
        "suite": report.suite.model_dump(mode="json"),
        "largest_relative_gap": report.largest_gap,
        "interval": {"of": "mean", "method": "bootstrap percentile", "confidence": CONFIDENCE, "resamples": RESAMPLES},
        "controllers": {
            controller: {
                "clairvoyant": controller in report.clairvoyant,
                "groups": {name: {figure: rows[controller, name, figure] for figure in figures} for name in names},
            }
            for controller in by_regret(report, found)
        },
    }


def write_regret_picture(report: RegretReport, found: pl.DataFrame, path: str | Path) -> None:
    """Write a PNG of the regret; `found` are the report's statistics."""
    suite = report.suite
    controllers = by_regret(report, found)
    percent = found.filter(pl.col("figure") == "regret_percent")
    rows = {(row["group"], row["controller"]): row for row in percent.iter_rows(named=True)}
    groups = [(group.name, group.name, pl.col("group") == group.name, group.instances) for group in suite.groups]
    if len(groups) > 1:
        groups.insert(0, (OVERALL, "all instances", pl.lit(True), suite.num_instances))
    panels = [
        RegretPanel(
            title=f"{title} ({count})",
            values={one: _percent(report.instances.filter(which, pl.col("controller") == one)) for one in controllers},
            means={one: _interval(rows[name, one]) for one in controllers},
            texts={one: mean_text(rows[name, one]) for one in controllers},
        )
        for name, title, which, count in groups
    ]
    about = "reward lost beyond what the optimum loses, in % of that: less is better; in brackets, how many instances"
    write_regret(f"Regret, benchmark suite {suite.version}", about, panels, path, report.clairvoyant)


def _percent(instances: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(instances["regret_percent"], np.float64)


def _interval(row: dict[str, Any]) -> tuple[float, float, float]:
    """Mean and interval; NaN for null."""
    mean, low, high = (float("nan") if row[name] is None else float(row[name]) for name in ("mean", "low", "high"))
    return mean, low, high
