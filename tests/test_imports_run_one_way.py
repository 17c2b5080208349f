"""The rooms of the package: who may import whom, what nobody imports, and where the factors of the units stand."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pev_battery_charge

PACKAGE = Path(pev_battery_charge.__file__).parent
NAME = PACKAGE.name

FLOORS = (
    {"core", "errors"},
    {"files", "models", "registry", "validation"},
    {"tabular"},
    {"schedule"},
    {"populations", "catalogue"},
    {"scenario"},
    {"generate", "importers"},
    {"trace"},
    {"simulation"},
    {"controllers", "rendering"},
    {"evaluation"},
    {"envs"},
    {"training"},
    {"smart_charging"},
    {"benchmark"},
    {"cli"},
)
"""From the ground up. A room imports rooms of lower floors; rooms of one floor do not know each other."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FACTORS = (60, 1000, 3600)
NEVER_IMPORTED = {"ray", "pickle", "cloudpickle", "torchrl"}
HEAVY = {"torch", "stable_baselines3", "tensorboard", "supersuit", "matplotlib"}
MADE_FOR_IT = {
    "training/vec_env.py": {"stable_baselines3"},
    "training/monitor.py": {"stable_baselines3"},
}
"""Files that exist for one heavy library alone, and are themselves imported late."""
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Every module imported anywhere in a file, also inside functions and for type checkers alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports name their module in full"
            assert node.module is not None
            # `from pev_battery_charge import errors` imports a module, `from ...errors import InputError` does not.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    modules = [module.split(".") for module in imported_modules(parsed(path))]
    return {module[1] for module in modules if module[0] == NAME and len(module) > 1}


def ids(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", [path for path in FILES if path.parent != PACKAGE or path.stem != "__init__"], ids=ids)
def test_a_file_imports_from_lower_floors_and_its_own_room_only(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR_OF, f"{room} has no floor yet"
    others = rooms_imported(path) - {room}
    assert others <= set(FLOOR_OF), "imports what is no room"
    assert not {other for other in others if FLOOR_OF[other] >= FLOOR_OF[room]}


def test_the_files_are_found_and_really_import_each_other() -> None:
    rooms = {room_of(path) for path in FILES}
    assert {"core", "schedule", "simulation", "scenario", "trace"} <= rooms
    assert {"core", "schedule", "scenario", "trace", "catalogue"} <= rooms_imported(PACKAGE / "simulation.py")


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_file_imports_what_is_heavy_or_unsafe(path: Path) -> None:
    roots = {module.split(".")[0] for module in imported_modules(parsed(path))}
    assert not roots & NEVER_IMPORTED


def imported_at_once(tree: ast.Module) -> set[str]:
    """The roots of what a file imports when it is imported itself: not inside functions, nor for type checkers."""
    roots: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            roots |= {module.split(".")[0] for module in imported_modules(ast.Module([node], []))}
    return roots


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_heavy_libraries_are_imported_late(path: Path) -> None:
    allowed = MADE_FOR_IT.get(path.relative_to(PACKAGE).as_posix(), set())
    if room_of(path) == "rendering":
        allowed = allowed | {"matplotlib"}
    assert not (imported_at_once(parsed(path)) & HEAVY) - allowed


def test_the_command_line_and_the_training_room_are_there_without_the_heavy_libraries() -> None:
    code = "import sys, pev_battery_charge.cli, pev_battery_charge.training; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("path", [path for path in FILES if path != PACKAGE / "core" / "units.py"], ids=ids)
def test_the_factors_of_the_units_stand_in_one_file_only(path: Path) -> None:
    found = [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value in FACTORS
    ]
    assert not found


def test_the_one_file_has_them() -> None:
    values = {node.value for node in ast.walk(parsed(PACKAGE / "core" / "units.py")) if isinstance(node, ast.Constant)}
    assert {60.0, 1000.0} <= values
