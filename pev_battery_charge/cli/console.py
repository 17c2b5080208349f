"""What the commands share: tables, and where messages go."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, NoReturn

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pev_battery_charge.cli.columns import Column, num_keys, share_room
from pev_battery_charge.cli.process import standard_output
from pev_battery_charge.cli.texts import literal, literal_lines, spelled
from pev_battery_charge.evaluation import ResultsTable
from pev_battery_charge.files import write_beside

_UNKNOWN_WIDTH: Final = 80


class _Terminal(Console):
    """Prints texts letter by letter: nothing in them is markup, an emoji's name, or to be coloured."""

    def __init__(self, *, stderr: bool = False) -> None:
        unknown = os.environ.get("COLUMNS") == "0"  # as some terminals say that do not know it
        width = _UNKNOWN_WIDTH if unknown else None
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> NoReturn:
        """Let the command line end the process, as for what others print."""
        raise BrokenPipeError


output = _Terminal()
"""Results, on standard output."""

errors = _Terminal(stderr=True)
"""Progress, on standard error."""

_PLAIN_HEAD: Final = Box(" " * 4 + "\n" + " " * 4 + "\n -- \n" + (" " * 4 + "\n") * 5, ascii=True)
"""`SIMPLE_HEAD` for terminals that have letters only."""


def tell(text: str) -> None:
    """Print a line of result, as it is; one that is too long for the terminal is not cut."""
    _show(Text(_shown(literal_lines(text))))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    numbers: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> None:
    """Print a title and a table; `numbers` are aligned to the right, `texts` may run over several lines.

    Where the terminal is too narrow for it, its columns are printed in several tables, and where it is too narrow for
    those, too, its rows one below the other. Nothing is cut.
    """
    _show(Text(_shown(literal_lines(title)), style="bold"))
    heads = [_shown(literal_lines(head)) for head in columns]
    cells = [[cell if isinstance(cell, Text) else Text(_shown(literal(cell))) for cell in row] for row in rows]
    needs = [
        Column([head, *(row[k].plain for row in cells)], columns[k] in numbers, columns[k] in texts)
        for k, head in enumerate(heads)
    ]
    tables = share_room(needs, output.width)
    if tables is None:
        _print_rows(heads, cells, num_keys(needs))
        return
    for widths in tables:
        box = SIMPLE_HEAD if output.encoding.startswith("utf") else _PLAIN_HEAD
        table = Table(header_style="bold", box=box, padding=(0, 1, 0, 0), pad_edge=False)
        for k, width in widths.items():
            column = needs[k]
            side: Literal["left", "right"] = "right" if column.number else "left"
            table.add_column(Text(heads[k]), justify=side, width=width, no_wrap=not column.wraps)
        for row in cells:
            table.add_row(*(row[k] for k in widths))
        _show(table)


def _print_rows(heads: Sequence[str], rows: Iterable[Sequence[Text]], keys: int) -> None:
    """Print each row as lines of its own: what it is about, then a line for each of its other cells."""
    names = [head.replace("\n", "") for head in heads]
    for row in rows:
        about = Text(", ").join(cell for cell in row[:keys] if cell.plain)
        lines = [about] if about.plain else []
        others = zip(names[keys:], row[keys:], strict=True)
        lines += [Text.assemble(f"  {name}: ", cell) for name, cell in others if cell.plain]
        _show(Text("\n").join(lines))


def _shown(text: str) -> str:
    """A text as it comes out on standard output, so that its width is known."""
    return spelled(text, output.encoding)


def _show(what: Text | Table) -> None:
    with standard_output():
        output.print(what, soft_wrap=True)


def print_results(title: str, table: ResultsTable, texts: Sequence[str] = ()) -> None:
    """Print a table of results as `print_table` does, and its notes below it."""
    print_table(title, table.columns, table.rows, table.numbers, texts)
    for note in table.notes:
        tell(note)


def write_markdown(path: Path | None, text: str) -> None:
    """Write what was printed as Markdown too, if there is a file for it."""
    if path is not None:
        with write_beside(path) as beside:
            beside.write_text(text, encoding="utf-8")
        tell(f"{path}: the same as Markdown")
