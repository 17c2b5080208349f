"""The three simplest controllers: random power, maximum power, and constant power to the target."""

import numpy as np

from pev_battery_charge.controllers.protocol import Controller, Snapshot
from pev_battery_charge.core.arrays import Array


def random_requests(seed: int = 0) -> Controller:
    """Random requests: for every station a power drawn uniformly between 0 and its maximum, anew at every step.

    The powers of all areas of a batch are drawn at once. Optimal for no objective; a policy that does worse
    has learned nothing.
    """
    generator = np.random.default_rng(seed)

    def draw(snapshot: Snapshot) -> Array:
        return generator.random(snapshot.stations.shape) * snapshot.power_max_kw

    return draw


def uncontrolled(snapshot: Snapshot) -> Array:
    """The maximum power of every station at every step: charging without control.

    Where the cap never binds, no controller gives any vehicle more energy, at any moment of its visit.
    """
    return snapshot.power_max_kw.copy()


def constant(snapshot: Snapshot) -> Array:
    """The constant power that just reaches the target at departure: the energy lacking, evenly over the time left.

    Where a step was granted less, the power is computed anew from there. The departure is the one stated by the driver.
    Of all ways to fill one linear battery in time, none has a lower peak or lower sum of squares; a battery that tapers
    falls behind in the end, see `distributed`.
    """
    hours = snapshot.time_left_h
    kwh_per_kw = np.where(hours > 0.0, hours * snapshot.efficiency, 1.0)
    requests = snapshot.energy_remaining_kwh / kwh_per_kw
    return np.where(requests > 0.0, np.clip(requests, snapshot.least_kw, snapshot.power_max_kw), 0.0)
