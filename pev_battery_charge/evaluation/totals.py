"""Running totals of an episode: what is added up step by step, and the metrics at the end."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.catalogue import DEFAULT_TERMS
from pev_battery_charge.core.arrays import Array, Float32, Records
from pev_battery_charge.core.records import BILL
from pev_battery_charge.core.transition import LIMIT_TOLERANCE
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.evaluation.metrics import TERM_PREFIX, Summary, metrics_in
from pev_battery_charge.evaluation.session_metrics import (
    MetricValues,
    closed_sessions,
    given_back_kwh,
    session_metrics,
    traced_sessions,
)
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.steps import StepResult
from pev_battery_charge.trace import Trace

_METER_ENERGIES: Final = ("import_kwh", "export_kwh", "curtailed_kwh", "overload_kwh")


class Totals:
    """Adds up the steps of B areas of one scenario, and gives the metrics of their episodes.

    Call `add` after every step, `metrics` at the end of the episode (before the simulation's next reset), and `reset`
    before the next one. An `add` of 256 areas of five stations takes some 20 us.
    """

    def __init__(self, scenario: Scenario, num_areas: int = 1) -> None:
        self._cap_kw = scenario.area.power_max_kw
        self._high_kw = self._cap_kw * (1.0 + LIMIT_TOLERANCE)
        self._step_hours = scenario.step_minutes / MINUTES_PER_HOUR
        self._power_max_kw = np.array([station.power_max_kw for station in scenario.stations])
        self._shape = num_areas, scenario.num_stations
        self._terms = [TERM_PREFIX + name for name in scenario.reward.terms]
        fixed = set(vars(self))
        self.reset()
        # What a reset sets is what is added up.
        self._added_up = sorted(set(vars(self)) - fixed)

    def reset(self) -> None:
        """Forget everything: an episode begins."""
        num_areas = self._shape[0]
        self.steps, self._has_parts = 0, True
        self._power_peak_kw, self._power_sum_kw = np.zeros((2, num_areas))
        self._request_peak_kw, self._excess_sum_kw = np.zeros((2, num_areas))
        self._steps_above = np.zeros(num_areas, np.int64)
        self._rewards = np.zeros(self._shape)
        self._parts = np.zeros((len(self._terms), *self._shape))
        self._import_peak_kw = np.zeros(num_areas)

    def add(self, simulation: Simulation, result: StepResult) -> None:
        """Add the step that the simulation has just made."""
        areas = simulation.areas
        self.add_step(areas["request_kw"], areas["power_kw"], result.rewards, result.parts)
        if simulation.metered:
            np.maximum(self._import_peak_kw, areas["meter"]["net_kw"], out=self._import_peak_kw)

    def add_step(self, request_kw: Array, power_kw: Array, rewards: Float32, parts: Float32 | None = None) -> None:
        """Add a step: the areas' total requests and powers, `[B]`, rewards, `[B, N]`, and their parts, `[K + 1, B, N]`.

        An episode with a step without parts has no parts.
        """
        self.steps += 1
        self._power_sum_kw += power_kw
        np.maximum(self._power_peak_kw, power_kw, out=self._power_peak_kw)
        np.maximum(self._request_peak_kw, request_kw, out=self._request_peak_kw)
        self._excess_sum_kw += np.maximum(request_kw - self._cap_kw, 0.0)
        self._steps_above += request_kw > self._high_kw
        self._rewards += rewards
        if parts is None:
            self._has_parts = False
        else:
            self._parts += parts[:-1]

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """A copy of what has been added up so far, for `restore`."""
        return {name: np.array(getattr(self, name)) for name in self._added_up}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Go on adding where `state` was taken."""
        for name in self._added_up:
            value = state[name]
            setattr(self, name, value.copy() if value.ndim else value.item())

    def metrics(self, simulation: Simulation) -> MetricValues:
        """The metrics of the episodes by name, `[B]` each: whole numbers, or floats that are NaN where there is none.

        They are those of `pev_battery_charge.evaluation.metrics.METRICS`, in its order; of the meter, where there is
        one.
        """
        meters = simulation.areas["meter"] if simulation.metered else None
        return self.metrics_of(closed_sessions(simulation), meters, self._import_peak_kw)

    def metrics_of(
        self, sessions: Records, meters: Records | None = None, peak_kw: Array | None = None
    ) -> MetricValues:
        """The same for sessions with closed books, `SESSION[B, S]`, and what the meters read at the end, `METER[B]`.

        peak_kw: the highest imports, `[B]`; needed where there are meters.
        """
        num_areas, num_stations = self._shape
        reward = self._rewards.sum(axis=1)
        figures: MetricValues = {
            **session_metrics(sessions, self._power_max_kw, self.steps, self._step_hours),
            "power_peak_kw": self._power_peak_kw.copy(),
            "power_mean_kw": self._power_sum_kw / max(self.steps, 1),
            "power_cap_kw": np.full(num_areas, self._cap_kw),
            "request_peak_kw": self._request_peak_kw.copy(),
            "steps_above_cap": self._steps_above.copy(),
            "excess_kwh": self._excess_sum_kw * self._step_hours,
            "reward": reward,
            "reward_per_station": reward / num_stations,
        }
        if self._has_parts:
            figures |= dict(zip(self._terms, self._parts.sum(axis=2), strict=True))
        if meters is not None and peak_kw is not None:
            figures |= meter_metrics(meters, peak_kw) | {"given_back_kwh": given_back_kwh(sessions)}
        told = figures.keys() | set(self._terms) | {TERM_PREFIX + name for name in DEFAULT_TERMS}
        names = metrics_in(told)
        return {name: figures[name] if name in figures else np.full(num_areas, np.nan) for name in names}


def meter_metrics(meters: Records, peak_kw: Array) -> MetricValues:
    """What `METER[B]` reads at the end of episodes, and the highest import in each of them, `[B]`."""
    figures: MetricValues = {name: meters[name].copy() for name in _METER_ENERGIES} | {"import_peak_kw": peak_kw.copy()}
    for name in BILL.names or ():
        whole, base = meters["bill"][name], meters["base_bill"][name]
        figures |= {name: whole.copy(), f"base_{name}": base.copy(), f"stations_{name}": whole - base}
    return figures


def summarise(trace: Trace) -> Summary:
    """The metrics of a trace, which knows no parts of the reward."""
    totals = Totals(trace.scenario)
    # One after the other, as the simulation adds them, so that the sums are the same to the last bit.
    request_kw = np.cumsum(trace.records["request_kw"], axis=1)[:, -1:]
    rows = zip(request_kw, trace.area_power_kw[:, None], trace.records["reward"][:, None], strict=True)
    for request, power, rewards in rows:
        totals.add_step(request, power, rewards)
    sessions = traced_sessions(trace)
    if trace.metered and trace.num_steps:
        metrics = totals.metrics_of(sessions, trace.meter[-1:], trace.meter["net_kw"].max(keepdims=True, initial=0.0))
    else:
        metrics = totals.metrics_of(sessions)
    values = {one.name: metrics[one.name][0].item() for one in fields(Summary) if one.name in metrics}
    told: Any = {name: None if math.isnan(value) else value for name, value in values.items()}
    return Summary(**told)
