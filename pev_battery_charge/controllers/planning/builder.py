"""Putting a program together, block by block."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.planning.linear import Program, Rows
from pev_battery_charge.core.arrays import Array, Integers

Entry = tuple[npt.ArrayLike, npt.NDArray[np.integer], npt.ArrayLike]
"""Rows (counted within their block), columns, values; each broadcast to the columns."""


class ProgramBuilder:
    """Collects columns and rows. Each has a key, an integer that names it across programs."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._cost: list[Array] = []
        self._lower: list[Array] = []
        self._upper: list[Array] = []
        self._from: list[Array] = []
        self._rows: list[Rows] = []
        self._column_keys: list[Integers] = []
        self._row_keys: list[Integers] = []
        self._count = 0

    def columns(
        self,
        keys: Integers,
        upper: npt.ArrayLike,
        *,
        lower: npt.ArrayLike = 0.0,
        cost: npt.ArrayLike = 0.0,
        semicontinuous_from: npt.ArrayLike = 0.0,
    ) -> Integers:
        """Add a block of columns, as many as keys; return their numbers."""
        size = keys.size
        for blocks, value in (
            (self._cost, cost),
            (self._lower, lower),
            (self._upper, upper),
            (self._from, semicontinuous_from),
        ):
            blocks.append(np.broadcast_to(np.asarray(value, np.float64), size))
        self._column_keys.append(keys)
        self._count += size
        return np.arange(self._count - size, self._count)

    def rows(self, keys: Integers, lower: npt.ArrayLike, upper: npt.ArrayLike, entries: Sequence[Entry]) -> None:
        """Add a block of rows, as many as keys."""
        self._rows.append(make_rows(keys.size, lower, upper, entries))
        self._row_keys.append(keys)

    def upper_of(self, columns: Integers) -> Array:
        """The upper bounds of columns that have been added."""
        return np.concatenate(self._upper)[columns]

    def program(self) -> Program:
        """What has been collected."""
        parts = (np.concatenate(part) for part in (self._cost, self._lower, self._upper))
        cost, lower, upper = parts
        return Program(cost, lower, upper, self.offset, tuple(self._rows), np.concatenate(self._from))

    @property
    def column_keys(self) -> Integers:
        """`[X]`."""
        return np.concatenate(self._column_keys)

    @property
    def row_keys(self) -> Integers:
        """One for each row."""
        return np.concatenate(self._row_keys)


def make_rows(count: int, lower: npt.ArrayLike, upper: npt.ArrayLike, entries: Sequence[Entry]) -> Rows:
    """A block of `count` rows from entries in any order; a row may have none."""
    from scipy.sparse import csr_array  # noqa: PLC0415  slow to import, and of use to planners only

    row, column, value = (
        np.concatenate([np.broadcast_to(part[number], part[1].shape) for part in entries]) for number in range(3)
    )
    matrix = csr_array((value.astype(np.float64), (row, column)), shape=(count, int(column.max(initial=-1)) + 1))
    lower, upper = (np.broadcast_to(np.asarray(bound, np.float64), count).copy() for bound in (lower, upper))
    return Rows(matrix, lower, upper)
