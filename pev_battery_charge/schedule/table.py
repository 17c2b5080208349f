"""A schedule: all sessions of one episode as a table, each with the station it is given, or without one."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import available_timezones

import numpy as np
import numpy.typing as npt
import polars as pl

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.clock import put_on_grid
from pev_battery_charge.core.records import BATTERY, NO_SESSION, SESSION, Status, copy_records
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.schedule import files, validation
from pev_battery_charge.schedule.columns import COLUMNS, MAY_BE_LEFT_OUT, PLACE, STATED
from pev_battery_charge.schedule.years import FIRST_YEAR, LAST_YEAR, YEARS_RULE

_VERSION_KEY: Final = "format_version"
_FORMAT_VERSION: Final = "1"
"""Version of the schedule file's format; a file of another one is refused."""


STORE_NAME: Final = "store_{}"
"""What stands for a PEV's name in the session of a battery of the site, with the number of its station."""


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

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], source: str) -> Self:
        """What a file says of itself; raises `InputError` about the file, `source`."""
        values: dict[str, Any] = {key: metadata[key] for key in vars(cls()) if key in metadata}
        version = metadata.get(_VERSION_KEY, _FORMAT_VERSION)
        problems = []
        if version != _FORMAT_VERSION:
            problems.append(f"format version must be {_FORMAT_VERSION} (it is {version})")
        for key, kind in (("step_minutes", float), ("horizon_steps", int), ("seed", int)):
            if key in values:
                try:
                    values[key] = kind(values[key])
                except ValueError:
                    problems.append(
                        f"metadata {key!r} must be a number (it is {validation.shorten(repr(metadata[key]))})"
                    )
                    continue
                if key != "seed" and not 0 < values[key] < math.inf:
                    problems.append(f"metadata {key!r} must be above 0 and finite (it is {metadata[key]!r})")
        problems += _clock_problems(values.get("start"), values.get("time_zone"))
        raise_if(source, problems)
        return cls(**values)


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
                          is the departure itself
    power_min_kw          the limit of what its battery gives, at most 0, on the grid side; null: nothing
    efficiency_out        energy given to the grid over energy taken out; null: as `efficiency`
    energy_min_kwh        the floor, down to which it is discharged; null: 0
    energy_max_kwh        the ceiling, up to which it may be charged; null: the target
    ====================  ============================================================================================

    The last five columns may be missing, and are written only where a session has a value.

    info: where it comes from (`ScheduleInfo`).

    Raises `InputError` that names every row, column and broken rule.
    """

    def __init__(self, sessions: pl.DataFrame, info: ScheduleInfo | None = None, *, source: str = "schedule") -> None:
        rows, problems = validation.examine(sessions)
        told = [] if info is None else _clock_problems(info.start, info.time_zone)
        raise_if(source, [*told, *problems])
        self._keep(rows, info, source)

    def _keep(self, rows: pl.DataFrame, info: ScheduleInfo | None, source: str) -> None:
        self._sessions = rows.select(COLUMNS.keys())
        self._places = rows.drop(COLUMNS.keys())
        self._info = info or ScheduleInfo()
        self._source = source

    @classmethod
    def _checked(cls, table: files.Table, info: ScheduleInfo | None, source: str) -> Self:
        """A schedule of a table whose places in a file are known, and its problems told with those found here."""
        rows, problems = validation.examine(table.sessions, table.places)
        raise_if(source, [*table.problems, *problems])
        schedule = cls.__new__(cls)
        schedule._keep(rows, info, source)
        return schedule

    @classmethod
    def _read(cls, table: files.Table, source: str, *, may_be_empty: bool) -> Self:
        info, problems = read_info(table.metadata, source)
        if table.sessions.height == 0 and not table.problems and not may_be_empty:
            problems.append("it has no sessions")
        return cls._checked(table._replace(problems=(*problems, *table.problems)), info, source)

    @property
    def sessions(self) -> pl.DataFrame:
        """The sessions; see the class for the columns. A frame of its own: what is changed in it is changed there."""
        return self._sessions.clone()

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
        """The schedule in a file, CSV or Parquet by its ending; raises `InputError` that names file, row and rule."""
        return cls._read(files.read_table(path), str(path), may_be_empty=False)

    def write(self, path: str | Path) -> None:
        """The schedule as a file, CSV or Parquet by its ending; an existing file is replaced whole or not at all."""
        files.write_table(path, *self.written())

    @classmethod
    def from_text(cls, text: str, source: str = "schedule") -> Self:
        """A schedule from the text of a CSV file; `source` names it in errors (`InputError`)."""
        return cls._read(files.parse_table(text, source), source, may_be_empty=True)

    def to_text(self) -> str:
        """The schedule as the text of a CSV file; `from_text` gives it back."""
        return files.format_csv(*self.written())

    def written(self) -> tuple[pl.DataFrame, dict[str, str]]:
        """The columns that a file has, without those that may be left out and are empty; and its metadata."""
        empty = [name for name in MAY_BE_LEFT_OUT if self._sessions[name].null_count() == len(self)]
        told = {key: str(value) for key, value in vars(self._info).items() if value is not None}
        return self._sessions.drop(empty), {_VERSION_KEY: _FORMAT_VERSION, **told}

    def validate(self, scenario: validation.Site | None = None) -> None:
        """A check that it fits the scenario, if one is given; raises `InputError` with every problem.

        All other rules have been checked when it was made or read, and it does not change.
        """
        if scenario is None:
            return
        problems = []
        if self.horizon_minutes is not None and not math.isclose(self.horizon_minutes, scenario.horizon_minutes):
            lengths = f"{self.horizon_minutes:g} min, the scenario has {scenario.horizon_minutes:g} min"
            problems.append(f"it was made for {lengths}: give the scenario the same step_minutes x horizon_steps")
        if scenario.store_stations:
            at_store = pl.col("station").is_in(scenario.store_stations)
            named = pl.format(STORE_NAME, "station") == pl.col("pev")
            rows = pl.concat([self._places, self._sessions], how="horizontal").filter(at_store & ~named)
            problems += validation.describe(rows, "station", "is a battery of the site, where no PEV comes")
        if self.records["station"].max(initial=NO_SESSION) >= scenario.num_stations:
            rows = pl.concat([self._places, self._sessions], how="horizontal")
            beyond = rows.filter(pl.col("station") >= scenario.num_stations)
            rule = f"unknown station: the scenario has 0 to {scenario.num_stations - 1}"
            problems += validation.describe(beyond, "station", rule)
        raise_if(self._source, problems)

    @property
    def horizon_minutes(self) -> float | None:
        """The length it was made for, if known."""
        step_minutes, horizon_steps = self._info.step_minutes, self._info.horizon_steps
        return None if step_minutes is None or horizon_steps is None else step_minutes * horizon_steps

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

        The field `status` says whether a session is served, rejected, or too short for a single whole step.
        """
        records = self.to_records()
        put_on_grid(records, step_minutes, horizon_steps)
        return records

    def to_records(self, room: int | None = None) -> Records:
        """The sessions as `SESSION[room]`, by default without padding; departures not stated are as the true ones."""
        records = np.zeros(len(self) if room is None else room, SESSION)
        copy_records(self.records, records[: len(self)])
        return records

    @cached_property
    def records(self) -> Records:
        """The same without padding, made once and for reading only."""
        sessions = self._sessions.with_columns(
            pl.col("station").fill_null(NO_SESSION),
            pl.col("plug_in_min").fill_null(math.nan),
            pl.col(STATED).fill_null(pl.col("departure_min")),
            pl.col("efficiency_out").fill_null(pl.col("efficiency")),
            *(pl.col(name).fill_null(0.0) for name in ("power_min_kw", "energy_min_kwh", "energy_max_kwh")),
        )
        records = np.zeros(len(self), SESSION)
        for name, field in _fields(records).items():
            field[:] = sessions[name].to_numpy()
        records["status"] = np.where(records["station"] == NO_SESSION, Status.REJECTED, Status.SERVED)
        records.flags.writeable = False
        return records

    @classmethod
    def from_records(
        cls,
        records: Records,
        info: ScheduleInfo,
        names: pl.Series | None = None,
        *,
        places: pl.DataFrame | None = None,
        problems: Sequence[str] = (),
        source: str = "schedule",
    ) -> Self:
        """A schedule from `SESSION[S]`, its padding left out; null is what is as it would be without the column.

        names: of the PEVs; by default they are named by their order of arrival.
        places: of the sessions in the file, `source`, that they come from: their `row`, and of text their `line`.
        problems: found in that file before, and told with those found here.

        Raises `InputError` as `Schedule` does.
        """
        used = records[records["status"] != Status.PADDING]
        pevs = pev_names(used.size) if names is None else names
        served = pl.Series(used["status"] != Status.REJECTED)
        sessions = pl.DataFrame({"pev": pevs, **_fields(used)}).with_columns(
            pl.when(served).then(pl.col(PLACE)),
            pl.when(pl.col(STATED) != pl.col("departure_min")).then(STATED),
            pl.when(pl.col("power_min_kw") < 0.0).then("power_min_kw"),
            pl.when((pl.col("efficiency_out") != pl.col("efficiency")) & (pl.col("efficiency_out") > 0.0)).then(
                "efficiency_out"
            ),
            pl.when(pl.col("energy_min_kwh") > 0.0).then("energy_min_kwh"),
            pl.when(pl.col("energy_max_kwh") > pl.col("energy_target_kwh")).then("energy_max_kwh"),
        )
        table = files.Table(sessions.cast(pl.Schema(COLUMNS)), {}, places, tuple(problems))
        return cls._checked(table, info, source)


