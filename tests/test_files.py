"""A file is written whole or not at all, whatever becomes of the disk, and nothing is left beside it."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.cli.console import write_markdown
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import evaluate, run, write_results
from pev_battery_charge.files import is_half_written, write_beside
from pev_battery_charge.rendering import write_overview
from pev_battery_charge.tabular import Learned, save_table

resource = pytest.importorskip("resource")

SCENARIO = pbc.Scenario(name="short", horizon_steps=16, population={"pevs": 4, "stay_minutes": 60.0})


@contextmanager
def no_room(num_bytes: int = 64) -> Iterator[None]:
    """No file grows beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def writers() -> dict[str, Callable[[Path], Any]]:
    """Everything that writes a file, by the ending of what it writes."""
    trace = run(SCENARIO, "constant", seed=0)
    episodes = evaluate(SCENARIO, {"constant": "constant"}, [0, 1])
    learned = Learned("q", np.random.default_rng(0).random((1, 50, 4)), np.zeros(3))
    return {
        "schedule.csv": trace.schedule.write,
        "schedule.parquet": trace.schedule.write,
        "trace.parquet": trace.write,
        "film.gif": lambda path: pbc.write_gif(trace, path),
        "overview.png": lambda path: write_overview([("4 PEVs", SCENARIO, trace.schedule)], path),
        "results.csv": lambda path: write_results(episodes, [path]),
        "results.parquet": lambda path: write_results(episodes, [path]),
        "results.json": lambda path: write_results(episodes, [path]),
        "results.png": lambda path: write_results(episodes, [path]),
        "table.npz": lambda path: save_table(path, learned),
        "scenario.toml": SCENARIO.save,
        "table.md": lambda path: write_markdown(path, "| figure |\n" * 20),
    }


WRITERS = (
    *("schedule.csv", "schedule.parquet", "trace.parquet", "film.gif", "overview.png"),
    *("results.csv", "results.parquet", "results.json", "results.png", "table.npz", "scenario.toml", "table.md"),
)


@pytest.mark.parametrize("name", WRITERS)
def test_on_a_full_disk_one_error_names_file_and_reason_and_what_was_there_stays(
    writers: dict[str, Callable[[Path], Any]], name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(b"before")
    with pytest.raises(InputError, match=f"{name}: cannot be written: .*[Ff]ile too large"), no_room():
        writers[name](path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    assert "Exception ignored" not in capfd.readouterr().err
    writers[name](path)
    assert path.read_bytes() != b"before"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path: Path, end: BaseException) -> None:
    """Begin to write a file, until something happens."""
    with write_beside(path) as beside:
        beside.write_text("half", encoding="utf-8")
        raise end


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_whatever_the_disk_says_is_told(tmp_path: Path, number: int) -> None:
    with pytest.raises(InputError) as told:
        write_half(tmp_path / "a.txt", OSError(number, os.strerror(number)))
    assert str(told.value) == f"{tmp_path / 'a.txt'}: cannot be written: {os.strerror(number)}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, BrokenPipeError, ValueError])
def test_what_else_ends_the_block_passes_and_leaves_nothing(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        write_half(tmp_path / "a.txt", stop())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run.json", "a.b.parquet", "plain", "x" * 90 + ".csv"])
def test_what_a_killed_process_leaves_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    with write_beside(tmp_path / name) as beside:
        left = beside.name
        assert is_half_written(left, name)
    assert not is_half_written(name, name)
    assert not is_half_written(left, "other.json")
    assert not is_half_written(left.replace(".", ".k3_x", 1), name)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in ((pipe, "device"), (tmp_path, "folder")):
        with pytest.raises(InputError, match=f"is a {what}, not a file to write"), write_beside(path):
            pass
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_files_rights_are_those_of_any_new_file_and_a_long_name_is_no_longer_beside_it(tmp_path: Path) -> None:
    path, usual = tmp_path / ("n" * 250 + ".csv"), tmp_path / "usual"
    usual.touch()
    with write_beside(path) as beside:
        beside.write_text("all", encoding="utf-8")
    assert path.stat().st_mode == usual.stat().st_mode


def test_a_name_too_long_for_the_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: File name too long"), write_beside(tmp_path / ("n" * 300)):
        pass
    assert list(tmp_path.iterdir()) == []
