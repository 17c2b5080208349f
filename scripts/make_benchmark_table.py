"""Measure again, and put the table into the README between its two benchmark marks. Run it on a quiet machine."""

import tempfile
from pathlib import Path

import readme_block
import tyro

from pev_battery_charge.cli import main as pev

README = Path(__file__).parent.parent / "README.md"


def main() -> None:
    """Run `pev benchmark` and rewrite the README."""
    readme_block.split(README, "benchmark")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        pev(["benchmark", "--training", "--markdown", str(table)])
        readme_block.write(README, "benchmark", table.read_text(encoding="utf-8"))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
