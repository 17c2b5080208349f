"""A kind of population as a researcher writes one: a class in a file of its own, which importing it registers."""

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

import pev_battery_charge as pbc
from pev_battery_charge.populations import Site


@pbc.population("depot")
class Depot(pbc.Population):
    """Vans that stand at a charger each, from the evening on."""

    vans: Annotated[int, Field(ge=1)] = 2
    start_hour: float = 18.0
    source: str = "a made-up depot"

    def draw(self, random: np.random.Generator, site: Site) -> pbc.Instance:
        arrival_min = np.sort(random.uniform(0.0, 60.0, self.vans))
        sessions = pl.DataFrame({"pev": [f"van_{van}" for van in range(self.vans)], "arrival_min": arrival_min})
        schedule = pbc.Schedule(
            sessions.with_columns(
                departure_min=pl.lit(site.horizon_minutes),
                capacity_kwh=pl.lit(60.0),
                energy_arrival_kwh=pl.Series(random.uniform(0.0, 30.0, self.vans)),
                energy_target_kwh=pl.lit(54.0),
                power_max_kw=pl.lit(11.0),
                efficiency=pl.lit(0.92),
                transition_soc=pl.lit(0.8),
                station=pl.int_range(self.vans),
                plug_in_min=pl.col("arrival_min"),
            )
        )
        return pbc.Instance(schedule)
