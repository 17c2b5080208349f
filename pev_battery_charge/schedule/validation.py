"""The rules a schedule must keep. Everything is checked at the door, and every problem is told at once."""

from collections.abc import Callable, Container, Mapping
from typing import Final, NamedTuple, Protocol

import polars as pl

from pev_battery_charge.errors import raise_if
from pev_battery_charge.schedule.columns import COLUMNS, OPTIONAL, STATED
from pev_battery_charge.sizes import (
    LEAST_EFFICIENCY,
    LEAST_ENERGY_KWH,
    LEAST_POWER_KW,
    MOST_ENERGY_KWH,
    MOST_MINUTES,
    MOST_POWER_KW,
    MOST_SESSIONS,
)

_SHOWN_PER_RULE = 5
_TIME_TOLERANCE_MIN = 1e-9

_TIMES: Final = ("arrival_min", "departure_min", "plug_in_min", STATED)

_RULES: Final[tuple[tuple[str, Callable[[pl.Expr], pl.Expr], str], ...]] = (
    ("arrival_min", lambda cell: cell >= 0, "must not be negative"),
    *((name, lambda cell: cell <= MOST_MINUTES, f"must be at most {MOST_MINUTES:g}") for name in _TIMES),
    ("departure_min", lambda cell: cell > pl.col("arrival_min"), "must be after arrival_min"),
    ("capacity_kwh", lambda cell: cell > 0, "must be above 0"),
    (
        "capacity_kwh",
        lambda cell: (cell <= 0) | cell.is_between(LEAST_ENERGY_KWH, MOST_ENERGY_KWH),
        f"must be between {LEAST_ENERGY_KWH:g} and {MOST_ENERGY_KWH:g}",
    ),
    ("energy_arrival_kwh", lambda cell: cell >= 0, "must not be negative"),
    ("energy_arrival_kwh", lambda cell: cell <= pl.col("capacity_kwh"), "must not be above capacity_kwh"),
    ("energy_target_kwh", lambda cell: cell >= pl.col("energy_arrival_kwh"), "must not be below energy_arrival_kwh"),
    ("energy_target_kwh", lambda cell: cell <= pl.col("capacity_kwh"), "must not be above capacity_kwh"),
    ("power_max_kw", lambda cell: cell > 0, "must be above 0"),
    (
        "power_max_kw",
        lambda cell: (cell <= 0) | cell.is_between(LEAST_POWER_KW, MOST_POWER_KW),
        f"must be between {LEAST_POWER_KW:g} and {MOST_POWER_KW:g}",
    ),
    ("efficiency", lambda cell: (cell > 0) & (cell <= 1), "must be above 0 and at most 1"),
    ("efficiency", lambda cell: (cell <= 0) | (cell >= LEAST_EFFICIENCY), f"must be at least {LEAST_EFFICIENCY:g}"),
    ("transition_soc", lambda cell: cell.is_between(0, 1), "must be between 0 and 1"),
    ("station", lambda cell: cell >= 0, "must not be negative"),
    (
        "station",
        lambda cell: cell.is_null() == pl.col("plug_in_min").is_null(),
        "station and plug_in_min must be given together, or both be empty",
    ),
    ("plug_in_min", lambda cell: cell >= pl.col("arrival_min"), "must not be before arrival_min"),
    ("plug_in_min", lambda cell: cell <= pl.col("departure_min"), "must not be after departure_min"),
    (STATED, lambda cell: cell > pl.col("arrival_min"), "must be after arrival_min"),
)
"""Column, rule and its text; a cell that may be empty keeps every rule by being so."""


class Site(Protocol):
    """What a schedule must fit into, and a population may know of its scenario; a `Scenario` is one."""

    @property
    def num_stations(self) -> int:
        """Stations of the area, numbered from 0."""

    @property
    def step_minutes(self) -> float:
        """Length of a step."""

    @property
    def horizon_steps(self) -> int:
        """Steps of an episode."""

    @property
    def horizon_minutes(self) -> float:
        """Length of an episode."""

    @property
    def num_moments(self) -> int:
        """How many moments of a series an episode needs."""


class Kind(NamedTuple):
    """What the cells of a column are: how one is read, null where it cannot be, and what is then said of it."""

    read: Callable[[pl.Expr], pl.Expr]
    rule: str


def _number(cell: pl.Expr) -> pl.Expr:
    cell = cell.cast(pl.Float64, strict=False)
    return pl.when(cell.is_finite()).then(cell)


