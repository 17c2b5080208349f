"""Every observation of a discrete space has a number of its own, from 0 on without a gap."""

from itertools import product
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.errors import InputError
from pev_battery_charge.tabular import StateNumbers

digits = st.tuples(st.integers(-5, 5), st.integers(1, 4))
discretes = st.builds(Discrete, st.integers(1, 60), start=st.integers(-30, 30))


@st.composite
def multi_discretes(draw: st.DrawFn) -> MultiDiscrete:
    rows = draw(st.sampled_from([(1,), (2,), (4,), (1, 3), (2, 2), (3, 1), (2, 1, 2)]))
    drawn = np.array(draw(st.lists(digits, min_size=int(np.prod(rows)), max_size=int(np.prod(rows)))))
    dtype = draw(st.sampled_from([np.int64, np.int32, np.int8]))
    return MultiDiscrete(drawn[:, 1].reshape(rows), dtype=dtype, start=drawn[:, 0].reshape(rows))


@st.composite
def tuples(draw: st.DrawFn) -> Tuple:
    parts = draw(st.lists(digits, max_size=4))
    return Tuple([Discrete(size, start=start) for start, size in parts])


def all_observations(space: Any) -> list[Any]:
    if isinstance(space, Discrete):
        return [space.start + number for number in range(int(space.n))]
    if isinstance(space, Tuple):
        return list(product(*(all_observations(part) for part in space.spaces)))
    ranges = [
        range(start, start + size)
        for start, size in zip(space.start.ravel().tolist(), space.nvec.ravel().tolist(), strict=True)
    ]
    return [np.array(digits, space.dtype).reshape(space.shape) for digits in product(*ranges)]


@given(discretes | multi_discretes() | tuples())
def test_all_observations_are_numbered_in_their_order_from_0_without_a_gap(space: gymnasium.Space[Any]) -> None:
    numbers = StateNumbers(space)
    observations = all_observations(space)
    assert all(space.contains(observation) for observation in observations)
    assert [numbers.number_of(observation) for observation in observations] == list(range(numbers.count))


@given(discretes | multi_discretes() | tuples(), st.integers(0, 1000))
def test_samples_have_whole_numbers_below_the_count(space: gymnasium.Space[Any], seed: int) -> None:
    space.seed(seed)
    numbers = StateNumbers(space)
    for _ in range(5):
        number = numbers.number_of(space.sample())
        assert type(number) is int
        assert 0 <= number < numbers.count


def test_numbers_by_hand() -> None:
    assert StateNumbers(Discrete(5, start=-2)).number_of(np.int64(2)) == 4
    assert StateNumbers(MultiDiscrete([3, 4, 5])).number_of(np.array([1, 2, 3])) == 1 * 20 + 2 * 5 + 3
    clock = MultiDiscrete([[2, 3], [4, 5]], start=[[1, 0], [0, 1]])
    assert StateNumbers(clock).number_of(np.array([[2, 1], [3, 5]])) == 1 * 60 + 1 * 20 + 3 * 5 + 4
    cards = StateNumbers(Tuple([Discrete(32), Discrete(11), Discrete(2)]))
    assert cards.count == 704
    assert cards.number_of((20, 10, True)) == 20 * 22 + 10 * 2 + 1
    assert cards.number_of((np.int64(20), np.int32(10), 1)) == 461


def test_numbers_beyond_64_bits_are_exact() -> None:
    numbers = StateNumbers(MultiDiscrete([10**6] * 12))
    assert numbers.count == 10**72
    assert numbers.number_of(np.full(12, 10**6 - 1)) == 10**72 - 1


@pytest.mark.parametrize(
    "space",
    [
        Box(0.0, 1.0),
        Box(0, 3, (2,), np.int64),
        Dict({"a": Discrete(2)}),
        MultiBinary(3),
        Text(2),
        Tuple([Discrete(2), Box(0.0, 1.0)]),
        Tuple([Discrete(2), Tuple([Discrete(2)])]),
        Tuple([MultiDiscrete([2, 2])]),
    ],
)
def test_other_spaces_are_refused_and_told(space: gymnasium.Space[Any]) -> None:
    with pytest.raises(InputError, match="observation space: must be discrete") as refused:
        StateNumbers(space)
    assert str(space) in str(refused.value)
