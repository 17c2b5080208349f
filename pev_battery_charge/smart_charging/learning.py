"""Learning the smart-charging problem by any of the methods, and looking at what has been learned on the way."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.errors import InputError, raise_if, whole_number_problems
from pev_battery_charge.sizes import LARGEST_SEED
from pev_battery_charge.smart_charging.cells import CELL_KWH, Cells
from pev_battery_charge.smart_charging.dqn import DqnConfig, learn_dqn
from pev_battery_charge.smart_charging.environment import SmartChargingEnv
from pev_battery_charge.smart_charging.exact import PolicyValue, policy_value
from pev_battery_charge.smart_charging.problem import SmartCharging
from pev_battery_charge.tabular import (
    Epsilon,
    Fall,
    Learned,
    Settings,
    StepSize,
    double_q_learning,
    load_table,
    q_learning,
    sarsa,
)
from pev_battery_charge.training.requirements import need

DQN: Final = "dqn"
LABELS: Final = {"sarsa": "SARSA", "q": "Q-learning", "double-q": "Double Q-learning", DQN: "DQN"}
"""The methods by name, as they are written in tables and pictures."""

_TABLES: Final = {"sarsa": sarsa, "q": q_learning, "double-q": double_q_learning}
_EPSILON_START: Final = {"sarsa": 0.3, "q": 1.0, "double-q": 1.0}
"""The two that learn the best policy whatever they do begin at random; SARSA values what it does, exploring as well."""


@dataclass(frozen=True)
class TableConfig:
    """How the tables learn."""

    episodes: int = 600_000
    """Episodes to play."""
    cell_kwh: float = CELL_KWH
    """Size of the battery's cells, a row of the table each."""
    epsilon_start: float | None = None
    """Share of random actions at first; None: 0.3 for sarsa, whose values count exploration, 1 for the others."""
    epsilon_end: float = 0.0
    """Share of random actions in the end."""
    epsilon_fall: Fall = "linear"
    """How it falls: by the same amount in each episode, by the same factor (exponential), or not at all (constant)."""
    epsilon_share: float = 0.8
    """After this share of the episodes the end is reached."""
    step_power: float = 0.75
    """The step size is n^-power at the n-th visit of a state and action."""
    initial_value: float = 0.0
    """What every action is taken to be worth at first; 0 is more than can be earned, so everything is tried."""

    def settings(self, algorithm: str) -> Settings:
        """The settings of one of the methods."""
        start = _EPSILON_START[algorithm] if self.epsilon_start is None else self.epsilon_start
        epsilon = Epsilon(start, self.epsilon_end, self.epsilon_fall, self.epsilon_share)
        return Settings(self.episodes, 1.0, epsilon, StepSize(power=self.step_power), self.initial_value)


class Look(NamedTuple):
    """What the greedy policy is worth after so many episodes, exactly."""

    episodes: int
    expected_return: float


@dataclass(frozen=True)
class Training:
    """What one method has learned from one seed.

    algorithm: its name.
    seed: of the environment, of exploration, and of the network.
    learned: the table.
    value: the exact value of the table's greedy policy.
    looks: on the way, from 0 episodes to the end.
    seconds: how long it took, without the looks.
    """

    algorithm: str
    seed: int
    learned: Learned
    value: PolicyValue
    looks: tuple[Look, ...]
    seconds: float


def check(
    algorithms: Sequence[str], problem: SmartCharging, tables: TableConfig, dqn: DqnConfig, seeds: Sequence[int]
) -> None:
    """Raise `InputError` for what would end learning: before minutes of it, and before anything is written."""
    problems = [f"{name!r}: must be one of {', '.join(LABELS)}" for name in algorithms if name not in LABELS]
    problems += [text for seed in seeds for text in whole_number_problems("seed", seed, 0, LARGEST_SEED)]
    problems += [] if algorithms else ["algorithms: must be at least one"]
    problems += [] if len(seeds) else ["seeds: must be at least one"]
    if DQN in algorithms and not dqn.episodes(problem.num_slots):
        problems.append(f"dqn.steps: must be enough to end an episode (it is {dqn.steps})")
    raise_if("smart charging", problems)
    if DQN in algorithms:
        need("train")
    for name in algorithms:
        if name != DQN:
            tables.settings(name)
            Cells(problem, tables.cell_kwh)


