"""Areas over threads: parts of a batch, stepped at the same time."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any, Final

from pev_battery_charge.sizes import parts

HEAD_START_STATIONS: Final = 3000
"""Stations that the calling thread steps while the others, asleep between two steps, wake up (about 70 us)."""


class AreaThreads:
    """Runs a kernel that releases the interpreter's lock over all areas of a batch.

    num_threads: how many threads, the calling one included; results do not depend on it.
    """

    def __init__(self, num_threads: int, num_areas: int, num_stations: int) -> None:
        self.num_threads = min(num_threads, num_areas)
        head_start = min(HEAD_START_STATIONS // num_stations, num_areas)
        rest = num_areas - head_start
        shares = range(1, self.num_threads + 1) if self.num_threads > 1 else (self.num_threads,)
        bounds = [0, *(head_start + rest * k // self.num_threads for k in shares)]
        own, *others = ([*_in_parts(*share, num_stations)] for share in pairwise(bounds))
        self._own, self._others = own, [part for share in others for part in share]
        self._one_part = len(own) == 1 and not self._others
        self._pool: ThreadPoolExecutor | None = None
        self._pool_owner = 0

    def run(self, advance: Callable[..., None], *arguments: Any) -> None:
        """Call `advance(first, last, *arguments)` so that every area `first <= b < last` is met once.

        Ctrl-C is heard between two calls. Then, as with an error, the other threads' parts are still made, so that all
        areas are at the same step unless this thread had further parts of its own.
        """
        if self._one_part:
            advance(*self._own[0], *arguments)
            return
        others = [self._threads().submit(advance, *part, *arguments) for part in self._others]
        try:
            for first, last in self._own:
                advance(first, last, *arguments)
        finally:
            wait(others)
        for other in others:
            other.result()

    def _threads(self) -> ThreadPoolExecutor:
        """The pool that steps the other parts; made anew in a forked process, where its threads do not live on."""
        if self._pool is None or self._pool_owner != os.getpid():
            self._pool = ThreadPoolExecutor(self.num_threads - 1, thread_name_prefix="areas")
            self._pool_owner = os.getpid()
        return self._pool

    def close(self) -> None:
        """Let the threads go; a further run makes new ones."""
        if self._pool is not None and self._pool_owner == os.getpid():
            self._pool.shutdown()
        self._pool = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pool": None}


def _in_parts(first: int, last: int, num_stations: int) -> Iterator[tuple[int, int]]:
    for part in parts(last - first, num_stations):
        yield first + part.start, first + part.stop
