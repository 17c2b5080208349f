"""Reading files: endings in any case, and text, TOML and JSON that no parser has patience for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Scenario, Schedule, Trace
from pev_battery_charge.evaluation.results import check_result_paths
from pev_battery_charge.reading import decode_text, ending, line_at, parse_json, parse_toml, read_text
from pev_battery_charge.tabular import load_table
from pev_battery_charge.training import TrainConfig

NESTED = "[" * 100_000
DIGITS = "1" * 10_000


def refused(call: Callable[..., Any], *arguments: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return caught.value.problems


def test_an_ending_is_told_in_small_letters() -> None:
    names = ("a.CSV", "b.c/d.Gif", "e.tar.GZ", "f", ".png", Path("g.PARQUET"))
    assert [ending(name) for name in names] == [".csv", ".gif", ".gz", "", "", ".parquet"]


@pytest.mark.parametrize("name", ["day.CSV", "day.Parquet", "day.PARQUET"])
def test_schedules_are_written_and_read_whatever_the_case_of_their_ending(name: str, tmp_path: Path) -> None:
    schedule = pbc.generate_schedule("paper-5x20")
    schedule.write(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"# " if "CSV" in name else b"PAR1")
    assert Schedule.read(tmp_path / name) == schedule


def test_traces_films_and_scenarios_too(tmp_path: Path) -> None:
    simulation = pbc.Simulation("paper-5x20", record=True)
    simulation.reset(seed=0)
    simulation.step([[22.0] * 5])
    trace = simulation.trace()
    trace.write(tmp_path / "t.PARQUET")
    assert Trace.read(tmp_path / "t.PARQUET").to_frame().equals(trace.to_frame())
    pbc.write_gif(trace, tmp_path / "t.GIF")
    assert (tmp_path / "t.GIF").read_bytes().startswith(b"GIF89a")
    trace.scenario.save(tmp_path / "mine.TOML")
    assert pbc.parallel_env(str(tmp_path / "mine.TOML")).scenario == trace.scenario
    check_result_paths(["a.CSV", "a.Png", "a.JSON"])
    assert refused(load_table, tmp_path / "t.NPZ") == ("no such file",)


@pytest.mark.parametrize(
    ("place", "line"), [(0, 1), (1, 1), (2, 2), (4, 3), (6, 4), (7, 4)], ids=["a", "LF", "b", "c", "d", "e"]
)
def test_lines_end_with_lf_cr_or_both_and_with_nothing_else(place: int, line: int) -> None:
    assert line_at("a\nb\rc\r\nd\u2028e", place + (place > 4)) == line


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    assert decode_text("\ufeffé".encode(), "x") == "é"
    assert refused(decode_text, b"ab\xe9", "x") == ("cannot be read as text: it is not UTF-8 from byte 3 on",)
    assert refused(decode_text, "pev".encode("utf-16"), "x") == (
        "cannot be read as text: it is not UTF-8 from byte 1 on",
    )
    assert refused(decode_text, b"a\r\nb\0", "x") == ("line 2: holds the character NUL, as no text does",)
    assert refused(read_text, tmp_path / "nowhere") == ("cannot be read: No such file or directory",)
    assert refused(read_text, "a\0b") == ("is no path of a file",)


@pytest.mark.parametrize(
    ("parse", "before"),
    [(parse_toml, "a = "), (parse_json, ""), (Scenario.from_toml, "name = ")],
    ids=["toml", "json", "scenario"],
)
def test_nesting_without_end_and_numbers_without_end_are_told(parse: Callable[..., Any], before: str) -> None:
    (problem,) = refused(parse, before + NESTED, "x")
    assert problem.endswith(": it is nested too deep")
    (problem,) = refused(parse, before + DIGITS, "x")
    assert problem.endswith(": a number has too many digits")
    (problem,) = refused(parse, before + "]", "x")
    assert problem.startswith(("is not TOML: ", "is not readable JSON: "))


def test_configurations_are_told_so_too(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for text in (f"steps = {NESTED}", f"steps = {DIGITS}"):
        path.write_text(text, encoding="utf-8")
        (problem,) = refused(TrainConfig.load, path)
        assert problem.startswith("is not TOML: ")
