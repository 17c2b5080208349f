"""Small random programs, and their optima by SciPy."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog  # type: ignore[import-untyped]  # SciPy carries no types
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from pev_battery_charge.controllers.planning.linear import Program, Rows
from pev_battery_charge.core.arrays import Array

UNLIMITED = np.inf


def rows_of(matrix: Array, lower: Array, upper: Array) -> Rows:
    """Rows that leave out the columns at the end of which they have none."""
    used = np.flatnonzero(np.abs(matrix).sum(axis=0))
    return Rows(csr_array(matrix[:, : used.max(initial=-1) + 1]), lower, upper)


def random_rows(random: np.random.Generator, inside: Array, count: int) -> Rows:
    """Rows that the point `inside` keeps: equations, ranges, and sides that are open."""
    matrix = random.integers(-3, 4, (count, inside.size)) * (random.random((count, inside.size)) < 0.6)
    value = matrix @ inside
    room = random.choice([0.0, 0.5, 2.0], (2, count))
    lower = np.where(random.random(count) < 0.4, -UNLIMITED, value - room[0])
    upper = np.where(random.random(count) < 0.4, UNLIMITED, value + room[1])
    return rows_of(matrix.astype(np.float64), lower, upper)


def random_program(random: np.random.Generator, *, semicontinuous: bool = False) -> tuple[Program, Array]:
    """A program that has a solution, and values that keep to it."""
    columns = int(random.integers(1, 8))
    lower = np.zeros(columns) if semicontinuous else random.choice([0.0, -1.5, 1.0], columns)
    upper = lower + random.choice([0.5, 2.0, 6.0], columns)
    least = np.where(random.random(columns) < 0.7, random.uniform(0.2, 1.0, columns) * upper, 0.0)
    inside = random.uniform(lower, upper)
    if semicontinuous:
        inside = np.where(inside < least, 0.0, inside)
    cost = random.integers(-4, 5, columns).astype(np.float64)
    blocks = tuple(random_rows(random, inside, int(random.integers(0, 4))) for _ in range(2))
    offset = float(random.integers(-5, 6))
    return Program(cost, lower, upper, offset, blocks, least if semicontinuous else np.zeros(columns)), inside


def optimum_of(program: Program, lower: Array | None = None, upper: Array | None = None) -> float:
    """The least objective, by SciPy; infinite where there are no values that keep to the program."""
    columns = program.cost.size
    matrices, limits = [np.zeros((0, columns))], [np.zeros(0)]
    for rows in program.rows:
        matrix = np.zeros((rows.count, columns))
        matrix[:, : rows.matrix.shape[1]] = rows.matrix.toarray()
        for sign, side in ((1.0, rows.upper), (-1.0, rows.lower)):
            finite = np.isfinite(side)
            matrices.append(sign * matrix[finite])
            limits.append(sign * side[finite])
    low = program.lower if lower is None else lower
    high = program.upper if upper is None else upper
    bounds = np.stack([low, high], axis=1)
    found = linprog(program.cost, np.concatenate(matrices), np.concatenate(limits), bounds=bounds, method="highs-ds")
    return float(found.fun) + program.offset if found.success else np.inf


def semicontinuous_optimum_of(program: Program) -> float:
    """The least objective over every choice of columns that are off."""
    least = program.semicontinuous_from
    choices = product(*([False, True] if low > 0.0 else [True] for low in least))
    best = np.inf
    for choice in choices:
        on = np.array(choice)
        lower = np.where(on, np.maximum(least, program.lower), 0.0)
        best = min(best, optimum_of(program, lower, np.where(on, program.upper, 0.0)))
    return best


def seeds() -> st.SearchStrategy[np.random.Generator]:
    """Generators to draw programs from."""
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)
