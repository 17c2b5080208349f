"""The columns of a schedule, in the order in which files have them."""

from typing import Final

import polars as pl

COLUMNS: Final[dict[str, type[pl.DataType]]] = {
    "pev": pl.String,
    "arrival_min": pl.Float64,
    "departure_min": pl.Float64,
    "capacity_kwh": pl.Float64,
    "energy_arrival_kwh": pl.Float64,
    "energy_target_kwh": pl.Float64,
    "power_max_kw": pl.Float64,
    "efficiency": pl.Float64,
    "transition_soc": pl.Float64,
    "station": pl.Int32,
    "plug_in_min": pl.Float64,
    "departure_stated_min": pl.Float64,
}

PLACE: Final = ("station", "plug_in_min")
"""Columns that are null for a PEV that found no station."""

STATED: Final = "departure_stated_min"
"""The column that is null for a PEV that leaves as its driver said, and left out where it is null for all."""

OPTIONAL: Final = (*PLACE, STATED)
"""Columns that may be null."""
