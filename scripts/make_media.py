"""Make these pictures again: an episode of `paper-5x20` as a GIF, and schedules of 10 and 30 PEVs as a still."""

from pathlib import Path

import tyro

import pev_battery_charge as pbc
from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.rendering import write_gif, write_overview

FOLDER = Path(__file__).parent.parent / "media"


def main(folder: Path = FOLDER) -> None:
    """Draw and write the pictures into `folder`."""
    gif = folder / "ChargingSimulation.gif"
    write_gif(run("paper-5x20", "constant", seed=0), gif)
    still = folder / "schedules_10_30.png"
    scenarios = [(pevs, pbc.load_scenario("paper-5x20").replace(population={"pevs": pevs})) for pevs in (10, 30)]
    write_overview([(f"{pevs} PEVs", one, pbc.generate_schedule(one, seed=0)) for pevs, one in scenarios], still)
    for path in (gif, still):
        print(f"{path}: {path.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
