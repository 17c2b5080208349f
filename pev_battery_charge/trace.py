"""A trace: what happened in one area, step by step. The one input of renderer, metrics and export."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.meter import bill_steps
from pev_battery_charge.core.records import BILL, METER, NO_SESSION, Status, make_moments
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_parquet
from pev_battery_charge.instance import Instance
from pev_battery_charge.reading import ending, read_parquet
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.scenario.idle import idle_records
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.series import Series
from pev_battery_charge.trace_rows import COLUMNS, to_records

_FORMAT_VERSION = "1"


@dataclass(frozen=True)
class EnergyBooks:
    """Where the energy of an area's stations went, one value a step, `[T]` each, in kWh.

    grid - grid out = battery + loss.
    """

    grid_kwh: Array
    """Drawn from the grid."""
    grid_out_kwh: Array
    """Given to the grid."""
    battery_kwh: Array
    """Stored in batteries, less what was taken out: from what they held before and after."""
    loss_kwh: Array
    """Lost on the way: from grid power and efficiency."""


@dataclass(frozen=True)
class Trace:
    """What happened in one area in T steps of an episode.

    scenario: the scenario.
    schedule: the sessions; row j of `schedule.sessions` is session j of `records`.
    records: `STEP[T, N]`; `records["power_kw"]` and so on are arrays `[T, N]`.
    series: prices, base load, sun and so on; None is a world without them.
    """

    scenario: Scenario
    schedule: Schedule
    records: Records
    series: Series | None = None

    @property
    def num_steps(self) -> int:
        """T: how many steps were made."""
        return int(self.records.shape[0])

    @property
    def num_stations(self) -> int:
        """N."""
        return int(self.records.shape[1])

    @property
    def power_kw(self) -> Array:
        """`[T, N]`: what flowed into each station, averaged over the step, on the grid side."""
        return self.records["power_kw"]

    @property
    def area_power_kw(self) -> Array:
        """`[T]`: the sum over the stations, in station order."""
        return np.cumsum(self.power_kw, axis=1)[:, -1]

    @property
    def session(self) -> npt.NDArray[np.int32]:
        """`[T, N]`: the row in `schedule.sessions` of the session served in each step, or -1."""
        return self.records["session"]

    @cached_property
    def session_records(self) -> Records:
        """The schedule on the step grid, `SESSION[S]`: plug and depart steps, status."""
        return self.schedule.on_grid(self.scenario.step_minutes, self.scenario.horizon_steps)

    @cached_property
    def session_energy_kwh(self) -> Array:
        """`[T + 1, S]`: what each session's battery holds at the beginning of step t (row T: at the end).

        Before its visit it is the energy on arrival, after it the energy it left with.
        """
        energy = np.tile(self.session_records["energy_arrival_kwh"], (self.num_steps + 1, 1))
        for t in range(self.num_steps):
            energy[t + 1] = energy[t]
            plugged = self.session[t] != NO_SESSION
            energy[t + 1, self.session[t][plugged]] = self.records["energy_kwh"][t][plugged]
        return energy

    @cached_property
    def books(self) -> EnergyBooks:
        """The area's energy, step by step."""
        grid_kwh, out_kwh, loss_kwh = self._flows_kwh
        return EnergyBooks(
            grid_kwh=grid_kwh.sum(axis=1),
            grid_out_kwh=out_kwh.sum(axis=1),
            battery_kwh=np.diff(self.session_energy_kwh, axis=0).sum(axis=1),
            loss_kwh=loss_kwh.sum(axis=1),
        )

    @cached_property
    def _flows_kwh(self) -> tuple[Array, Array, Array]:
        """What each station drew, gave and lost in each step, `[T, N]` each."""
        flow_kwh = self.power_kw * (self.scenario.step_minutes / MINUTES_PER_HOUR)
        batteries = self.session_records["battery"]
        efficiency, efficiency_out = (
            np.append(batteries[name], 1.0)[self.session] for name in ("efficiency", "efficiency_out")
        )
        drawn_kwh, given_kwh = np.maximum(flow_kwh, 0.0), np.maximum(-flow_kwh, 0.0)
        return drawn_kwh, given_kwh, (1.0 - efficiency) * drawn_kwh + (1.0 / efficiency_out - 1.0) * given_kwh

    @property
    def metered(self) -> bool:
        """Whether the area has a meter: the scenario is a site, or there are series."""
        return self.scenario.is_site or self.series is not None

    @property
    def meter(self) -> Records:
        """What the area's meter read in each step, and from the episode's start on, `METER[T]`."""
        return self._metered[0]

    @property
    def bills(self) -> Records:
        """What each step cost for each station, `BILL[T, N]`."""
        return self._metered[1]

    @cached_property
    def moments(self) -> Records:
        """What the world was in each step, and as far beyond as stations look ahead: `MOMENT[T + 1 + look-ahead]`."""
        return make_moments(self.scenario.num_moments) if self.series is None else self.series.moments

    @cached_property
    def _metered(self) -> tuple[Records, Records]:
        areas, stations = idle_records(self.scenario)
        areas["meter"]["billing_period"] = self.moments["billing_period"][:1]
        told, bills = np.zeros(self.num_steps, METER), np.zeros(self.records.shape, BILL)
        bill_steps(areas[0], stations[0], self.moments, self.records, told, bills)
        return told, bills

    def to_frame(self) -> pl.DataFrame:
        """One row for each step and station: what was asked, accepted and granted (kW), and what the battery holds.

        Where there is a meter, also the station's part of the bill: `cost`, `demand_cost`, `carbon_kg`.
        """
        steps, stations = np.indices(self.records.shape)
        columns = {name: self.records[name].ravel() for name in COLUMNS}
        if self.metered:
            columns |= {name: self.bills[name].ravel() for name in BILL.names or ()}
        index = {"step": steps.ravel().astype(np.int32), "station": stations.ravel().astype(np.int32)}
        frame = pl.DataFrame({**index, **columns})
        names = pl.concat([self.schedule.sessions["pev"], pl.Series("pev", [None], pl.String)])
        rows = frame["session"].to_numpy()
        return frame.with_columns(
            minute=pl.col("step") * self.scenario.step_minutes,
            pev=names[np.where(rows == NO_SESSION, len(self.schedule), rows)],
        )

    def session_frame(self) -> pl.DataFrame:
        """The schedule's sessions and what became of each: status, energies in kWh, whether it has left.

        Where there is a meter, also what it cost: `cost`, `demand_cost`, `carbon_kg`.
        """
        records = self.session_records
        final = self.session_energy_kwh[-1]
        flows = np.zeros((3, len(records) + 1))
        for total, flow in zip(flows, self._flows_kwh, strict=True):
            np.add.at(total, self.session.ravel(), flow.ravel())
        unmet = np.maximum(records["energy_target_kwh"] - final, 0.0)
        unmet[np.isin(records["station"], self.scenario.store_stations)] = 0.0
        frame = self.schedule.sessions.with_columns(
            status=pl.Series([Status(code).name.lower() for code in records["status"]], dtype=pl.String),
            wait_min=pl.col("plug_in_min") - pl.col("arrival_min"),
            energy_wanted_kwh=pl.col("energy_target_kwh") - pl.col("energy_arrival_kwh"),
            energy_delivered_kwh=pl.Series(final - records["energy_arrival_kwh"]),
            energy_unmet_kwh=pl.Series(unmet),
            grid_energy_kwh=pl.Series(flows[0, :-1]),
            grid_out_energy_kwh=pl.Series(flows[1, :-1]),
            loss_kwh=pl.Series(flows[2, :-1]),
            departed=pl.Series(records["depart_step"] <= self.num_steps),
        )
        if not self.metered:
            return frame
        bills = {name: np.zeros(len(records) + 1) for name in BILL.names or ()}
        for name, total in bills.items():
            np.add.at(total, self.session.ravel(), self.bills[name].ravel())
        return frame.with_columns(**{name: pl.Series(total[:-1]) for name, total in bills.items()})

    def write(self, path: str | Path) -> None:
        """The trace as a Parquet file: `to_frame`, with scenario and schedule in the file's metadata."""
        if ending(path) != ".parquet":
            raise InputError(str(path), ["a trace file must end in .parquet"])
        metadata = {"scenario": self.scenario.to_toml(), "schedule": self.schedule.to_text()}
        metadata |= {} if self.series is None else {"series": self.series.to_text()}
        write_parquet(path, self.to_frame(), {"format_version": _FORMAT_VERSION, **metadata})

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The trace in a file that `write` has written.

        Its rows may stand in any order. Raises `InputError` that names the file and every row that breaks a rule of
        `pev_battery_charge.trace_rows`: of steps and stations, sessions, bounds and books.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError(str(path), ["no such file"])
        metadata, frame = read_parquet(path)
        known = metadata.get("format_version") == _FORMAT_VERSION and {"scenario", "schedule"} <= set(metadata)
        if not known or not {"step", "station", *COLUMNS} <= set(frame.columns):
            raise InputError(str(path), ["is not a trace file of this format version"])
        scenario = Scenario.from_toml(metadata["scenario"], source=f"{path}, scenario")
        schedule = Schedule.from_text(metadata["schedule"], source=f"{path}, schedule")
        sessions = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
        series = Series.from_text(metadata["series"], f"{path}, series") if "series" in metadata else None
        Instance(schedule, series).validate(scenario)
        moments = None if series is None else series.moments
        trace = cls(scenario, schedule, to_records(frame, scenario, sessions, str(path), moments), series)
        # What the schedule contains is not written twice.
        targets_kwh = np.append(trace.session_records["energy_target_kwh"], 0.0)
        targets_kwh[:-1][np.isin(trace.session_records["station"], scenario.store_stations)] = 0.0
        last_steps = np.append(trace.session_records["depart_step"], 0) - 1
        trace.records["target_kwh"] = targets_kwh[trace.session]
        trace.records["departed"] = last_steps[trace.session] == np.arange(trace.num_steps)[:, None]
        return trace
