"""The commands of `pev`, each of which is a file, and how the command line chooses one of them."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import tyro

from pev_battery_charge.cli.benchmark import BenchmarkCommand
from pev_battery_charge.cli.evaluate import EvaluateCommand
from pev_battery_charge.cli.regret import RegretCommand
from pev_battery_charge.cli.scenario import ScenarioCommand
from pev_battery_charge.cli.schedule import ScheduleCommand
from pev_battery_charge.cli.simulate import RenderCommand, SimulateCommand
from pev_battery_charge.cli.smart_charging import SmartChargingCommand
from pev_battery_charge.cli.train import TrainCommand
from pev_battery_charge.errors import InputError

_DESCRIPTION = """Multi-agent control of electric-vehicle charging.

A first look: pev simulate --gif episode.gif

A shared policy: pev train --scenario paper-5x20 --out runs/first
&& pev evaluate --policies runs/first uncontrolled constant random

Real sessions: pev schedule import sessions.csv.gz --day 2019-05-01 --out day.csv
&& pev simulate --schedule day.csv

Rewards, observations, rules, populations and formats of your own, registered by my_module.py:
pev --plugin my_module simulate --scenario mine.toml

The version: pev --version"""

_PLUGIN = "--plugin"

_LEAST_WIDTH = 40
"""Characters that help is set for at least: below about seven, Tyro would never end."""

_Command = (
    Annotated[SimulateCommand, tyro.conf.subcommand("simulate")]
    | Annotated[RenderCommand, tyro.conf.subcommand("render")]
    | Annotated[TrainCommand, tyro.conf.subcommand("train")]
    | Annotated[EvaluateCommand, tyro.conf.subcommand("evaluate")]
    | Annotated[RegretCommand, tyro.conf.subcommand("regret")]
    | Annotated[ScheduleCommand, tyro.conf.subcommand("schedule")]
    | Annotated[ScenarioCommand, tyro.conf.subcommand("scenario")]
    | Annotated[SmartChargingCommand, tyro.conf.subcommand("smart-charging")]
    | Annotated[BenchmarkCommand, tyro.conf.subcommand("benchmark")]
)


def load_plugins(arguments: Sequence[str]) -> Sequence[str]:
    """Import the modules of every leading `--plugin MODULE`, also from the working folder; give back the rest.

    Raises `InputError` for a module that cannot be imported.
    """
    while arguments and arguments[0] == _PLUGIN:
        if len(arguments) == 1:
            raise InputError(_PLUGIN, ["must be followed by the name of a module"])
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.append(here)
        try:
            import_module(arguments[1])
        except ImportError as error:
            raise InputError(f"{_PLUGIN} {arguments[1]}", [f"cannot be imported: {error}"]) from None
        arguments = arguments[2:]
    return arguments


def parse(arguments: Sequence[str] | None = None) -> Any:
    """The command that the arguments ask for, not yet run; of a group, the one chosen."""
    with _least_width():
        command: _Command = tyro.cli(
            tyro.conf.OmitSubcommandPrefixes[_Command],  # type: ignore[misc]  # a union is not a type to mypy here
            prog="pev",
            description=_DESCRIPTION,
            args=arguments,
        )
    return getattr(command, "command", command)


@contextmanager
def _least_width() -> Iterator[None]:
    """Let the terminal count as wide enough in the block."""
    before = os.environ.get("COLUMNS")
    if shutil.get_terminal_size().columns < _LEAST_WIDTH:
        os.environ["COLUMNS"] = str(_LEAST_WIDTH)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("COLUMNS", None)
        else:
            os.environ["COLUMNS"] = before
