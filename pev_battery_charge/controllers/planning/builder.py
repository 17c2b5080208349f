"""Putting a program together, block by block."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.planning.linear import Program, Rows
from pev_battery_charge.core.arrays import Array, Integers, Records

Entry = tuple[npt.ArrayLike, npt.NDArray[np.integer], npt.ArrayLike]
"""Rows (counted within their block), columns, values; each broadcast to the columns."""

_KINDS: Final = (
    *("power", "request", "energy", "lack", "peak", "need", "asked", "chain", "lacks", "cap", "highest", "served"),
    *("taper", "idle", "excess", "shortfall", "tied", "above", "below"),
)
_STEP_BITS: Final = 24

_NUMBERS: Final = ("cost", "lower", "upper", "semicontinuous_from")
_COLUMN: Final = np.dtype([("key", "i8"), *((name, "f8") for name in _NUMBERS)])


class ProgramBuilder:
    """Collects columns and rows. Each has a key, an integer that names it across programs."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._columns: Records = np.zeros(0, _COLUMN)
        self._rows: list[Rows] = []
        self.row_keys: Integers = np.zeros(0, np.int64)

    def columns(self, keys: Integers, upper: npt.ArrayLike, **others: npt.ArrayLike) -> Integers:
        """Add a block of columns, as many as keys; return their numbers.

        others: `cost`, `lower`, `semicontinuous_from`: see `Program`; what is not given is 0.
        """
        block = np.zeros(keys.size, _COLUMN)
        for name, values in ({"key": keys, "upper": upper} | others).items():
            block[name] = values
        self._columns = np.concatenate([self._columns, block])
        return np.arange(self._columns.size - keys.size, self._columns.size)

    def rows(self, keys: Integers, lower: npt.ArrayLike, upper: npt.ArrayLike, entries: Sequence[Entry]) -> None:
        """Add a block of rows, as many as keys."""
        self._rows.append(make_rows(keys.size, lower, upper, entries))
        self.row_keys = np.concatenate([self.row_keys, keys])

    def upper_of(self, columns: Integers) -> Array:
        """The upper bounds of columns that have been added."""
        return self._columns["upper"][columns]

    def program(self) -> Program:
        """What has been collected."""
        values = {name: self._columns[name].copy() for name in _NUMBERS}
        return Program(offset=self.offset, rows=tuple(self._rows), **values)

    @property
    def column_keys(self) -> Integers:
        """`[X]`."""
        return self._columns["key"]


def key_of(kind: str, steps: Integers, sessions: int | Integers = -1) -> Integers:
    """Names of columns or rows of a kind: by their steps, and the sessions in them or, with -1, for the whole area."""
    keys: Integers = ((np.asarray(sessions) + 1 << _STEP_BITS) + steps) * len(_KINDS) + _KINDS.index(kind)
    return keys


def make_rows(count: int, lower: npt.ArrayLike, upper: npt.ArrayLike, entries: Sequence[Entry]) -> Rows:
    """A block of `count` rows from entries in any order; a row may have none."""
    from scipy.sparse import csr_array  # noqa: PLC0415  slow to import, and of use to planners only

    row, column, value = (
        np.concatenate([np.broadcast_to(part[number], part[1].shape) for part in entries]) for number in range(3)
    )
    matrix = csr_array((value.astype(np.float64), (row, column)), shape=(count, int(column.max(initial=-1)) + 1))
    lower, upper = (np.broadcast_to(np.asarray(bound, np.float64), count).copy() for bound in (lower, upper))
    return Rows(matrix, lower, upper)
