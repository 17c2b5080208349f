"""The solver against SciPy and against enumeration, its bound against the optimum, and its silence."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings

from pev_battery_charge.controllers.planning.builder import ProgramBuilder
from pev_battery_charge.controllers.planning.linear import Program, Rows, Solution, Solver
from pev_battery_charge.core.arrays import Array
from tests.controllers.planning.effort import give_work
from tests.controllers.planning.programs import (
    optimum_of,
    random_program,
    random_rows,
    rows_of,
    seeds,
    semicontinuous_optimum_of,
)

NEAR = {"rel": 1e-7, "abs": 1e-7}


def keeps_to(program: Program, values: Array, extra: tuple[Rows, ...] = ()) -> bool:
    """Whether values are within the bounds and the rows, but for the solver's tolerance."""
    slack = 1e-7
    good = bool(((values >= program.lower - slack) & (values <= program.upper + slack)).all())
    for rows in (*program.rows, *extra):
        row = rows.matrix @ values[: rows.matrix.shape[1]]
        good &= bool(((row >= rows.lower - slack) & (row <= rows.upper + slack)).all())
    return good


def objective_of(program: Program, solution: Solution) -> float:
    assert solution.values is not None
    objective = float(program.cost @ solution.values) + program.offset
    assert solution.objective == pytest.approx(objective, **NEAR)
    return objective


@settings(max_examples=150)
@given(random=seeds())
def test_a_linear_program_is_solved_and_its_bound_is_its_optimum(random: np.random.Generator) -> None:
    program, _ = random_program(random)
    solution = Solver(program).solve()
    expected = optimum_of(program)
    assert solution.finished
    assert solution.values is not None
    assert keeps_to(program, solution.values)
    assert objective_of(program, solution) == pytest.approx(expected, **NEAR)
    assert solution.bound == pytest.approx(expected, **NEAR)


@settings(max_examples=150)
@given(random=seeds())
def test_any_prices_whatsoever_give_a_bound(random: np.random.Generator) -> None:
    program, _ = random_program(random)
    solver = Solver(program)
    count, optimum = sum(rows.count for rows in program.rows), optimum_of(program)
    bounds = [solver.bound_of(None), solver.bound_of(np.zeros(count))]
    bounds += [solver.bound_of(random.normal(0.0, scale, count)) for scale in (0.1, 1.0, 10.0) for _ in range(5)]
    assert max(bounds) <= optimum + 1e-7 * max(1.0, abs(optimum))
    assert bounds[0] == bounds[1]


def test_the_bound_by_hand() -> None:
    # Least 2 x + 3 y + 1 with x + y >= 4, x - y <= 1, 0 <= x <= 3, 0 <= y <= 5: x = 2.5, y = 1.5, 10.5.
    matrix = np.array([[1.0, 1.0], [1.0, -1.0]])
    rows = rows_of(matrix, np.array([4.0, -np.inf]), np.array([np.inf, 1.0]))
    program = Program(np.array([2.0, 3.0]), np.zeros(2), np.array([3.0, 5.0]), 1.0, (rows,), np.zeros(2))
    solver = Solver(program)
    assert solver.solve().bound == pytest.approx(10.5)
    assert solver.bound_of(None) == 1.0
    # What is left of the costs is 0: 1 + 2.5 x 4 - 0.5 x 1.
    assert solver.bound_of(np.array([2.5, -0.5])) == pytest.approx(10.5)
    # 1 + 3 x 4, and x has a cost of 2 - 3 left, so that it stands at 3.
    assert solver.bound_of(np.array([3.0, 0.0])) == pytest.approx(10.0)
    # Prices against sides that are open count for nothing.
    assert solver.bound_of(np.array([-1.0, 7.0])) == 1.0
    assert solver.solve(with_bound=False).bound == -np.inf


@settings(max_examples=80)
@given(random=seeds())
def test_rows_that_are_added_later_count_like_rows_from_the_beginning(random: np.random.Generator) -> None:
    program, inside = random_program(random)
    later = [random_rows(random, inside, int(random.integers(0, 4))) for _ in range(3)]
    solver = Solver(program)
    solver.solve()
    for number, rows in enumerate(later):
        solver.add(rows)
        solution = solver.solve()
        whole = Program(
            program.cost,
            program.lower,
            program.upper,
            program.offset,
            (*program.rows, *later[: number + 1]),
            program.semicontinuous_from,
        )
        expected = optimum_of(whole)
        assert solution.values is not None
        assert keeps_to(whole, solution.values)
        assert objective_of(program, solution) == pytest.approx(expected, **NEAR)
        assert solution.bound == pytest.approx(expected, **NEAR)
        assert Solver(whole).solve().bound == pytest.approx(expected, **NEAR)


@settings(max_examples=60)
@given(random=seeds())
def test_semicontinuous_columns_are_0_or_above_their_minimum_once_they_are_required_to(
    random: np.random.Generator,
) -> None:
    program, _ = random_program(random, semicontinuous=True)
    solver = Solver(program)
    relaxed = solver.solve()
    assert relaxed.bound == pytest.approx(optimum_of(program), **NEAR)
    solver.require_semicontinuity()
    solution = solver.solve()
    expected = semicontinuous_optimum_of(program)
    values, least = solution.values, program.semicontinuous_from
    assert solution.finished
    assert values is not None
    assert values.size == program.cost.size
    assert keeps_to(program, values)
    assert ((np.abs(values) <= 1e-7) | (values >= least - 1e-7)).all()
    assert objective_of(program, solution) == pytest.approx(expected, **NEAR)
    assert expected - 2e-7 * max(1.0, abs(expected)) <= solution.bound <= expected + 1e-7 * max(1.0, abs(expected))


