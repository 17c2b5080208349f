"""Compiled code on disk that is damaged, another user's, or without room: a kernel is compiled anew, and works."""

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from numba import config

from pev_battery_charge.core import compile_cache
from pev_battery_charge.core.compile import kernel

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="is about compiled kernels")

TEXT = "def twice(value):\n    return 2.0 * value\n"


@pytest.fixture(autouse=True)
def _nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_cache, "_said", [])
    monkeypatch.setattr(config, "CACHE_DIR", "")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with a function to compile."""
    file = tmp_path / "doubling.py"
    file.write_text(TEXT, encoding="utf-8")
    return file


def load(source: Path) -> Any:
    """The kernel of a file, as a new process has it."""
    module = ModuleType(source.stem)
    exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), vars(module))  # noqa: S102  the test's own
    return kernel(vars(module)["twice"])


def kept(source: Path, ending: str) -> Path:
    (file,) = (source.parent / "__pycache__").glob(f"doubling.twice-*.{ending}")
    return file


def hits(twice: Any) -> int:
    """How often it was found on disk."""
    return sum(twice.stats.cache_hits.values())


def full(*_: Any) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_kept_is_found_again(source: Path) -> None:
    for before in range(2):
        twice = load(source)
        assert twice(3.0) == 6.0
        assert hits(twice) == before


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:0],
        lambda content: b"no pickle at all" + content[16:],
        lambda content: (
            content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]
        ),
    ],
    ids=["half", "without its last byte", "empty", "garbage", "one bit"],
)
def test_a_damaged_file_is_compiled_over(source: Path, ending: str, damage: Callable[[bytes], bytes]) -> None:
    assert load(source)(3.0) == 6.0
    file = kept(source, ending)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    again = load(source)
    assert again(3.0) == 6.0
    assert hits(again) == 0
    once_more = load(source)
    assert once_more(3.0) == 6.0
    assert hits(once_more) == 1


def test_what_no_longer_loads_is_compiled_over(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """... such as what leads back to a module that has gone."""

    def gone(*_: Any) -> None:
        raise ModuleNotFoundError("No module named 'terms_of_mine'")

    assert load(source)(3.0) == 6.0
    with monkeypatch.context() as patch:
        patch.setattr("numba.core.caching.CompileResultCacheImpl.rebuild", gone)
        assert load(source)(3.0) == 6.0
    again = load(source)
    assert again(3.0) == 6.0
    assert hits(again) == 1


def test_files_of_another_user_that_can_be_neither_read_nor_replaced_are_passed_over(source: Path) -> None:
    assert load(source)(3.0) == 6.0
    index = kept(source, "nbi")
    index.unlink()
    (index / "in the way").mkdir(parents=True)  # a folder: that binds the superuser too
    with pytest.warns(RuntimeWarning, match="compiled code cannot be kept on disk") as told:
        results = [load(source)(value) for value in (1.0, 3.0)]
    assert results == [2.0, 6.0]
    assert len(told) == 1


def test_files_that_cannot_be_read_are_replaced(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    assert load(source)(3.0) == 6.0
    before = kept(source, "nbi").stat().st_ino
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", unreadable)
        patch.setattr(compile_cache.KernelCache, "save_overload", lambda *_: None)
        assert load(source)(3.0) == 6.0
    assert kept(source, "nbi").stat().st_ino != before


def test_a_full_disk_is_told_once_and_leaves_nothing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.warns(RuntimeWarning, match="No space left on device; set NUMBA_CACHE_DIR") as told:
        results = [load(source)(value) for value in (1.0, 3.0)]
    assert results == [2.0, 6.0]
    assert len(told) == 1
    assert list((source.parent / "__pycache__").iterdir()) == []


def test_an_interrupt_while_writing_leaves_nothing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def interrupted(path: Path, content: bytes) -> int:
        write(path, content[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(source)(3.0)
    assert list((source.parent / "__pycache__").iterdir()) == []


def test_without_a_folder_kernels_work_and_it_is_told_once(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source.parent / "__pycache__").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    with pytest.warns(RuntimeWarning, match="neither the package's folder nor the user's") as told:
        kernels = [load(source) for _ in range(2)]
    assert len(told) == 1
    for twice, value in itertools.product(kernels, (1.0, 2.0)):
        assert twice(value) == 2.0 * value
