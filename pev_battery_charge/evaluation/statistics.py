"""From many episodes to a mean that can be trusted: its bootstrap interval; and the interquartile mean."""

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.evaluation.metrics import metrics_in

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 9999

_RESAMPLES_AT_ONCE: Final = 2_000_000
"""How many drawn episodes are held in memory at a time."""

_SCHEMA: Final = {
    **dict.fromkeys(("controller", "figure"), pl.String),
    **dict.fromkeys(("mean", "low", "high", "iqm", "std"), pl.Float64),
    **dict.fromkeys(("count", "missing"), pl.Int64),
}


def statistics(episodes: pl.DataFrame, metrics: Sequence[str] | None = None) -> pl.DataFrame:
    """What the episodes of each controller say of each metric: one row for a controller and a metric.

    episodes: as `Evaluation.episodes` has them, one row for a controller and a seed.
    metrics: the columns with the metrics; None are all those of `METRICS`.

    =======  ==================================================================================================
    mean     over episodes
    low      lower end of the 95 % bootstrap percentile interval of the mean; null for fewer than two episodes
    high     its upper end
    iqm      interquartile mean: that of the middle half of the episodes
    std      standard deviation over episodes; null for fewer than two
    count    how many episodes have the metric; the others are left out
    missing  how many do not have it
    =======  ==================================================================================================

    Episodes are drawn the same way for all controllers, so that the same episodes give the same numbers.
    """
    names = metrics_in(episodes.columns) if metrics is None else list(metrics)
    groups = [(controller, own) for (controller,), own in episodes.group_by("controller", maintain_order=True)]
    most = max((own.height for _, own in groups), default=0)
    values = np.full((most, len(groups), len(names)), np.nan)
    for number, (_, own) in enumerate(groups):
        values[: own.height, number] = own.select(names).cast(pl.Float64).to_numpy()
    table, counts = describe(values.reshape(most, -1))
    rows = [
        (controller, name, *table[k].tolist(), int(counts[k]), own.height - int(counts[k]))
        for k, ((controller, own), name) in enumerate(product(groups, names))
    ]
    return pl.DataFrame(rows, _SCHEMA, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def describe(values: Array) -> tuple[Array, Integers]:
    """Mean, low, high, interquartile mean, standard deviation of each column of `values[E, F]`; and their counts.

    NaN is a value that an episode does not have, and a statistic that a column does not have. To `[F, 5]` and `[F]`.
    """
    from scipy.stats import trim_mean  # noqa: PLC0415  slow to import

    num_figures = values.shape[1]
    table, counts = np.full((num_figures, 5), np.nan), np.zeros(num_figures, np.int64)
    # Columns that the same episodes have are described together.
    patterns, group = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    for number, present in enumerate(patterns.T):
        columns = np.flatnonzero(group == number)
        own = values[present][:, columns]
        counts[columns] = len(own)
        if len(own) > 0:
            table[columns, 0] = _mean(own)
            table[columns, 3] = own[0] + trim_mean(own - own[0], 0.25, axis=0)
        if len(own) > 1:
            table[columns, 1:3] = np.transpose(bootstrap_interval(own))
            table[columns, 4] = own.std(axis=0, ddof=1)
    return table, counts


def _mean(values: Array) -> Array:
    """Of each column; of one that never changes, its value to the last bit."""
    return np.asarray(values[0] + (values - values[0]).mean(axis=0))


def bootstrap_interval(values: Array, confidence: float = CONFIDENCE) -> tuple[Array, Array]:
    """The percentile interval of the mean of each column of `values[E, F]`, E >= 2: `[F]` each.

    `scipy.stats.bootstrap` draws episodes, not values: what is drawn counts for all metrics at once, and a mean is a
    product of matrices, which is fifty times as fast.
    """
    from scipy.stats import bootstrap  # noqa: PLC0415  slow to import

    num_episodes = len(values)
    centre = _mean(values)
    spread = values - centre

    def mean(drawn: Integers, axis: int) -> Array:  # noqa: ARG001  scipy hands over the last one
        """`drawn[..., E]`, numbers of episodes; to `[F, ...]`."""
        flat = drawn.reshape(-1, num_episodes)
        shifted = flat + num_episodes * np.arange(len(flat))[:, None]
        times = np.bincount(shifted.ravel(), minlength=shifted.size).reshape(flat.shape)
        return np.asarray(times.astype(np.float64) @ spread / num_episodes).T.reshape(-1, *drawn.shape[:-1])

    interval = bootstrap(
        (np.arange(num_episodes),),
        mean,
        axis=-1,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(_RESAMPLES_AT_ONCE // num_episodes, 1),
        confidence_level=confidence,
        method="percentile",
        rng=0,
    ).confidence_interval
    return centre + interval.low, centre + interval.high
