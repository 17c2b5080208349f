"""Valley filling: the whole area follows a given power, or the flattest that serves all vehicles present in time."""

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.protocol import Controller, Snapshot
from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.errors import InputError


def valley_filling(target_kw: npt.ArrayLike | None = None) -> Controller:
    """Requests of all stations that together fill the valley, and never exceed the cap.

    target_kw: what the area should draw: one number, `[T]` by step, or `[B, T]`, such as the valley that a known load
        leaves below a level (Gan, Topcu and Low, "Optimal decentralized protocol for electric vehicle charging", IEEE
        Transactions on Power Systems 28(2), 2013). The stations ask for as much of it as they can use, shared as
        `least_laxity` shares the cap.

    Without a target it is the flattest power that serves all vehicles present by their stated departures, found anew in
    every step: the highest, over all departures d, of the grid energy due by d over the hours to d. It goes to the
    vehicle that leaves first. This is "optimal available" of Yao, Demers and Shenker ("A scheduling model for reduced
    CPU energy", FOCS 1995): as long as no other vehicle comes, drivers keep to their stated departures, batteries are
    linear, and no limit of a single vehicle or station binds, no plan that serves all has a lower peak or a lower sum
    of squares. It does not prepare for vehicles that are still to come.

    Raises `InputError` for a target that is not finite or negative; and in use, for one that is shorter than the
    episode, or of another number of areas.
    """
    if target_kw is None:
        return _fill_flat
    target = _checked(target_kw)

    def follow(snapshot: Snapshot) -> Array:
        return snapshot.share("least_laxity", np.minimum(_now(target, snapshot), snapshot.cap_kw))

    return follow


def _fill_flat(snapshot: Snapshot) -> Array:
    level_kw = np.empty(snapshot.areas.size)
    _flattest(snapshot.areas, snapshot.stations, level_kw)
    return snapshot.share("earliest_departure", np.minimum(level_kw, snapshot.cap_kw))


def _checked(target_kw: npt.ArrayLike) -> Array:
    try:
        target = np.array(target_kw, np.float64)
    except (TypeError, ValueError):
        raise InputError("target_kw", ["must be numbers in kW"]) from None
    problems = [] if target.ndim <= 2 else [f"must be a number, [T] or [B, T] (its shape is {target.shape})"]
    wrong = ~(np.isfinite(target) & (target >= 0.0))
    if wrong.any():
        problems.append(f"must be finite and not negative (it is {target[wrong][0]})")
    if problems:
        raise InputError("target_kw", problems)
    return target


def _now(target: Array, snapshot: Snapshot) -> Array:
    """The target of this step: one number, or `[B]`."""
    if target.ndim == 2 and target.shape[0] != snapshot.areas.size:
        raise InputError("target_kw", [f"{target.shape[0]} series for {snapshot.areas.size} areas"])
    if target.ndim > 0 and snapshot.step >= target.shape[-1]:
        raise InputError("target_kw", [f"ends after {target.shape[-1]} steps, before the episode does"])
    now: Array = target if target.ndim == 0 else target[..., snapshot.step]
    return now


@kernel
def _flattest(areas: Records, stations: Records, level_kw: Array) -> None:
    """The highest, over the stated departures in an area, of the grid power for all vehicles that leave by then."""
    for b in range(areas.size):
        step, step_hours, level_kw[b] = areas[b]["step"], areas[b]["step_hours"], 0.0
        for station in stations[b]:
            if station["session"] == NO_SESSION:
                continue
            steps = max(station["depart_stated_step"] - step, 1)
            due_kwh = 0.0
            for other in stations[b]:
                if other["session"] != NO_SESSION and max(other["depart_stated_step"] - step, 1) <= steps:
                    due_kwh += max(other["target_kwh"] - other["energy_kwh"], 0.0) / other["battery"]["efficiency"]
            level_kw[b] = max(level_kw[b], due_kwh / (steps * step_hours))
