"""What the textbook says of these algorithms, and problems whose exact values are known (Sutton and Barto, 2018)."""

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.tabular import (
    Epsilon,
    Settings,
    StateNumbers,
    StepSize,
    double_q_learning,
    q_learning,
    sarsa,
)
from tests.tabular.environments import ALGORITHMS, Algorithm, LuckyLeft, RandomWalk

TENTH = Epsilon(0.1, fall="constant")


def walk_along_the_cliff(actions: npt.NDArray[np.int64]) -> tuple[float, list[int]]:
    """The return of a policy in CliffWalking, and its places; given up after a hundred steps."""
    env = gymnasium.make("CliffWalking-v1")
    place, _ = env.reset(seed=0)
    total, places = 0.0, [place]
    while not (len(places) > 100 or place == 47):
        place, reward, *_ = env.step(int(actions[place]))
        total += float(reward)
        places.append(place)
    return total, places


def test_q_learning_walks_along_the_cliff_and_sarsa_a_safer_way_that_pays_while_it_explores() -> None:
    # Example 6.6. Step sizes of 1/2 never let SARSA's estimates settle: its policy is that of their mean over the last
    # three hundred episodes; with one seed in twenty even that one runs in a circle.
    settings = Settings(500, epsilon=TENTH, step_size=StepSize(first=0.5, power=0.0))
    edge = set(range(25, 35))
    arrived = 0
    for seed in range(8):
        tables: list[Array] = []
        q = q_learning(gymnasium.make("CliffWalking-v1"), settings, seed=seed)
        s = sarsa(
            gymnasium.make("CliffWalking-v1"),
            settings,
            seed=seed,
            looks=range(201, 501),
            watch=lambda _, values, tables=tables: tables.append(values),
        )
        total, places = walk_along_the_cliff(q.greedy)
        assert total == -13
        assert edge <= set(places)
        total, places = walk_along_the_cliff(np.mean(tables, axis=0).argmax(axis=1))
        assert total < -13
        assert not edge & set(places)
        arrived += total >= -21
        assert s.returns[-300:].mean() > q.returns[-300:].mean() + 5
    assert arrived >= 6


def test_q_learning_believes_in_luck_and_double_q_learning_does_not() -> None:
    # Example 6.7, over the first two hundred episodes of each of three hundred runs.
    settings = Settings(200, epsilon=TENTH, step_size=StepSize(first=0.1, power=0.0))

    def share_of_left(learn: Algorithm) -> float:
        shares = []
        for seed in range(300):
            env = LuckyLeft()
            learn(env, settings, seed=seed)
            shares.append(np.mean(env.went_left))
        return float(np.mean(shares))

    # The standard errors are 0.01 and less.
    assert share_of_left(q_learning) > 0.35
    assert share_of_left(double_q_learning) < 0.12


@pytest.mark.parametrize("learn", ALGORITHMS)
def test_luck_is_forgotten_in_the_end(learn: Algorithm) -> None:
    learned = learn(LuckyLeft(), Settings(20_000, epsilon=TENTH, step_size=StepSize(1.0, 0.8)))
    assert learned.greedy[LuckyLeft.A] != 0


def test_sarsa_that_acts_at_random_learns_what_random_walks_are_worth() -> None:
    # Example 6.2: place k is worth k / 6 to one who walks at random, and a step to the left what that place is worth.
    walks = Settings(3000, epsilon=Epsilon(1.0, fall="constant"), step_size=StepSize(1.0, 0.75), initial_value=0.5)
    errors = []
    for seed in range(4):
        values = sarsa(RandomWalk(), walks, seed=seed).values[1:6]
        exact = np.stack([np.arange(0, 5), np.arange(2, 7)], axis=1) / 6
        errors.append(np.abs(values - exact).max())
    assert max(errors) < 0.06


@pytest.mark.parametrize("learn", [q_learning, double_q_learning])
def test_walks_at_random_teach_what_walking_right_is_worth(learn: Algorithm) -> None:
    walks = Settings(3000, 0.9, Epsilon(1.0, fall="constant"), StepSize(1.0, 0.5))
    values = learn(RandomWalk(), walks).values[1:6]
    # After a step to the right from place k there are 5 - k more to come; to the left, 7 - k; at place 0 it is over.
    exact = 0.9 ** np.stack([7.0 - np.arange(1, 6), 5.0 - np.arange(1, 6)], axis=1)
    exact[0, 0] = 0.0
    np.testing.assert_allclose(values, exact, atol=1e-6)


def frozen_lake_values(discount: float) -> Array:
    """The optimal action values of FrozenLake, by value iteration."""
    chances = gymnasium.make("FrozenLake-v1").unwrapped.P  # type: ignore[attr-defined]
    values = np.zeros((16, 4))
    for _ in range(1000):
        best = values.max(axis=1)
        values = np.array(
            [
                [
                    sum(p * (reward + discount * best[to] * (not over)) for p, to, reward, over in chances[at][action])
                    for action in range(4)
                ]
                for at in range(16)
            ]
        )
    return values


def test_the_values_of_frozen_lake_are_those_of_value_iteration() -> None:
    # An estimate wavers by sqrt(a / 2) standard deviations (0.3 here) of its targets at a step size of a: after 500
    # visits by 0.03, the greatest of sixteen by twice as much. Twelve other seeds stayed below 0.042, 0.017 and 0.011.
    exact = frozen_lake_values(0.95)
    settings = Settings(8000, 0.95, Epsilon(0.5, fall="constant"), StepSize(1.0, 0.65))
    learned = q_learning(gymnasium.make("FrozenLake-v1"), settings)
    errors = learned.values - exact
    assert np.abs(learned.values.max(axis=1) - exact.max(axis=1)).max() < 0.06
    assert np.sqrt(np.mean(errors**2)) < 0.025
    assert abs(errors.mean()) < 0.015
    np.testing.assert_allclose(exact[range(16), learned.greedy], exact.max(axis=1), atol=0.02)


@pytest.mark.parametrize("learn", ALGORITHMS)
def test_cards_are_learned_from_observations_of_three_numbers(learn: Algorithm) -> None:
    env = gymnasium.make("Blackjack-v1")
    learned = learn(env, Settings(20_000, epsilon=Epsilon(0.5, fall="constant"), step_size=StepSize(1.0, 0.8)))
    assert set(learned.returns.tolist()) == {-1.0, 0.0, 1.0}
    number_of = StateNumbers(env.observation_space).number_of
    # With 20 or 21, stick (0); with 11 and no ace, no card is too many: hit (1).
    for cards, action in ((20, 0), (21, 0), (11, 1)):
        for dealer in range(1, 11):
            assert learned.greedy[number_of((cards, dealer, 0))] == action
    # Hitting at 21 without an ace always loses.
    assert learned.values[[number_of((21, dealer, 0)) for dealer in range(1, 11)], 1] == pytest.approx(-1.0)


@pytest.mark.parametrize("learn", ALGORITHMS)
def test_a_taxi_finds_its_way(learn: Algorithm) -> None:
    newest = max(name for name in gymnasium.registry if name.startswith("Taxi-v"))
    settings = Settings(2000, epsilon=Epsilon(0.5, 0.0), step_size=StepSize(first=0.5, power=0.0))
    returns = learn(gymnasium.make(newest), settings).returns
    # The best policy earns 7.9 on average.
    assert returns[:100].mean() < -300
    assert returns[-100:].mean() > 5
