"""Model predictive control by one planner for the whole area: plan for all who are here, make one step, plan anew.

Receding-horizon control of charging, as in Lee et al., "Adaptive Charging Networks: A Framework for Smart Electric
Vehicle Charging" (IEEE Transactions on Smart Grid 12, 2021). The plan is the same program as the optimum's, for the
vehicles that are plugged in now, each until its driver said to leave; nobody who is still to come is known.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.planning.linear import AT_LOWER, BASIC, Basis, Solver
from pev_battery_charge.controllers.planning.model import ChargingModel, Goal
from pev_battery_charge.controllers.planning.taper_rows import Tangents
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.errors import EpisodeOverError
from pev_battery_charge.scenario import Scenario

_MOST_ROUNDS: Final = 20
_ROUND_TOLERANCE: Final = 1e-5
"""A step's program is solved again with the tangents it breaks, until that moves its objective by no more than
this, relative to it; the next step mends what is left."""


@dataclass(frozen=True)
class _Stand:
    """Where the solver stood after a step: statuses by the names of columns and rows, in order; tangents that held."""

    column_keys: Integers
    columns: npt.NDArray[np.int8]
    row_keys: Integers
    rows: npt.NDArray[np.int8]
    drawn: Tangents


class CentralMpc:
    """One planner that knows all PEVs plugged in, solves a linear program at every step, and asks for its first step.

    scenario: what the area and its reward are; None takes it from `prepare`, which runners call.
    objective: "reward", or "unmet": the least energy that the PEVs lack when they leave.

    A PEV that stays longer than its driver said is planned to leave after the step being made, again and again. Targets
    that cannot be reached are missed by as little as the objective says: what is lacking is a part of the program, so
    that every step has a plan. Stations' minima hold exactly in the step being made, and are left out later.

    It is optimal where nobody comes any more and all drivers leave as stated, but for minima. Each step's solver starts
    from where that of the step before ended.
    """

    def __init__(self, scenario: Scenario | None = None, objective: Literal["reward", "unmet"] = "reward") -> None:
        self.objective = objective
        self._scenario = scenario
        self._stands: dict[int, _Stand] = {}

    def prepare(self, scenario: Scenario) -> None:
        """An episode of the scenario is to begin."""
        self._scenario = scenario

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW."""
        if self._scenario is None:
            raise EpisodeOverError("the controller does not know its scenario: give it one, or call prepare()")
        if snapshot.step == 0:
            self._stands = {}
        return np.stack([self._plan(self._scenario, snapshot, area) for area in range(len(snapshot.areas))])

    def _plan(self, scenario: Scenario, snapshot: Snapshot, area: int) -> Array:
        """The requests of one area's stations, `[N]`."""
        goal = Goal(reward=scenario.reward) if self.objective == "reward" else Goal()
        vehicles = Vehicles.of_snapshot(snapshot, area)
        stand = self._stands.get(area)
        drawn = None if stand is None else stand.drawn
        model = ChargingModel(scenario, vehicles, goal, minima_until=snapshot.step + 1, drawn=drawn)
        if model.program.cost.size == 0:
            return np.zeros(scenario.num_stations)
        solver = Solver(model.program, _basis_from(stand, model))
        solution, before = solver.solve(with_bound=False), -np.inf
        for _ in range(_MOST_ROUNDS):
            moved = solution.objective - before > _ROUND_TOLERANCE * abs(solution.objective)
            tangents = model.tangents(solution.values) if moved and solution.values is not None else []
            if not tangents:
                break
            for rows in tangents:
                solver.add(rows)
            solution, before = solver.solve(with_bound=False), solution.objective
        self._stands[area] = _stand_of(solver, model)
        if model.has_minima:
            solver.require_semicontinuity()
            solution = solver.solve()
        if solution.values is None:
            raise RuntimeError("the solver has found no plan, although asking for nothing is one")
        requests: Array = model.requests_kw(solution.values)[snapshot.step]
        return requests


def _stand_of(solver: Solver, model: ChargingModel) -> _Stand:
    basis, columns, rows = solver.basis, np.argsort(model.column_keys), np.argsort(model.row_keys)
    held = model.row_keys[basis.rows != BASIC]
    drawn = model.drawn.only(np.isin(model.drawn.keys, held))
    return _Stand(model.column_keys[columns], basis.columns[columns], model.row_keys[rows], basis.rows[rows], drawn)


def _basis_from(stand: _Stand | None, model: ChargingModel) -> Basis | None:
    """The statuses of what the two programs share; new columns are at their lower bound, new rows basic."""
    if stand is None:
        return None
    return Basis(
        _statuses(stand.column_keys, stand.columns, model.column_keys, AT_LOWER),
        _statuses(stand.row_keys, stand.rows, model.row_keys, BASIC),
    )


def _statuses(keys: Integers, statuses: npt.NDArray[np.int8], wanted: Integers, unknown: int) -> npt.NDArray[np.int8]:
    places = np.minimum(np.searchsorted(keys, wanted), max(keys.size - 1, 0))
    if keys.size == 0:
        return np.full(wanted.size, unknown, np.int8)
    found: npt.NDArray[np.int8] = np.where(keys[places] == wanted, statuses[places], unknown).astype(np.int8)
    return found
