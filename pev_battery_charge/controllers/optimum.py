"""The optimum: the best possible plan for a schedule, found with the whole of it known.

A linear program (a mixed-integer one where stations have a minimum) is solved by HiGHS, its plan is played in the
environment, and tangents are added wherever the plan takes a battery for more than it is, until the environment returns
what the program has promised. The bound follows from the program's prices alone (of a mixed-integer program, from the
solver's search): no plan whatsoever can be better, and what a controller misses of it is its regret.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.heuristics.cap_sharing import earliest_deadline
from pev_battery_charge.controllers.planning.linear import Solver
from pev_battery_charge.controllers.planning.model import ChargingModel, Goal
from pev_battery_charge.controllers.planning.replay import replay
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.records import Status
from pev_battery_charge.errors import InputError
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace

Objective = Literal["reward", "unmet", "peak", "cost"]
"""What an optimum minimises; see `optimal_schedule`."""

PlanStatus = Literal["optimal", "time limit", "gap"]

TOLERANCE: Final = 1e-6
"""How far plan and bound of an optimum may lie apart, relative to the objective or to 1, whichever is greater."""

SERVED_SLACK_KWH: Final = 1e-7
"""What plans of the least peak or cost may lack above the least possible, lest rounding rules them all out."""

_MOST_ROUNDS: Final = 100
_CONTINUOUS_ROUNDS: Final = 5
"""After so many rounds without minima, a mixed-integer program goes on with them."""


@dataclass(frozen=True)
class Optimum:
    """A plan for a whole schedule, and the certificate of how good it is.

    minimises: the objective's name.
    objective: what the environment made of the plan: loss of reward (the negative sum over all stations and steps), kWh
        that PEVs lack in the end, kW, or what the prices are in.
    bound: no plan has a lower objective.
    status: "optimal" if the two agree to `TOLERANCE`; "time limit" if the time was over before; "gap" if the program
        knows less than the environment: with a reward's exponent below 1, and in rare cases with stations' minima.
    power_kw, requests_kw: the plan, `[T, N]`: what flows, and what the stations ask for so that it does.
    unmet_kwh: what PEVs lack in the end under this plan: when they leave, drive on without a station, or are still
        there at the end of the horizon.
    least_unmet_kwh: the bound of that: no plan can leave less unmet. 0 where all targets can be reached.
    trace: the plan played in the environment.
    rounds: how many programs were solved.
    solve_seconds: the time that it took, all in all.
    """

    minimises: Objective
    objective: float
    bound: float
    status: PlanStatus
    requests_kw: Array
    unmet_kwh: float
    least_unmet_kwh: float
    trace: Trace
    rounds: int
    solve_seconds: float

    @property
    def power_kw(self) -> Array:
        """`[T, N]`: the power that flows, averaged over each step, on the grid side."""
        return self.trace.power_kw

    @property
    def gap(self) -> float:
        """Objective minus bound."""
        return self.objective - self.bound

    @property
    def relative_gap(self) -> float:
        """The gap relative to the objective, or to 1 where that is greater."""
        return self.gap / max(abs(self.objective), 1.0)

    def regret(self, objective: float) -> float:
        """What an objective reached by others misses of this one; below 0 only by as much as the gap."""
        return objective - self.objective


def optimal_schedule(
    scenario: Scenario | str | Path | None = None,
    schedule: Schedule | str | Path | None = None,
    objective: Objective = "reward",
    *,
    seed: int = 0,
    prices: npt.ArrayLike | None = None,
    time_limit_s: float | None = None,
) -> Optimum:
    """The best plan for a schedule, with everything known beforehand.

    scenario: a Scenario, a name, a path to a TOML file; None is `paper-5x20`.
    schedule: a schedule or its file; None draws one from `seed`.
    objective:
        "reward": the least loss of reward, as the scenario weighs it, summed over stations and steps;
        "unmet": the least energy (kWh) that PEVs lack when they leave, drive on, or the horizon ends;
        "peak": the least highest power of the area (kW) of all plans with the least unmet energy;
        "cost": the least cost of grid energy of all plans with the least unmet energy.
    prices: for "cost", `[T]`: the price of a kWh from the grid in each step.
    time_limit_s: return the best plan found in about this time, with its gap. Without it, mixed-integer programs
        (stations with a `least_kw` above 0) may take as long as they like.

    With the coordinator `none`, which lets the cap be exceeded, so may plans: only the reward then asks for it.

    Raises `InputError` for an unknown objective, prices that are missing, not finite or not one for each step, a time
    limit that is not above 0, a reward with terms that have no linear form, and a schedule that does not fit.
    """
    begin = time.perf_counter()
    scenario = resolve_scenario(scenario)
    checked_prices = _checked(scenario, objective, prices, time_limit_s)
    if objective == "reward":
        scenario.reward.require_linear()
    scenario.require_one_way()
    if not isinstance(schedule, Schedule):
        schedule = generate_schedule(scenario, seed) if schedule is None else Schedule.read(schedule)
    schedule.validate(scenario)
    deadline = np.inf if time_limit_s is None else begin + time_limit_s
    planner = _Planner(scenario, schedule, deadline)
    least = found = planner.find(Goal(), unmet_kwh)
    if objective == "reward":
        found = planner.find(Goal(reward=scenario.reward), reward_loss)
    elif objective == "peak":
        found = planner.find(Goal(peak=True), lambda trace: float(trace.area_power_kw.max()), least)
    elif objective == "cost":
        cost = Goal(prices=checked_prices)
        found = planner.find(cost, lambda trace: float(trace.books.grid_kwh @ checked_prices), least)
    return Optimum(
        minimises=objective,
        objective=found.objective,
        bound=found.bound,
        status=found.status,
        requests_kw=found.trace.records["request_kw"].copy(),
        unmet_kwh=unmet_kwh(found.trace),
        least_unmet_kwh=max(least.bound, 0.0),
        trace=found.trace,
        rounds=planner.rounds,
        solve_seconds=time.perf_counter() - begin,
    )


class OptimalController:
    """The optimum as a controller. Clairvoyant: it receives the whole schedule before the episode begins.

    objective: see `optimal_schedule`; "reward" and "unmet" need nothing else.
    """

    def __init__(self, objective: Literal["reward", "unmet", "peak"] = "reward") -> None:
        self.objective: Objective = objective
        self.optima: list[Optimum] = []

    def foresee(self, scenario: Scenario, schedules: Sequence[Schedule]) -> None:
        """The search for the optimum of each area's schedule."""
        self.optima = [optimal_schedule(scenario, schedule, self.objective) for schedule in schedules]
        self._requests_kw = np.stack([optimum.requests_kw for optimum in self.optima])

    def __call__(self, snapshot: Snapshot) -> Array:
        """The plan's requests, `[B, N]` in kW."""
        requests: Array = self._requests_kw[:, snapshot.step]
        return requests

    def plan_kw(self) -> Array:
        """The requests of every step, `[T, B, N]`."""
        return self._requests_kw.swapaxes(0, 1)

    def report(self) -> list[tuple[str, str, str]]:
        """The certificate of the first area."""
        if not self.optima:
            return []
        optimum = self.optima[0]
        unit = "" if optimum.minimises == "reward" else "kWh" if optimum.minimises == "unmet" else "kW"
        what = "loss of reward" if optimum.minimises == "reward" else optimum.minimises
        return [
            (f"optimum: {what} of the plan", f"{optimum.objective:,.6f}", unit),
            ("- no plan has less than", f"{optimum.bound:,.6f}", unit),
            ("- relative gap", f"{optimum.relative_gap:.1e}", ""),
            ("- least possible energy unmet", f"{optimum.least_unmet_kwh:,.2f}", "kWh"),
            ("- time to solve", f"{optimum.solve_seconds:.2f}", "s"),
        ]


