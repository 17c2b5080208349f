"""Compiled code on disk never outlives what it was made from, and finds a folder that is safe, or does without."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numba import njit

import pev_battery_charge
from pev_battery_charge.core import compile as compiling
from pev_battery_charge.core.compile import fingerprint, load_text

PROGRAM = """
import numpy as np
from pev_battery_charge.simulation import Simulation
simulation = Simulation()
simulation.reset(seed=0)
while not simulation.over:
    simulation.step(np.full((1, 5), 22.0))
print(float(simulation.areas["books"]["loss_kwh"][0]))
"""


@pytest.mark.slow
def test_a_change_in_one_file_of_the_physics_reaches_the_kernels_of_the_others(tmp_path: Path) -> None:
    package = tmp_path / "pev_battery_charge"
    source = Path(pev_battery_charge.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))

    def loss_kwh() -> float:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        environment.pop("NUMBA_CACHE_DIR", None)
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
        return float(done.stdout)

    before = loss_kwh()
    assert before > 10.0
    assert loss_kwh() == before
    battery = package / "core" / "battery.py"
    text = battery.read_text(encoding="utf-8")
    changed = text.replace("stored_kwh = min(stored_kwh, wanted_kwh)", "stored_kwh = min(stored_kwh, wanted_kwh) / 2")
    assert changed != text
    battery.write_text(changed, encoding="utf-8")
    assert loss_kwh() < before - 1.0


@pytest.mark.slow
def test_a_package_that_cannot_be_written_and_no_home_compile_in_every_process(tmp_path: Path) -> None:
    package = tmp_path / "pev_battery_charge"
    source = Path(pev_battery_charge.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [package, *(one for one in package.rglob("*") if one.is_dir())]:
        (folder / "__pycache__").touch()  # a file where a folder is wanted: that binds the superuser too
    nowhere = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **nowhere, "PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert float(done.stdout) > 10.0
    assert done.stderr.count("compiled code cannot be kept on disk") == 1
    assert not list(tmp_path.glob("pev_battery_charge_*"))


def made(body: str, name: str = "one", **names: Any) -> Callable[..., float]:
    """A function of a module with these names."""
    space: dict[str, Any] = {"__name__": "elsewhere", "np": np, **names}
    exec(f"def {name}(a, b=1.0):\n    {body}\n", space)  # noqa: S102  the test's own text
    found: Callable[..., float] = space[name]
    return found


def module(**names: Any) -> ModuleType:
    one = ModuleType("settings")
    vars(one).update(names)
    return one


def helper(value: float) -> Callable[..., float]:
    return made("return limit * a", "helper", limit=value)


@pytest.mark.parametrize(
    "function",
    [
        lambda value: made(f"return a + {value}"),
        lambda value: made(f"return (lambda x: x + {value})(a)"),
        lambda value: made(f"return [x + {value} for x in (1.0, 2.0)][0]"),
        lambda value: made("return a + limit", limit=value),
        lambda value: made("return a + limit", limit=np.float32(value)),
        lambda value: made("return limits[0] + a", limits=np.array([value, 1.0])),
        lambda value: made("return limits[0] + a", limits=np.full(5_000, 1.0) * np.linspace(1.0, value, 5_000)),
        lambda value: made("return limits[0][0] + a", limits=((value, 1.0), 2.0)),
        lambda value: made("return limits[0][0] + a", limits=(np.array([value]),)),
        lambda value: made("return settings.limit + a", settings=module(limit=value)),
        lambda value: made("return package.settings.limit + a", package=module(settings=module(limit=value))),
        lambda value: made("return helper(a)", helper=helper(value)),
        lambda value: made("return helper(a)", helper=njit(helper(value))),
        lambda value: made("return settings.helper(a)", settings=module(helper=helper(value))),
        lambda value: lambda a: a + value,
    ],
)
def test_an_own_function_is_known_by_all_that_numba_freezes_into_it(function: Any) -> None:
    assert fingerprint(function(1.0)) == fingerprint(function(1.0))
    assert fingerprint(function(1.0)) != fingerprint(function(2.0))


def test_an_own_function_is_known_by_its_defaults_and_where_it_stands() -> None:
    one, other = made("return a"), made("return a")
    other.__defaults__ = (2.0,)
    elsewhere = made("return a")
    elsewhere.__module__ = "__main__"
    assert len({fingerprint(each) for each in (one, other, elsewhere, made("return a", "two"))}) == 4
    assert fingerprint(made("return f(a)", f=one)) != fingerprint(made("return f(a)", f=other))


def test_functions_that_lead_back_to_themselves_and_those_of_the_package_are_known() -> None:
    space: dict[str, Any] = {"__name__": "elsewhere"}
    exec("def one(a):\n    return two(a)\ndef two(a):\n    return one(a) + here.x", space)  # noqa: S102
    space["here"] = module(x=1.0, one=space["one"])
    vars(space["here"])["here"] = space["here"]
    assert fingerprint(space["one"]) != fingerprint(space["two"])
    assert fingerprint(load_text) == ""


@pytest.fixture
def no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose folder cannot be written, and no home."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__pycache__").touch()
    monkeypatch.setattr(compiling, "_PACKAGE", package)
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def find_folder() -> Path:
    folder: Path = compiling._text_folder.__wrapped__()
    return folder


def test_texts_are_kept_in_the_first_folder_that_can_be_written(no_folder: Path, monkeypatch: Any) -> None:
    assert find_folder().name.startswith("pev_battery_charge_")
    assert find_folder().parent == no_folder
    monkeypatch.setenv("XDG_CACHE_HOME", str(no_folder / "cache"))
    assert find_folder() == no_folder / "cache" / "pev_battery_charge"
    (no_folder / "package" / "__pycache__").unlink()
    assert find_folder() == no_folder / "package" / "__pycache__"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(no_folder / "numba"))
    assert find_folder() == no_folder / "numba" / "pev_battery_charge"


def test_without_a_home_there_is_a_folder_for_the_process(no_folder: Path, monkeypatch: Any) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert find_folder().parent == no_folder


def test_without_any_folder_a_text_is_run_all_the_same(no_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: Any) -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    compiling._text_folder.cache_clear()
    try:
        assert vars(load_text("value = 1\n", "nowhere"))["value"] == 1
    finally:
        compiling._text_folder.cache_clear()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"value = 2"])
def test_a_damaged_file_of_a_text_is_written_again(tmp_path: Path, monkeypatch: Any, content: bytes) -> None:
    monkeypatch.setattr(compiling, "_text_folder", lambda: tmp_path)
    file = Path(str(load_text("value = 1\n", "").__file__))
    file.write_bytes(content)
    assert vars(load_text("value = 1\n", ""))["value"] == 1
    assert file.read_bytes() == b"value = 1\n"


def test_on_a_full_disk_a_text_is_run_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compiling, "_text_folder", lambda: tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert vars(load_text("value = 1\n", ""))["value"] == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to_is_passed_over(no_folder: Path, monkeypatch: Any, mode: int) -> None:
    shared = no_folder / "numba" / "pev_battery_charge"
    shared.mkdir(parents=True)
    shared.chmod(mode)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(no_folder / "numba"))
    assert find_folder() != shared
    shared.chmod(0o755)
    assert find_folder() == shared


def test_a_folder_of_another_user_is_passed_over(no_folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(no_folder / "cache"))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert find_folder().name.startswith("pev_battery_charge_")


def test_what_a_file_of_a_text_holds_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_text_folder", lambda: tmp_path)
    text = '"""A text."""\nvalue = 1\n'
    (file,) = (Path(str(load_text(text, "").__file__)),)
    file.write_text("value = 2\n", encoding="utf-8")
    again = load_text(text, "")
    assert vars(again)["value"] == 1
    assert file.read_text(encoding="utf-8") == text
    assert load_text(text, "other").__file__ != str(file)
    assert [one.suffix for one in tmp_path.iterdir()] == [".py", ".py"]