def num_episodes(algorithm: str, problem: SmartCharging, tables: TableConfig, dqn: DqnConfig) -> int:
    """How many episodes a method learns from."""
    return dqn.episodes(problem.num_slots) if algorithm == DQN else tables.episodes


def learn(
    algorithm: str,
    problem: SmartCharging | None = None,
    *,
    tables: TableConfig | None = None,
    dqn: DqnConfig | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    save_model: Path | None = None,
) -> Training:
    """Learn by a method: "sarsa", "q", "double-q" or "dqn".

    progress: called with the episodes played and those in all.
    save_model: where DQN's model is written; see `learn_dqn`.

    Raises `InputError` for another name, and for "dqn" where the extra `train` is not installed.
    """
    problem, tables, dqn = problem or SmartCharging(), tables or TableConfig(), dqn or DqnConfig()
    check((algorithm,), problem, tables, dqn, (seed,))
    if algorithm == DQN:
        cells = Cells(problem, problem.energy_step_kwh)
        run = partial(learn_dqn, problem, dqn, save=save_model)
    else:
        cells = Cells(problem, tables.cell_kwh)
        env = SmartChargingEnv(problem, observation="index", cell_kwh=tables.cell_kwh)
        run = partial(_TABLES[algorithm], env, tables.settings(algorithm))
    episodes = num_episodes(algorithm, problem, tables, dqn)
    numbers, looks, due, looking_s = look_numbers(episodes), list[Look](), 0, 0.0

    def watch(played: int, values: Array) -> None:
        """Note what the greedy policy is worth when it is time to look, and tell the progress."""
        nonlocal due, looking_s
        begun = time.perf_counter()
        if played >= due:
            looks.append(Look(played, greedy_value(values, cells).expected_return))
            due = min((number for number in numbers if number > played), default=episodes + 1)
        if progress is not None:
            progress(played, episodes)
        looking_s += time.perf_counter() - begun

    moments = {*numbers, *(episodes * percent // 100 for percent in range(100 if progress else 0))}
    began = time.perf_counter()
    learned = replace(run(seed=seed, looks=moments, watch=watch), made_for=cells.made_for())
    seconds = time.perf_counter() - began - looking_s
    value = greedy_value(learned.values, cells)
    played = learned.returns.size
    before = [look for look in looks if look.episodes < played]
    return Training(algorithm, seed, learned, value, (*before, Look(played, value.expected_return)), seconds)


def look_numbers(episodes: int) -> list[int]:
    """When to look: at first, in the end, and in between ever more rarely."""
    return [0, *sorted({round(number) for number in np.geomspace(min(100, episodes), episodes, 25)})]


def greedy_value(values: Array, cells: Cells) -> PolicyValue:
    """The exact value of a table's greedy policy."""
    return policy_value(cells.problem, greedy_actions(values, cells))


def greedy_actions(values: Array, cells: Cells) -> Integers:
    """The rate of greatest value, at each time step and level, `[T, K + 1]`."""
    return cells.spread(values.argmax(axis=1))


def load_learned(path: str | Path, problem: SmartCharging) -> tuple[Learned, PolicyValue]:
    """A table from a file, and the exact value of its greedy policy.

    Raises `InputError` where the file is no table, or was made for another discretisation than the problem's; cells of
    any size are taken.
    """
    cell_kwh = load_table(path).made_for.get("cell_kwh")
    try:
        cells = Cells(problem, cell_kwh if isinstance(cell_kwh, float) else CELL_KWH)
    except InputError as error:
        raise InputError(str(path), error.problems) from None
    learned = load_table(path, cells.made_for())
    shape = cells.num_states, len(problem.rates_kw)
    if learned.values.shape != shape:
        raise InputError(str(path), [f"tables: must have shape {shape} (it is {learned.values.shape})"])
    return learned, greedy_value(learned.values, cells)
