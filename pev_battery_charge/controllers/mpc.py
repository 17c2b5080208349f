"""Model predictive control by one planner for the whole area: plan for all vehicles present, make one step, plan anew.

Receding-horizon control of charging, as in Lee et al., "Adaptive Charging Networks: A Framework for Smart Electric
Vehicle Charging" (IEEE Transactions on Smart Grid 12, 2021). The plan is the same program as the optimum's, for the
vehicles that are plugged in now, each until its driver said to leave; vehicles still to come are not known.
"""

from typing import Final, Literal

import numpy as np

from pev_battery_charge.controllers.planning.linear import AT_LOWER, BASIC, Basis, Solver
from pev_battery_charge.controllers.planning.model import ChargingModel, Goal
from pev_battery_charge.controllers.planning.taper_rows import keys_of
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.errors import EpisodeOverError
from pev_battery_charge.scenario import Scenario

_MOST_ROUNDS: Final = 20
_ROUND_TOLERANCE: Final = 1e-5
"""A step's program is solved again with the tangents it breaks, until that moves its objective by no more than
this, relative to it, and it overlooks no more either; the next step mends what is left."""


class CentralMpc:
    """One planner that knows all PEVs plugged in, solves a linear program at every step, and asks for its first step.

    scenario: what the area and its reward are; None takes it from `prepare`, which runners call.
    objective: "reward", or "unmet": the least energy that the PEVs lack when they leave.

    A PEV that stays longer than its driver said is planned to leave after the step being made, again and again. Targets
    that cannot be reached are missed by as little as the objective says: what is lacking is a part of the program, so
    that every step has a plan. Stations' minima hold exactly in the step being made, and are left out later.

    It is optimal where no further vehicle comes and all drivers leave as stated, but for minima. Each step's solver
    starts from where that of the step before ended.
    """

    def __init__(self, scenario: Scenario | None = None, objective: Literal["reward", "unmet"] = "reward") -> None:
        self.objective = objective
        self._scenario = scenario
        self._stands: dict[int, tuple[ChargingModel, Basis]] = {}

    def prepare(self, scenario: Scenario) -> None:
        """The start of an episode of the scenario."""
        scenario.require_one_way()
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
        last = self._stands.get(area)
        drawn = None if last is None else _held_tangents(*last)
        model = ChargingModel(scenario, vehicles, goal, minima_until=snapshot.step + 1, drawn=drawn)
        if model.program.cost.size == 0:
            return np.zeros(scenario.num_stations)
        solver = Solver(model.program, None if last is None else _basis_for(model, *last))
        solution, before = solver.solve(with_bound=False), -np.inf
        for _ in range(_MOST_ROUNDS):
            if solution.values is None:
                break
            least = _ROUND_TOLERANCE * abs(solution.objective)
            goes_on = solution.objective - before > least or model.overlooked(solution.values) > least
            tangents = model.tangents(solution.values) if goes_on else []
            if not tangents:
                break
            solver.add(*tangents)
            solution, before = solver.solve(with_bound=False), solution.objective
        self._stands[area] = model, solver.basis
        if model.has_minima:
            solver.require_semicontinuity()
            solution = solver.solve()
        if solution.values is None:
            raise RuntimeError("the solver has found no plan, although asking for nothing is one")
        requests: Array = model.requests_kw(solution.values)[snapshot.step]
        return requests


def _held_tangents(model: ChargingModel, basis: Basis) -> Records:
    """Tangents of the taper that hold with equality in the solver's basis."""
    held = model.row_keys[np.array(basis.rows) != BASIC]
    return model.tapers.drawn[np.isin(keys_of(model.tapers.drawn), held)]


def _basis_for(model: ChargingModel, last: ChargingModel, basis: Basis) -> Basis:
    """The statuses of what the two programs share; new columns are at their lower bound, new rows basic."""
    columns = dict(zip(last.column_keys.tolist(), basis.columns, strict=True))
    rows = dict(zip(last.row_keys.tolist(), basis.rows, strict=True))
    return Basis(
        [columns.get(key, AT_LOWER) for key in model.column_keys.tolist()],
        [rows.get(key, BASIC) for key in model.row_keys.tolist()],
    )
