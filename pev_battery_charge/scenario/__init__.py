"""Everything that is fixed before an episode begins, by section of its file."""

from pev_battery_charge.scenario.files import load_scenario, resolve_scenario, scenario_names
from pev_battery_charge.scenario.goals import FIRST_KEYS, Reward
from pev_battery_charge.scenario.model import Scenario
from pev_battery_charge.scenario.site import Area, Station

__all__ = [
    "FIRST_KEYS",
    "Area",
    "Reward",
    "Scenario",
    "Station",
    "load_scenario",
    "resolve_scenario",
    "scenario_names",
]
