"""The names that users write, with the arguments they give; and what importing the package costs."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pev_battery_charge as pbc

NAMES = {
    "EpisodeOverError",
    "Generator",
    "InputError",
    "Instance",
    "InstanceRecords",
    "Optimum",
    "Population",
    "RecordedSessions",
    "Scenario",
    "Schedule",
    "Series",
    "Simulation",
    "Trace",
    "central_env",
    "coordinator",
    "discrete_actions",
    "env",
    "feature",
    "generate_instance",
    "generate_schedule",
    "hour_of_day",
    "import_sessions",
    "load_scenario",
    "optimal_schedule",
    "parallel_env",
    "population",
    "render_frame",
    "reward_term",
    "scenario_names",
    "session_reader",
    "vector_env",
    "write_gif",
}

GIVEN = inspect.Parameter.empty

SIGNATURES: dict[str, dict[str, Any]] = {
    "load_scenario": {"name": GIVEN},
    "scenario_names": {},
    "generate_schedule": {"scenario": GIVEN, "seed": 0},
    "generate_instance": {"scenario": GIVEN, "seed": 0},
    "import_sessions": {"path": GIVEN, "format": "acn"},
    "population": {"kind": GIVEN},
    "session_reader": {"name": GIVEN},
    "optimal_schedule": {"scenario": None, "schedule": None, "objective": "reward"},
    "parallel_env": {"scenario": None, "render_mode": None, "max_cycles": None, "changes": GIVEN},
    "env": {"scenario": None, "render_mode": None, "max_cycles": None, "changes": GIVEN},
    "vector_env": {"scenario": None, "num_areas": 1, "num_threads": 1, "changes": GIVEN},
    "central_env": {"scenario": None, "render_mode": None, "changes": GIVEN},
    "discrete_actions": {"env": GIVEN, "levels": None, "mask_in_observation": False},
    "render_frame": {"trace": GIVEN, "t": GIVEN},
    "write_gif": {"trace": GIVEN, "path": GIVEN},
    "Simulation": {"scenario": None, "num_areas": 1, "num_threads": 1, "record": False},
    "Trace": {"scenario": GIVEN, "schedule": GIVEN, "records": GIVEN},
}
"""Arguments and their defaults, or `GIVEN` for those that the caller gives. The rest is optional."""

METHODS = {
    "Population": {"draw", "generator", "check_fit"},
    "Generator": {"draw"},
    "Scenario": {"load", "save", "replace"},
    "Schedule": {"read", "write", "sessions", "validate"},
    "Simulation": {"reset", "step", "trace"},
    "Trace": {"to_frame", "write", "read"},
}


def test_all_holds_exactly_the_public_names() -> None:
    assert sorted(pbc.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    value = getattr(pbc, name)
    assert value.__name__ == name
    assert value.__module__.split(".")[0] == "pev_battery_charge"
    assert inspect.getdoc(value)
    assert getattr(pbc, name) is value


@pytest.mark.parametrize(("name", "expected"), SIGNATURES.items(), ids=SIGNATURES)
def test_public_functions_take_the_arguments_that_are_promised(name: str, expected: dict[str, Any]) -> None:
    parameters = inspect.signature(getattr(pbc, name)).parameters
    promised_defaults = {key: default for key, default in expected.items() if default is not GIVEN}
    assert {key: parameters[key].default for key in promised_defaults} == promised_defaults
    assert all(one.default is not GIVEN for key, one in parameters.items() if key not in expected)
    positional = [key for key, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    promised = [key for key in expected if key in positional]
    assert positional[: len(promised)] == promised


@pytest.mark.parametrize(("name", "methods"), METHODS.items(), ids=METHODS)
def test_public_classes_have_the_methods_that_are_promised(name: str, methods: set[str]) -> None:
    assert methods <= set(dir(getattr(pbc, name)))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pev_battery_charge' has no attribute 'charge'"):
        _ = pbc.charge
    with pytest.raises(ImportError):
        exec("from pev_battery_charge import charge")  # noqa: S102  the statement that a user would write
    assert not hasattr(pbc, "charge")


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version  # noqa: PLC0415  of use here only

    assert pbc.__version__ == version("pev-battery-charge")


def run(script: str) -> list[str]:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-W", "error", "-c", script]
    told = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True, text=True)
    return told.stdout.split()


def test_the_names_can_be_listed_before_anything_is_loaded() -> None:
    """For completion in a notebook."""
    listed = run("import pev_battery_charge as pbc; print(*dir(pbc))")
    assert set(listed) >= NAMES


def test_a_star_import_gives_all_names() -> None:
    given = run("from pev_battery_charge import *; print(*dir())")
    assert set(given) >= NAMES


HEAVY = ("matplotlib", "imageio", "torch", "stable_baselines3", "ray", "numba", "polars", "pydantic", "scipy")


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = run(f"import sys, pev_battery_charge; print(*(name for name in {HEAVY} if name in sys.modules))")
    assert loaded == []


def test_training_needs_neither_pictures_nor_learning_libraries() -> None:
    """A whole episode without matplotlib, torch or ray being loaded, let alone installed."""
    heavy = ("matplotlib", "imageio", "torch", "stable_baselines3", "ray", "highspy")
    loaded = run(
        "import sys, pev_battery_charge as pbc\n"
        "env = pbc.vector_env(num_areas=2, horizon_steps=36)\n"
        "env.reset(seed=0)\n"
        "while not env.step(env.action_space.sample())[3].all(): pass\n"
        "pbc.parallel_env(render_mode='rgb_array').reset(seed=0)\n"
        f"print(*(name for name in {heavy} if name in sys.modules))"
    )
    assert loaded == []