def reward_loss(trace: Trace) -> float:
    """The negative sum of all rewards."""
    return -float(trace.records["reward"].sum(dtype=np.float64))


def unmet_kwh(trace: Trace) -> float:
    """What all PEVs lack to their targets in the end, also the PEVs that found no station."""
    lacking = trace.session_records["energy_target_kwh"] - trace.session_energy_kwh[-1]
    return float(np.maximum(lacking, 0.0).sum())


@dataclass(frozen=True)
class _Found:
    trace: Trace
    objective: float
    bound: float
    status: PlanStatus


class _Planner:
    """Finds plans for one schedule, by one objective after the other."""

    def __init__(self, scenario: Scenario, schedule: Schedule, deadline: float) -> None:
        self.rounds = 0
        self._scenario, self._schedule, self._deadline = scenario, schedule, deadline
        sessions = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
        self._vehicles = Vehicles.of_schedule(scenario, sessions)
        lacking = np.maximum(sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"], 0.0)
        self._needed_kwh = float(lacking.sum())
        self._out_of_reach_kwh = float(lacking[sessions["status"] != Status.SERVED].sum())

    def find(self, goal: Goal, objective: Callable[[Trace], float], least: _Found | None = None) -> _Found:
        """The best plan; among plans that leave no more unmet than the plan `least`, if that is given."""
        most_unmet_kwh = np.inf
        if least is not None:
            most_unmet_kwh = unmet_kwh(least.trace) + SERVED_SLACK_KWH
            goal = replace(goal, served_kwh=self._needed_kwh - most_unmet_kwh)
        model = ChargingModel(self._scenario, self._vehicles, goal)
        solver = Solver(model.program)
        known_kwh = self._out_of_reach_kwh if goal.is_unmet else 0.0
        waits_for_mixed = model.has_minima
        if least is not None:
            trace = least.trace
        else:
            trace = self._fallback(asks=model.has_minima or np.isfinite(self._deadline))
        status: PlanStatus = "gap"
        best, bound = objective(trace), -np.inf
        for number in range(_MOST_ROUNDS):
            solution = solver.solve(self._deadline - time.perf_counter())
            self.rounds += 1
            bound = max(bound, solution.bound + known_kwh)
            if solution.values is not None:
                found = replay(self._scenario, self._schedule, model.requests_kw(solution.values))
                serves = unmet_kwh(found) <= most_unmet_kwh + SERVED_SLACK_KWH
                if serves and objective(found) < best:
                    trace, best = found, objective(found)
            if best - bound <= TOLERANCE * max(abs(best), 1.0):
                status = "optimal"
            elif time.perf_counter() >= self._deadline:
                status = "time limit"
            if status != "gap" or solution.values is None:
                break
            tangents = model.tangents(solution.values)
            solver.add(*tangents)
            if waits_for_mixed and (not tangents or number == _CONTINUOUS_ROUNDS):
                solver.require_semicontinuity()
                waits_for_mixed = False
            elif not tangents:
                break
        return _Found(trace, best, bound, status)

    def _fallback(self, *, asks: bool) -> Trace:
        """A plan for where the solver may not find one in time: of earliest deadlines, or of no requests at all."""
        if not asks:
            nothing_kw = np.zeros((self._scenario.horizon_steps, self._scenario.num_stations))
            return replay(self._scenario, self._schedule, nothing_kw)
        simulation = Simulation(self._scenario, record=True)
        simulation.reset(schedule=self._schedule)
        while not simulation.over:
            simulation.step(earliest_deadline(Snapshot.of(simulation)))
        return simulation.trace()


def _checked(scenario: Scenario, objective: str, prices: npt.ArrayLike | None, time_limit_s: float | None) -> Array:
    """The prices, or none; raises `InputError` with every problem of the arguments."""
    problems = []
    known = get_args(Objective)
    if objective not in known:
        problems.append(f"objective: must be one of {', '.join(known)} (it is {objective!r})")
    if time_limit_s is not None and not time_limit_s > 0.0:
        problems.append(f"time_limit_s: must be above 0 (it is {time_limit_s!r})")
    found = np.zeros(0)
    if (prices is None) == (objective == "cost"):
        problems.append("prices: must be given for the objective 'cost', and for no other")
    elif prices is not None:
        steps = scenario.horizon_steps
        try:
            found = np.asarray(prices, np.float64)
        except (TypeError, ValueError):
            problems.append(f"prices: must be numbers, one for each of {steps} steps")
        else:
            if found.shape != (steps,):
                problems.append(f"prices: must be one for each of {steps} steps (their shape is {found.shape})")
            else:
                wrong = np.flatnonzero(~np.isfinite(found))
                problems += [f"prices: step {t}: must be finite (it is {found[t]})" for t in wrong]
    if problems:
        raise InputError("optimal_schedule", problems)
    return found
