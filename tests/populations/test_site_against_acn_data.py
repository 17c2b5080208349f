"""Drawn sessions of the two garages against their real sessions of summer 2019.

A six-part mixture is not the garage to the last decimal: over all real weekday sessions (3,176 and 5,855) the distance
of Kolmogorov and Smirnov is up to 0.05, which a sample of thousands would tell from none. Five hundred on each side
do not, and still tell a shift of the arrivals by one hour, or stays and energies that do not belong together.
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.stats import ks_2samp, spearmanr  # type: ignore[import-untyped]  # SciPy carries no types

from tests.populations.test_site import sample

Floats = npt.NDArray[np.float64]

SITES = ("caltech", "jpl")
MARGINALS = ("arrival hour", "stay", "energy")
SIZE = 500
LEVEL = 0.01
MISFIT = 0.05
"""Largest distance of the mixture from the real sessions, in cumulative share."""


@cache
def real_weekday(folder: Path, site: str) -> tuple[Floats, Floats, Floats]:
    """Arrival hour in whole minutes, stay (h) and metered energy (kWh); times of the file are local."""
    table = pl.read_csv(folder / f"{site}-2019-summer.csv.gz").with_columns(
        pl.col("arrival", "departure").str.slice(0, 19).str.to_datetime()
    )
    arrival = pl.col("arrival")
    table = table.filter(arrival.dt.weekday() <= 5).select(
        hour=(arrival - arrival.dt.truncate("1d")).dt.total_minutes() / 60,
        stay_h=(pl.col("departure") - arrival).dt.total_seconds() / 3600,
        energy_kwh=pl.col("delivered_energy (kWh)"),
    )
    hour, stay_h, energy_kwh = (table[name].to_numpy() for name in ("hour", "stay_h", "energy_kwh"))
    return hour, stay_h, energy_kwh


def some(values: tuple[Floats, Floats, Floats], seed: int) -> list[Floats]:
    chosen = np.random.default_rng(seed).choice(values[0].size, SIZE, replace=False)
    return [column[chosen] for column in values]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("marginal", range(3), ids=MARGINALS)
def test_five_hundred_drawn_sessions_cannot_be_told_from_five_hundred_real_ones(
    acn_data: Path, site: str, marginal: int
) -> None:
    drawn, real = some(sample(site, "weekday"), 0), some(real_weekday(acn_data, site), 1)
    assert ks_2samp(drawn[marginal], real[marginal]).pvalue > LEVEL


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("marginal", range(3), ids=MARGINALS)
def test_no_cumulative_share_is_off_by_more_than_the_mixtures_misfit(acn_data: Path, site: str, marginal: int) -> None:
    drawn, real = sample(site, "weekday"), real_weekday(acn_data, site)
    assert ks_2samp(drawn[marginal], real[marginal]).statistic < MISFIT


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("one", "other"), [(1, 2), (0, 1), (0, 2)], ids=["stay-energy", "hour-stay", "hour-energy"])
def test_ranks_belong_together_as_in_real_sessions(acn_data: Path, site: str, one: int, other: int) -> None:
    drawn, real = sample(site, "weekday"), real_weekday(acn_data, site)
    actual, expected = (spearmanr(values[one], values[other]).statistic for values in (drawn, real))
    # Three standard errors of the real sessions' own correlation.
    assert actual == pytest.approx(expected, abs=3.0 / np.sqrt(real[0].size))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("shift_h", [-1.0, 1.0])
def test_arrivals_an_hour_off_are_told_from_the_real_ones(acn_data: Path, site: str, shift_h: float) -> None:
    drawn, real = some(sample(site, "weekday"), 0), some(real_weekday(acn_data, site), 1)
    assert ks_2samp((drawn[0] + shift_h) % 24.0, real[0]).pvalue < LEVEL


@pytest.mark.parametrize("site", SITES)
def test_energies_without_the_charging_losses_are_told_from_the_real_ones(acn_data: Path, site: str) -> None:
    drawn, real = sample(site, "weekday"), real_weekday(acn_data, site)
    assert ks_2samp(0.9 * drawn[2], real[2]).statistic > MISFIT


@pytest.mark.parametrize("site", SITES)
def test_shuffled_energies_are_told_from_the_real_ones(acn_data: Path, site: str) -> None:
    drawn, real = some(sample(site, "weekday"), 0), real_weekday(acn_data, site)
    expected = spearmanr(real[1], real[2]).statistic
    kept = spearmanr(drawn[1], drawn[2]).statistic
    shuffled = spearmanr(drawn[1], np.random.default_rng(2).permutation(drawn[2])).statistic
    assert abs(kept - expected) < 3.0 / np.sqrt(SIZE) < abs(shuffled - expected)
