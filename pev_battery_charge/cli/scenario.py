"""`pev scenario`: the named scenarios."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from pev_battery_charge.cli.console import print_table, tell
from pev_battery_charge.core.units import HOURS_PER_DAY
from pev_battery_charge.scenario import load_scenario, resolve_scenario, scenario_names


@dataclass(frozen=True)
class ListCommand:
    """List the named scenarios."""

    def run(self) -> None:
        """Print the table."""
        rows = []
        for name in scenario_names():
            scenario = load_scenario(name)
            power = max(station.power_max_kw for station in scenario.stations)
            hours = f"{scenario.horizon_days * HOURS_PER_DAY:g}"
            cap = f"{scenario.area.power_max_kw:g}"
            rows.append((name, str(scenario.num_stations), f"{power:g}", cap, hours, scenario.population.kind))
        columns = ("name", "stations", "of at most kW", "cap kW", "hours", "population")
        print_table("Scenarios", columns, rows, columns[1:5])


@dataclass(frozen=True)
class ShowCommand:
    """Print a scenario as TOML: save it, change it, and give its path wherever a scenario is asked for."""

    scenario: tyro.conf.Positional[str]
    """A name, or a path to a TOML file."""

    def run(self) -> None:
        """Print the file."""
        tell(resolve_scenario(self.scenario).to_toml().rstrip())


@dataclass(frozen=True)
class ScenarioCommand:
    """The named scenarios: list them, or print one as a start for your own."""

    command: Annotated[ListCommand, tyro.conf.subcommand("list")] | Annotated[ShowCommand, tyro.conf.subcommand("show")]
