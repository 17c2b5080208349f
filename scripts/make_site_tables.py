"""Fit the tables of the real sites again, which schedules are drawn from: `site_tables.npz` from `site_profiles.json`.

What is fitted, and why it is not fitted where it is used, is told in `pev_battery_charge.populations.profiles`. The
last bits of what comes out depend on the processor and its linear algebra, and the benchmark suite holds schedules
drawn from the tables that are there: a new fit is shown beside them, and replaces them only where `--write` is given.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.populations.profiles import HourTables, Mixture

FOLDER: Final = Path(__file__).parent.parent / "pev_battery_charge" / "populations"
TABLES: Final = FOLDER / "site_tables.npz"
DAYS: Final = ("weekday", "weekend")
_BINS: Final = 400
_LEVELS: Final = 513
_FLOORS: Final = {"stay_h": 1.0 / MINUTES_PER_HOUR, "energy_kwh": 0.1}
"""The least stay and energy, or half the lowest quantile where that is less."""
_RAKING_ROUNDS: Final = 64


def main(arguments: list[str] | None = None) -> None:
    """Fit, tell how far the fit is from the tables that are there, and replace them if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the tables that are there")
    write = parser.parse_args(arguments).write
    fitted = fit_all()
    if TABLES.is_file():
        with np.load(TABLES, allow_pickle=False) as kept:
            apart = max(float(np.abs(kept[name] / table - 1.0)[table != 0.0].max()) for name, table in fitted.items())
        print(f"farthest from the tables that are there: {apart:.1e} of a value")
    if write:
        np.savez_compressed(TABLES, **fitted)
        print(TABLES)


def fit_all(chosen: list[tuple[str, str]] | None = None) -> dict[str, Array]:
    """Every array of the tables' file, as `SITE_DAY_FIELD`; or those of the chosen sites and days."""
    sites = json.loads((FOLDER / "site_profiles.json").read_text(encoding="utf-8"))["sites"]
    known = [(name, day) for name in sites for day in DAYS if sites[name].get(f"arrival_share_{day}") is not None]
    return {
        f"{name}_{day}_{field}": values
        for name, day in chosen or known
        for field, values in fit(sites[name], day)._asdict().items()
    }


def fit(site: dict[str, Any], day: str) -> Mixture | HourTables:
    """What is known of a site on a "weekday" or "weekend"."""
    mixture = site.get(f"joint_mixture_{day}")
    if mixture is None:
        return fit_tables(site, day)
    weights, means, covariances = (np.array(mixture[name]) for name in ("weights", "means", "covariances"))
    return Mixture(np.cumsum(weights) / weights.sum(), means, np.linalg.cholesky(covariances))


def fit_tables(site: dict[str, Any], day: str) -> HourTables:
    """Tables from the overall quantiles and the means by arrival hour."""
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


if __name__ == "__main__":
    main()
