"""Measure regret again, put the table into the README between its two regret marks, and draw the picture beside it.

Takes a few minutes. What comes out is the same on every machine but for the last digits.
"""

import re
import tempfile
from pathlib import Path

from pev_battery_charge.cli import main as pev
from pev_battery_charge.files import write_beside

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "media" / "regret.png"
MARKS = re.compile(r"(<!-- regret -->\n).*?(<!-- /regret -->)", re.DOTALL)


def main() -> None:
    """Run `pev regret`, and rewrite README and picture."""
    readme_with("")  # that marks are missing is told before minutes of measuring
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        pev(["regret", "--markdown", str(table), "--out", str(PICTURE)])
        text = readme_with(table.read_text(encoding="utf-8"))
    with write_beside(README) as beside:
        beside.write_text(text, encoding="utf-8")


def readme_with(table: str) -> str:
    """The README as it is now, with this table between its marks."""
    text, found = MARKS.subn(lambda marks: marks[1] + table + marks[2], README.read_text(encoding="utf-8"))
    if found != 1:
        raise SystemExit(f"{README} has not exactly one pair of regret marks")
    return text


if __name__ == "__main__":
    main()
