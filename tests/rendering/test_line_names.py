"""Names beside lines: as near to the lines' ends as can be, and apart."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.rendering.line_names import spread


@given(st.lists(st.floats(0.0, 150.0), min_size=1, max_size=8).map(sorted))
def test_spread_places_are_apart_in_order_and_inside(places: list[float]) -> None:
    moved = spread(places, 14.0, 6.0, 150.0)
    assert all(second - first >= 14.0 - 1e-9 for first, second in pairwise(moved))
    assert moved[0] >= 6.0
    assert moved[-1] <= 150.0 + 1e-9


@given(st.lists(st.integers(0, 12), min_size=2, max_size=4).map(sorted))
def test_places_move_as_little_as_can_be(places: list[int]) -> None:
    """... by the sum of squares, which is compared with that of all places on a fine grid."""
    moved = spread(places, 3.0, -100.0, 100.0)
    cost = sum((a - b) ** 2 for a, b in zip(moved, places, strict=True))
    grid = [k / 2.0 for k in range(-20, 48)]
    best = {k: (min(((g - places[0]) ** 2 for g in grid[: k + 1]), default=math.inf)) for k in range(len(grid))}
    for place in places[1:]:  # the least cost with the last of them at or before each point of the grid
        nearest = math.inf
        following = {}
        for k, g in enumerate(grid):
            before = k - 6
            nearest = min(nearest, (g - place) ** 2 + best[before] if before >= 0 else math.inf)
            following[k] = nearest
        best = following
    assert cost <= best[len(grid) - 1] + 1e-9
