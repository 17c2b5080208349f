"""The columns of a schedule, in the order in which files have them."""

from typing import Final

import polars as pl

COLUMNS: Final[dict[str, type[pl.DataType]]] = {
    "pev": pl.String,
    **dict.fromkeys(("arrival_min", "departure_min"), pl.Float64),
    **dict.fromkeys(("capacity_kwh", "energy_arrival_kwh", "energy_target_kwh"), pl.Float64),
    **dict.fromkeys(("power_max_kw", "efficiency", "transition_soc"), pl.Float64),
    "station": pl.Int32,
    **dict.fromkeys(("plug_in_min", "departure_stated_min"), pl.Float64),
    **dict.fromkeys(("power_min_kw", "efficiency_out", "energy_min_kwh", "energy_max_kwh"), pl.Float64),
}

PLACE: Final = ("station", "plug_in_min")
"""Columns that are null for a PEV that found no station."""

STATED: Final = "departure_stated_min"
"""The column that is null for a PEV that leaves as its driver said."""

BOTH_WAYS: Final = ("power_min_kw", "efficiency_out", "energy_min_kwh", "energy_max_kwh")
"""Columns of what a battery gives, and of what it may hold: null where it is only charged, up to its target."""

MAY_BE_LEFT_OUT: Final = (STATED, *BOTH_WAYS)
"""Columns that tables may leave out, and that are written only where a session has a value."""

OPTIONAL: Final = (*PLACE, *MAY_BE_LEFT_OUT)
"""Columns that may be null."""
