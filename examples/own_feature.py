"""An observation of one's own: how many hours a PEV has to spare.

A feature is a function of one signature, registered by a decorator, with the bounds of its values and the scale in
which networks see it. One that looks ahead has a further parameter `ahead_steps`. This is the rise of a price; a
scenario that names `"price_rise@1h"` calls it with the number of steps in an hour:

    @pbc.feature(unit="1/kWh", scale=0.1)
    def price_rise(area, station, moments, ahead_steps):
        return moments[area["step"] + ahead_steps]["buy_price"] - moments[area["step"]]["buy_price"]

    python examples/own_feature.py
"""

import numpy as np

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import DEFAULT_FEATURES


@pbc.feature(unit="h", scale=10.0)
def slack_h(area, station, moments):
    """Hours until the stated departure, minus the hours that charging takes at full power; 0 at an empty station."""
    if station["session"] < 0:
        return 0.0
    battery = station["battery"]
    full_power_kw = min(station["power_max_kw"], battery["power_max_kw"])
    needed_hours = (station["target_kwh"] - station["energy_kwh"]) / (battery["efficiency"] * full_power_kw)
    return (station["depart_stated_step"] - area["step"]) * area["step_hours"] - needed_hours


def main() -> None:
    """Show what the first PEV's station sees during an hour without charging, then half an hour at full power."""
    envs = pbc.vector_env("paper-5x20", observations=[*DEFAULT_FEATURES, "slack_h"])
    print(f"a station sees {envs.single_observation_space.shape[0]} numbers")
    observations, _ = envs.reset(seed=0)
    plugged, laxity = DEFAULT_FEATURES.index("plugged"), len(DEFAULT_FEATURES)
    idle = np.zeros((envs.num_envs, 1), np.float32)
    while not observations[:, plugged].any():
        observations, *_ = envs.step(idle)
    first = int(observations[:, plugged].argmax())
    print(f"on arrival: {observations[first, laxity]:.3f} h to spare")
    for _ in range(12):
        observations, *_ = envs.step(idle)
    print(f"after an hour without charging: {observations[first, laxity]:.3f} h")
    idle[first] = 22.0
    for _ in range(6):
        observations, *_ = envs.step(idle)
    print(f"after half an hour at full power: {observations[first, laxity]:.3f} h")


if __name__ == "__main__":
    main()
