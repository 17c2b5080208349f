"""Means and their intervals, held against a plain bootstrap, against theory, and against values counted by hand."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from pev_battery_charge.evaluation.metrics import METRICS
from pev_battery_charge.evaluation.statistics import bootstrap_interval, statistics
from tests.strategies import Floats

RANDOM = np.random.default_rng(5)


def episodes(values: dict[str, dict[str, Sequence[float | None]]]) -> pl.DataFrame:
    """A table of episodes from metrics by controller and name; metrics that are not given are all 7."""
    frames = []
    for controller, metrics in values.items():
        number = len(next(iter(metrics.values())))
        columns = {name: pl.Series([7.0] * number, dtype=pl.Float64) for name in METRICS}
        columns |= {name: pl.Series(column, dtype=pl.Float64) for name, column in metrics.items()}
        head = {"controller": pl.Series([controller] * number), "seed": pl.Series(range(number), dtype=pl.Int64)}
        frames.append(pl.DataFrame(head | columns))
    return pl.concat(frames)


def row_of(frame: pl.DataFrame, controller: str, metric: str) -> dict[str, float | None]:
    return frame.row(by_predicate=(pl.col("controller") == controller) & (pl.col("figure") == metric), named=True)


def plain_bootstrap(values: Floats, resamples: int = 20_000) -> tuple[float, float]:
    random = np.random.default_rng(99)
    means = [values[random.integers(0, values.size, values.size)].mean() for _ in range(resamples)]
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


@pytest.mark.parametrize(
    "values",
    [RANDOM.normal(3.0, 2.0, 40), RANDOM.lognormal(0.0, 1.5, 200), RANDOM.integers(0, 5, 25).astype(float)],
    ids=["normal", "skew", "counts"],
)
def test_the_interval_is_that_of_a_plain_bootstrap(values: Floats) -> None:
    low, high = plain_bootstrap(values)
    row = row_of(statistics(episodes({"a": {"reward": values.tolist()}})), "a", "reward")
    tolerance = 0.04 * (high - low)
    assert row["low"] == pytest.approx(low, abs=tolerance)
    assert row["high"] == pytest.approx(high, abs=tolerance)
    assert row["mean"] == pytest.approx(values.mean())
    assert row["std"] == pytest.approx(np.sqrt(((values - values.mean()) ** 2).sum() / (values.size - 1)))


def test_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    low, high = bootstrap_interval(np.random.default_rng(3).normal(10.0, 4.0, (60, 3000)))
    covered = float(((low <= 10.0) & (high >= 10.0)).mean())
    assert 0.92 < covered < 0.96, "the percentile interval of few values is a little narrow"
    # Its width is that of the normal distribution: 1.96 standard errors to each side.
    assert float((high - low).mean()) == pytest.approx(2 * 1.96 * 4.0 / np.sqrt(60), rel=0.02)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    values = RANDOM.normal(size=(50, 1))
    (low,), (high,) = bootstrap_interval(values)
    (lower,), (higher,) = bootstrap_interval(values, 0.99)
    assert lower < low < high < higher


def test_nulls_are_left_out_and_counted() -> None:
    present = RANDOM.normal(50.0, 5.0, 12)
    with_gaps = [None, *present.tolist(), None, None]
    frame = statistics(
        episodes({"gaps": {"delivered_percent": with_gaps}, "none": {"delivered_percent": present.tolist()}})
    )
    with_nulls, without = row_of(frame, "gaps", "delivered_percent"), row_of(frame, "none", "delivered_percent")
    assert (with_nulls.pop("count"), with_nulls.pop("missing")) == (12, 3)
    assert (without.pop("count"), without.pop("missing")) == (12, 0)
    for name in ("mean", "low", "high", "iqm", "std"):
        assert with_nulls[name] == pytest.approx(without[name]), name
    assert row_of(frame, "gaps", "reward")["count"] == 15


def test_a_figure_that_no_episode_has_is_null() -> None:
    row = row_of(statistics(episodes({"a": {"satisfaction_p5": [None, None]}})), "a", "satisfaction_p5")
    assert [row[name] for name in ("mean", "low", "high", "iqm", "std")] == [None] * 5
    assert (row["count"], row["missing"]) == (0, 2)


def test_one_episode_has_a_mean_and_no_interval() -> None:
    row = row_of(statistics(episodes({"a": {"reward": [-3.0]}})), "a", "reward")
    assert (row["mean"], row["iqm"], row["count"]) == (-3.0, -3.0, 1)
    assert (row["low"], row["high"], row["std"]) == (None, None, None)


def test_the_interquartile_mean_leaves_the_outer_quarters_out() -> None:
    values = [1000.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1000.0]
    row = row_of(statistics(episodes({"a": {"reward": values}})), "a", "reward")
    assert row["iqm"] == pytest.approx((2 + 3 + 4 + 5) / 4)


def test_what_never_changes_has_an_interval_of_no_width() -> None:
    row = row_of(statistics(episodes({"a": {"power_cap_kw": [31.7] * 13}})), "a", "power_cap_kw")
    assert row["low"] == row["high"] == row["mean"] == pytest.approx(31.7)


def test_controllers_are_resampled_alike_and_numbers_come_again() -> None:
    values = RANDOM.normal(size=30)
    table = episodes({"one": {"reward": values.tolist()}, "ten more": {"reward": (values + 10.0).tolist()}})
    frame = statistics(table)
    one, more = row_of(frame, "one", "reward"), row_of(frame, "ten more", "reward")
    for name in ("mean", "low", "high", "iqm"):
        assert more[name] == pytest.approx(one[name] + 10.0)  # type: ignore[operator]  # none of them is null
    assert statistics(table).equals(frame)
    assert frame["figure"].to_list() == [*METRICS, *METRICS]
    assert frame["controller"].unique(maintain_order=True).to_list() == ["one", "ten more"]


def test_few_resamples_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = RANDOM.normal(size=(40, 3))
    whole = bootstrap_interval(values)
    monkeypatch.setattr("pev_battery_charge.evaluation.statistics._RESAMPLES_AT_ONCE", 1)
    np.testing.assert_allclose(bootstrap_interval(values), whole, rtol=1e-12)
