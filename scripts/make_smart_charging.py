"""Let every method learn the smart-charging problem again: table into docs/taxi.md, pictures into media/.

Takes about ten minutes, and needs the extra train. Times differ from run to run; all else is the same on one machine.
"""

import tempfile
from pathlib import Path

import imageio.v3 as imageio
import readme_block
import tyro

from pev_battery_charge.cli import main as pev
from pev_battery_charge.files import write_beside
from pev_battery_charge.smart_charging import SmartChargingEnv, solve

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "taxi.md"
MEDIA = ROOT / "media"
COMPARISON, POLICY, TAXI = "smart_charging.png", "smart_charging_policy.png", "smart_charging_taxi.png"

_ENERGY_KWH = 12.0
_SHOWN_STEP = 5
_SEED = 0


def main(media: Path = MEDIA, options: tuple[str, ...] = ()) -> None:
    """Compare, solve, play; `options` are those of `pev smart-charging compare`."""
    readme_block.split(PAGE, "smart-charging")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.md"
        figure = ["--figure", str(media / COMPARISON), "--markdown", str(table)]
        pev(["smart-charging", "compare", *figure, *options])
        readme_block.write(PAGE, "smart-charging", table.read_text(encoding="utf-8"))
    pev(["smart-charging", "optimum", "--png", str(media / POLICY)])
    show_taxi(media / TAXI)


def show_taxi(path: Path) -> None:
    """A moment of an episode under the optimal policy, as the environment renders it."""
    env = SmartChargingEnv(render_mode="rgb_array")
    _, info = env.reset(seed=_SEED, options={"energy_kwh": _ENERGY_KWH})
    actions = solve(env.problem).actions
    for time_step in range(_SHOWN_STEP):
        *_, info = env.step(int(actions[time_step, env.problem.level_of(info["energy_kwh"])]))
    with write_beside(path) as beside:
        imageio.imwrite(beside, env.render())


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
