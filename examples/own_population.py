"""A population of one's own: vans that return to a depot in the evening and leave in the morning.

A population is a class: its fields are the keys of a scenario's `[population]`, and `draw` makes one instance, sessions
and series, with all randomness from the generator that it is given. What it draws is checked like a file.

    python examples/own_population.py

From this folder the command line knows it too: `pev --plugin own_population simulate --scenario depot.toml`.
"""

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

import pev_battery_charge as pbc


@pbc.population("van-depot")
class VanDepot(pbc.Population):
    """Vans that have a station each, come back within an hour, and leave when the episode ends."""

    vans: Annotated[int, Field(ge=1)] = 4
    capacity_kwh: Annotated[float, Field(gt=0.0)] = 60.0
    start_hour: float = 18.0

    def draw(self, random: np.random.Generator, site):
        """One evening: arrivals spread over an hour, batteries up to half full."""
        arrival_min = np.sort(random.uniform(0.0, 60.0, self.vans))
        sessions = pl.DataFrame(
            {
                "pev": [f"van {van}" for van in range(self.vans)],
                "arrival_min": arrival_min,
                "departure_min": np.full(self.vans, site.horizon_minutes),
                "capacity_kwh": np.full(self.vans, self.capacity_kwh),
                "energy_arrival_kwh": random.uniform(0.0, 0.5, self.vans) * self.capacity_kwh,
                "energy_target_kwh": np.full(self.vans, 0.9 * self.capacity_kwh),
                "power_max_kw": np.full(self.vans, 11.0),
                "efficiency": np.full(self.vans, 0.92),
                "transition_soc": np.full(self.vans, 0.8),
                "station": np.arange(self.vans),
                "plug_in_min": arrival_min,
            }
        )
        return pbc.Instance(pbc.Schedule(sessions))


def main() -> None:
    """Draw an evening, and step eight of them at once."""
    scenario = pbc.load_scenario("paper-5x20").replace(population={"kind": "van-depot", "vans": 5})
    schedule = pbc.generate_schedule(scenario, seed=0)
    print(f"{len(schedule)} vans, the first after {schedule.sessions['arrival_min'][0]:.1f} min")
    simulation = pbc.Simulation(scenario, num_areas=8)
    simulation.reset(seed=0)
    while not simulation.over:
        simulation.step(simulation.stations["power_max_kw"])
    print(f"8 areas: {simulation.areas['books']['stored_kwh'].sum():.1f} kWh stored")


if __name__ == "__main__":
    main()
