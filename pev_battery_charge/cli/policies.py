"""How a controller is named on the command line: by its name, or by the folder of the run that trained it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pev_battery_charge.controllers import CONTROLLERS, Controller, describe_controllers, make_controller
from pev_battery_charge.errors import InputError
from pev_battery_charge.training import load_policy

CONTROLLER_HELP: Final = f"{describe_controllers()}\nor the folder of a run that `pev train` has written."
POLICIES_HELP: Final = f"Folders of runs that `pev train` has written, and\n{describe_controllers()}"


def find_controller(name: str, seed: int = 0) -> Controller:
    """A simple controller, which draws from the seed, or the policy in a run folder; raises `InputError` for others."""
    if name in CONTROLLERS:
        return make_controller(name, seed)
    if not Path(name).exists():
        known = ", ".join(CONTROLLERS)
        raise InputError(f"controller {name!r}", [f"is neither one of {known}, nor the folder of a training run"])
    return load_policy(name)


def label_all(option: str, names: Sequence[str]) -> dict[str, str]:
    """What was given for each controller, by its label; by what was given itself where two have the same label.

    The label of a run is its folder's name.

    Raises `InputError` that names the option where one is given twice.
    """
    labels = [name if name in CONTROLLERS else Path(name).resolve().name for name in names]
    given: dict[str, str] = {}
    for name, label in zip(names, labels, strict=True):
        key = label if labels.count(label) == 1 else name
        if key in given:
            raise InputError(option, [f"{name}: is given twice"])
        given[key] = name
    return given
