"""Columns of a table in the room that a terminal has: side by side, in several tables, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

_BETWEEN: Final = 2
"""Characters that a table takes for each column beside its texts."""


@dataclass(frozen=True)
class Column:
    """What a column needs.

    texts: its head and its cells.
    number: whether it holds numbers; leading columns that do not say what the row is about.
    wraps: whether its texts may run over several lines, between words.
    """

    texts: Sequence[str]
    number: bool
    wraps: bool

    @property
    def full(self) -> int:
        """Characters of its longest line."""
        return max(cell_len(line) for text in self.texts for line in text.split("\n"))

    @property
    def least(self) -> int:
        """Characters below which it would be cut."""
        return (
            max((cell_len(word) for text in self.texts for word in text.split()), default=0)
            if self.wraps
            else self.full
        )


def share_room(columns: Sequence[Column], room: int) -> list[dict[int, int]] | None:
    """The columns by their number, each with its width, of as few tables as have room for all; None where none has.

    Where there are several, each begins with what the rows are about.
    """
    whole = _widths(columns, range(len(columns)), room)
    if whole is not None:
        return [whole]
    keys = num_keys(columns)
    tables: list[dict[int, int]] = []
    for k in range(keys, len(columns)):
        wider = _widths(columns, [*tables[-1], k], room) if tables else None
        if wider is not None:
            tables[-1] = wider
            continue
        alone = _widths(columns, [*range(keys), k], room)
        if alone is None:
            return None
        tables.append(alone)
    return tables or None


def num_keys(columns: Sequence[Column]) -> int:
    """How many leading columns say what a row is about: one at least, and not all where there are several."""
    leading = next((k for k, column in enumerate(columns) if column.number), len(columns))
    return max(1, min(leading, len(columns) - 1))


def _widths(columns: Sequence[Column], chosen: Sequence[int], room: int) -> dict[int, int] | None:
    """The widths of columns side by side; where they are too wide, the widest of those that wrap are narrowed."""
    widths = {k: columns[k].full for k in chosen}
    for _ in range(sum(widths.values()) + _BETWEEN * len(widths) - room):
        wide = [k for k in widths if widths[k] > columns[k].least]
        if not wide:
            return None
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths
