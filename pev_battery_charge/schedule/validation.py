"""The rules a schedule must keep. Everything is checked at the door, and every problem is told at once."""

import math
import re
from collections.abc import Sequence
from typing import Protocol
from zoneinfo import available_timezones

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.schedule.columns import COLUMNS, OPTIONAL, STATED

_SHOWN_PER_RULE = 5
_TIME_TOLERANCE_MIN = 1e-9

_RULES: tuple[tuple[str, pl.Expr, str], ...] = (
    ("arrival_min", pl.col("arrival_min") >= 0, "must not be negative"),
    ("departure_min", pl.col("departure_min") > pl.col("arrival_min"), "must be after arrival_min"),
    ("capacity_kwh", pl.col("capacity_kwh") > 0, "must be above 0"),
    ("energy_arrival_kwh", pl.col("energy_arrival_kwh") >= 0, "must not be negative"),
    (
        "energy_arrival_kwh",
        pl.col("energy_arrival_kwh") <= pl.col("capacity_kwh"),
        "must not be above capacity_kwh",
    ),
    (
        "energy_target_kwh",
        pl.col("energy_target_kwh") >= pl.col("energy_arrival_kwh"),
        "must not be below energy_arrival_kwh",
    ),
    ("energy_target_kwh", pl.col("energy_target_kwh") <= pl.col("capacity_kwh"), "must not be above capacity_kwh"),
    ("power_max_kw", pl.col("power_max_kw") > 0, "must be above 0"),
    ("efficiency", (pl.col("efficiency") > 0) & (pl.col("efficiency") <= 1), "must be above 0 and at most 1"),
    ("transition_soc", pl.col("transition_soc").is_between(0, 1), "must be between 0 and 1"),
    ("station", pl.col("station").is_null() | (pl.col("station") >= 0), "must not be negative"),
    (
        "station",
        pl.col("station").is_null() == pl.col("plug_in_min").is_null(),
        "station and plug_in_min must be given together, or both be empty",
    ),
    (
        "plug_in_min",
        pl.col("plug_in_min").is_null() | (pl.col("plug_in_min") >= pl.col("arrival_min")),
        "must not be before arrival_min",
    ),
    (
        "plug_in_min",
        pl.col("plug_in_min").is_null() | (pl.col("plug_in_min") <= pl.col("departure_min")),
        "must not be after departure_min",
    ),
    (STATED, pl.col(STATED).is_null() | (pl.col(STATED) > pl.col("arrival_min")), "must be after arrival_min"),
)


class Extent(Protocol):
    """What a schedule must fit into; a `Scenario` is one."""

    @property
    def num_stations(self) -> int:
        """Stations of the area, numbered from 0."""

    @property
    def horizon_minutes(self) -> float:
        """Length of an episode."""


def checked(sessions: pl.DataFrame, source: str) -> pl.DataFrame:
    """The sessions with their proper column types, in order of arrival, and a column `row`: their place before.

    Rows are counted from 1, a header not included. Without a column `departure_stated_min`, it is null in all rows.
    Raises `InputError` with every problem.
    """
    if STATED not in sessions.columns:
        sessions = sessions.with_columns(pl.lit(None).alias(STATED))
    missing = [name for name in COLUMNS if name not in sessions.columns]
    problems = [f"column {name!r} is missing" for name in missing]
    problems += [f"column {name!r} is unknown" for name in sessions.columns if name not in COLUMNS]
    raise_if(source, problems)
    rows = sessions.select(*COLUMNS).with_row_index("row", offset=1)
    typed = rows.select("row", *(_cast(name, kind) for name, kind in COLUMNS.items()))
    problems = _unreadable(rows, typed)
    raise_if(source, problems)
    for column, rule, text in _RULES:
        broken = typed.filter(~rule).select("row", column)
        problems += _describe(broken, column, text)
    problems += _overlaps(
        typed.filter(pl.col("station").is_not_null()),
        "station",
        "plug_in_min",
        "station {} is still taken by the session of row {}",
    )
    problems += _overlaps(
        typed.filter(pl.col("station").is_not_null()),
        "pev",
        "arrival_min",
        "PEV {!r} is still here with the session of row {}",
    )
    raise_if(source, problems)
    return typed.sort("arrival_min", maintain_order=True)


def check_fit(sessions: pl.DataFrame, source: str, extent: Extent, own_horizon_minutes: float | None) -> None:
    """Raise `InputError` unless the sessions, with their `row`, fit an area's stations and horizon."""
    problems = []
    if own_horizon_minutes is not None and not math.isclose(own_horizon_minutes, extent.horizon_minutes):
        problems.append(
            f"it was made for {own_horizon_minutes:g} min, the scenario has {extent.horizon_minutes:g} min: "
            "give the scenario the same step_minutes x horizon_steps"
        )
    unknown = sessions.filter(pl.col("station") >= extent.num_stations).select("row", "station")
    problems += _describe(unknown, "station", f"unknown station: the scenario has 0 to {extent.num_stations - 1}")
    raise_if(source, problems)


def check_metadata(metadata: dict[str, str]) -> list[str]:
    """Problems of the values that a file says of itself."""
    problems = []
    for key, kind in (("step_minutes", float), ("horizon_steps", int), ("seed", int)):
        try:
            value = kind(metadata.get(key, "1"))
        except ValueError:
            problems.append(f"metadata {key!r} must be a number (it is {metadata[key]!r})")
            continue
        if key != "seed" and not 0 < value < math.inf:
            problems.append(f"metadata {key!r} must be above 0 and finite (it is {metadata[key]!r})")
    if not re.fullmatch(r"(\d{4}-\d\d-\d\d )?([01]\d|2[0-3]):[0-5]\d", metadata.get("start", "00:00")):
        problems.append(f"metadata 'start' must be HH:MM or YYYY-MM-DD HH:MM (it is {metadata['start']!r})")
    if "time_zone" in metadata and metadata["time_zone"] not in available_timezones():
        problems.append(f"metadata 'time_zone' must be a known time zone (it is {metadata['time_zone']!r})")
    return problems


def raise_if(source: str, problems: Sequence[str]) -> None:
    """Raise `InputError` if there are problems."""
    if problems:
        raise InputError(source, problems)


def _cast(name: str, kind: type[pl.DataType]) -> pl.Expr:
    column = pl.col(name)
    if name == "pev":
        return column.cast(pl.String)
    if name == "station":
        column = column.cast(pl.Float64, strict=False)
        return pl.when(column == column.floor()).then(column).cast(kind, strict=False)
    return column.cast(kind, strict=False)


def _unreadable(rows: pl.DataFrame, typed: pl.DataFrame) -> list[str]:
    """Cells that are empty, not a number, or not finite."""
    problems = []
    for name in COLUMNS:
        if name == "pev":
            continue
        lost = typed[name].is_null()
        if name in OPTIONAL:
            lost &= rows[name].is_not_null()
        if name != "station":
            lost |= ~typed[name].is_finite().fill_null(True)
        broken = rows.filter(lost).select("row", name)
        rule = "must be a whole number or empty" if name == "station" else "must be a finite number"
        problems += _describe(broken, name, rule)
    return problems + _describe(rows.filter(typed["pev"].is_null()).select("row", "pev"), "pev", "must be given")


def _describe(broken: pl.DataFrame, column: str, rule: str) -> list[str]:
    shown = [f"row {row}, {column}: {rule} (it is {value})" for row, value in broken.head(_SHOWN_PER_RULE).iter_rows()]
    if broken.height > _SHOWN_PER_RULE:
        shown.append(f"{column}: {rule}, in {broken.height - _SHOWN_PER_RULE} more rows")
    return shown


def _overlaps(sessions: pl.DataFrame, who: str, begin: str, text: str) -> list[str]:
    """Sessions of one station, or one PEV, that begin before the one before has ended."""
    if sessions[who].n_unique() == sessions.height:
        return []
    ordered = sessions.sort(who, begin, "row").select("row", who, begin, "departure_min")
    early = pl.col(begin) < pl.col("departure_min").shift(1) - _TIME_TOLERANCE_MIN
    if ordered.filter(early & (pl.col(who) == pl.col(who).shift(1))).is_empty():
        return []
    latest = pl.col("departure_min").cum_max()
    row_of_latest = pl.when(pl.col("departure_min") == latest).then("row").forward_fill()
    before = ordered.with_columns(row_before=row_of_latest.shift(1).over(who), ended=latest.shift(1).over(who))
    broken = before.filter(pl.col(begin) < pl.col("ended") - _TIME_TOLERANCE_MIN).sort("row")
    shown = broken.head(_SHOWN_PER_RULE).select("row", who, "row_before").iter_rows()
    problems = [f"row {row}, {begin}: " + text.format(value, row_before) for row, value, row_before in shown]
    if broken.height > _SHOWN_PER_RULE:
        problems.append(f"{who}: two sessions at once, in {broken.height - _SHOWN_PER_RULE} more rows")
    return problems
