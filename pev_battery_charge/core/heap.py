"""A heap of rows, the least at its head: what comes first of many is found in log N, not by looking at all."""

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.core.compile import kernel


@kernel
def make_heap(rows: Integers, keys: Array, ties: Integers) -> None:
    """Order `rows[R]` as a heap by `keys[row]`, among equals by `ties[row]`; no two rows may be equal in both."""
    for place in range(rows.size // 2 - 1, -1, -1):
        sift_down(rows, rows.size, place, keys, ties)


@kernel
def take_first(rows: Integers, count: int, keys: Array, ties: Integers) -> int:
    """Take the least of the heap's first `count` rows: it goes to their end, and the others are a heap again."""
    first = rows[0]
    rows[0] = rows[count - 1]
    rows[count - 1] = first
    sift_down(rows, count - 1, 0, keys, ties)
    return int(first)


@kernel
def sort_descending(rows: Integers, keys: Array, ties: Integers) -> None:
    """Sort `rows[R]` by `keys[row]`, among equals by `ties[row]`, the greatest first."""
    make_heap(rows, keys, ties)
    for count in range(rows.size, 1, -1):
        take_first(rows, count, keys, ties)


@kernel
def sift_down(rows: Integers, count: int, place: int, keys: Array, ties: Integers) -> None:
    """Let the row at `place` sink to where it belongs among the first `count`, which are a heap but for it."""
    row = rows[place]
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count and comes_before(rows[child + 1], rows[child], keys, ties):
            child += 1
        if not comes_before(rows[child], row, keys, ties):
            break
        rows[place] = rows[child]
        place = child
    rows[place] = row


@kernel
def comes_before(one: int, other: int, keys: Array, ties: Integers) -> bool:
    """Whether a row has the lower key or, among equals, the lower tie."""
    return bool(keys[one] < keys[other] or (keys[one] == keys[other] and ties[one] < ties[other]))
