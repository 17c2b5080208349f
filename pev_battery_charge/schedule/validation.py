"""The rules a schedule must keep. Everything is checked on entry, and all problems are reported at once."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import polars as pl

from pev_battery_charge.schedule.columns import COLUMNS, MAY_BE_LEFT_OUT, OPTIONAL, PLACE, STATED
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
_SHOWN_LENGTH = 80
_TIME_TOLERANCE_MIN = 1e-9
_PLACE_UNREAD: Final = "place unread"
"""Whether a session's station, or when it is plugged in, cannot be read."""
_HINTS: Final = (
    (re.compile(r"\s*[+-]?\d+,\d+\s*"), "with a decimal point"),
    (re.compile(r"\s*\d+:\d\d.*|\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"), "not a time or a date"),
)
"""What a text that is no number probably is."""

_TIMES: Final = ("arrival_min", "departure_min", "plug_in_min", STATED)

_RULES: Final[tuple[tuple[str, Callable[[pl.Expr], pl.Expr], str], ...]] = (
    ("pev", lambda cell: ~cell.str.contains("\0", literal=True), "must not hold the character NUL"),
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
        lambda cell: (cell.is_null() == pl.col("plug_in_min").is_null()) | pl.col(_PLACE_UNREAD),
        "station and plug_in_min must be given together, or both be empty",
    ),
    ("plug_in_min", lambda cell: cell >= pl.col("arrival_min"), "must not be before arrival_min"),
    ("plug_in_min", lambda cell: cell <= pl.col("departure_min"), "must not be after departure_min"),
    (STATED, lambda cell: cell > pl.col("arrival_min"), "must be after arrival_min"),
    ("power_min_kw", lambda cell: cell <= 0, "must not be above 0"),
    ("power_min_kw", lambda cell: cell >= -MOST_POWER_KW, f"must be at least {-MOST_POWER_KW:g}"),
    ("efficiency_out", lambda cell: (cell > 0) & (cell <= 1), "must be above 0 and at most 1"),
    ("efficiency_out", lambda cell: (cell <= 0) | (cell >= LEAST_EFFICIENCY), f"must be at least {LEAST_EFFICIENCY:g}"),
    ("energy_min_kwh", lambda cell: cell >= 0, "must not be negative"),
    ("energy_min_kwh", lambda cell: cell <= pl.col("energy_target_kwh"), "must not be above energy_target_kwh"),
    ("energy_max_kwh", lambda cell: cell >= pl.col("energy_target_kwh"), "must not be below energy_target_kwh"),
    ("energy_max_kwh", lambda cell: cell <= pl.col("capacity_kwh"), "must not be above capacity_kwh"),
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

    @property
    def store_stations(self) -> Sequence[int]:
        """The stations that are batteries of the site, where no PEV comes."""


class Kind(NamedTuple):
    """What the cells of a column are: how one is read, null where it cannot be, and what is then said of it."""

    read: Callable[[pl.Expr], pl.Expr]
    rule: str
    holds: str = ""
    """What the column must hold, for one of a type that `fits` refuses."""
    fits: Callable[[pl.DataType], bool] = lambda _: True
    hint: Callable[[Any], str] = lambda _: ""
    """What is said besides of a value that cannot be read."""


def _number(cell: pl.Expr) -> pl.Expr:
    cell = cell.cast(pl.Float64, strict=False)
    return pl.when(cell.is_finite()).then(cell)


def _whole_number(cell: pl.Expr) -> pl.Expr:
    cell = _number(cell)
    return pl.when(cell == cell.floor()).then(cell).cast(pl.Int32, strict=False)


def _is_text(kind: pl.DataType) -> bool:
    return not kind.is_nested() and kind not in (pl.Binary, pl.Duration, pl.Object)


