"""SARSA, Q-learning and Double Q-learning, as Sutton and Barto (2018) write them down.

Each learns in any Gymnasium environment with discrete observations and actions, and takes the same arguments:

env: the environment; it is reset with `seed` once, and goes on from there.
settings: how to learn.
seed: of the environment and of exploration; the same seed gives the same table, to the bit.
looks: numbers of episodes after which `watch` is called.
watch: called with the episodes played and the action values at that moment, `[S, A]`.

Where an episode is truncated and not terminated, the future still counts: its value is that of the last state.
"""

from collections.abc import Callable, Collection, Iterator
from random import Random
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError, raise_if, whole_number_problems
from pev_battery_charge.sizes import LARGEST_SEED, MOST_TABLE_CELLS
from pev_battery_charge.tabular.action_values import Learned
from pev_battery_charge.tabular.settings import Settings
from pev_battery_charge.tabular.state_numbers import StateNumbers

Table = list[list[float]]
"""Action values, a row for each state. Plain lists: single elements are read three times as fast as those of arrays."""

Env = gymnasium.Env[Any, Any]
Watch = Callable[[int, Array], None] | None


def sarsa(
    env: Env, settings: Settings | None = None, *, seed: int = 0, looks: Collection[int] = (), watch: Watch = None
) -> Learned:
    """Learn the values of the policy that is followed, exploration included (section 6.4)."""
    run = _Run(env, settings, seed, num_tables=1)
    (q,) = run.tables
    for _ in run.episodes(looks, watch):
        state = run.reset()
        action = run.choose(q[state])
        over = False
        while not over:
            reward, next_state, terminated, over = run.step(action)
            next_action = run.choose(q[next_state])
            future = 0.0 if terminated else q[next_state][next_action]
            run.update(0, state, action, reward + run.discount * future)
            state, action = next_state, next_action
    return run.learned("sarsa")


def q_learning(
    env: Env, settings: Settings | None = None, *, seed: int = 0, looks: Collection[int] = (), watch: Watch = None
) -> Learned:
    """Learn the values of the best policy, whatever policy is followed (section 6.5; Watkins, 1989)."""
    run = _Run(env, settings, seed, num_tables=1)
    (q,) = run.tables
    for _ in run.episodes(looks, watch):
        state = run.reset()
        over = False
        while not over:
            action = run.choose(q[state])
            reward, next_state, terminated, over = run.step(action)
            future = 0.0 if terminated else max(q[next_state])
            run.update(0, state, action, reward + run.discount * future)
            state = next_state
    return run.learned("q")


def double_q_learning(
    env: Env, settings: Settings | None = None, *, seed: int = 0, looks: Collection[int] = (), watch: Watch = None
) -> Learned:
    """Let one table choose the best action and the other value it, by turns (section 6.7; van Hasselt, 2010).

    A single table takes the greatest of its estimates for the value of the best action, and so believes in luck.
    """
    run = _Run(env, settings, seed, num_tables=2)
    q1, q2 = run.tables
    for _ in run.episodes(looks, watch):
        state = run.reset()
        over = False
        while not over:
            action = run.choose([one + other for one, other in zip(q1[state], q2[state], strict=True)])
            reward, next_state, terminated, over = run.step(action)
            learns = int(run.random() < 0.5)
            chooser, valuer = (q1, q2) if learns == 0 else (q2, q1)
            future = 0.0 if terminated else valuer[next_state][run.best(chooser[next_state])]
            run.update(learns, state, action, reward + run.discount * future)
            state = next_state
    return run.learned("double-q")


class _Run:
    """What the three have in common: tables, exploration, step sizes, returns."""

    def __init__(self, env: Env, settings: Settings | None, seed: int, *, num_tables: int) -> None:
        raise_if("learning", whole_number_problems("seed", seed, 0, LARGEST_SEED))
        actions = env.action_space
        if not isinstance(actions, Discrete):
            raise InputError("action space", [f"must be Discrete, for a table to have columns (it is {actions})"])
        self._env = env
        self._settings = settings = settings or Settings()
        self._numbers = StateNumbers(env.observation_space)
        self._first_action, self._num_actions = int(actions.start), int(actions.n)
        shape = self._numbers.count, self._num_actions
        if (cells := shape[0] * shape[1] * num_tables) > MOST_TABLE_CELLS:
            rule = f"must have at most {MOST_TABLE_CELLS:,} cells"
            told = f"{num_tables} x {shape[0]} states x {shape[1]} actions, {cells:,}"
            raise InputError("learning", [f"tables: {rule} (they would have {told})"])
        self._seed: int | None = int(seed)
        self.random = Random(self._seed).random  # noqa: S311  exploration, not secrets
        self.discount = settings.discount
        self.tables: list[Table] = [np.full(shape, settings.initial_value).tolist() for _ in range(num_tables)]
        self._visits: list[list[list[int]]] = [np.zeros(shape, np.int64).tolist() for _ in range(num_tables)]
        self._returns = np.zeros(settings.episodes)
        self._episode = 0
        self._epsilon = settings.epsilon.at(0.0)
        self._step_size = settings.step_size.at

    def episodes(self, looks: Collection[int], watch: Watch) -> Iterator[int]:
        """Each episode's number, with its epsilon set, and looks taken in between."""
        total, wanted = self._settings.episodes, frozenset(looks)
        for episode in range(total + 1):
            if watch is not None and episode in wanted:
                watch(episode, np.mean(self.tables, axis=0))
            if episode < total:
                self._episode = episode
                self._epsilon = self._settings.epsilon.at(episode / total)
                yield episode

    def reset(self) -> int:
        """Begin an episode; its first state."""
        observation, _ = self._env.reset(seed=self._seed)
        self._seed = None
        return self._numbers.number_of(observation)

    def step(self, action: int) -> tuple[float, int, bool, bool]:
        """Act: the reward, the next state, whether it is terminal, and whether the episode is over."""
        observation, reward, terminated, truncated, _ = self._env.step(action + self._first_action)
        self._returns[self._episode] += reward
        return float(reward), self._numbers.number_of(observation), terminated, terminated or truncated

    def choose(self, values: list[float]) -> int:
        """An action, epsilon-greedily."""
        if self.random() < self._epsilon:
            return int(self.random() * self._num_actions)
        return self.best(values)

    def best(self, values: list[float]) -> int:
        """The action of greatest value; of equals, any."""
        greatest = max(values)
        if values.count(greatest) == 1:
            return values.index(greatest)
        equals = [action for action, value in enumerate(values) if value == greatest]
        return equals[int(self.random() * len(equals))]

    def update(self, table: int, state: int, action: int, target: float) -> None:
        """Move an estimate towards its target."""
        visits = self._visits[table][state]
        visits[action] += 1
        values = self.tables[table][state]
        values[action] += self._step_size(visits[action]) * (target - values[action])

    def learned(self, method: str) -> Learned:
        """The tables as arrays."""
        return Learned(method, np.array(self.tables), self._returns)
