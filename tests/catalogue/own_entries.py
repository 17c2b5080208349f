"""Entries as a researcher writes them, with a table of numbers, a helper, literals and a look-ahead."""

import hashlib
import math

import numpy as np
from numba import njit

import pev_battery_charge as pbc

DEAR = np.array([0.2, 0.2, 0.4, 0.9, 0.4])
OWN = {
    "terms": {
        "composed_cost": 0.7,
        "composed_bend": {"weight": 1.3, "exponent": 2.5, "knee_kw": 6.0},
        "missing": {"weight": 1.0, "exponent": 0.5},
        "composed_zero": 0.0,
    },
    "sharing": 0.25,
}


@njit
def excess(power_kw, knee_kw):
    return max(power_kw - knee_kw, 0.0)


@pbc.reward_term(unit="EUR")
def composed_cost(area, station, moments):
    """Minus what the energy of the step costs."""
    made, paid = station["made"], moments[area["step"] - 1]
    return -DEAR[area["step"] % DEAR.size] * paid["buy_price"] * made["power_kw"] * area["step_hours"]


@pbc.reward_term(unit="1")
def composed_bend(area, station, moments, exponent=2.0, knee_kw=3.0):
    """Minus a power of the power above a knee."""
    if station["made"]["departed"] == 1:
        return -1.0
    return -((excess(station["made"]["power_kw"], knee_kw) / station["power_max_kw"]) ** exponent)


@pbc.reward_term(unit="1")
def composed_zero(area, station, moments):
    """What counts for nothing."""
    return 5.0


@pbc.feature(unit="EUR/kWh", scale=0.3)
def composed_price(area, station, moments, ahead_steps):
    """A price ahead."""
    return moments[area["step"] + ahead_steps]["buy_price"]


@pbc.feature(unit="1", low=-1.0, high=1.0)
def composed_wave(area, station, moments):
    """Time of the day on a circle."""
    return math.sin(2.0 * math.pi * (area["start_hour"] + area["step"] * area["step_hours"]) / 24.0)


@pbc.coordinator(by="weight")
def composed_rule(area, station, moments):
    """By the claim, and what lacks."""
    return station["made"]["acceptance_kw"] * (1.0 + station["target_kwh"] - station["energy_kwh"])


def scenario(**changes):
    """A scenario of all of them."""
    table = {
        "coordinator": "composed_rule",
        "observations": ["composed_wave", "composed_price", "composed_price@10min", "soc", "composed_price@1h"],
        "reward": OWN,
    }
    return pbc.Scenario.model_validate(table | changes)


def told(simulation, steps=192):
    """Digests of what is told over an episode with series, and its end."""
    digest = hashlib.sha256()
    moments = simulation.moments.copy()
    moments["buy_price"] = np.sin(np.arange(moments.size)).reshape(moments.shape)
    schedule = pbc.generate_schedule(simulation.scenario, seed=3)
    digest.update(simulation.reset(schedule=pbc.Instance(schedule, pbc.Series(moments[0]))).tobytes())
    while simulation.step_index < steps:
        result = simulation.step(simulation.stations["power_max_kw"] * (simulation.step_index % 5) / 4)
        digest.update(result.observations.tobytes() + result.rewards.tobytes() + result.parts.tobytes())
    return digest.hexdigest(), result.rewards.tolist()


if __name__ == "__main__":
    print(told(pbc.Simulation(scenario()), 60))
