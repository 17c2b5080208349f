"""Each update rule by hand, and step by step against a plain second implementation of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.tabular import Epsilon, Learned, Settings, StepSize, double_q_learning, q_learning, sarsa
from tests.tabular.environments import (
    ALGORITHMS,
    BOTH,
    GOES_ON,
    TERMINATED,
    TRUNCATED,
    Algorithm,
    Bandit,
    Dice,
    Ends,
    Scripted,
    Step,
)

HALVES = StepSize(first=0.5, power=0.0)
GREEDY = Epsilon(0.0, fall="constant")
DISCOUNT = 0.9

each_algorithm = pytest.mark.parametrize("learn", ALGORITHMS)


def terminated_or_truncated(rng: np.random.Generator) -> Ends:
    return TERMINATED if rng.random() < 0.4 else TRUNCATED


def terminated_at_last(rng: np.random.Generator) -> Ends:
    return TERMINATED if rng.random() < 0.3 else GOES_ON


def single_steps(learn: Algorithm, epsilon: float) -> Iterator[tuple[Array, Step, float, Array]]:
    """Tables before, the step, the step size, tables after: of episodes of one step each.

    An episode more is played each time: what was played before is the same.
    """
    before = np.zeros((2 if learn is double_q_learning else 1, Dice.NUM_STATES, Dice.NUM_ACTIONS))
    for episodes in range(1, 101):
        env = Dice(terminated_or_truncated)
        settings = Settings(episodes, DISCOUNT, Epsilon(epsilon, fall="constant"), HALVES)
        after = learn(env, settings, seed=1).tables
        assert len(env.steps) == episodes
        yield before, env.steps[-1], 0.5, after
        before = after


def moved(table: Array, step: Step, step_size: float, future: float) -> Array:
    """One table after one update."""
    after = table.copy()
    target = step.reward if step.terminated else step.reward + DISCOUNT * future
    after[step.state, step.action] = (1 - step_size) * table[step.state, step.action] + step_size * target
    return after


def the_best(values: Array) -> list[int]:
    return [action for action in range(len(values)) if values[action] == max(values)]


def test_q_learning_makes_each_step_as_the_plain_rule_does() -> None:
    for (before,), step, step_size, (after,) in single_steps(q_learning, epsilon=0.5):
        np.testing.assert_allclose(after, moved(before, step, step_size, max(before[step.next_state])), atol=1e-12)


def test_sarsa_makes_each_step_as_the_plain_rule_does_with_one_of_the_next_actions() -> None:
    seen: set[int] = set()
    for (before,), step, step_size, (after,) in single_steps(sarsa, epsilon=1.0):
        futures = sorted(before[step.next_state])
        fits = [np.allclose(after, moved(before, step, step_size, future), atol=1e-12) for future in futures]
        assert any(fits)
        if sum(fits) == 1:
            seen.add(fits.index(True))
    assert seen == {0, 1, 2}


def test_sarsa_that_never_explores_takes_the_best_next_action() -> None:
    for (before,), step, step_size, (after,) in single_steps(sarsa, epsilon=0.0):
        np.testing.assert_allclose(after, moved(before, step, step_size, max(before[step.next_state])), atol=1e-12)


def test_double_q_learning_lets_one_table_choose_and_the_other_value_and_changes_one_alone() -> None:
    changed, disagreed = [0, 0], 0
    for before, step, step_size, after in single_steps(double_q_learning, epsilon=0.5):
        changes = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
        assert sum(changes) == 1
        one = changes.index(True)
        other = 1 - one
        changed[one] += 1
        choices = the_best(before[one][step.next_state])
        disagreed += not step.terminated and choices != the_best(before[other][step.next_state])
        futures = [before[other][step.next_state][action] for action in choices]
        assert any(
            np.allclose(after[one], moved(before[one], step, step_size, future), atol=1e-12) for future in futures
        )
    assert min(changed) > 30
    assert disagreed > 20


@each_algorithm
def test_who_never_explores_takes_an_action_of_the_greatest_sum_of_all_tables(learn: Algorithm) -> None:
    for before, step, _, _ in single_steps(learn, epsilon=0.0):
        assert step.action in the_best(before.sum(axis=0)[step.state])


def test_q_learning_follows_the_plain_rule_through_whole_episodes() -> None:
    env = Dice(terminated_at_last)
    learned = q_learning(env, Settings(200, DISCOUNT, Epsilon(0.3, fall="constant"), StepSize(0.8, 0.6)), seed=5)
    values: dict[tuple[int, int], float] = defaultdict(float)
    visits: dict[tuple[int, int], int] = defaultdict(int)
    for step in env.steps:
        here = step.state, step.action
        visits[here] += 1
        target = step.reward
        if not step.terminated:
            target += DISCOUNT * max(values[step.next_state, action] for action in range(Dice.NUM_ACTIONS))
        values[here] += 0.8 / visits[here] ** 0.6 * (target - values[here])
    assert {state_action: learned.tables[0][state_action] for state_action in values} == pytest.approx(values)


def test_sarsa_values_the_action_it_then_really_takes() -> None:
    env = Dice(terminated_at_last)
    learned = sarsa(env, Settings(200, DISCOUNT, Epsilon(0.3, fall="constant"), StepSize(0.8, 0.6)), seed=5)
    values: dict[tuple[int, int], float] = defaultdict(float)
    visits: dict[tuple[int, int], int] = defaultdict(int)
    for step, following in pairwise([*env.steps, env.steps[0]]):
        here = step.state, step.action
        visits[here] += 1
        target = step.reward
        if not step.terminated:
            assert following.state == step.next_state
            target += DISCOUNT * values[following.state, following.action]
        values[here] += 0.8 / visits[here] ** 0.6 * (target - values[here])
    assert {state_action: learned.tables[0][state_action] for state_action in values} == pytest.approx(values)


@pytest.mark.parametrize("learn", [sarsa, q_learning])
def test_two_episodes_by_hand(learn: Algorithm) -> None:
    env = Scripted([(1.0, 1, GOES_ON), (2.0, 2, TERMINATED)])
    settings = Settings(discount=0.5, step_size=HALVES, episodes=1)
    # 0 + 1/2 (1 + 1/2 x 0 - 0), 0 + 1/2 (2 - 0)
    assert learn(env, settings).values.ravel().tolist() == [0.5, 1.0, 0.0]
    # 1/2 + 1/2 (1 + 1/2 x 1 - 1/2), 1 + 1/2 (2 - 1)
    learned = learn(env, Settings(discount=0.5, step_size=HALVES, episodes=2))
    assert learned.values.ravel().tolist() == [1.0, 1.5, 0.0]
    assert learned.returns.tolist() == [3.0, 3.0]


@each_algorithm
@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (TERMINATED, 10 + 0.5 * (2.0 - 10)),
        (BOTH, 10 + 0.5 * (2.0 - 10)),
        (TRUNCATED, 10 + 0.5 * (2.0 + 0.5 * 10 - 10)),
    ],
)
def test_the_future_counts_after_a_truncation_and_not_after_a_termination(
    learn: Algorithm, ends: Ends, expected: float
) -> None:
    settings = Settings(episodes=1, discount=0.5, step_size=HALVES, initial_value=10.0)
    tables = learn(Scripted([(2.0, 1, ends)], num_states=2), settings).tables
    first_table, *others = sorted(tables.reshape(-1, 2).tolist())
    assert first_table == [expected, 10.0]
    assert others == [[10.0, 10.0]] * (len(tables) - 1)


def test_double_q_learning_makes_one_update_each_step_in_either_table() -> None:
    (one,), (other,) = double_q_learning(Bandit(1, steps=40), Settings(1, 0.0, step_size=HALVES)).tables.reshape(2, 1)
    # n halvings of the way to 1 leave 2 to the power of -n of it
    updates = [-np.log2(1.0 - one), -np.log2(1.0 - other)]
    assert sum(updates) == 40
    assert min(updates) > 10


@each_algorithm
def test_names_its_method_and_tells_each_episodes_return(learn: Algorithm) -> None:
    env = Dice(terminated_at_last)
    learned = learn(env, Settings(20))
    assert learned.method == {sarsa: "sarsa", q_learning: "q", double_q_learning: "double-q"}[learn]
    assert learned.tables.shape == (2 if learn is double_q_learning else 1, Dice.NUM_STATES, Dice.NUM_ACTIONS)
    lengths = np.flatnonzero([step.terminated for step in env.steps]) + 1
    rewards = np.split([step.reward for step in env.steps], lengths)[:-1]
    np.testing.assert_allclose(learned.returns, [part.sum() for part in rewards])


@pytest.mark.parametrize("learn", [sarsa, q_learning])
def test_a_power_of_one_is_the_plain_average_of_the_targets(learn: Algorithm) -> None:
    env = Dice(lambda _: TERMINATED)
    tables = learn(env, Settings(500, step_size=StepSize(1.0, 1.0), epsilon=Epsilon(fall="constant"))).tables
    rewards: dict[tuple[int, int], list[float]] = defaultdict(list)
    for step in env.steps:
        rewards[step.state, step.action].append(step.reward)
    assert len(rewards) == Dice.NUM_STATES * Dice.NUM_ACTIONS
    for state_action, seen in rewards.items():
        assert tables[0][state_action] == pytest.approx(np.mean(seen))


def test_each_of_two_tables_counts_its_own_visits() -> None:
    env = Scripted([(1.0, 1, TERMINATED)], num_states=2)
    # The first visit, with a step size of 1, forgets the initial value; of both tables, and for good.
    learned = double_q_learning(env, Settings(50, step_size=StepSize(1.0, 1.0), initial_value=-1e9))
    assert learned.tables[:, 0, 0] == pytest.approx(1.0, abs=1e-12)


@each_algorithm
def test_equals_are_chosen_at_random(learn: Algorithm) -> None:
    env = Bandit(20, steps=2000, wins=0.0)
    learn(env, Settings(1, epsilon=GREEDY))
    counts = np.bincount(env.actions[0], minlength=20)
    # 100 of each on average, with a standard deviation of 10
    assert counts.min() > 55
    assert counts.max() < 145


@each_algorithm
def test_the_first_and_last_of_equals_are_chosen_but_no_worse_action(learn: Algorithm) -> None:
    env = Bandit(4, steps=400, wins=-1.0)
    learn(env, Settings(1, discount=0.0, epsilon=GREEDY, step_size=StepSize(power=0.0)))
    counts = np.bincount(env.actions[0], minlength=4)
    # Once, for every table, it is tried in vain.
    assert counts[0] <= 2
    assert counts[1:].min() > 90


@each_algorithm
def test_each_episode_has_the_epsilon_of_its_beginning(learn: Algorithm) -> None:
    env = Bandit(2, steps=3000)
    settings = Settings(5, 0.0, Epsilon(1.0, 0.0, "linear", share=0.8), initial_value=-1.0)
    learn(env, settings)
    # Half of what is random is the other action. Three thousand steps: a standard deviation of at most 0.01.
    others = [np.mean(actions) for actions in env.actions]
    np.testing.assert_allclose(others, [0.5, 0.375, 0.25, 0.125, 0.0], atol=0.04)
    assert others[-1] == 0.0


@each_algorithm
def test_an_initial_value_above_all_returns_makes_everything_be_tried(learn: Algorithm) -> None:
    env = Bandit(30, steps=60)
    learn(env, Settings(1, 0.0, GREEDY, initial_value=5.0))
    assert set(env.actions[0]) == set(range(30))


@each_algorithm
def test_the_same_seed_learns_the_same_to_the_bit_and_another_something_else(learn: Algorithm) -> None:
    def learned(seed: Any) -> tuple[bytes, bytes]:
        result = learn(Dice(terminated_at_last), Settings(30), seed=seed)
        return result.tables.tobytes(), result.returns.tobytes()

    assert learned(3) == learned(3) == learned(np.int64(3))
    assert learned(3)[0] != learned(4)[0]
    assert learned(3)[1] != learned(4)[1]


@each_algorithm
def test_exploration_too_depends_on_the_seed(learn: Algorithm) -> None:
    def actions(seed: int) -> list[list[int]]:
        env = Bandit(5, steps=20)
        learn(env, Settings(3), seed=seed)
        return env.actions

    assert actions(0) == actions(0) != actions(1)


@each_algorithm
def test_the_environment_is_seeded_once_and_goes_on_from_there(learn: Algorithm) -> None:
    env = Scripted([(1.0, 1, TERMINATED)])
    learn(env, Settings(3), seed=7)
    assert env.seeds == [7, None, None]


@each_algorithm
def test_looks_are_taken_at_the_wanted_numbers_and_show_the_mean_of_the_tables(learn: Algorithm) -> None:
    settings = Settings(20, epsilon=Epsilon(0.5, fall="constant"), initial_value=2.0)
    looks: list[tuple[int, Array]] = []
    learn(
        Dice(terminated_at_last),
        settings,
        looks=[20, 0, 3, 3, 4, 21, -1],
        watch=lambda episodes, values: looks.append((episodes, values)),
    )
    assert [episodes for episodes, _ in looks] == [0, 3, 4, 20]
    assert (looks[0][1] == 2.0).all()
    for episodes, values in looks[1:]:
        stopped_there = learn(Dice(terminated_at_last), replace(settings, episodes=episodes))
        np.testing.assert_array_equal(values, stopped_there.tables.sum(axis=0) / len(stopped_there.tables))
        np.testing.assert_array_equal(values, stopped_there.values)


@each_algorithm
def test_looking_changes_nothing(learn: Algorithm) -> None:
    def spoil(_: int, values: Array) -> None:
        values[:] = np.nan

    plain = learn(Dice(terminated_at_last), Settings(30))
    for arguments in ({"looks": range(31), "watch": spoil}, {"looks": range(31)}, {"watch": spoil}):
        watched = learn(Dice(terminated_at_last), Settings(30), **arguments)
        assert watched.tables.tobytes() == plain.tables.tobytes()
        assert watched.returns.tobytes() == plain.returns.tobytes()


def test_values_are_the_mean_of_the_tables_and_greedy_the_first_of_the_best() -> None:
    learned = Learned(
        "double-q", np.array([[[1.0, 4.0, 0.0], [3.0, 0.0, 5.0]], [[2.0, 0.0, 3.0], [3.0, 6.0, 1.0]]]), np.zeros(1)
    )
    assert learned.values.tolist() == [[1.5, 2.0, 1.5], [3.0, 3.0, 3.0]]
    assert learned.greedy.tolist() == [1, 0]


@each_algorithm
@pytest.mark.parametrize("space", [Box(-1.0, 1.0), MultiDiscrete([2, 2])])
def test_action_spaces_that_are_not_discrete_are_refused(learn: Algorithm, space: gymnasium.Space[Any]) -> None:
    env = Scripted([])
    env.action_space = space
    with pytest.raises(InputError, match="action space: must be Discrete"):
        learn(env)


@each_algorithm
def test_observation_spaces_that_are_not_discrete_are_refused(learn: Algorithm) -> None:
    env = Scripted([])
    env.observation_space = Box(-1.0, 1.0)
    with pytest.raises(InputError, match="observation space: must be discrete"):
        learn(env)


@each_algorithm
def test_tables_that_no_memory_holds_are_refused(learn: Algorithm) -> None:
    env = Scripted([])
    env.observation_space = MultiDiscrete([1000] * 12)
    env.action_space = Discrete(2)
    with pytest.raises(
        InputError,
        match=r"must have at most 10,000,000 cells .*1000000000000000000000000000000000000 states x 2 actions",
    ):
        learn(env)


@each_algorithm
@pytest.mark.parametrize("seed", [-1, 0.5, None, "1", True])
def test_seeds_that_are_no_whole_numbers_are_refused(learn: Algorithm, seed: Any) -> None:
    with pytest.raises(InputError, match="seed: must be a whole number of at least 0"):
        learn(Scripted([]), seed=seed)
