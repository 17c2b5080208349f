"""Comparing episodes to the last bit, in this process and in another: `python -m tests.bits SCENARIO STEPS`."""

import hashlib
import json
import sys
from collections.abc import Iterator

import numpy as np

from pev_battery_charge import Simulation
from pev_battery_charge.core.arrays import Record
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.steps import StepResult


def bits(records: Record) -> dict[str, bytes]:
    """The bytes of each field of a structured array or of one record of it; the gaps between fields hold nothing."""
    told = {}
    for name in records.dtype.names:
        part = np.asarray(records[name])
        told |= (
            {f"{name}.{own}": one for own, one in bits(part).items()} if part.dtype.names else {name: part.tobytes()}
        )
    return told


def meaningful(stations: Record) -> Record:
    """The stations without what no PEV stands behind (an empty station keeps its last one's figures) and scratch."""
    stations = stations.copy()
    empty = stations["session"] == NO_SESSION
    for name in ("energy_kwh", "target_kwh", "battery", "books"):
        stations[name][empty] = np.zeros((), stations.dtype[name])
    stations["hidden"]["depart_step"][empty] = 0
    stations["turn"] = np.zeros((), stations.dtype["turn"])
    return stations


def play(simulation: Simulation, seed: int | None, policy_seeds: list[int]) -> Iterator[StepResult]:
    """One episode; the requests of area b are drawn from the b-th of the policy's seeds, and from nothing else."""
    randoms = [np.random.default_rng(policy_seed) for policy_seed in policy_seeds]
    simulation.reset(seed=seed)
    power_max_kw = simulation.stations["power_max_kw"]
    while not simulation.over:
        shares = np.stack([random.uniform(-0.2, 1.4, simulation.num_stations) for random in randoms])
        yield simulation.step(shares * power_max_kw)


def digest(simulation: Simulation) -> str:
    """A hash of everything that two areas do in an episode of seed 11."""
    summary = hashlib.sha256()
    for result in play(simulation, 11, [1, 2]):
        for part in (*result[:3], simulation.areas, meaningful(simulation.stations), simulation.sessions):
            fields = bits(part).values() if part.dtype.names else [part.tobytes()]
            for field in fields:
                summary.update(field)
    return summary.hexdigest()


def totals(simulation: Simulation) -> list[float]:
    """What two areas have done after an episode of seed 11: the books, what batteries hold, and the last rewards."""
    rewards = [result.rewards for result in play(simulation, 11, [1, 2])]
    books = [simulation.areas["books"][name] for name in ("grid_kwh", "stored_kwh", "loss_kwh")]
    columns = [
        *books,
        simulation.areas["unmet_kwh"],
        meaningful(simulation.stations)["energy_kwh"],
        simulation.stations["made"]["power_kw"],
        np.sum(rewards, axis=0),
    ]
    told: list[float] = np.concatenate([column.ravel() for column in columns]).tolist()
    return told


if __name__ == "__main__":
    one = Simulation(sys.argv[1], num_areas=2, max_steps=int(sys.argv[2]))
    print(json.dumps({"digest": digest(one), "totals": totals(one)}))
