"""The optimum of linear batteries as one dense linear program for SciPy, written from the formulas alone."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]  # SciPy carries no types

from pev_battery_charge import Scenario, Schedule
from tests.controllers.planning.plans import Floats

UNMET_SLACK_KWH = 1e-7


@dataclass(frozen=True)
class Visit:
    """A PEV at its station: which steps it is plugged in, what it needs, what a kW over a step gives it."""

    steps: range
    leaves: bool
    needed_kwh: float
    target_kwh: float
    gain_kwh: float
    limit_kw: float


def visits_of(scenario: Scenario, schedule: Schedule) -> tuple[list[Visit], float]:
    """All who are plugged in for a step at least, and what the others lack together."""
    length, horizon = scenario.step_minutes, scenario.horizon_steps
    visits, out_of_reach_kwh = [], 0.0
    for row in schedule.sessions.iter_rows(named=True):
        needed_kwh = row["energy_target_kwh"] - row["energy_arrival_kwh"]
        plugged = range(0)
        if row["station"] is not None:
            inside = [
                step
                for step in range(horizon)
                if step * length >= row["plug_in_min"] - 1e-6 and (step + 1) * length <= row["departure_min"] + 1e-6
            ]
            plugged = range(inside[0], inside[-1] + 1) if inside else plugged
        if not plugged:
            out_of_reach_kwh += needed_kwh
            continue
        assert row["transition_soc"] == 1.0
        visits.append(
            Visit(
                steps=plugged,
                leaves=row["departure_min"] < (horizon + 1) * length - 1e-6,
                needed_kwh=needed_kwh,
                target_kwh=row["energy_target_kwh"],
                gain_kwh=row["efficiency"] * length / 60.0,
                limit_kw=min(row["power_max_kw"], scenario.stations[row["station"]].power_max_kw),
            )
        )
    return visits, out_of_reach_kwh


class LinearReference:
    """Columns: the power of each visit in each step of the horizon, [V, T], then excess over the cap, [T], then a peak.

    Powers outside a visit, and what is not used, are held at 0.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        self.scenario = scenario
        self.visits, self.out_of_reach_kwh = visits_of(scenario, schedule)
        self.shape = (len(self.visits), scenario.horizon_steps)
        self.gains = np.array([visit.gain_kwh for visit in self.visits])
        self.needed_kwh = sum(visit.needed_kwh for visit in self.visits)

    def least_unmet_kwh(self) -> float:
        powers = np.broadcast_to(-self.gains[:, None], self.shape)
        return self._solve(powers) + self.needed_kwh + self.out_of_reach_kwh

    def least_loss(self) -> float:
        """Reward with the exponent 1; requests above the cap are of use only where no coordinator cuts them."""
        reward = self.scenario.reward
        powers, due = np.zeros(self.shape), 0.0
        for v, visit in enumerate(self.visits):
            if visit.target_kwh == 0.0:
                continue
            for seen in visit.steps:
                due += reward.weight("missing") * visit.needed_kwh / visit.target_kwh
                powers[v, visit.steps.start : seen + 1] -= reward.weight("missing") * visit.gain_kwh / visit.target_kwh
            if visit.leaves:
                due += reward.weight("departure") * visit.needed_kwh / visit.target_kwh
                powers[v, list(visit.steps)] -= reward.weight("departure") * visit.gain_kwh / visit.target_kwh
        plugged = np.zeros(self.shape[1])
        for visit in self.visits:
            plugged[list(visit.steps)] += 1.0
        excess = reward.weight("overload") * plugged / self.scenario.area.power_max_kw
        return self._solve(powers, excess) + due

    def least_peak_kw(self) -> float:
        return self._solve(np.zeros(self.shape), peak=1.0, serve=True)

    def least_cost(self, prices: Floats) -> float:
        hours = self.scenario.step_minutes / 60.0
        return self._solve(np.broadcast_to(prices * hours, self.shape), serve=True)

    def _solve(self, powers: Floats, excess: Floats | None = None, peak: float = 0.0, *, serve: bool = False) -> float:
        visits, steps = self.shape
        uncut = self.scenario.coordinator == "none"
        costs = np.concatenate([powers.ravel(), np.zeros(steps) if excess is None else excess, [peak]])
        upper = np.zeros(costs.size)
        for v, visit in enumerate(self.visits):
            upper[v * steps + np.array(visit.steps)] = visit.limit_kw
        upper[visits * steps :] = np.inf if uncut else 0.0
        upper[-1] = np.inf if peak else 0.0
        rows, sides = [], []
        for step in range(steps):
            total = np.zeros(costs.size)
            total[step : visits * steps : steps] = 1.0
            above, below_peak = total.copy(), total.copy()
            above[visits * steps + step], below_peak[-1] = -1.0, -1.0
            rows, sides = [*rows, above], [*sides, self.scenario.area.power_max_kw]
            if peak:
                rows, sides = [*rows, below_peak], [*sides, 0.0]
        served = np.zeros(costs.size)
        for v, visit in enumerate(self.visits):
            own = np.zeros(costs.size)
            own[v * steps : (v + 1) * steps] = visit.gain_kwh
            rows, sides, served = [*rows, own], [*sides, visit.needed_kwh], served + own
        if serve:
            unmet_kwh = self.least_unmet_kwh() - self.out_of_reach_kwh
            rows, sides = [*rows, -served], [*sides, unmet_kwh + UNMET_SLACK_KWH - self.needed_kwh]
        bounds = np.stack([np.zeros(costs.size), upper], axis=1)
        found = linprog(costs, np.array(rows), np.array(sides), bounds=bounds, method="highs-ds")
        assert found.success
        return float(found.fun)
