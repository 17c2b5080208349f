"""Scenarios by name, from files, and from whatever users hand in."""

from importlib import resources
from pathlib import Path
from typing import Any

from pev_battery_charge.errors import InputError
from pev_battery_charge.reading import ending
from pev_battery_charge.scenario.model import Scenario


def scenario_names() -> tuple[str, ...]:
    """The names that `load_scenario` knows, in alphabetical order."""
    folder = resources.files("pev_battery_charge") / "scenarios"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def load_scenario(name: str) -> Scenario:
    """A named scenario of the package; raises `InputError` for an unknown name."""
    if name not in scenario_names():
        raise InputError(f"scenario {name!r}", [f"unknown name; the package has {', '.join(scenario_names())}"])
    file = resources.files("pev_battery_charge") / "scenarios" / f"{name}.toml"
    return Scenario.from_toml(file.read_text(encoding="utf-8"), source=f"scenario {name!r}")


def resolve_scenario(scenario: Scenario | str | Path | None = None, **changes: Any) -> Scenario:
    """A scenario from what users hand in: a Scenario, a name, a path to a TOML file; None is `paper-5x20`.

    changes: handed to `Scenario.replace`.
    """
    if scenario is None:
        scenario = "paper-5x20"
    if isinstance(scenario, Path) or (isinstance(scenario, str) and ending(scenario) == ".toml"):
        scenario = Scenario.load(scenario)
    elif isinstance(scenario, str):
        scenario = load_scenario(scenario)
    if not isinstance(scenario, Scenario):
        raise InputError("scenario", [f"must be a Scenario, a name, or a path to a TOML file (it is {scenario!r})"])
    return scenario.replace(**changes) if changes else scenario