def _is_number(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind in (pl.String, pl.Null)


def _hint(value: object) -> str:
    """What a text that is no number has to be instead; nothing of other values."""
    hints = (hint for form, hint in _HINTS if isinstance(value, str) and form.fullmatch(value))
    return "".join(f", {hint}" for hint in hints)


TEXT: Final = Kind(lambda cell: cell.cast(pl.String), "must be given", "texts", _is_text)
NUMBER: Final = Kind(_number, "must be a finite number", "numbers", _is_number, _hint)
_STATION: Final = Kind(_whole_number, "must be a whole number or empty", "whole numbers", _is_number, _hint)
_KINDS: Final = {pl.String: TEXT, pl.Float64: NUMBER, pl.Int32: _STATION}


def read_cells(
    rows: pl.DataFrame, kinds: Mapping[str, Kind], optional: Container[str] = (), names: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """The columns of `kinds`, each as its kind, with their places, and the problems of the cells that cannot be read.

    rows: has a column `row`, and where it was text a column `line`.
    optional: columns whose cells may be empty.
    names: what columns are called in problems; by default by their own names.
    """
    problems = []
    fitting = dict(kinds)
    for name, kind in kinds.items():
        if not kind.fits(rows.schema[name]):
            problems.append(_unfit(rows, name, kind, (names or {}).get(name, name)))
            del fitting[name]
    read = rows.select(
        *_places(rows),
        *(
            kind.read(pl.col(name) if name in fitting else pl.lit(None, pl.String)).alias(name)
            for name, kind in kinds.items()
        ),
    )
    for name, kind in fitting.items():
        lost = read[name].is_null()
        if name in optional:
            lost &= rows[name].is_not_null()
        problems += describe(rows.filter(lost), name, kind.rule, (names or {}).get(name), kind.hint)
    return read, problems


def _unfit(rows: pl.DataFrame, name: str, kind: Kind, called: str) -> str:
    """The problem of a column of another type, with its first value."""
    first = rows.filter(pl.col(name).is_not_null()).head(1)
    shown = "".join(f", such as {shorten(value)} in {where}" for where, value in _shown(first, name))
    return f"column {called!r} must hold {kind.holds} (it holds {rows.schema[name]}{shown})"


def examine(sessions: pl.DataFrame, places: pl.DataFrame | None = None) -> tuple[pl.DataFrame, list[str]]:
    """The sessions that keep every rule of their own, in order of arrival, and every problem of all of them.

    sessions: their columns not yet checked. Those that may be left out are null in all rows then.
    places: the `row` of each session in its file, and of text the `line`; by default rows are counted from 1.

    The sessions come with their proper column types, and with their places. What two of them break together is told,
    and leaves both.
    """
    absent = [name for name in COLUMNS if name not in sessions.columns]
    missing = [name for name in absent if name not in MAY_BE_LEFT_OUT]
    problems = [f"column {name!r} is missing" for name in missing]
    problems += [f"column {name!r} is unknown" for name in sessions.columns if name not in COLUMNS]
    if sessions.height > MOST_SESSIONS:
        problems.append(f"must have at most {MOST_SESSIONS:,} sessions (it has {sessions.height:,})")
        sessions = sessions.head(MOST_SESSIONS)
        places = None if places is None else places.head(MOST_SESSIONS)
    given = sessions.with_columns(pl.lit(None).alias(name) for name in absent).select(COLUMNS.keys())
    given = given.with_row_index("row", offset=1) if places is None else pl.concat([places, given], how="horizontal")
    kinds = {name: _KINDS[kind] for name, kind in COLUMNS.items()}
    read, unread = read_cells(given, kinds, (*OPTIONAL, *missing))
    problems += unread
    lost = {name: read[name].is_null() & given[name].is_not_null() for name in OPTIONAL}
    place_unread = lost["station"] | lost["plug_in_min"] | any(name in missing for name in PLACE)
    rows = read.with_columns(place_unread.alias(_PLACE_UNREAD))
    for column, rule, text in _RULES:
        problems += describe(rows.filter(~rule(pl.col(column))), column, text)
    if problems:
        whole = [pl.col(name).is_not_null() for name in COLUMNS if name not in OPTIONAL]
        kept = pl.all_horizontal(*whole, *(rule(pl.col(column)).fill_null(True) for column, rule, _ in _RULES))
        half_read = rows[_PLACE_UNREAD].clone()
        for name in MAY_BE_LEFT_OUT:
            half_read |= lost[name]
        good = rows.filter(kept & ~half_read)
    else:
        good = rows
    known = rows.filter(pl.all_horizontal(pl.col(*PLACE, "pev", "arrival_min", "departure_min").is_not_null()))
    problems += _overlaps(known, "station", "plug_in_min", "station {} is still taken by the session of {}")
    problems += _overlaps(known, "pev", "arrival_min", "PEV {!r} is still here with the session of {}")
    return good.drop(_PLACE_UNREAD).sort("arrival_min", maintain_order=True), problems


def place(row: int, line: int | None = None) -> str:
    """What a session's place in a file is called: its row, counted from 1 without the head, and its line of text."""
    return f"row {row}" if line is None else f"row {row} (line {line})"


def first_few(problems: Sequence[str]) -> list[str]:
    """The first few problems of one kind, and how many there are more."""
    more = len(problems) - _SHOWN_PER_RULE
    return [*problems[:_SHOWN_PER_RULE], *([f"and {more} more rows of that kind"] if more > 0 else [])]


def describe(
    broken: pl.DataFrame, column: str, rule: str, name: str | None = None, hint: Callable[[Any], str] = lambda _: ""
) -> list[str]:
    """The problems of the rows that break a rule of a column, which is called `name`; the first few one by one.

    hint: what is said besides of a value.
    """
    shown = [
        f"{where}, {name or column}: {rule}{hint(value)} (it is {shorten(value)})"
        for where, value in _shown(broken.head(_SHOWN_PER_RULE), column)
    ]
    if broken.height > _SHOWN_PER_RULE:
        shown.append(f"{name or column}: {rule}, in {broken.height - _SHOWN_PER_RULE} more rows")
    return shown


def _places(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("row", "line") if name in rows.columns]


def _shown(rows: pl.DataFrame, column: str) -> list[tuple[str, Any]]:
    """The place of each row, in words, and its value in a column."""
    return [(place(*where), value) for *where, value in rows.select(*_places(rows), column).iter_rows()]


def shorten(value: object) -> str:
    """A value as text, cut where it is too long to be told."""
    text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}… ({len(text)} characters)"


def _overlaps(sessions: pl.DataFrame, who: str, begin: str, text: str) -> list[str]:
    """Sessions of one station, or one PEV, that begin before the one before has ended."""
    if sessions[who].n_unique() == sessions.height:
        return []
    latest = pl.col("departure_min").cum_max()
    row_of_latest = pl.when(pl.col("departure_min") == latest).then("row").forward_fill()
    before = sessions.sort(who, begin, "row").select(
        *_places(sessions), who, begin, row_before=row_of_latest.shift(1).over(who), ended=latest.shift(1).over(who)
    )
    broken = before.filter(pl.col(begin) < pl.col("ended") - _TIME_TOLERANCE_MIN).sort("row")
    problems, shown = [], broken.head(_SHOWN_PER_RULE)
    for row_before, (where, value) in zip(shown["row_before"], _shown(shown, who), strict=True):
        ((other, _),) = _shown(sessions.filter(pl.col("row") == row_before), who)
        problems.append(f"{where}, {begin}: {text.format(value, other)}")
    if broken.height > _SHOWN_PER_RULE:
        problems.append(f"{who}: two sessions at once, in {broken.height - _SHOWN_PER_RULE} more rows")
    return problems
