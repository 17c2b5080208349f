"""All methods side by side: how far each stays behind the exact optimum, over several seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.results_table import ResultsTable
from pev_battery_charge.evaluation.statistics import bootstrap_interval
from pev_battery_charge.smart_charging import pictures
from pev_battery_charge.smart_charging.dqn import DqnConfig
from pev_battery_charge.smart_charging.environment import SmartChargingEnv
from pev_battery_charge.smart_charging.exact import PolicyValue, shortfall, solve
from pev_battery_charge.smart_charging.learning import LABELS, TableConfig, Training, check, learn
from pev_battery_charge.smart_charging.problem import SmartCharging

PLAYED_SEED: Final = 1_000_000
"""Seed of the episodes in which policies are played; the same arrivals and demands for all of them."""

_EXACT: Final = "exact optimum"


@dataclass(frozen=True)
class MethodComparison:
    """What all methods have come to.

    optimum: the exact answer.
    trainings: of each method, one for each seed.
    played: the mean return of each policy over the same `episodes` episodes, in the environment: of the optimum under
        its own name, of each method one for each seed.
    played_error: the standard error of the optimum's mean return played.
    """

    optimum: PolicyValue
    trainings: Mapping[str, tuple[Training, ...]]
    played: Mapping[str, tuple[float, ...]]
    played_error: float
    episodes: int

    def shortfalls(self, algorithm: str) -> Array:
        """How far each seed's policy stays behind the optimum, in % of the optimum's cost, `[S]`."""
        return np.array([100.0 * one.value.shortfall(self.optimum) for one in self.trainings[algorithm]])

    def table(self) -> ResultsTable:
        """A row for the optimum and for each method."""
        optimum = self.optimum
        rows = [self._row(_EXACT, [optimum], "0", self.played[_EXACT], "-")]
        for name, trainings in self.trainings.items():
            values, behind = [one.value for one in trainings], _mean_text(self.shortfalls(name), ".2f")
            seconds = f"{np.median([one.seconds for one in trainings]):.0f}"
            rows.append(self._row(LABELS[name], values, behind, self.played[name], seconds))
        unit = optimum.problem.cost_unit
        seeds = max(len(trainings) for trainings in self.trainings.values())
        notes = [
            f"Returns and costs{f' in {unit}' if unit else ''}; expectations are exact, not sampled.",
            f"[ ]: 95 % bootstrap interval of the mean over {seeds} training seeds; training: median of them.",
            f"played: mean return of {self.episodes:,} episodes in the environment, the same for all policies; "
            f"that of the optimum has a standard error of {self.played_error:.1g}.",
        ]
        return ResultsTable(_COLUMNS, rows, _COLUMNS[1:], notes)

    def _row(
        self, name: str, values: Sequence[PolicyValue], behind: str, played: Sequence[float], seconds: str
    ) -> tuple[str, ...]:
        returns = np.array([value.expected_return for value in values])
        charging = np.array([value.expected_charging_cost for value in values])
        shortages = np.array([value.shortage_probability for value in values])
        means = charging.mean(), (shortages * self.optimum.problem.shortage_cost).mean(), np.mean(played)
        costs = [f"{mean:#.4g}" for mean in means]
        return name, _mean_text(returns, "#.4g"), behind, _mean_text(100.0 * shortages, ".2f"), *costs, seconds

    def write_figure(self, path: str | Path) -> None:
        """Learning curves and policies of all methods as a PNG; raises `InputError` for another ending."""
        optimum, curves = self.optimum, []
        for name, own in self.trainings.items():
            looks = [[100.0 * shortfall(look.expected_return, optimum) for look in one.looks] for one in own]
            shortfalls, episodes = np.array(looks), np.array([look.episodes for look in own[0].looks], np.float64)
            nothing = np.full(episodes.size, np.nan)
            low, high = bootstrap_interval(shortfalls) if len(own) > 1 else (nothing, nothing)
            curves.append(pictures.MethodCurve(LABELS[name], episodes, shortfalls, low, high))
        maps = [pictures.PolicyMap(_EXACT, optimum.actions)]
        maps += [pictures.PolicyMap(LABELS[name], own[0].value.actions) for name, own in self.trainings.items()]
        problem = optimum.problem
        scale = pictures.MapScale(problem.rates_kw, problem.energies_kwh, problem.slot_minutes, problem.start_min)
        best, unit = optimum.expected_return, problem.cost_unit
        pictures.write_comparison(path, optimum=best, curves=curves, maps=maps, scale=scale, unit=unit)


def compare_methods(
    problem: SmartCharging | None = None,
    *,
    algorithms: tuple[str, ...] = tuple(LABELS),
    seeds: Sequence[int] = range(5),
    tables: TableConfig | None = None,
    dqn: DqnConfig | None = None,
    episodes: int = 100_000,
    progress: Callable[[int, int], None] | None = None,
) -> MethodComparison:
    """Learn with every method from every seed, and measure what came out.

    seeds: of training, one run each.
    episodes: to play with each policy in the end.
    progress: called with the hundredths of runs done and those in all.

    Raises `InputError` for names that are no methods, for "dqn" where the extra `train` is not installed, and for a
    problem whose optimum costs nothing.
    """
    problem, tables, dqn = problem or SmartCharging(), tables or TableConfig(), dqn or DqnConfig()
    check(algorithms, problem, tables, dqn, seeds)
    optimum = solve(problem)
    if optimum.expected_return == 0.0:
        raise InputError("smart charging", ["costs: the optimum costs nothing: no distance to it in per cent"])
    trainings: dict[str, list[Training]] = {name: [] for name in algorithms}
    runs = [(algorithm, seed) for algorithm in algorithms for seed in seeds]
    for number, (algorithm, seed) in enumerate(runs):

        def tell(done: int, of: int, number: int = number) -> None:
            if progress is not None:
                progress(100 * number + 100 * done // of, 100 * len(runs))

        trainings[algorithm].append(learn(algorithm, problem, tables=tables, dqn=dqn, seed=seed, progress=tell))
    returns = play(optimum, episodes)
    played = {_EXACT: (returns.mean(),)}
    played |= {name: tuple(play(one.value, episodes).mean() for one in own) for name, own in trainings.items()}
    error = float(returns.std() / np.sqrt(episodes))
    return MethodComparison(optimum, {name: tuple(own) for name, own in trainings.items()}, played, error, episodes)


def play(policy: PolicyValue, episodes: int, seed: int = PLAYED_SEED) -> Array:
    """The return of each of so many episodes in the environment under a policy, `[episodes]`.

    Arrivals and demands depend on the seed alone, so policies played with the same seed meet the same ones.
    """
    problem = policy.problem
    env = SmartChargingEnv(problem, observation="index", cell_kwh=problem.energy_step_kwh)
    actions: list[int] = policy.actions.ravel().tolist()  # cells of the battery's own step are its levels
    returns = np.zeros(episodes)
    for episode in range(episodes):
        state, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            state, reward, over, _, _ = env.step(actions[cast(int, state)])
            returns[episode] += reward
    return returns


_COLUMNS: Final = (
    *("method", "mean return", "behind the optimum, %", "shortage, %"),
    *("cost of charging", "cost of shortage", "played", "training, s"),
)


def _mean_text(values: Array, form: str) -> str:
    """The mean, with its interval where there are several values."""
    text = f"{values.mean():{form}}"
    if values.size < 2:
        return text
    low, high = bootstrap_interval(values[:, None])
    return f"{text} [{low[0]:{form}}, {high[0]:{form}}]"
