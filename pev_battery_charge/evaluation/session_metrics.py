"""What the PEVs of an episode got, and the metrics that follow from it, for B areas at once."""

from typing import Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Array, Booleans, Integers, Records
from pev_battery_charge.core.battery import acceptance_kw
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION, Status
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace

MetricValues = dict[str, Array | Integers]

FULL_KWH: Final = 1e-6
"""A PEV that lacks no more than this has reached its target."""

_SERVED = int(Status.SERVED)


def closed_sessions(simulation: Simulation) -> Records:
    """The sessions of the running episodes with their books closed now, `SESSION[B, S]`: also those still plugged."""
    sessions = simulation.sessions.copy()
    b, i = np.nonzero(simulation.stations["session"] != NO_SESSION)
    plugged = simulation.stations[b, i]
    for name in ("energy_kwh", "books"):
        sessions[name][b, plugged["session"]] = plugged[name]
    return _of_pevs(sessions, simulation.scenario)


def traced_sessions(trace: Trace) -> Records:
    """The same from a trace: `SESSION[1, S]`."""
    sessions = trace.session_records.copy()
    frame = trace.session_frame()
    sessions["energy_kwh"] = trace.session_energy_kwh[-1]
    books = sessions["books"]
    books["grid_kwh"] = frame["grid_energy_kwh"].to_numpy()
    books["stored_kwh"] = sessions["energy_kwh"] - sessions["energy_arrival_kwh"]
    books["grid_out_kwh"] = frame["grid_out_energy_kwh"].to_numpy()
    books["loss_kwh"] = frame["loss_kwh"].to_numpy()
    return _of_pevs(sessions[None], trace.scenario)


def given_back_kwh(sessions: Records) -> Array:
    """What the PEVs of `SESSION[B, S]` gave to the grid, `[B]`; batteries of the site are none, see above."""
    return np.asarray(np.where(sessions["status"] == _SERVED, sessions["books"]["grid_out_kwh"], 0.0).sum(axis=1))


def _of_pevs(sessions: Records, scenario: Scenario) -> Records:
    """The same, batteries of the site no longer counted."""
    if scenario.store_stations:
        sessions["status"][np.isin(sessions["station"], scenario.store_stations)] = Status.PADDING
    return sessions


def session_metrics(sessions: Records, power_max_kw: Array, steps: int, step_hours: float) -> MetricValues:
    """The metrics that are counted over PEVs, `[B]` each; NaN where an area has no such metric.

    sessions: `SESSION[B, S]` with closed books.
    power_max_kw: the limits of the N stations.
    steps: how many steps have been made; a PEV that leaves later is still there.
    """
    status = sessions["status"]
    came, served = status != Status.PADDING, status == _SERVED
    here = served & (sessions["depart_step"] > steps)
    arrival_kwh, target_kwh, final_kwh = (
        np.where(came, sessions[name], 0.0) for name in ("energy_arrival_kwh", "energy_target_kwh", "energy_kwh")
    )
    wanted_kwh, delivered_kwh = target_kwh - arrival_kwh, final_kwh - arrival_kwh
    lacking_kwh = np.maximum(target_kwh - final_kwh, 0.0)
    attainable_kwh = np.empty(sessions.shape)
    _attain(sessions, power_max_kw, steps, step_hours, attainable_kwh)
    attainable, delivered = attainable_kwh.sum(axis=1), delivered_kwh.sum(axis=1)
    delivered_percent = 100.0 * _ratio(delivered, attainable)
    pevs, full = came.sum(axis=1), (came & (lacking_kwh <= FULL_KWH)).sum(axis=1)
    return {
        "pevs": pevs,
        "pevs_served": served.sum(axis=1),
        "pevs_waited": (served & (sessions["plug_in_min"] > sessions["arrival_min"])).sum(axis=1),
        "pevs_rejected": (status == Status.REJECTED).sum(axis=1),
        "pevs_too_short": (status == Status.TOO_SHORT).sum(axis=1),
        "pevs_full": full,
        "full_percent": 100.0 * _ratio(full, pevs),
        "energy_wanted_kwh": wanted_kwh.sum(axis=1),
        "energy_attainable_kwh": attainable,
        "energy_delivered_kwh": delivered,
        "energy_unmet_kwh": np.where(here, 0.0, lacking_kwh).sum(axis=1),
        "energy_pending_kwh": np.where(here, lacking_kwh, 0.0).sum(axis=1),
        "delivered_percent": delivered_percent,
        "unmet_percent": np.maximum(100.0 - delivered_percent, 0.0),
        "grid_energy_kwh": sessions["books"]["grid_kwh"].sum(axis=1),
        "loss_kwh": sessions["books"]["loss_kwh"].sum(axis=1),
        **_satisfaction_metrics(delivered_kwh, wanted_kwh, served & (sessions["plug_step"] < steps)),
    }


def _satisfaction_metrics(delivered_kwh: Array, wanted_kwh: Array, counted: Booleans) -> MetricValues:
    """Mean, 5th percentile (linear between neighbours) and Jain's index over the counted PEVs of each area."""
    satisfaction = np.where(counted, 1.0, 0.0)
    np.divide(delivered_kwh, wanted_kwh, out=satisfaction, where=counted & (wanted_kwh > 0.0))
    number = counted.sum(axis=1)
    total, squares = satisfaction.sum(axis=1), (satisfaction**2).sum(axis=1)
    jain = np.where((number > 0) & (squares == 0.0), 1.0, _ratio(total**2, number * squares))
    return {
        "satisfaction_mean": _ratio(total, number),
        "satisfaction_p5": _low_end(np.where(counted, satisfaction, np.inf), number),
        "satisfaction_jain": jain,
    }


def _low_end(values: Array, number: Integers) -> Array:
    """The 5th percentile of the `number[B]` lowest of `values[B, S]`; NaN of none."""
    if values.shape[1] == 0:
        return np.full(number.shape, np.nan)
    ordered = np.sort(values, axis=1)
    place = 0.05 * np.maximum(number - 1, 0)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(number - 1, 0))
    rows = np.arange(number.size)
    low, high = (np.where(number > 0, ordered[rows, at], np.nan) for at in (below, above))
    return low + (high - low) * (place - below)


def _ratio(part: npt.NDArray[np.number], whole: npt.NDArray[np.number]) -> Array:
    """Part over whole; NaN where the whole is 0."""
    ratio = np.full(part.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


@kernel
def _attain(sessions: Records, power_max_kw: Array, steps: int, step_hours: float, out: Array) -> None:
    """What each served PEV could at most have got within `steps`, into `out[B, S]`; 0 for all others.

    The taper is integrated exactly, so that the whole stay is one long step at full power.
    """
    for b in range(sessions.shape[0]):
        for j in range(sessions.shape[1]):
            session = sessions[b, j]
            out[b, j] = 0.0
            stay_steps = min(session["depart_step"], steps) - session["plug_step"]
            if session["status"] != _SERVED or stay_steps <= 0:
                continue
            hours = stay_steps * step_hours
            power_kw = acceptance_kw(
                session["battery"],
                session["energy_arrival_kwh"],
                session["energy_target_kwh"],
                power_max_kw[session["station"]],
                hours,
            )
            out[b, j] = session["battery"]["efficiency"] * power_kw * hours
