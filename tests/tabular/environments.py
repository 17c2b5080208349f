"""Small environments whose every step is known, for the tests of learning by tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from pev_battery_charge.tabular import Learned, double_q_learning, q_learning, sarsa

Info = dict[str, Any]
Ends = tuple[bool, bool]
Algorithm = Callable[..., Learned]

ALGORITHMS: list[Algorithm] = [sarsa, q_learning, double_q_learning]
TERMINATED, TRUNCATED, GOES_ON, BOTH = (True, False), (False, True), (False, False), (True, True)


@dataclass(frozen=True)
class Step:
    """What happened; states and actions are counted from 0."""

    state: int
    action: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool


class Scripted(gymnasium.Env[Any, Any]):
    """The same episode again and again, whatever is done: from state 0 on, (reward, next state, how it ends)."""

    def __init__(self, script: Sequence[tuple[float, int, Ends]], num_states: int = 3, num_actions: int = 1) -> None:
        self.observation_space, self.action_space = Discrete(num_states), Discrete(num_actions)
        self.script = script
        self.seeds: list[int | None] = []

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[int, Info]:
        super().reset(seed=seed, options=options)
        self.seeds.append(seed)
        self.time = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, Info]:
        assert self.action_space.contains(action)
        reward, state, (terminated, truncated) = self.script[self.time]
        self.time += 1
        return state, reward, terminated, truncated, {}


class Dice(gymnasium.Env[Any, Any]):
    """Any state follows any other, with any reward; spaces begin anywhere. Notes every step."""

    FIRST_STATE, FIRST_ACTION, NUM_STATES, NUM_ACTIONS = 10, -1, 4, 3

    def __init__(self, ends: Callable[[np.random.Generator], Ends]) -> None:
        self.observation_space = Discrete(self.NUM_STATES, start=self.FIRST_STATE)
        self.action_space = Discrete(self.NUM_ACTIONS, start=self.FIRST_ACTION)
        self.ends = ends
        self.steps: list[Step] = []

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[int, Info]:
        super().reset(seed=seed, options=options)
        self.state = int(self.np_random.integers(self.NUM_STATES))
        return self.state + self.FIRST_STATE, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, Info]:
        assert self.action_space.contains(action)
        before, self.state = self.state, int(self.np_random.integers(self.NUM_STATES))
        reward = float(self.np_random.normal(-0.5, 1.0))
        terminated, truncated = self.ends(self.np_random)
        self.steps.append(Step(before, action - self.FIRST_ACTION, reward, self.state, terminated, truncated))
        return self.state + self.FIRST_STATE, reward, terminated, truncated, {}


class Bandit(gymnasium.Env[Any, Any]):
    """One state, in which the first action earns 1 and the others nothing; notes each episode's actions."""

    def __init__(self, num_actions: int, steps: int = 1, wins: float = 1.0) -> None:
        self.observation_space, self.action_space = Discrete(1), Discrete(num_actions)
        self.steps, self.wins = steps, wins
        self.actions: list[list[int]] = []

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[int, Info]:
        super().reset(seed=seed, options=options)
        self.actions.append([])
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, Info]:
        self.actions[-1].append(action)
        return 0, self.wins * (action == 0), len(self.actions[-1]) == self.steps, False, {}


class RandomWalk(gymnasium.Env[Any, Any]):
    """Sutton and Barto's example 6.2: five places in a row, left or right; 1 at the right end, 0 at the left."""

    observation_space, action_space = Discrete(7), Discrete(2)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[int, Info]:
        super().reset(seed=seed, options=options)
        self.place = 3
        return self.place, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, Info]:
        self.place += 2 * action - 1
        return self.place, float(self.place == 6), self.place in (0, 6), False, {}


class LuckyLeft(gymnasium.Env[Any, Any]):
    """Sutton and Barto's example 6.7: from A, all actions but the first lead right, to the end, and earn nothing.

    The first leads left, to B, from where every action ends and earns a normal number around -0.1.
    """

    A, B, END = range(3)
    observation_space, action_space = Discrete(3), Discrete(10)

    def __init__(self) -> None:
        self.went_left: list[bool] = []

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[int, Info]:
        super().reset(seed=seed, options=options)
        self.at_a = True
        return self.A, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, Info]:
        if not self.at_a:
            return self.END, float(self.np_random.normal(-0.1, 1.0)), True, False, {}
        self.went_left.append(action == 0)
        self.at_a = False
        return (self.B, 0.0, False, False, {}) if action == 0 else (self.END, 0.0, True, False, {})
