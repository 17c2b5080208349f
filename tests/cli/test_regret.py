"""`pev regret`, run as its users run it."""

import re
from pathlib import Path

import polars as pl
import pytest

from pev_battery_charge.cli import console, regret
from pev_battery_charge.controllers import CONTROLLERS
from pev_battery_charge.evaluation import Suite, load_suite, measure_regret
from pev_battery_charge.training import requirements
from tests.cli.test_commands import pev, refused
from tests.evaluation.small_suite import small_suite


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A small suite in place of the package's own."""
    (tmp_path / "suite").mkdir()
    small = small_suite(tmp_path / "suite")
    monkeypatch.setattr(regret, "load_suite", lambda: small)
    return small


def test_the_table_is_printed_and_every_file_written(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.output, "width", 80)
    names = ("uncontrolled", "equal-share", "optimum", "random")
    files = [tmp_path / f"regret.{ending}" for ending in ("csv", "parquet", "json", "png", "md")]
    pev("regret", "--controllers", *names, "--out", *files[:4], "--markdown", files[4])
    out = capsys.readouterr().out
    title, *lines = out.splitlines()
    assert title == "Regret, suite 0: three, site-4, site-4-erring"
    table, notes = "\n".join(lines).split("mean [95 %")
    assert all(len(line) <= 80 for line in table.splitlines())
    assert "…" not in table
    assert re.search(r"optimum † +0 ", table)
    assert "8 instances of suite 0" in notes
    report = measure_regret({name: name for name in names}, suite=suite)
    assert pl.read_parquet(files[1]).equals(report.instances)
    assert pl.read_csv(files[0], schema=report.instances.schema).equals(report.instances)
    assert files[2].read_text(encoding="utf-8").startswith("{")
    assert files[3].read_bytes().startswith(b"\x89PNG")
    assert files[4].read_text(encoding="utf-8").startswith("| controller | regret, % |")
    assert sum(f"{file}" in out for file in files) == 5


def test_only_the_groups_asked_for_are_run(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    pev("regret", "--controllers", "night", "--groups", "three")
    out = capsys.readouterr().out
    assert out.startswith("Regret, suite 0: three\n")
    assert "2 instances" in out
    assert "site-4" not in out


def test_without_names_it_is_all_of_the_catalogue_and_the_help_tells_the_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert regret.RegretCommand().controllers == CONTROLLERS
    with pytest.raises(SystemExit):
        pev("regret", "--help")
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert all(group.name in told for group in load_suite().groups)


def test_a_run_is_named_by_its_folder(suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra train")
    from pev_battery_charge.training import train  # noqa: PLC0415
    from tests.training.conftest import short_config  # noqa: PLC0415

    train(short_config(Path(suite.groups[0].scenario), steps=360, evaluation_episodes=1), tmp_path / "first")
    pev("regret", "--controllers", tmp_path / "first", "equal-share", "--groups", "three")
    assert re.search(r"^ first +\d", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--groups", "jpl"), "groups: jpl: unknown; there are paper-5x20, workplace-20, public-10, residential-12,"),
        (("--controllers", "best"), "is neither one of random, uncontrolled, constant"),
        (("--controllers", "mpc", "random", "mpc"), "--controllers: mpc: is given twice"),
        (("--controllers", "runs/optimum"), "is neither one of"),
        (("--out", "regret.xlsx"), "regret.xlsx: must end in one of .csv, .parquet, .json, .png"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(
    arguments: tuple[str, ...],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda name: name)
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "regret", *arguments)
    assert told in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
