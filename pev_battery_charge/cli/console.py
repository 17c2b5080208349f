"""What the commands share: tables, and where messages go."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pev_battery_charge.evaluation import ResultsTable
from pev_battery_charge.files import write_beside

output = Console()
"""Results, on standard output."""

errors = Console(stderr=True)
"""Progress and errors, on standard error."""


def tell(text: str) -> None:
    """Print a line of result, as it is."""
    output.print(text, markup=False, highlight=False, soft_wrap=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    numbers: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> None:
    """Print a title and a table; `numbers` are aligned to the right, `texts` may run over several lines."""
    output.print(title, style="bold", markup=False, highlight=False, soft_wrap=True)
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=column not in texts)
    for row in rows:
        table.add_row(*row)
    output.print(table)


def print_results(title: str, tables: Iterable[ResultsTable], texts: Sequence[str] = ()) -> None:
    """Print tables of results with their notes; the title stands above the first."""
    for number, table in enumerate(tables):
        print_table("" if number else title, table.columns, table.rows, table.numbers, texts)
        for note in table.notes:
            tell(note)


def write_markdown(path: Path | None, text: str) -> None:
    """Write what was printed as Markdown too, if there is a file for it."""
    if path is not None:
        with write_beside(path) as beside:
            beside.write_text(text, encoding="utf-8")
        tell(f"{path}: the same as Markdown")
