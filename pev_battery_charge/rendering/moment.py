"""What there is to see at one moment of an episode: plain arrays, no drawing."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Array, Booleans, Records
from pev_battery_charge.core.records import NO_SESSION, STEP, Status, make_moments
from pev_battery_charge.errors import raise_if
from pev_battery_charge.rendering.letters import drawable
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.series import Series
from pev_battery_charge.trace import Trace

SHOWN_KWH = 0.05
"""What would be shown as 0.0 kWh is not missing."""


class Presence(IntEnum):
    """Where a PEV is."""

    COMING = 0
    WAITING = 1
    PLUGGED = 2
    LEFT = 3
    REJECTED = 4


@dataclass(frozen=True)
class Moment:
    """An area of N stations and S sessions after t steps.

    t: steps made.
    minute: minutes since the episode's start.
    history: `STEP[t, N]`, what happened until now.
    session: `[N]`, the session that each station served in the step just made (at t = 0: that it is about to serve).
    request_kw, power_kw: `[N]`, of the step just made; 0 at t = 0.
    presence: `[S]`, a `Presence` each.
    energy_kwh: `[S]`, what the batteries hold.
    unmet_kwh: `[S]`, what is missing to the target of a PEV that has left, and 0 for the others.
    delivered_kwh: what the PEVs have been given so far, less what was taken out.
    meter: `METER[t]`, what the area's meter read until now; None where there is none.
    """

    t: int
    minute: float
    history: Records
    session: npt.NDArray[np.int32]
    request_kw: Array
    power_kw: Array
    presence: npt.NDArray[np.int8]
    energy_kwh: Array
    unmet_kwh: Array
    delivered_kwh: float
    meter: Records | None = None


class Episode:
    """A scenario, and the schedule and series that its traces follow: gives the moments of such traces.

    metered: whether there is a meter: the scenario is a site, or there are series.
    lower_kw, limit_kw: the bounds of the stations, `[N]`.
    stores: which sessions are those of batteries of the site, `[S]`.
    sessions: the schedule on the step grid, `SESSION[S]`.
    names: the PEVs, `[S]`, in letters that can be drawn.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule, series: Series | None = None) -> None:
        schedule.validate(scenario)
        self.scenario = scenario
        self.schedule = schedule
        self.series = series
        self.metered = scenario.is_site or series is not None
        self.sessions: Records = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
        self.names: list[str] = [drawable(name) for name in schedule.sessions["pev"]]
        self.limit_kw: Array = np.array([station.power_max_kw for station in scenario.stations])
        self.lower_kw: Array = np.array([station.power_min_kw for station in scenario.stations])
        self.stores: Booleans = np.isin(self.sessions["station"], scenario.store_stations)
        self._start: Records = np.zeros(scenario.num_stations, STEP)
        self._start["session"] = NO_SESSION
        first = np.flatnonzero((self.sessions["status"] == Status.SERVED) & (self.sessions["plug_step"] == 0))
        self._start["session"][self.sessions["station"][first]] = first

    @property
    def both_ways(self) -> bool:
        """Whether a station may be discharged."""
        return bool((self.lower_kw < 0.0).any())

    @property
    def moments(self) -> Records:
        """What the world is in each step, `MOMENT[T]`."""
        steps = self.scenario.horizon_steps
        return make_moments(steps) if self.series is None else self.series.moments[:steps]

    def moment(self, trace: Trace, t: int) -> Moment:
        """The moment after t steps of a trace.

        Raises `InputError` if the trace belongs to another scenario or schedule, or has fewer than t steps.
        """
        problems = []
        if trace.scenario is not self.scenario and trace.scenario != self.scenario:
            problems.append(f"scenario: must be the one the renderer was made for, {self.scenario.name!r}")
        if trace.schedule is not self.schedule and trace.schedule != self.schedule:
            problems.append("schedule: must be the one the renderer was made for")
        if trace.series is not self.series and trace.series != self.series:
            problems.append("series: must be those the renderer was made for")
        if not 0 <= t <= trace.num_steps:
            problems.append(f"t: must be between 0 and the trace's {trace.num_steps} steps (it is {t})")
        raise_if("frame", problems)
        now = trace.records[t - 1] if t else self._start
        presence = self._presence(t)
        energy_kwh = self._energy_kwh(trace, t)
        missing_kwh = self.sessions["energy_target_kwh"] - energy_kwh
        left_short = (presence == Presence.LEFT) & (missing_kwh >= SHOWN_KWH) & ~self.stores
        return Moment(
            t=t,
            minute=t * self.scenario.step_minutes,
            history=trace.records[:t],
            session=now["session"],
            request_kw=now["request_kw"],
            power_kw=now["power_kw"],
            presence=presence,
            energy_kwh=energy_kwh,
            unmet_kwh=np.where(left_short, missing_kwh, 0.0),
            delivered_kwh=float((energy_kwh - self.sessions["energy_arrival_kwh"])[~self.stores].sum()),
            meter=trace.meter[:t] if self.metered else None,
        )

    def _presence(self, t: int) -> npt.NDArray[np.int8]:
        sessions = self.sessions
        arrived = sessions["arrival_min"] <= t * self.scenario.step_minutes
        plugged = sessions["plug_step"] <= t
        left = plugged & ((sessions["depart_step"] <= t) | (sessions["status"] == Status.TOO_SHORT))
        conditions = [~arrived, sessions["status"] == Status.REJECTED, left, plugged]
        choices = [Presence.COMING, Presence.REJECTED, Presence.LEFT, Presence.PLUGGED]
        return np.select(conditions, choices, Presence.WAITING).astype(np.int8)

    def _energy_kwh(self, trace: Trace, t: int) -> Array:
        """`[S]`: row t of `Trace.session_energy_kwh`, read from each session's last step instead of from all steps."""
        sessions = self.sessions
        energy = sessions["energy_arrival_kwh"].copy()
        begun = np.flatnonzero((sessions["status"] == Status.SERVED) & (sessions["plug_step"] < t))
        last = np.minimum(sessions["depart_step"][begun], t) - 1
        energy[begun] = trace.records["energy_kwh"][last, sessions["station"][begun]]
        return energy
