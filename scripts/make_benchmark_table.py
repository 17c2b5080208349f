"""Measure again, and put the table into the README between its two benchmark marks. Run it on a quiet machine."""

import re
import tempfile
from pathlib import Path

from pev_battery_charge.cli import main as pev
from pev_battery_charge.files import write_beside

README = Path(__file__).parent.parent / "README.md"
MARKS = re.compile(r"(<!-- benchmark -->\n).*(<!-- /benchmark -->)", re.DOTALL)


def main() -> None:
    """Run `pev benchmark` and rewrite the README."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        pev(["benchmark", "--training", "--markdown", str(table)])
        measured = table.read_text(encoding="utf-8")
    text, found = MARKS.subn(lambda marks: marks[1] + measured + marks[2], README.read_text(encoding="utf-8"))
    if found != 1:
        raise SystemExit(f"{README} has not exactly one pair of benchmark marks")
    with write_beside(README) as beside:
        beside.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