def pev_names(count: int) -> list[str]:
    """Names of PEVs, by their order of arrival."""
    digits = max(len(str(count - 1)), 2)
    return [f"pev_{number:0{digits}d}" for number in range(count)]


def _clock_problems(start: str | None, time_zone: str | None) -> list[str]:
    """The problems of when minute 0 is."""
    problems = [] if start is None else _start_problems(start)
    if time_zone is not None and time_zone not in available_timezones():
        problems.append(f"metadata 'time_zone' must be a known time zone (it is {time_zone!r})")
    return problems


def _start_problems(start: str) -> list[str]:
    """The problem of the local time of minute 0, if it has one."""
    told = f"(it is {start!r})"
    if not re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2} )?([01][0-9]|2[0-3]):[0-5][0-9]", start):
        return [f"metadata 'start' must be HH:MM or YYYY-MM-DD HH:MM {told}"]
    try:
        year = datetime.fromisoformat(start).year if " " in start else FIRST_YEAR
    except ValueError:
        return [f"metadata 'start' must be a day that there is {told}"]
    return [] if FIRST_YEAR <= year <= LAST_YEAR else [f"metadata 'start' {YEARS_RULE} {told}"]


def read_info(metadata: Mapping[str, str], source: str) -> tuple[ScheduleInfo, list[str]]:
    """What a file says of itself, and what is wrong with that."""
    try:
        return ScheduleInfo.from_metadata(metadata, source), []
    except InputError as error:
        return ScheduleInfo(), list(error.problems)


def _fields(records: Records) -> dict[str, npt.NDArray[Any]]:
    """The columns of a schedule, but for the PEVs' names, in its records."""
    return {
        name: (records["battery"] if name in (BATTERY.names or ()) else records)[name]
        for name in COLUMNS
        if name != "pev"
    }
