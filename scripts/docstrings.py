"""Docstrings of the package as Markdown: for the site's reference of names, and for the page of the environments."""

import re
from typing import Final

_ENTRY: Final = re.compile(r"^(\w+(?:, \w+)*):(?: |$)")
_RULER: Final = re.compile(r"^=+(?:  =+)+$")


def to_markdown(docstring: str) -> str:
    """Lines `name: meaning` as a list, and simple tables of two columns as tables of Markdown; all else as it is."""
    lines: list[str] = []
    in_list = in_code = in_table = False
    for line in docstring.splitlines():
        in_code ^= line.startswith("```")
        if in_code:
            lines.append(line)
        elif _RULER.match(line):
            lines += [] if in_table else ["| | |", "|---|---|"]
            in_table = not in_table
        elif in_table:
            _add_row(lines, line)
        elif entry := _ENTRY.match(line):
            lines += [] if in_list or not lines or not lines[-1] else [""]
            names = ", ".join(f"`{name}`" for name in entry[1].split(", "))
            lines.append(f"- {names}:{line[entry.end(1) + 1 :]}")
            in_list = True
        else:
            in_list = in_list and line.startswith(" ")
            lines.append(line)
    return "\n".join(lines)


def _add_row(lines: list[str], line: str) -> None:
    """A row of a table; a line without a first cell goes on with the row above."""
    name, _, meaning = line.partition("  ")
    if name:
        lines.append(f"| `{name}` | {meaning.strip()} |")
    else:
        lines[-1] = f"{lines[-1][:-2]} {line.strip()} |"
