"""The batteries behind metered energies: how large they are, and how full they arrive, so that the energy fits.

A meter at the station tells what a PEV has drawn, not what it is. The battery is taken to be the smallest among real
PEV models that takes up the energy below its taper; the PEV leaves nearly full where its stay is long enough for the
taper, and where the taper begins otherwise.
"""

from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Array, Booleans, Records
from pev_battery_charge.core.battery import hours_to_charge
from pev_battery_charge.core.records import NEVER, NO_SESSION, Status
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.importers.report import Note
from pev_battery_charge.populations.profiles import load_pev_models
from pev_battery_charge.scenario import Scenario

LEAVING_SOC: Final = 0.95
"""The state of charge of a PEV that had the time to be charged through its taper."""

_PEV_MODELS: Final = "california"
_TIME_TOLERANCE: Final = 1e-9


def give_batteries(sessions: Records, metered_kwh: Array, average_kw: Array, scenario: Scenario) -> Booleans:
    """Give each of `sessions[S]` a battery, for now empty on arrival, that can store `metered_kwh[S]` times efficiency.

    average_kw: `[S]`, grid power averaged over the real stay; the PEV's own limit is not below it, nor below the
    strongest station's.

    Returns `[S]`: the sessions whose energy no model can store, and whose capacity is therefore made up.
    """
    population = scenario.population
    stored_kwh = population.efficiency * metered_kwh
    models_kwh = np.sort(load_pev_models(_PEV_MODELS).capacity_kwh)
    smallest = np.searchsorted(models_kwh * population.transition_soc, stored_kwh)
    made_up: Booleans = smallest == models_kwh.size
    batteries = sessions["battery"]
    batteries["capacity_kwh"] = np.where(
        made_up, stored_kwh / population.transition_soc, models_kwh[np.minimum(smallest, models_kwh.size - 1)]
    )
    sessions["energy_arrival_kwh"] = 0.0
    sessions["energy_target_kwh"] = stored_kwh
    batteries["power_max_kw"] = np.maximum(average_kw, _limits_kw(scenario).max())
    batteries["efficiency"] = population.efficiency
    batteries["transition_soc"] = population.transition_soc
    return made_up


def fill_on_arrival(sessions: Records, scenario: Scenario) -> None:
    """Raise what each battery of `sessions[S]`, on the step grid, holds on arrival and is wanted to hold on departure.

    A PEV leaves with `LEAVING_SOC` if its whole steps at full power reach it, and at `transition_soc` otherwise.
    """
    stored_kwh = sessions["energy_target_kwh"].copy()
    capacity_kwh, taper_soc = sessions["battery"]["capacity_kwh"], sessions["battery"]["transition_soc"]
    leaving_soc = np.maximum(LEAVING_SOC, taper_soc)
    hours = _hours_needed(sessions, leaving_soc - stored_kwh / capacity_kwh, leaving_soc, scenario)
    reached = hours <= _plugged_hours(sessions, scenario.step_minutes)
    target_kwh = np.where(reached, leaving_soc, taper_soc) * capacity_kwh
    sessions["energy_arrival_kwh"] = np.maximum(target_kwh - stored_kwh, 0.0)
    sessions["energy_target_kwh"] = target_kwh


def note_unserved(sessions: Records, names: pl.Series, scenario: Scenario, horizon_steps: int) -> tuple[Note, ...]:
    """Which of `sessions[S]`, on the step grid, no policy can give all they want, by their names, and why."""
    soc, target_soc = (
        sessions[name] / sessions["battery"]["capacity_kwh"] for name in ("energy_arrival_kwh", "energy_target_kwh")
    )
    needed = _hours_needed(sessions, soc, target_soc, scenario)
    plugged = _plugged_hours(sessions, scenario.step_minutes)
    inside = _plugged_hours(sessions, scenario.step_minutes, horizon_steps)
    too_short = f"has no whole step of {scenario.step_minutes:g} min inside its stay and the horizon"
    reasons = {
        "finds no free station": sessions["status"] == Status.REJECTED,
        too_short: sessions["status"] == Status.TOO_SHORT,
        "its energy cannot be met in the whole steps of its stay at full power": needed > plugged,
        "its energy cannot be met before the horizon ends": needed > inside,
    }
    first = np.select(list(reasons.values()), list(reasons), "")
    return tuple(Note(name, str(why)) for name, why in zip(names, first, strict=True) if why)


def _limits_kw(scenario: Scenario) -> Array:
    return np.array([station.power_max_kw for station in scenario.stations])


def _hours_needed(sessions: Records, soc: Array, target_soc: Array, scenario: Scenario) -> Array:
    """`[S]`: hours at full power, the lower of PEV's and station's, without rounding in the last digits."""
    limits_kw = _limits_kw(scenario)
    rejected = sessions["station"] == NO_SESSION
    station_kw = np.where(rejected, limits_kw.max(), limits_kw[sessions["station"]])
    batteries = sessions["battery"]
    columns = batteries, soc, target_soc, np.minimum(batteries["power_max_kw"], station_kw)
    hours = [hours_to_charge(*session) for session in zip(*columns, strict=True)]
    return np.array(hours, np.float64) * (1.0 - _TIME_TOLERANCE)


def _plugged_hours(sessions: Records, step_minutes: float, horizon_steps: int = NEVER) -> Array:
    """`[S]`: length of the whole steps of each stay, those beyond the horizon included unless it is given."""
    steps = np.minimum(sessions["depart_step"], horizon_steps) - sessions["plug_step"].astype(np.float64)
    return np.asarray(np.maximum(steps, 0.0) * (step_minutes / MINUTES_PER_HOUR))
