"""The vehicles that a plan is for: those of a whole schedule, or those present now."""

from typing import NamedTuple, Self

import numpy as np

from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array, Booleans, Integers, Records
from pev_battery_charge.core.records import Status
from pev_battery_charge.scenario import Scenario


class Vehicles(NamedTuple):
    """V vehicles, each plugged into its station from step `first_step` to before `end_step` (arrays `[V]`).

    session: row in the schedule.
    departs: whether it leaves within the horizon, so that what it lacks then counts as lacking on departure.
    battery: `BATTERY[V]`.
    power_max_kw: the lower of its own limit and the station's.
    least_kw: the station's lower limit.
    """

    session: Integers
    station: Integers
    first_step: Integers
    end_step: Integers
    departs: Booleans
    energy_kwh: Array
    target_kwh: Array
    battery: Records
    power_max_kw: Array
    least_kw: Array

    @property
    def needed_kwh(self) -> Array:
        """What each lacks to its target, in the battery."""
        needed: Array = np.maximum(self.target_kwh - self.energy_kwh, 0.0)
        return needed

    @classmethod
    def of_schedule(cls, scenario: Scenario, sessions: Records) -> Self:
        """All that get a station in `sessions[S]`, which are on the scenario's grid of steps."""
        rows = np.flatnonzero(sessions["status"] == Status.SERVED)
        served = sessions[rows]
        station = served["station"].astype(np.int64)
        station_max_kw = np.array([one.power_max_kw for one in scenario.stations])[station]
        return cls(
            session=rows,
            station=station,
            first_step=served["plug_step"].astype(np.int64),
            end_step=np.minimum(served["depart_step"], scenario.horizon_steps).astype(np.int64),
            departs=served["depart_step"] <= scenario.horizon_steps,
            energy_kwh=served["energy_arrival_kwh"].copy(),
            target_kwh=served["energy_target_kwh"].copy(),
            battery=served["battery"].copy(),
            power_max_kw=np.minimum(station_max_kw, served["battery"]["power_max_kw"]),
            least_kw=np.array([one.least_kw for one in scenario.stations])[station],
        )

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot, area: int) -> Self:
        """Those plugged in now, in the order of their stations; each is taken to leave when its driver said."""
        station = np.flatnonzero(snapshot.plugged[area])
        here = snapshot.stations[area][station]
        step = snapshot.step
        stays = step + np.rint(snapshot.time_left_h[area][station] / snapshot.step_hours).astype(np.int64)
        horizon = int(snapshot.areas["horizon_steps"][area])
        return cls(
            session=here["session"].astype(np.int64),
            station=station,
            first_step=np.full(station.size, step),
            end_step=np.minimum(stays, horizon),
            departs=stays <= horizon,
            energy_kwh=here["energy_kwh"],
            target_kwh=here["target_kwh"],
            battery=here["battery"],
            power_max_kw=np.minimum(here["power_max_kw"], here["battery"]["power_max_kw"]),
            least_kw=here["least_kw"],
        )
