"""Tables come back from their files to the bit; everything else is refused in one way, and nothing is executed."""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pev_battery_charge.errors import InputError
from pev_battery_charge.tabular import Learned, Settings, double_q_learning, load_table, q_learning, save_table
from tests.tabular.environments import TERMINATED, Dice

MADE_FOR = {"capacity_kwh": 24.0, "rates_kw": [0.0, 3.7], "slots": 64, "place": "garage", "note": None}


def some_table(num_tables: int = 2) -> Learned:
    rng = np.random.default_rng(0)
    return Learned("double-q", rng.normal(size=(num_tables, 5, 3)), rng.normal(size=7), MADE_FOR)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_table(tmp_path / "table.npz", some_table())
    return tmp_path / "table.npz"


def refusal(path: Path, made_for: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """What `load_table` complains of; all of it under the file's name."""
    with pytest.raises(InputError) as refused:
        load_table(path, made_for)
    assert refused.value.subject == str(path)
    return refused.value.problems


def as_json(value: Any) -> Any:
    return np.array(json.dumps(value))


def write(path: Path, **parts: Any) -> Path:
    """A table's file with some of its parts replaced; None leaves one out."""
    good = some_table()
    about = as_json({"version": 1, "method": "q", "made_for": {}})
    parts = {"about": about, "tables": good.tables, "returns": good.returns} | parts
    np.savez(path, **{name: part for name, part in parts.items() if part is not None})
    return path


def same(one: Learned, other: Learned) -> bool:
    arrays = ((one.tables, other.tables), (one.returns, other.returns))
    return (one.method, one.made_for) == (other.method, other.made_for) and all(
        (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()) for a, b in arrays
    )


@pytest.mark.parametrize("num_tables", [1, 2])
def test_a_table_comes_back_to_the_bit(tmp_path: Path, num_tables: int) -> None:
    table = some_table(num_tables)
    table.tables.ravel()[:4] = [-0.0, 5e-324, np.finfo(float).max, 0.1]
    save_table(tmp_path / "new" / "folders" / "table.npz", table)
    assert same(load_table(tmp_path / "new" / "folders" / "table.npz"), table)


@pytest.mark.parametrize("learn", [q_learning, double_q_learning])
def test_what_was_learned_comes_back_to_the_bit(tmp_path: Path, learn: Any) -> None:
    learned = learn(Dice(lambda _: TERMINATED), Settings(50))
    save_table(str(tmp_path / "TABLE.NPZ"), learned)
    loaded = load_table(str(tmp_path / "TABLE.NPZ"), {})
    assert same(loaded, learned)
    np.testing.assert_array_equal(loaded.greedy, learned.greedy)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(saved: Path) -> None:
    save_table(saved, some_table(1))
    assert same(load_table(saved), some_table(1))
    assert list(saved.parent.iterdir()) == [saved]


def test_a_failed_write_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def write_half(file: Any, **_: Any) -> None:
        file.write(before[: len(before) // 2])
        file.flush()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", write_half)
    with pytest.raises(InputError, match="cannot be written: No space left"):
        save_table(saved, some_table(1))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize("name", ["table", "table.npy", "table.zip", "table.npz.gz", ".npz"])
def test_other_endings_are_neither_written_nor_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"must end in \.npz"):
        save_table(tmp_path / name, some_table())
    assert refusal(tmp_path / name) == ("must end in .npz",)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tables", "returns"),
    [
        (np.zeros((2, 3)), np.zeros(2)),
        (np.zeros((1, 1, 2, 3)), np.zeros(2)),
        (np.zeros((1, 0, 3)), np.zeros(2)),
        (np.full((1, 2, 3), np.nan), np.zeros(2)),
        (np.full((1, 2, 3), -np.inf), np.zeros(2)),
        (np.zeros((1, 2, 3), np.int64), np.zeros(2)),
        (np.zeros((1, 2, 3), "U3"), np.zeros(2)),
        (np.zeros((1, 2, 3), complex), np.zeros(2)),
        (np.zeros((1, 2, 3)), np.zeros((2, 1))),
        (np.zeros((1, 2, 3)), np.array(1.0)),
        (np.zeros((1, 2, 3)), np.array([1.0, np.nan])),
        (np.zeros((1, 2, 3)), np.array(["1"])),
    ],
)
def test_arrays_that_are_no_tables_are_neither_written_nor_read(tmp_path: Path, tables: Any, returns: Any) -> None:
    part = "tables" if tables.shape != (1, 2, 3) or not (tables == np.zeros((1, 2, 3))).all() else "returns"
    part = "tables" if tables.dtype != np.float64 else part
    (problem,) = refusal(write(tmp_path / "table.npz", tables=tables, returns=returns))
    assert problem.startswith(f"{part}: must be finite numbers of shape [")
    with pytest.raises(InputError, match=f"{part}: must be finite numbers of shape"):
        save_table(tmp_path / "other.npz", Learned("q", tables, returns))
    assert not (tmp_path / "other.npz").exists()


def test_every_problem_of_a_file_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "table.npz", tables=np.zeros(3), returns=np.zeros((1, 1)))
    assert refusal(file, {"slots": 64}) == (
        "tables: must be finite numbers of shape [tables, states, actions]",
        "returns: must be finite numbers of shape [episodes]",
        "slots: made for None, wanted for 64",
    )


