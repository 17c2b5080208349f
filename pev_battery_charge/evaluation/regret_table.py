"""Regret as a table: for a terminal, and as Markdown."""

import math
from typing import Any, Final

import polars as pl

from pev_battery_charge.evaluation.regret import OVERALL, RegretReport
from pev_battery_charge.evaluation.results_table import ResultsTable

CLAIRVOYANT: Final = "†"
"""The mark of controllers that see the future."""

_OVERALL_METRICS: Final = {
    "regret_percent": ("regret, %", 3),
    "unmet_regret_kwh": ("unmet regret, kWh", 2),
    "satisfaction_p5": ("satisfaction p5", 2),
}
"""What is shown of all instances together: the heads of its columns, and how many decimals they have at most."""

_DIGITS, _MOST_DECIMALS = 3, 3

_Row = dict[str, Any]


def regret_table(report: RegretReport, statistics: pl.DataFrame) -> ResultsTable:
    """A row for each controller, that of least regret first: means over all instances, and the regret in each group.

    statistics: those of the report.

    Means have three digits, with at most three decimals.
    """
    rows = {(row["group"], row["controller"], row["figure"]): row for row in statistics.iter_rows(named=True)}
    controllers = by_regret(report, statistics)
    names = [f"{one} {CLAIRVOYANT}" if one in report.clairvoyant else one for one in controllers]
    columns = [
        (head, [mean_text(rows[OVERALL, one, metric], most, interval=True) for one in controllers])
        for metric, (head, most) in _OVERALL_METRICS.items()
    ]
    groups = [group.name for group in report.suite.groups]
    if len(groups) > 1:
        for group in groups:
            head = "-\n".join(f"{group}, %".rsplit("-", 1))  # two lines: columns are as narrow as their numbers
            columns.append((head, [mean_text(rows[group, one, "regret_percent"]) for one in controllers]))
    heads = ("controller", *(head for head, _ in columns))
    texts = list(zip(names, *(texts for _, texts in columns), strict=True))
    return ResultsTable(heads, texts, heads[1:], _notes(report))


def by_regret(report: RegretReport, statistics: pl.DataFrame) -> list[str]:
    """The controllers, that of least mean regret over all instances first."""
    overall = statistics.filter(pl.col("group") == OVERALL, pl.col("figure") == "regret_percent")
    means = {row["controller"]: row["mean"] for row in overall.iter_rows(named=True)}
    return sorted(report.controllers, key=lambda one: math.inf if means[one] is None else means[one])


def regret_markdown(report: RegretReport, statistics: pl.DataFrame) -> str:
    """The table and its notes as Markdown."""
    return regret_table(report, statistics).to_markdown()


def _notes(report: RegretReport) -> list[str]:
    suite = report.suite
    notes = [
        f"mean [95 % bootstrap interval of the mean] over {suite.num_instances} instances of suite {suite.version}",
        "regret: reward lost beyond what the optimum loses, in % of that; no plan loses less than the optimum, "
        f"certified with a relative gap of at most {report.largest_gap:.0e}",
        "unmet regret: energy that PEVs lack in the end beyond the least possible; the optimum is that of the reward",
        "satisfaction p5: energy got over energy wanted, 5th percentile over an instance's PEVs",
        f"{CLAIRVOYANT} sees the future",
    ]
    if any(group.stated_error_hours for group in suite.groups):
        erring = " and ".join(group.name for group in suite.groups if group.stated_error_hours)
        notes.append(f"{erring}: drivers state their departure wrongly, by hours")
    return notes


def mean_text(row: _Row, most_decimals: int = _MOST_DECIMALS, *, interval: bool = False) -> str:
    """The mean of a row of statistics as tables and pictures tell it; its interval too, where that is no point."""
    if row["mean"] is None:
        return "-"
    decimals = 0
    if row["mean"] != 0.0:
        decimals = min(max(_DIGITS - 1 - math.floor(math.log10(abs(row["mean"]))), 0), most_decimals)
    told = ("mean", "low", "high") if interval and row["low"] not in {None, row["high"]} else ("mean",)
    # What rounds to 0 has no sign.
    mean, *ends = (f"{round(row[name], decimals) + 0.0:,.{decimals}f}" for name in told)
    return f"{mean} [{', '.join(ends)}]" if ends else mean
