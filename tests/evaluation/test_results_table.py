"""The table of the terminal: sensible digits, the best where there is no doubt, and both of its forms."""

import polars as pl
import pytest

from pev_battery_charge.evaluation import MAIN_METRICS, METRICS, PLOTTED_METRICS, results_table
from pev_battery_charge.evaluation.results_table import best

Interval = tuple[float | None, float | None, float | None]


def made(values: dict[str, dict[str, Interval]], missing: int = 0) -> pl.DataFrame:
    """Statistics with these means and intervals, by metric and controller."""
    rows = [
        {"controller": controller, "figure": metric, "mean": mean, "low": low, "high": high, "count": 1000 - missing}
        for metric, controllers in values.items()
        for controller, (mean, low, high) in controllers.items()
    ]
    floats = dict.fromkeys(("mean", "low", "high"), pl.Float64)
    frame = pl.DataFrame(rows, schema_overrides=floats)
    return frame.with_columns(missing=pl.lit(missing))


def cells(values: dict[str, dict[str, Interval]], metric: str) -> list[str]:
    return list(results_table(made(values), [metric]).rows[0][2:])


def test_digits_fit_the_narrowest_interval() -> None:
    rewards: dict[str, Interval] = {"a": (-409.39461, -416.47, -402.01), "b": (-2154.327, -2163.6, -2145.1)}
    assert cells({"reward": rewards}, "reward") == ["-409* [-416, -402]", "-2,154 [-2,164, -2,145]"]
    shares: dict[str, Interval] = {"a": (0.983942, 0.98321, 0.98469), "b": (0.5, 0.49, 0.51)}
    assert cells({"satisfaction_p5": shares}, "satisfaction_p5")[0] == "0.9839* [0.9832, 0.9847]"
    wide: dict[str, Interval] = {"a": (5012.3, 4012.3, 6012.3)}
    assert cells({"energy_delivered_kwh": wide}, "energy_delivered_kwh") == ["5,012 [4,012, 6,012]"]


def test_what_has_no_interval_is_shown_without_one() -> None:
    assert cells({"reward": {"a": (-3.14159, None, None)}}, "reward") == ["-3.14"]
    assert cells({"pevs": {"a": (20.0, 20.0, 20.0)}}, "pevs") == ["20"]
    assert cells({"pevs": {"a": (20.5, None, None)}}, "pevs") == ["20.50"]
    assert cells({"full_percent": {"a": (None, None, None)}}, "full_percent") == ["-"]


@pytest.mark.parametrize(
    ("metric", "values", "winner"),
    [
        ("reward", {"a": (3.0, 2.0, 4.0), "b": (1.0, 0.0, 1.9)}, "a"),
        ("reward", {"a": (3.0, 2.0, 4.0), "b": (1.0, 0.0, 2.0)}, None),
        ("loss_kwh", {"a": (3.0, 2.0, 4.0), "b": (1.0, 0.0, 1.9)}, None),
        ("excess_kwh", {"a": (3.0, 2.0, 4.0), "b": (1.0, 0.0, 1.9)}, "b"),
        ("excess_kwh", {"a": (3.0, 2.0, 4.0), "b": (1.0, 0.0, 1.9), "c": (1.5, 1.4, 1.6)}, None),
        ("excess_kwh", {"a": (0.0, 0.0, 0.0), "b": (0.0, 0.0, 0.0)}, None),
        ("reward", {"a": (3.0, 2.0, 4.0), "b": (1.0, None, None)}, None),
        ("reward", {"a": (3.0, 2.0, 4.0)}, None),
    ],
    ids=["apart", "touch", "neither is better", "less is better", "third between", "equal", "one episode", "alone"],
)
def test_the_best_is_marked_where_its_interval_is_apart(
    metric: str, values: dict[str, Interval], winner: str | None
) -> None:
    statistics = made({metric: values})
    assert best(statistics) == ({} if winner is None else {metric: winner})
    table = results_table(statistics, [metric])
    marked = [name for name, text in zip(table.columns[2:], table.rows[0][2:], strict=True) if "*" in text]
    assert marked == ([] if winner is None else [winner])


VALUES: dict[str, dict[str, Interval]] = {
    "reward": {"one": (3.0, 2.0, 4.0), "a longer name": (1.0, 0.0, 1.9)},
    "power_peak_kw": {"one": (31.5, 31.0, 31.6), "a longer name": (30.0, 29.0, 31.0)},
}


def test_notes_tell_the_mark_the_episodes_and_those_that_lack_a_figure() -> None:
    notes = results_table(made(VALUES, missing=12), list(VALUES)).notes
    assert notes == [
        "mean [95 % bootstrap interval of the mean] over 1,000 episodes of each controller",
        "* better than all others: the intervals do not overlap",
        "reward of all stations: 12 episodes do not have it",
        "highest power of the area: 12 episodes do not have it",
    ]
    alone = results_table(made({"reward": {"a": (3.0, None, None)}}, missing=999), ["reward"]).notes
    assert alone[0] == "mean over 1,000 episodes of each controller"


def test_figures_are_told_apart_by_title_and_unit_and_the_chosen_ones_exist() -> None:
    assert len({(one.title, one.unit) for one in METRICS.values()}) == len(METRICS)
    assert not any(one.title.startswith("-") for one in METRICS.values())
    assert set(MAIN_METRICS) | set(PLOTTED_METRICS) <= set(METRICS)
    assert all(name.endswith("_kwh") == (one.unit == "kWh") for name, one in METRICS.items())
    assert all(name.endswith("_kw") == (one.unit == "kW") for name, one in METRICS.items())
    assert all(name.endswith("_percent") == (one.unit == "%") for name, one in METRICS.items())
