"""Statistics as a table for the terminal: means with their intervals, and the controllers best beyond doubt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pev_battery_charge.evaluation.metrics import MAIN_METRICS, METRICS, Metric

_BEST = "*"
_MOST_DECIMALS = 5

_Row = dict[str, Any]


@dataclass(frozen=True)
class ResultsTable:
    """Texts of a table.

    columns: their heads.
    rows: one text for each column.
    numbers: the columns that are aligned to the right.
    notes: lines that belong below.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: tuple[str, ...]
    notes: list[str]

    def to_markdown(self) -> str:
        """The table, and its notes as a list below."""
        lines = [f"| {' | '.join(line)} |".replace("\n", "") for line in (self.columns, *self.rows)]
        ruler = "".join("|--:" if column in self.numbers else "|---" for column in self.columns) + "|"
        return "\n".join([lines[0], ruler, *lines[1:], "", *(f"- {note}" for note in self.notes), ""])


def results_table(
    statistics: pl.DataFrame, metrics: Sequence[str] = MAIN_METRICS, currency: str = "EUR"
) -> ResultsTable:
    """A table of "mean [low, high]": a row for each metric, a column for each controller.

    statistics: as `pev_battery_charge.evaluation.statistics.statistics` makes them.
    metrics: their names, in the order of the rows; `tuple(METRICS)` is all of them.
    currency: the scenario's.

    Means and the ends of intervals have so many decimals that the figure's narrowest interval is between 3 and 30 units
    of the last one wide.
    """
    controllers: list[str] = statistics["controller"].unique(maintain_order=True).to_list()
    rows = {(row["figure"], row["controller"]): row for row in statistics.iter_rows(named=True)}
    cells = {name: _cells(METRICS[name], [rows[name, one] for one in controllers]) for name in metrics}
    return ResultsTable(
        ("figure", "unit", *controllers),
        [(METRICS[name].title, METRICS[name].in_currency(currency).unit, *cells[name]) for name in metrics],
        tuple(controllers),
        _notes([rows[name, one] for name in metrics for one in controllers], len(controllers)),
    )


def best(statistics: pl.DataFrame) -> dict[str, str]:
    """Metrics by name, to the controller whose interval lies apart from those of all others, on the better side."""
    figures = statistics.group_by("figure", maintain_order=True)
    found = {str(name): _best(METRICS[str(name)], rows.to_dicts()) for (name,), rows in figures}
    return {name: row["controller"] for name, row in found.items() if row is not None}


def _best(metric: Metric, rows: list[_Row]) -> _Row | None:
    if metric.better is None or len(rows) < 2 or any(row["low"] is None for row in rows):
        return None
    sign, near, far = (1.0, "low", "high") if metric.better == "more" else (-1.0, "high", "low")
    first = max(rows, key=lambda row: sign * float(row["mean"]))
    apart = all(sign * first[near] > sign * other[far] for other in rows if other is not first)
    return first if apart else None


def _cells(metric: Metric, rows: list[_Row]) -> list[str]:
    """Mean and interval of each controller, with the mark of the best; all with as many decimals."""
    decimals = _decimals(metric, rows)
    first = _best(metric, rows)
    cells = []
    for row in rows:
        if row["mean"] is None:
            cells.append("-")
            continue
        mean = f"{row['mean']:,.{decimals}f}" + (_BEST if row is first else "")
        interval = "" if _interval_width(row) == 0.0 else f" [{row['low']:,.{decimals}f}, {row['high']:,.{decimals}f}]"
        cells.append(f"{mean}{interval}")
    return cells


def _decimals(metric: Metric, rows: list[_Row]) -> int:
    widths = [width for width in map(_interval_width, rows) if width > 0.0]
    if widths:
        return min(max(-math.floor(math.log10(min(widths) / 3.0)), 0), _MOST_DECIMALS)
    whole = all(row["mean"] is None or float(row["mean"]).is_integer() for row in rows)
    return 0 if metric.whole and whole else metric.digits


def _interval_width(row: _Row) -> float:
    """0 also where there is no interval."""
    return 0.0 if row["low"] is None else float(row["high"] - row["low"])


def _notes(rows: list[_Row], num_controllers: int) -> list[str]:
    counts = {row["count"] + row["missing"] for row in rows}
    episodes = " or ".join(f"{count:,}" for count in sorted(counts))
    plural = "" if counts == {1} else "s"
    intervals = " [95 % bootstrap interval of the mean]" if any(_interval_width(row) for row in rows) else ""
    notes = [f"mean{intervals} over {episodes} episode{plural} of each controller"]
    if intervals and num_controllers > 1:
        notes.append(f"{_BEST} better than all others: the intervals do not overlap")
    missing = {row["figure"]: row["missing"] for row in rows if row["missing"]}
    notes += [f"{METRICS[name].title}: {number:,} episodes do not have it" for name, number in missing.items()]
    return notes
