"""Make the example schedules again: one for each named scenario, with seed 0."""

from pathlib import Path

import tyro

import pev_battery_charge as pbc

FOLDER = Path(__file__).parent.parent / "schedules"


def main(folder: Path = FOLDER) -> None:
    """Draw and write the schedules into `folder`."""
    for name in pbc.scenario_names():
        path = folder / f"{name}.csv"
        pbc.generate_schedule(pbc.load_scenario(name), seed=0).write(path)
        print(path)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