@settings(max_examples=30)
@given(random=seeds())
def test_a_mixed_program_may_be_given_more_rows(random: np.random.Generator) -> None:
    program, inside = random_program(random, semicontinuous=True)
    more = random_rows(random, inside, 3)
    solver = Solver(program)
    solver.require_semicontinuity()
    solver.solve()
    solver.add(more)
    solution = solver.solve()
    whole = Program(
        program.cost,
        program.lower,
        program.upper,
        program.offset,
        (*program.rows, more),
        program.semicontinuous_from,
    )
    assert objective_of(program, solution) == pytest.approx(semicontinuous_optimum_of(whole), **NEAR)


@settings(max_examples=60)
@given(random=seeds())
def test_from_its_own_basis_a_program_is_solved_at_once(random: np.random.Generator) -> None:
    program, _ = random_program(random)
    first = Solver(program)
    solution = first.solve()
    again = Solver(program, first.basis).solve()
    assert again.finished
    assert again.iterations == 0
    assert again.values is not None
    np.testing.assert_allclose(again.values, solution.values, rtol=0.0, atol=1e-9)
    assert again.bound == pytest.approx(solution.bound, **NEAR)


@settings(max_examples=30)
@given(random=seeds())
def test_the_same_calls_give_the_same_bits(random: np.random.Generator) -> None:
    program, _ = random_program(random, semicontinuous=True)
    solutions = []
    for _ in range(2):
        solver = Solver(program)
        solver.solve()
        solver.require_semicontinuity()
        solutions.append(solver.solve())
    assert solutions[0].bound == solutions[1].bound
    assert solutions[0].values is not None
    np.testing.assert_array_equal(solutions[0].values, solutions[1].values)


def impossible() -> Program:
    rows = rows_of(np.array([[1.0, 1.0]]), np.array([3.0]), np.array([np.inf]))
    return Program(np.ones(2), np.zeros(2), np.ones(2), 0.0, (rows,), np.full(2, 0.5))


@pytest.mark.parametrize("mixed", [False, True])
def test_a_program_that_has_no_solution_is_not_finished(mixed: bool) -> None:
    solver = Solver(impossible())
    if mixed:
        solver.require_semicontinuity()
    assert not solver.solve().finished


def hard_program() -> Program:
    """Many columns that are 0 or nearly 1, and rows that about half of them fill; all at 1 keep to it."""
    random, columns = np.random.default_rng(1), 60
    matrix = random.uniform(1.0, 2.0, (20, columns))
    rows = rows_of(matrix, np.full(20, 45.0), np.full(20, np.inf))
    least = random.uniform(0.9, 1.0, columns)
    return Program(random.uniform(1.0, 2.0, columns), np.zeros(columns), np.ones(columns), -1000.0, (rows,), least)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, None])
@pytest.mark.parametrize("mixed", [False, True])
def test_out_of_time_there_is_still_a_bound(seconds: float | None, mixed: bool) -> None:
    """With a limit that is over at once; without one, after little work."""
    program = hard_program()
    solver = Solver(program)
    if mixed:
        solver.require_semicontinuity()
    if seconds is None:
        give_work(solver, iterations=2, nodes=20)
    solution = solver.solve(np.inf if seconds is None else seconds)
    assert not solution.finished or seconds is None
    assert solver.bound_of(None) <= solution.bound <= program.cost.sum() + program.offset
    if not mixed:
        assert solution.bound <= optimum_of(program) + 1e-6


def test_nothing_is_ever_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for program in (impossible(), hard_program(), random_program(np.random.default_rng(0), semicontinuous=True)[0]):
        solver = Solver(program)
        solver.solve()
        solver.add(rows_of(np.ones((1, program.cost.size)), np.array([-np.inf]), np.array([1e3])))
        solver.solve(1.0)
        Solver(program, solver.basis).solve()
        solver.require_semicontinuity()
        solver.solve(0.05)
    sys.stdout.flush()
    assert capfd.readouterr() == ("", "")


def test_a_builder_collects_columns_and_rows_in_any_order() -> None:
    build = ProgramBuilder()
    first = build.columns(np.array([10, 11]), 4.0, cost=np.array([1.0, 2.0]))
    second = build.columns(np.array([12]), 5.0, lower=1.0, semicontinuous_from=3.0)
    entries = [(np.array([1, 0]), first, np.array([2.0, 3.0])), (1, second, -1.0)]
    build.rows(np.array([7, 8]), np.array([-np.inf, 0.0]), 6.0, entries)
    build.offset += 0.5
    program = build.program()
    assert program.rows[0].matrix.toarray().tolist() == [[0.0, 3.0, 0.0], [2.0, 0.0, -1.0]]
    assert program.rows[0].lower.tolist() == [-np.inf, 0.0]
    assert program.rows[0].upper.tolist() == [6.0, 6.0]
    assert program.cost.tolist() == [1.0, 2.0, 0.0]
    assert program.lower.tolist() == [0.0, 0.0, 1.0]
    assert program.upper.tolist() == build.upper_of(np.arange(3)).tolist() == [4.0, 4.0, 5.0]
    assert program.semicontinuous_from.tolist() == [0.0, 0.0, 3.0]
    assert program.offset == 0.5
    assert build.column_keys.tolist() == [10, 11, 12]
    assert build.row_keys.tolist() == [7, 8]
