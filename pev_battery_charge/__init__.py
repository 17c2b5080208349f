"""Multi-agent, continuous control of electric-vehicle charging.

Plug-in electric vehicles come to a load area with a few charging stations and one power cap; every station is an agent.
The line through the package: scenario -> schedule -> step -> trace -> picture.
"""

from typing import TYPE_CHECKING

from pev_battery_charge.errors import EpisodeOverError as EpisodeOverError
from pev_battery_charge.errors import InputError as InputError
from pev_battery_charge.late import loader

if TYPE_CHECKING:  # at run time `_HOMES` has them
    from pev_battery_charge.catalogue import coordinator as coordinator
    from pev_battery_charge.catalogue import feature as feature
    from pev_battery_charge.catalogue import reward_term as reward_term
    from pev_battery_charge.controllers.optimum import Optimum as Optimum
    from pev_battery_charge.controllers.optimum import optimal_schedule as optimal_schedule
    from pev_battery_charge.core.clock import hour_of_day as hour_of_day
    from pev_battery_charge.envs.central import central_env as central_env
    from pev_battery_charge.envs.discrete import discrete_actions as discrete_actions
    from pev_battery_charge.envs.parallel import env as env
    from pev_battery_charge.envs.parallel import parallel_env as parallel_env
    from pev_battery_charge.envs.vector import vector_env as vector_env
    from pev_battery_charge.generate import generate_instance as generate_instance
    from pev_battery_charge.generate import generate_schedule as generate_schedule
    from pev_battery_charge.importers import RecordedSessions as RecordedSessions
    from pev_battery_charge.importers import import_sessions as import_sessions
    from pev_battery_charge.importers import session_reader as session_reader
    from pev_battery_charge.instance import Instance as Instance
    from pev_battery_charge.instance import InstanceRecords as InstanceRecords
    from pev_battery_charge.populations import Generator as Generator
    from pev_battery_charge.populations import Population as Population
    from pev_battery_charge.populations import population as population
    from pev_battery_charge.rendering import render_frame as render_frame
    from pev_battery_charge.rendering import write_gif as write_gif
    from pev_battery_charge.scenario import Scenario as Scenario
    from pev_battery_charge.scenario import load_scenario as load_scenario
    from pev_battery_charge.scenario import scenario_names as scenario_names
    from pev_battery_charge.schedule.table import Schedule as Schedule
    from pev_battery_charge.series import Series as Series
    from pev_battery_charge.simulation import Simulation as Simulation
    from pev_battery_charge.trace import Trace as Trace

__version__ = "0.1.0"

_HOMES = {
    "Generator": "populations",
    "Instance": "instance",
    "InstanceRecords": "instance",
    "Optimum": "controllers.optimum",
    "Population": "populations",
    "RecordedSessions": "importers",
    "Scenario": "scenario",
    "Schedule": "schedule.table",
    "Series": "series",
    "Simulation": "simulation",
    "Trace": "trace",
    "central_env": "envs.central",
    "coordinator": "catalogue",
    "discrete_actions": "envs.discrete",
    "env": "envs.parallel",
    "feature": "catalogue",
    "generate_instance": "generate",
    "generate_schedule": "generate",
    "hour_of_day": "core.clock",
    "import_sessions": "importers",
    "load_scenario": "scenario",
    "optimal_schedule": "controllers.optimum",
    "parallel_env": "envs.parallel",
    "population": "populations",
    "render_frame": "rendering",
    "reward_term": "catalogue",
    "scenario_names": "scenario",
    "session_reader": "importers",
    "vector_env": "envs.vector",
    "write_gif": "rendering",
}

if not TYPE_CHECKING:  # checkers take the names above
    __all__ = ["EpisodeOverError", "InputError", *_HOMES]  # noqa: PLE0604  all of them are texts


__getattr__ = loader(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def _register() -> None:
    """Make the environments known to Gymnasium and PettingZoo; their modules are loaded when one is made."""
    import gymnasium  # noqa: PLC0415  kept out of the module's names
    import pettingzoo  # noqa: PLC0415

    taxi = "pev_battery_charge.smart_charging.environment"
    gymnasium.register("pev_battery_charge/SmartCharging-v0", f"{taxi}:SmartChargingEnvV0")
    gymnasium.register("pev_battery_charge/SmartCharging-v1", f"{taxi}:SmartChargingEnv")
    central = "pev_battery_charge.envs.central:CentralArea"
    gymnasium.register("pev_battery_charge/Central-v0", central, kwargs={"version": 0})
    gymnasium.register("pev_battery_charge/Area-v1", vector_entry_point="pev_battery_charge.envs.vector:make_vec")
    register = getattr(pettingzoo, "register", None)  # from 1.27 on
    if register is None:
        return
    for version in (0, 1):
        area, kwargs = f"pev_battery_charge/area_v{version}", {"version": version}
        register("parallel", area, "pev_battery_charge.envs.parallel:parallel_env", kwargs=kwargs)
        register("aec", area, "pev_battery_charge.envs.parallel:env", kwargs=kwargs)


_register()
