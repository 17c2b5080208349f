"""Measure again, and put the table into docs/speed.md between its two benchmark marks. Run it on a quiet machine."""

import tempfile
from pathlib import Path

import readme_block
import tyro

from pev_battery_charge.cli import main as pev

PAGE = Path(__file__).parent.parent / "docs" / "speed.md"


def main() -> None:
    """Run `pev benchmark` and rewrite the page."""
    readme_block.split(PAGE, "benchmark")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        pev(["benchmark", "--training", "--markdown", str(table)])
        readme_block.write(PAGE, "benchmark", table.read_text(encoding="utf-8"))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
