"""The three simplest controllers: nobody thinks, everybody wants everything, everybody keeps to a straight line."""

import numpy as np

from pev_battery_charge.controllers.protocol import Controller, Snapshot
from pev_battery_charge.core.arrays import Array


def random_requests(seed: int = 0) -> Controller:
    """Every station asks for a power drawn uniformly between 0 and its maximum, anew at every step.

    A batch draws for all its areas at once. Optimal for nothing; what does worse has learned nothing.
    """
    generator = np.random.default_rng(seed)

    def draw(snapshot: Snapshot) -> Array:
        return generator.random(snapshot.stations.shape) * snapshot.power_max_kw

    return draw


def uncontrolled(snapshot: Snapshot) -> Array:
    """Every station always asks for its maximum: charging as it is without any control.

    Where the cap never binds, nothing gives any vehicle more energy, at any moment of its visit.
    """
    return snapshot.power_max_kw.copy()


def constant(snapshot: Snapshot) -> Array:
    """The straight line that just reaches the target at departure: what is lacking, evenly over the time left.

    Where a step was granted less, the line is drawn anew from there. It needs to know when the PEV leaves, and goes by
    what its driver has said. Of all ways to fill one linear battery in time, none has a lower peak or lower sum of
    squares; a battery that tapers falls behind the line in the end, see `distributed`.
    """
    hours = snapshot.time_left_h
    kwh_per_kw = np.where(hours > 0.0, hours * snapshot.efficiency, 1.0)
    requests = snapshot.energy_remaining_kwh / kwh_per_kw
    return np.where(requests > 0.0, np.clip(requests, snapshot.least_kw, snapshot.power_max_kw), 0.0)
