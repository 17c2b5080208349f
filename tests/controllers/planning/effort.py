"""Limits of the solver's work in place of limits of time, which a busy machine would reach elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from pev_battery_charge.controllers import optimum
from pev_battery_charge.controllers.planning.linear import Solution, Solver


def give_work(solver: Solver, *, iterations: int, nodes: int) -> None:
    """The solver ends by itself after so many iterations of the simplex, or nodes of a search."""
    mixed = solver._mixed
    solver._highs.setOptionValue("simplex_iteration_limit", np.iinfo(np.int32).max if mixed else iterations)
    solver._highs.setOptionValue("mip_max_nodes", nodes)


@contextmanager
def work_for_time(*, iterations: int = 10**6, nodes: int) -> Iterator[None]:
    """In the block, a time limit of `optimal_schedule` is over as soon as one of its solvers has done its work."""
    now = [0.0]
    solve = Solver.solve

    def work(solver: Solver, time_limit_s: float = np.inf, *, with_bound: bool = True) -> Solution:
        if time_limit_s == np.inf:
            return solve(solver, with_bound=with_bound)
        if time_limit_s < 0.0:
            return solve(solver, 0.0, with_bound=with_bound)
        give_work(solver, iterations=iterations, nodes=nodes)
        solution = solve(solver, with_bound=with_bound)
        if not solution.finished:
            now[0] = 1e9
        return solution

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimum, "time", SimpleNamespace(perf_counter=lambda: now[0]))
        patch.setattr(Solver, "solve", work)
        yield
