"""Discrete observations as whole numbers from 0 on."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete, Space, Tuple

from pev_battery_charge.errors import InputError


class StateNumbers:
    """Numbers the observations of a discrete space: `Discrete`, `MultiDiscrete`, or a `Tuple` of `Discrete`s.

    count: how many there are.
    number_of: the number of an observation, 0 to count - 1.

    Raises `InputError` for any other space.
    """

    count: int
    number_of: Callable[[Any], int]

    def __init__(self, space: Space[Any]) -> None:
        if isinstance(space, Discrete):
            starts, sizes = [int(space.start)], [int(space.n)]
            self.number_of = lambda observation: int(observation) - starts[0]
        elif isinstance(space, MultiDiscrete):
            starts, sizes = space.start.ravel().tolist(), space.nvec.ravel().tolist()
            self.number_of = lambda observation: _number(np.ravel(observation), starts, sizes)
        elif isinstance(space, Tuple) and all(isinstance(part, Discrete) for part in space.spaces):
            parts = [part for part in space.spaces if isinstance(part, Discrete)]
            starts, sizes = [int(part.start) for part in parts], [int(part.n) for part in parts]
            self.number_of = lambda observation: _number(observation, starts, sizes)
        else:
            problem = f"must be discrete, for a table to have a row for each observation (it is {space})"
            raise InputError("observation space", [problem])
        self.count = math.prod(sizes)


def _number(digits: Iterable[Any], starts: list[int], sizes: list[int]) -> int:
    """The number that has these digits, each with its own start and base."""
    number = 0
    for digit, start, size in zip(digits, starts, sizes, strict=True):
        number = number * size + int(digit) - start
    return number
