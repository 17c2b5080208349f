"""A schedule: all sessions of one episode as a table, each with the station it is given, or without one."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.clock import put_on_grid
from pev_battery_charge.core.records import NO_SESSION, SESSION, Status
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import InputError
from pev_battery_charge.schedule import files, validation
from pev_battery_charge.schedule.columns import BATTERY_FIELDS, COLUMNS, PLACE, STATED


@dataclass(frozen=True)
class ScheduleInfo:
    """Where a schedule comes from, and the clock that its minutes are counted on."""

    scenario: str | None = None
    """Name of the scenario it was made for."""
    step_minutes: float | None = None
    horizon_steps: int | None = None
    seed: int | None = None
    generator: str | None = None
    """What made it: "spread", "site", "acn", ..."""
    source: str | None = None
    """The file or statistics it was made from."""
    start: str | None = None
    """Local time of minute 0: "HH:MM", or "YYYY-MM-DD HH:MM" where the day is known."""
    time_zone: str | None = None


class Schedule:
    """All sessions of one episode, in order of arrival, each with its station or without one. Immutable.

    sessions: a data frame, one session a row, with the columns

    ====================  ============================================================================================
    pev                   name of the vehicle
    arrival_min           minutes from the episode's start
    departure_min         likewise
    capacity_kwh          battery capacity
    energy_arrival_kwh    energy stored on arrival
    energy_target_kwh     energy that should be stored on departure
    power_max_kw          the PEV's own limit, on the grid side
    efficiency            stored energy over grid energy
    transition_soc        state of charge above which the battery tapers
    station               number of its station, or null for a PEV that found none and drove on
    plug_in_min           when it was plugged in (later than its arrival if it had to wait), or null
    departure_stated_min  when it leaves as its driver said, which is all that controllers know; null where that
                          is the departure itself. The column may be missing, and is written only where it is needed
    ====================  ============================================================================================

    info: where it comes from (`ScheduleInfo`).

    Raises `InputError` that names every row, column and broken rule.
    """

    def __init__(self, sessions: pl.DataFrame, info: ScheduleInfo | None = None, *, source: str = "schedule") -> None:
        rows = validation.checked(sessions, source)
        self._rows = rows["row"]
        self._sessions = rows.drop("row")
        self._info = info or ScheduleInfo()
        self._source = source

    @property
    def sessions(self) -> pl.DataFrame:
        """The sessions; see the class for the columns."""
        return self._sessions

    @property
    def info(self) -> ScheduleInfo:
        """Where the schedule comes from."""
        return self._info

    def __len__(self) -> int:
        return self._sessions.height

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return self._info == other._info and self._sessions.equals(other._sessions)

    __hash__ = None  # type: ignore[assignment]  # equal by content, which is too large to hash

    def __repr__(self) -> str:
        return f"Schedule({len(self)} sessions, {self._info})"

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a schedule file, CSV or Parquet by its ending; raises `InputError` that names file, row and rule."""
        sessions, metadata = files.read_table(path)
        if sessions.height == 0:
            raise InputError(str(path), ["it has no sessions"])
        return cls(sessions, _info_from_metadata(metadata, str(path)), source=str(path))

    def write(self, path: str | Path) -> None:
        """Write a schedule file, CSV or Parquet by its ending; an existing file is replaced whole or not at all."""
        files.write_table(path, self._written(), _info_to_metadata(self._info))

    @classmethod
    def from_text(cls, text: str, source: str = "schedule") -> Self:
        """A schedule from the text of a CSV file; `source` names it in errors (`InputError`)."""
        sessions, metadata = files.parse_csv(text, source)
        return cls(sessions, _info_from_metadata(metadata, source), source=source)

    def to_text(self) -> str:
        """The schedule as the text of a CSV file; `from_text` gives it back."""
        return files.format_csv(self._written(), _info_to_metadata(self._info))

    def _written(self) -> pl.DataFrame:
        """The columns that a file has: stated departures are left out where nobody has stated one."""
        nobody = self._sessions[STATED].null_count() == len(self)
        return self._sessions.drop(STATED) if nobody else self._sessions

    def validate(self, scenario: validation.Extent | None = None) -> None:
        """Check every rule a schedule must keep, and with a scenario also that it fits the scenario.

        Raises `InputError` with every problem. Schedules are checked when they are made or read.
        """
        validation.checked(self._sessions, self._source)
        if scenario is not None:
            validation.check_fit(self._sessions.with_columns(self._rows), self._source, scenario, self.horizon_minutes)

    @property
    def horizon_minutes(self) -> float | None:
        """The length it was made for, if known."""
        if self._info.step_minutes is None or self._info.horizon_steps is None:
            return None
        return self._info.step_minutes * self._info.horizon_steps

    @property
    def start_hour(self) -> float | None:
        """Hour of the day at minute 0, if known."""
        if self._info.start is None:
            return None
        hours, minutes = self._info.start.split(" ")[-1].split(":")
        return float(hours) + float(minutes) / MINUTES_PER_HOUR

    def replace_info(self, **changes: Any) -> Self:
        """A copy with some of its `info` changed."""
        return type(self)(self._sessions, replace(self._info, **changes), source=self._source)

    def on_grid(self, step_minutes: float, horizon_steps: int) -> Records:
        """The sessions on a grid of steps, `SESSION[S]`: their plug and depart steps, and what becomes of each.

        The field `status` tells whether a session is served, rejected, or too short for a single whole step.
        """
        records = self.to_records()
        put_on_grid(records, step_minutes, horizon_steps)
        return records

    def to_records(self, room: int | None = None) -> Records:
        """The sessions as `SESSION[room]`, padded; without `room`, without padding.

        A departure that is not stated is taken to be stated rightly.
        """
        records = np.zeros(len(self) if room is None else room, SESSION)
        used = records[: len(self)]
        for name in COLUMNS:
            if name == "pev":
                continue
            column = self._sessions[name]
            if name == "station":
                used[name] = column.fill_null(NO_SESSION).to_numpy()
                used["status"] = np.where(column.is_null().to_numpy(), Status.REJECTED, Status.SERVED)
            elif name == STATED:
                used[name] = column.fill_null(self._sessions["departure_min"]).to_numpy()
            else:
                fields = used["battery"] if name in BATTERY_FIELDS else used
                fields[name] = column.fill_null(float("nan")).to_numpy()
        return records

    @classmethod
    def from_records(cls, records: Records, info: ScheduleInfo, names: pl.Series | None = None) -> Self:
        """A schedule from `SESSION[S]`, its padding left out; a stated departure that is the true one is null.

        names: of the PEVs; by default they are named by their order of arrival.
        """
        used = records[records["status"] != Status.PADDING]
        columns: dict[str, Any] = {
            name: used["battery"][name] if name in BATTERY_FIELDS else used[name] for name in COLUMNS if name != "pev"
        }
        digits = max(len(str(used.size - 1)), 2)
        columns["pev"] = [f"pev_{number:0{digits}d}" for number in range(used.size)] if names is None else names
        rejected = pl.Series(used["status"] == Status.REJECTED)
        as_stated = pl.col(STATED) == pl.col("departure_min")
        sessions = pl.DataFrame(columns).with_columns(
            *(pl.when(rejected).then(None).otherwise(pl.col(name)).alias(name) for name in PLACE),
            pl.when(as_stated).then(None).otherwise(pl.col(STATED)).alias(STATED),
        )
        return cls(sessions.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()), info)


def _info_to_metadata(info: ScheduleInfo) -> dict[str, str]:
    return {key: str(value) for key, value in vars(info).items() if value is not None}


def _info_from_metadata(metadata: dict[str, str], source: str) -> ScheduleInfo:
    problems = validation.check_metadata(metadata)
    validation.raise_if(source, problems)
    return ScheduleInfo(
        scenario=metadata.get("scenario"),
        step_minutes=float(metadata["step_minutes"]) if "step_minutes" in metadata else None,
        horizon_steps=int(metadata["horizon_steps"]) if "horizon_steps" in metadata else None,
        seed=int(metadata["seed"]) if "seed" in metadata else None,
        generator=metadata.get("generator"),
        source=metadata.get("source"),
        start=metadata.get("start"),
        time_zone=metadata.get("time_zone"),
    )