def test_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tables: must be finite numbers"):
        save_table(tmp_path / "table.npz", Learned("q", np.array([[[object()]]]), np.zeros(1)))
    with pytest.raises(InputError, match="made_for: must be of numbers, text, lists and mappings"):
        save_table(tmp_path / "table.npz", Learned("q", np.zeros((1, 1, 1)), np.zeros(1), {"scenario": object()}))
    assert list(tmp_path.iterdir()) == []


class Trap:
    """Whoever unpickles it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("part", ["about", "tables", "returns"])
def test_pickled_objects_are_refused_and_not_executed(tmp_path: Path, part: str) -> None:
    trap = np.array([Trap(tmp_path / "trapped")])
    file = write(tmp_path / "table.npz", **{part: trap})
    assert refusal(file) == ("is no table, or damaged (ValueError)",)
    assert not (tmp_path / "trapped").exists()
    with np.load(file, allow_pickle=True) as arrays:
        arrays[part]  # the trap is one
    assert (tmp_path / "trapped").exists()


def test_a_pickle_alone_is_refused_and_not_executed(tmp_path: Path) -> None:
    np.array([Trap(tmp_path / "trapped")]).dump(tmp_path / "table.npz")
    assert refusal(tmp_path / "table.npz") == ("is no table, or damaged (ValueError)",)
    assert not (tmp_path / "trapped").exists()


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    assert refusal(tmp_path / "missing.npz") == ("no such file",)
    assert refusal(tmp_path / "folder.npz") == ("cannot be read: Is a directory",)


@pytest.mark.parametrize(
    "content", [b"", b"a text\n", b"PK", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x93NUMPY", bytes(999)]
)
def test_files_that_are_something_else_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table.npz").write_bytes(content)
    (problem,) = refusal(tmp_path / "table.npz")
    assert problem.startswith("is no table, or damaged (")


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "table.npz").open("wb") as file:
        np.save(file, np.zeros((1, 2, 3)))
    assert refusal(tmp_path / "table.npz") == ("is no table, or damaged (TypeError)",)


def test_an_archive_of_other_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "table.npz", "w") as archive:
        archive.writestr("about.npy", "a text")
    (problem,) = refusal(tmp_path / "table.npz")
    assert problem.startswith("is no table, or damaged (")


@pytest.mark.parametrize("part", ["about", "tables", "returns"])
def test_a_missing_array_is_refused(tmp_path: Path, part: str) -> None:
    (tmp_path / "table.npz").write_bytes(write(tmp_path / "other.npz", **{part: None}, more=np.zeros(3)).read_bytes())
    assert refusal(tmp_path / "table.npz") == ("is no table, or damaged (KeyError)",)


@pytest.mark.parametrize(
    "about",
    [
        [],
        [1, 2],
        "version",
        1,
        False,
        {},
        {"version": 1},
        {"version": 1, "method": "q"},
        *({"version": 1, "method": "q", "made_for": made_for} for made_for in ([], [["a", 1]], "a", 1, None)),
    ],
)
def test_json_of_another_form_is_refused(tmp_path: Path, about: Any) -> None:
    (problem,) = refusal(write(tmp_path / "table.npz", about=as_json(about)))
    assert problem.startswith("is no table, or damaged (")


@pytest.mark.parametrize("about", ["null", "", "{", "[" * 100_000, '{"version": 1', "\x00", "version: 1"])
def test_text_that_is_no_json_mapping_is_refused(tmp_path: Path, about: str) -> None:
    (problem,) = refusal(write(tmp_path / "table.npz", about=np.array(about)))
    assert problem.startswith("is no table, or damaged (")


@pytest.mark.parametrize("about", [np.zeros(3), np.array(b"{}"), np.array(["{}", "{}"])])
def test_an_about_that_is_no_text_is_refused(tmp_path: Path, about: Any) -> None:
    (problem,) = refusal(write(tmp_path / "table.npz", about=about))
    assert problem.startswith("is no table, or damaged (")


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.5])
def test_another_version_of_the_format_is_told_whatever_else_it_holds(tmp_path: Path, version: Any) -> None:
    file = write(tmp_path / "table.npz", about=as_json({"version": version}), tables=None, returns=None)
    assert refusal(file) == (f"has version {version!r} of the format; this program reads 1",)


def test_a_file_that_ends_early_is_refused_wherever_it_ends(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        (problem,) = refusal(saved)
        assert problem.startswith("is no table, or damaged (")


@pytest.mark.parametrize("flips", [0x01, 0x20, 0xFF])
@pytest.mark.filterwarnings("ignore")
def test_a_changed_byte_is_refused_or_changes_nothing_wherever_it_is(saved: Path, flips: int) -> None:
    whole = saved.read_bytes()
    refused = 0
    for place in range(len(whole)):
        saved.write_bytes(whole[:place] + bytes([whole[place] ^ flips]) + whole[place + 1 :])
        try:
            learned = load_table(saved)
        except InputError:
            refused += 1
        else:
            assert same(learned, some_table())
    # What may change are dates, and the like, in the archive's directory.
    assert refused > 0.75 * len(whole)


def test_a_table_made_for_the_same_is_taken(saved: Path) -> None:
    assert same(load_table(saved, MADE_FOR), some_table())
    assert same(load_table(saved, dict(reversed(MADE_FOR.items()))), some_table())
    assert same(load_table(saved), some_table())


def test_tuples_and_numbers_as_names_are_the_same_before_and_after(tmp_path: Path) -> None:
    made_for = {"rates_kw": (0.0, 3.7), "limits": {1: (2, 3)}}
    save_table(tmp_path / "table.npz", Learned("q", np.zeros((1, 1, 1)), np.zeros(1), made_for))
    loaded = load_table(tmp_path / "table.npz", made_for)
    assert loaded.made_for == {"rates_kw": [0.0, 3.7], "limits": {"1": [2, 3]}}


def test_every_difference_in_what_a_table_was_made_for_is_told(saved: Path) -> None:
    wanted = MADE_FOR | {"capacity_kwh": 25.0, "rates_kw": [0.0, 3.7, 7.4], "new": True}
    del wanted["place"]
    assert refusal(saved, wanted) == (
        "capacity_kwh: made for 24.0, wanted for 25.0",
        "new: made for None, wanted for True",
        "place: made for 'garage', wanted for None",
        "rates_kw: made for [0.0, 3.7], wanted for [0.0, 3.7, 7.4]",
    )
    assert len(refusal(saved, {})) == len(MADE_FOR) - 1  # all but the note, which is None
