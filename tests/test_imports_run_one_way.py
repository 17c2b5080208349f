"""The rooms of the package: who may import whom, what nobody imports, and where the factors of the units stand."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

import pev_battery_charge

PACKAGE = Path(pev_battery_charge.__file__).parent
NAME = PACKAGE.name

FLOORS = (
    {"core", "errors", "late", "sizes"},
    {"files", "models", "reading", "registry", "validation"},
    {"tabular"},
    {"schedule"},
    {"series"},
    {"instance"},
    {"populations", "catalogue"},
    {"scenario"},
    {"generate", "importers", "trace_rows"},
    {"trace"},
    {"simulation_state", "steps", "threads"},
    {"simulation"},
    {"controllers", "rendering"},
    {"evaluation"},
    {"envs"},
    {"training"},
    {"smart_charging"},
    {"benchmark"},
    {"cli"},
    {"__main__"},
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
PICTURES = ("rendering/", "smart_charging/pictures/")
"""Folders whose files draw with matplotlib; their `__init__` imports them late."""
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
    place = path.relative_to(PACKAGE).as_posix()
    allowed = MADE_FOR_IT.get(place, set())
    if place.startswith(PICTURES):
        allowed = allowed | {"matplotlib"}
    assert not (imported_at_once(parsed(path)) & HEAVY) - allowed


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_matplotlib_is_imported_where_pictures_are_drawn_only_and_there_at_the_top(path: Path) -> None:
    tree = parsed(path)
    anywhere = "matplotlib" in {module.split(".")[0] for module in imported_modules(tree)}
    assert anywhere == ("matplotlib" in imported_at_once(tree))
    assert not anywhere or path.relative_to(PACKAGE).as_posix().startswith(PICTURES)


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_pictures_are_taken_from_the_doors_of_their_rooms(path: Path) -> None:
    """The door loads what a picture needs late; an import past it would load matplotlib with the importing file."""
    if path != PACKAGE / "__init__.py" and not path.relative_to(PACKAGE).as_posix().startswith(PICTURES):
        past = tuple(f"{NAME}.{folder.replace('/', '.')}" for folder in PICTURES)
        assert not [module for module in imported_modules(parsed(path)) if module.startswith(past)]


def test_there_is_no_import_circle() -> None:
    """Also not by imports inside functions; the late names of a package's `__init__` are no imports of it."""
    modules = {module_of(path): path for path in FILES}
    graph = {module: package_imports(path, set(modules)) - {module} for module, path in modules.items()}
    assert sum(map(len, graph.values())) > len(FILES)
    assert circles(graph) == []


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_imports(path: Path, modules: set[str]) -> set[str]:
    """The modules of the package that a file imports, anywhere but for type checkers in an `__init__`."""
    tree = parsed(path)
    if path.stem == "__init__":
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and is_for_type_checkers(node))]
    found = set()
    for name in imported_modules(tree):
        if name.split(".")[0] == NAME:
            found.add(name if name in modules else name.rpartition(".")[0])
    return found


def is_for_type_checkers(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other, each and all of them in alphabetical order."""
    reached: dict[str, set[str]] = {}
    for module in graph:
        found, waiting = set(), list(graph[module])
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += graph.get(one, ())
        reached[module] = found
    groups = {tuple(sorted(one for one in reached[m] if m in reached.get(one, ()))) for m in graph if m in reached[m]}
    return sorted(map(list, groups))


def test_circles_are_found() -> None:
    tree = {"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set[str]()}
    assert circles(tree) == []
    assert circles(tree | {"d": {"a"}}) == [["a", "b", "c", "d"]]
    assert circles(tree | {"d": {"e"}, "e": {"f"}, "f": {"e"}}) == [["e", "f"]]
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}) == [["a", "b"], ["c", "d"]]


def test_a_circle_through_a_function_is_found_and_late_names_are_none(tmp_path: Path) -> None:
    inside = tmp_path / "inside.py"
    inside.write_text(f"def draw():\n    from {NAME}.rendering.gif import write_gif\n    from {NAME} import errors\n")
    modules = {f"{NAME}.rendering.gif", f"{NAME}.errors", NAME}
    assert package_imports(inside, modules) == {f"{NAME}.rendering.gif", f"{NAME}.errors"}
    door = tmp_path / "__init__.py"
    door.write_text(f"from {NAME} import errors\nif TYPE_CHECKING:\n    from {NAME}.rendering.gif import write_gif\n")
    assert package_imports(door, modules) == {f"{NAME}.errors"}


def test_the_command_line_and_the_training_room_are_there_without_the_heavy_libraries() -> None:
    code = "import sys, pev_battery_charge.cli.commands, pev_battery_charge.training; print(*sys.modules)"
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