def _whole_number(cell: pl.Expr) -> pl.Expr:
    cell = _number(cell)
    return pl.when(cell == cell.floor()).then(cell).cast(pl.Int32, strict=False)


TEXT: Final = Kind(lambda cell: cell.cast(pl.String), "must be given")
NUMBER: Final = Kind(_number, "must be a finite number")
_STATION: Final = Kind(_whole_number, "must be a whole number or empty")
_KINDS: Final = {pl.String: TEXT, pl.Float64: NUMBER, pl.Int32: _STATION}


def read_cells(
    rows: pl.DataFrame, kinds: Mapping[str, Kind], optional: Container[str] = (), names: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """The `row` and the columns of `kinds`, each as its kind, and the problems of the cells that cannot be read.

    optional: columns whose cells may be empty.
    names: what columns are called in problems; by default by their own names.
    """
    read = rows.select("row", *(kind.read(pl.col(name)).alias(name) for name, kind in kinds.items()))
    problems = []
    for name, kind in kinds.items():
        lost = read[name].is_null()
        if name in optional:
            lost &= rows[name].is_not_null()
        problems += describe(rows.filter(lost), name, kind.rule, (names or {}).get(name))
    return read, problems


def checked(sessions: pl.DataFrame, source: str) -> pl.DataFrame:
    """The sessions with their proper column types, in order of arrival, and a column `row`: their place before.

    Rows are counted from 1, a header not included. Without a column `departure_stated_min`, it is null in all rows.
    Raises `InputError` with every problem.
    """
    if STATED not in sessions.columns:
        sessions = sessions.with_columns(pl.lit(None).alias(STATED))
    problems = [f"column {name!r} is missing" for name in COLUMNS if name not in sessions.columns]
    problems += [f"column {name!r} is unknown" for name in sessions.columns if name not in COLUMNS]
    raise_if(source, problems)
    if sessions.height > MOST_SESSIONS:
        raise_if(source, [f"must have at most {MOST_SESSIONS:,} sessions (it has {sessions.height:,})"])
    kinds = {name: _KINDS[kind] for name, kind in COLUMNS.items()}
    rows, problems = read_cells(sessions.with_row_index("row", offset=1), kinds, OPTIONAL)
    raise_if(source, problems)
    for column, rule, text in _RULES:
        problems += describe(rows.filter(~rule(pl.col(column))), column, text)
    served = rows.filter(pl.col("station").is_not_null())
    problems += _overlaps(served, "station", "plug_in_min", "station {} is still taken by the session of row {}")
    problems += _overlaps(served, "pev", "arrival_min", "PEV {!r} is still here with the session of row {}")
    raise_if(source, problems)
    return rows.sort("arrival_min", maintain_order=True)


def describe(broken: pl.DataFrame, column: str, rule: str, name: str | None = None) -> list[str]:
    """The problems of the rows that break a rule of a column, which is called `name`; the first few one by one."""
    cells = broken.select("row", column).head(_SHOWN_PER_RULE).iter_rows()
    shown = [f"row {row}, {name or column}: {rule} (it is {value})" for row, value in cells]
    if broken.height > _SHOWN_PER_RULE:
        shown.append(f"{name or column}: {rule}, in {broken.height - _SHOWN_PER_RULE} more rows")
    return shown


def _overlaps(sessions: pl.DataFrame, who: str, begin: str, text: str) -> list[str]:
    """Sessions of one station, or one PEV, that begin before the one before has ended."""
    if sessions[who].n_unique() == sessions.height:
        return []
    latest = pl.col("departure_min").cum_max()
    row_of_latest = pl.when(pl.col("departure_min") == latest).then("row").forward_fill()
    before = sessions.sort(who, begin, "row").select(
        "row", who, begin, row_before=row_of_latest.shift(1).over(who), ended=latest.shift(1).over(who)
    )
    broken = before.filter(pl.col(begin) < pl.col("ended") - _TIME_TOLERANCE_MIN).sort("row")
    shown = broken.head(_SHOWN_PER_RULE).select("row", who, "row_before").iter_rows()
    problems = [f"row {row}, {begin}: " + text.format(value, row_before) for row, value, row_before in shown]
    if broken.height > _SHOWN_PER_RULE:
        problems.append(f"{who}: two sessions at once, in {broken.height - _SHOWN_PER_RULE} more rows")
    return problems
