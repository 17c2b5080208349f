"""Measure regret again, put the table into docs/results.md between its two regret marks, and draw its picture.

Takes a few minutes. What comes out is the same on every machine but for the last digits.
"""

import tempfile
from pathlib import Path

import readme_block
import tyro

from pev_battery_charge.cli import main as pev

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "results.md"
PICTURE = ROOT / "media" / "regret.png"


def main() -> None:
    """Run `pev regret`, and rewrite page and picture."""
    readme_block.split(PAGE, "regret")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        pev(["regret", "--markdown", str(table), "--out", str(PICTURE)])
        readme_block.write(PAGE, "regret", table.read_text(encoding="utf-8"))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
