"""What learning starts from, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.errors import InputError, whole_number_problems
from pev_battery_charge.tabular.schedules import Epsilon, StepSize


@dataclass(frozen=True)
class Settings:
    """How a table learns."""

    episodes: int = 10_000
    """Episodes to play."""
    discount: float = 1.0
    """What a reward one step later is worth, 0 to 1."""
    epsilon: Epsilon = field(default_factory=Epsilon)
    """The share of random actions."""
    step_size: StepSize = field(default_factory=StepSize)
    """How far an estimate moves with each visit."""
    initial_value: float = 0.0
    """What every action is taken to be worth at first. Above what can be earned, it makes everything be tried."""

    def __post_init__(self) -> None:
        problems = whole_number_problems("episodes", self.episodes, 1)
        if not 0.0 <= self.discount <= 1.0:
            problems.append(f"discount: must be in [0, 1] (it is {self.discount!r})")
        if not np.isfinite(self.initial_value):
            problems.append(f"initial_value: must be a finite number (it is {self.initial_value!r})")
        if problems:
            raise InputError("settings", problems)


@dataclass(frozen=True)
class Learned:
    """A learned table, or two of Double Q-learning.

    method: "sarsa", "q" or "double-q", or whatever else made it.
    tables: the action values, `[1 or 2, S, A]`.
    returns: the sum of rewards of every episode played, `[episodes]`.
    made_for: what the states mean; compared when the table is loaded for use elsewhere.
    """

    method: str
    tables: Array
    returns: Array
    made_for: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> Array:
        """The estimated value of each action in each state, the mean of the tables, `[S, A]`."""
        mean: Array = self.tables.mean(axis=0)
        return mean

    @property
    def greedy(self) -> Integers:
        """The action of greatest value in each state, `[S]`; of equals, the first."""
        best: Integers = self.values.argmax(axis=1)
        return best
