"""Multi-agent, continuous control of electric-vehicle charging.

Plug-in electric vehicles come to a load area with a few charging stations and one power cap; every station is an agent.
The line through the package: scenario -> schedule -> step -> trace -> picture.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pev_battery_charge.errors import EpisodeOverError, InputError

if TYPE_CHECKING:
    from pev_battery_charge.controllers.optimum import Optimum, optimal_schedule
    from pev_battery_charge.envs.central import central_env
    from pev_battery_charge.envs.parallel import env, parallel_env
    from pev_battery_charge.envs.vector import vector_env
    from pev_battery_charge.generate import generate_schedule
    from pev_battery_charge.importers import RecordedSessions, import_sessions, session_reader
    from pev_battery_charge.populations import Generator, Population, population
    from pev_battery_charge.rendering import render_frame, write_gif
    from pev_battery_charge.scenario import Scenario, load_scenario, scenario_names
    from pev_battery_charge.schedule.table import Schedule
    from pev_battery_charge.simulation import Simulation
    from pev_battery_charge.trace import Trace

__all__ = [
    "EpisodeOverError",
    "Generator",
    "InputError",
    "Optimum",
    "Population",
    "RecordedSessions",
    "Scenario",
    "Schedule",
    "Simulation",
    "Trace",
    "central_env",
    "env",
    "generate_schedule",
    "import_sessions",
    "load_scenario",
    "optimal_schedule",
    "parallel_env",
    "population",
    "render_frame",
    "scenario_names",
    "session_reader",
    "vector_env",
    "write_gif",
]

__version__ = "0.1.0"

_HOMES = {
    "Generator": "populations",
    "Optimum": "controllers.optimum",
    "Population": "populations",
    "RecordedSessions": "importers",
    "Scenario": "scenario",
    "Schedule": "schedule.table",
    "Simulation": "simulation",
    "Trace": "trace",
    "central_env": "envs.central",
    "env": "envs.parallel",
    "generate_schedule": "generate",
    "import_sessions": "importers",
    "load_scenario": "scenario",
    "optimal_schedule": "controllers.optimum",
    "parallel_env": "envs.parallel",
    "population": "populations",
    "render_frame": "rendering",
    "scenario_names": "scenario",
    "session_reader": "importers",
    "vector_env": "envs.vector",
    "write_gif": "rendering",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is first asked for: who only reads a schedule waits for no environment."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def _register() -> None:
    """Make the environments known to Gymnasium and PettingZoo; their modules are loaded when one is made."""
    import gymnasium  # noqa: PLC0415  kept out of the module's names
    import pettingzoo  # noqa: PLC0415

    area = "pev_battery_charge/area_v0"
    gymnasium.register("pev_battery_charge/Central-v0", "pev_battery_charge.envs.central:CentralArea")
    gymnasium.register(
        "pev_battery_charge/SmartCharging-v0", "pev_battery_charge.smart_charging.environment:SmartChargingEnv"
    )
    pettingzoo.register("parallel", area, "pev_battery_charge.envs.parallel:parallel_env")
    pettingzoo.register("aec", area, "pev_battery_charge.envs.parallel:env")


_register()
