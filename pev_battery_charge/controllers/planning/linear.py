"""Linear and mixed-integer programs and their solver HiGHS (Huangfu and Hall, "Parallelizing the dual revised simplex
method", Mathematical Programming Computation 10, 2018), with a bound that does not rest on the solver's tolerances.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pev_battery_charge.core.arrays import Array

if TYPE_CHECKING:
    from highspy import Highs

MIP_RELATIVE_GAP: Final = 1e-7
"""A mixed-integer program counts as solved when plan and bound are so near to each other."""

FEASIBILITY_TOLERANCE: Final = 1e-9
"""How far rows and bounds may be missed, in their own units (kW, kWh)."""

AT_LOWER: Final = 0
BASIC: Final = 1
"""Codes of `Basis`: those of HiGHS."""


@dataclass(frozen=True)
class Rows:
    """R constraints `lower <= A x <= upper` on the first C columns of a program.

    matrix: A, a `scipy.sparse.csr_array` of shape `[R, C]`; lower, upper: `[R]`.
    """

    matrix: Any
    lower: Array
    upper: Array

    @property
    def count(self) -> int:
        """R."""
        return int(self.lower.size)


@dataclass(frozen=True)
class Program:
    """Minimise `cost x + offset` subject to `lower <= x <= upper` and rows.

    Every column has finite bounds: with them, any prices of the rows make a bound.

    semicontinuous_from: `[X]`; a column with a value above 0 is 0, or at least this (and at most its upper bound).
    """

    cost: Array
    lower: Array
    upper: Array
    offset: float
    rows: tuple[Rows, ...]
    semicontinuous_from: Array


@dataclass(frozen=True)
class Basis:
    """Where a solver stood: the code of each column and of each row."""

    columns: list[int]
    rows: list[int]


@dataclass(frozen=True)
class Solution:
    """What a solver has found.

    values: `[X]`; None where it has found none.
    objective: of the values.
    bound: no values that keep to the program have an objective below it; minus infinity where it was not asked for.
    finished: whether the values are a solution to the solver's tolerance, and not just where it was out of time.
    iterations: of the simplex method.
    """

    values: Array | None
    objective: float
    bound: float
    finished: bool
    iterations: int


class Solver:
    """A program in HiGHS, to be solved, given more rows, and solved again from where it was.

    One thread and no random choices: the same calls give the same solutions, to the bit. Semicontinuous columns are
    continuous from 0 on until `require_semicontinuity`.
    """

    def __init__(self, program: Program, basis: Basis | None = None) -> None:
        self.program = program
        self._rows: list[Rows] = []
        self._mixed = False
        self._highs = _make_highs(presolve=basis is None)
        count, nothing = program.cost.size, np.zeros(0, np.int32)
        self._highs.addCols(count, program.cost, program.lower, program.upper, 0, nothing, nothing, np.zeros(0))
        self._highs.changeObjectiveOffset(program.offset)
        self.add(*program.rows)
        if basis is not None:
            self._highs.setBasis(_to_highs(basis))

    def add(self, *blocks: Rows) -> None:
        """Add constraints."""
        for rows in blocks:
            if rows.count:
                self._rows.append(rows)
                entries = rows.matrix
                starts, columns = entries.indptr[:-1].astype(np.int32), entries.indices.astype(np.int32)
                self._highs.addRows(rows.count, rows.lower, rows.upper, entries.nnz, starts, columns, entries.data)

    def require_semicontinuity(self) -> None:
        """From now on, solve the mixed-integer program."""
        from highspy import HighsVarType  # noqa: PLC0415  slow to import

        columns = np.flatnonzero(self.program.semicontinuous_from > 0.0).astype(np.int32)
        lows, highs = self.program.semicontinuous_from[columns], self.program.upper[columns]
        # A column of 0 or 1 for each, written out: HiGHS' own semicontinuous columns are rejected by itself in the end,
        # where its tolerance for whole numbers, times the upper bound, is above that for bounds.
        count, nothing, zeros = columns.size, np.zeros(0, np.int32), np.zeros(columns.size)
        self._highs.addCols(count, zeros, zeros, np.ones(count), 0, nothing, nothing, np.zeros(0))
        switches = np.arange(self.program.cost.size, self.program.cost.size + count, dtype=np.int32)
        self._highs.changeColsIntegrality(count, switches, np.full(count, int(HighsVarType.kInteger), np.uint8))
        starts, pairs = np.arange(0, 2 * count, 2, dtype=np.int32), np.stack([columns, switches], axis=1).ravel()
        for sides, bounds in (((-np.inf, 0.0), highs), ((0.0, np.inf), lows)):
            lower, upper = (np.full(count, side) for side in sides)
            values = np.stack([np.ones(count), -bounds], axis=1).ravel()
            self._highs.addRows(count, lower, upper, 2 * count, starts, pairs, values)
        self._mixed = count > 0

    def solve(self, time_limit_s: float = np.inf, *, with_bound: bool = True) -> Solution:
        """Solve what there is, from where the last solution was."""
        from highspy import HighsModelStatus, SolutionStatus  # noqa: PLC0415

        if np.isfinite(time_limit_s):
            self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(time_limit_s, 0.0))
        self._highs.run()
        info, found = self._highs.getInfo(), self._highs.getSolution()
        values, bound = np.array(found.col_value)[: self.program.cost.size] if found.value_valid else None, -np.inf
        if self._mixed:
            if info.primal_solution_status != int(SolutionStatus.kSolutionStatusFeasible):
                values = None
            known = info.valid and np.isfinite(info.mip_dual_bound)
            bound = info.mip_dual_bound if known else self.bound_of(None)
        elif with_bound:
            bound = self.bound_of(np.array(found.row_dual) if found.dual_valid else None)
        finished = self._highs.getModelStatus() == HighsModelStatus.kOptimal
        iterations = max(int(info.simplex_iteration_count), 0)
        return Solution(values, float(info.objective_function_value), bound, finished, iterations)

    def bound_of(self, prices: Array | None) -> float:
        """What no values that keep to the (continuous) program can be below, from prices of the rows (None: all 0).

        By weak duality this holds for any prices of the right signs, be they solutions or not: a row is worth its price
        times the side it is held against, and each column stands at the bound that its reduced cost asks for (Neumaier
        and Shcherbina, "Safe bounds in linear and mixed-integer programming", Mathematical Programming 99, 2004).
        """
        reduced, bound, first = self.program.cost.copy(), self.program.offset, 0
        for rows in self._rows:
            own = np.zeros(rows.count) if prices is None else prices[first : first + rows.count]
            first += rows.count
            own = np.where(np.isfinite(np.where(own > 0.0, rows.lower, rows.upper)), own, 0.0)
            side = np.where(own > 0.0, rows.lower, np.where(own < 0.0, rows.upper, 0.0))
            bound += float(own @ side)
            reduced[: rows.matrix.shape[1]] -= rows.matrix.T @ own
        return bound + float(np.minimum(reduced * self.program.lower, reduced * self.program.upper).sum())

    @property
    def basis(self) -> Basis:
        """Where the solver stands."""
        basis = self._highs.getBasis()
        return Basis([int(status) for status in basis.col_status], [int(status) for status in basis.row_status])


def _make_highs(*, presolve: bool) -> "Highs":
    """An instance that never prints."""
    from highspy import Highs  # noqa: PLC0415  slow to import, and of use to planners only

    class SilentHighs(Highs):
        def enableCallbacks(self) -> None:  # noqa: N802  HiGHS' own name: its constructor prints a banner here
            self.silent()
            super().enableCallbacks()

    highs = SilentHighs()
    options = {
        "threads": 1,
        "presolve": "on" if presolve else "off",
        "mip_rel_gap": MIP_RELATIVE_GAP,
        "mip_abs_gap": 0.0,
    }
    for name in ("primal", "dual", "mip"):
        options[f"{name}_feasibility_tolerance"] = FEASIBILITY_TOLERANCE
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


def _to_highs(basis: Basis) -> Any:
    """As HiGHS takes it; it mends what does not fit."""
    from highspy import HighsBasis, HighsBasisStatus  # noqa: PLC0415

    statuses = [HighsBasisStatus(code) for code in range(5)]
    made = HighsBasis()
    made.valid, made.alien = True, True
    made.col_status, made.row_status = ([statuses[code] for code in codes] for codes in (basis.columns, basis.rows))
    return made
