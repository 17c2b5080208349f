"""Regret as a table: for a terminal, wide or narrow, and as Markdown."""

import math
from dataclasses import replace
from typing import Any, Final

import polars as pl

from pev_battery_charge.evaluation.regret import OVERALL, RegretReport
from pev_battery_charge.evaluation.table import ResultsTable

CLAIRVOYANT: Final = "†"
"""The mark of controllers that see the future."""

_OVERALL_FIGURES: Final = {
    "regret_percent": ("regret, %", 3),
    "unmet_regret_kwh": ("unmet regret, kWh", 2),
    "satisfaction_p5": ("satisfaction p5", 2),
}
"""What is shown of all instances together: the heads of its columns, and how many decimals they have at most."""

_DIGITS, _MOST_DECIMALS = 3, 3
_BETWEEN = 2
"""Characters that a terminal's table takes for each column beside its texts."""

_Row = dict[str, Any]
_Column = tuple[str, list[str]]


def regret_tables(report: RegretReport, statistics: pl.DataFrame, width: int | None = None) -> list[ResultsTable]:
    """A row for each controller, that of least regret first: means over all instances, and the regret in each group.

    statistics: those of the report.
    width: characters that there is room for. What has no room in the first table is in further ones, and notes stand
        below the last.

    Means have three digits, with at most three decimals.
    """
    rows = {(row["group"], row["controller"], row["figure"]): row for row in statistics.iter_rows(named=True)}
    controllers = by_regret(report, statistics)
    names = [f"{one} {CLAIRVOYANT}" if one in report.clairvoyant else one for one in controllers]
    columns = [
        (head, [_mean_interval(rows[OVERALL, one, figure], most) for one in controllers])
        for figure, (head, most) in _OVERALL_FIGURES.items()
    ]
    groups = [group.name for group in report.suite.groups]
    if len(groups) > 1:
        columns += [
            (_two_lines(f"{group}, %"), [mean_text(rows[group, one, "regret_percent"]) for one in controllers])
            for group in groups
        ]
    first = "controller", names
    parts = [columns] if width is None else _parts(first, columns, width)
    tables = [_table([first, *part]) for part in parts]
    return [*tables[:-1], replace(tables[-1], notes=_notes(report))]


def by_regret(report: RegretReport, statistics: pl.DataFrame) -> list[str]:
    """The controllers, that of least mean regret over all instances first."""
    overall = statistics.filter(pl.col("group") == OVERALL, pl.col("figure") == "regret_percent")
    means = {row["controller"]: row["mean"] for row in overall.iter_rows(named=True)}
    return sorted(report.controllers, key=lambda one: math.inf if means[one] is None else means[one])


def regret_markdown(report: RegretReport, statistics: pl.DataFrame) -> str:
    """The table and its notes as Markdown."""
    (table,) = regret_tables(report, statistics)
    lines = [f"| {' | '.join(line)} |".replace("\n", "") for line in (table.columns, *table.rows)]
    ruler = "|---" + "|--:" * len(table.numbers) + "|"
    notes = [f"- {note}" for note in table.notes]
    return "\n".join([lines[0], ruler, *lines[1:], "", *notes, ""])


def _parts(first: _Column, columns: list[_Column], width: int) -> list[list[_Column]]:
    """The columns in as few tables as have room, each with the same first column; one other column has room always."""
    parts: list[list[_Column]] = []
    for column in columns:
        if parts and _width([first, *parts[-1], column]) <= width:
            parts[-1].append(column)
        else:
            parts.append([column])
    return parts


def _width(columns: list[_Column]) -> int:
    longest = [max(len(line) for text in (head, *texts) for line in text.split("\n")) for head, texts in columns]
    return sum(longest) + _BETWEEN * len(longest)


def _table(columns: list[_Column]) -> ResultsTable:
    heads = tuple(head for head, _ in columns)
    return ResultsTable(heads, list(zip(*(texts for _, texts in columns), strict=True)), heads[1:], [])


def _notes(report: RegretReport) -> list[str]:
    suite = report.suite
    notes = [
        f"mean [95 % bootstrap interval of the mean] over {suite.num_instances} instances of suite {suite.version}",
        "regret: reward lost beyond what the optimum loses, in % of that; nobody loses less than the optimum, "
        f"certified with a relative gap of at most {report.largest_gap:.0e}",
        "unmet regret: energy that PEVs lack in the end beyond the least possible; the optimum is that of the reward",
        "satisfaction p5: energy got over energy wanted, 5th percentile over an instance's PEVs",
        f"{CLAIRVOYANT} sees the future",
    ]
    if any(group.stated_error_hours for group in suite.groups):
        erring = " and ".join(group.name for group in suite.groups if group.stated_error_hours)
        notes.append(f"{erring}: drivers state their departure wrongly, by hours")
    return notes


def _two_lines(head: str) -> str:
    """A group's name with its last part in a line of its own, so that columns are as narrow as their numbers."""
    name, dash, end = head.rpartition("-")
    return f"{name}{dash}\n{end}" if dash else head


def mean_text(row: _Row, most_decimals: int = _MOST_DECIMALS) -> str:
    """The mean of a row of statistics as tables and pictures tell it."""
    return "-" if row["mean"] is None else _text(row["mean"], _decimals(row["mean"], most_decimals))


def _mean_interval(row: _Row, most_decimals: int) -> str:
    """With as many decimals in the interval as in the mean; without one where it is a point."""
    mean = mean_text(row, most_decimals)
    if row["low"] is None or row["low"] == row["high"]:
        return mean
    decimals = _decimals(row["mean"], most_decimals)
    return f"{mean} [{_text(row['low'], decimals)}, {_text(row['high'], decimals)}]"


def _decimals(value: float, most: int) -> int:
    if value == 0.0:
        return 0
    return min(max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0), most)


def _text(value: float, decimals: int) -> str:
    """What rounds to 0 has no sign."""
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"
