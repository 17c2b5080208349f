"""A reward term of one's own: a cost of charging in the peak hours of the grid.

A term is a function of one signature, registered by a decorator. It is called for every station that served a PEV in
the step just made, and compiled into the step: it costs next to nothing at run time.

    python examples/own_reward.py

From this folder the command line knows it too: `pev --plugin own_reward evaluate --scenario peak.toml --every-figure`.
"""

import numpy as np

import pev_battery_charge as pbc


@pbc.reward_term(unit="kWh", label="for charging in peak hours")
def peak_hours(area, station, moments, from_hour=7.0, to_hour=11.0):
    """Minus the energy drawn from the grid from `from_hour` to `to_hour`, local hours of the day."""
    begin_hour = pbc.hour_of_day(area, area["step"] - 1)  # of the step just made
    if from_hour <= begin_hour < to_hour:
        return -station["made"]["power_kw"] * area["step_hours"]
    return 0.0


def main() -> None:
    """Charge at full power for an episode, and compare what the term has counted with the trace."""
    scenario = pbc.load_scenario("paper-5x20").replace(
        reward={"terms": {"missing": 1.0, "peak_hours": {"weight": 0.1, "to_hour": 10.0}}}
    )
    simulation = pbc.Simulation(scenario, record=True)
    simulation.reset(seed=0)
    row = simulation.part_names.index("reward_peak_hours")
    total = 0.0
    while not simulation.over:
        total += simulation.step(simulation.stations["power_max_kw"]).parts[row].sum()

    trace = simulation.trace()
    hours = np.arange(trace.num_steps) * scenario.step_minutes / 60.0
    peak_kwh = trace.books.grid_kwh[(hours >= 7.0) & (hours < 10.0)].sum()
    print(f"energy drawn from 7 to 10 h: {peak_kwh:.3f} kWh")
    print(f"peak_hours, weight 0.1, added up: {total:.4f}")


if __name__ == "__main__":
    main()
