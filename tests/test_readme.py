"""What the README shows can be done as it stands there."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import pev_battery_charge as pbc
from pev_battery_charge.cli import main
from pev_battery_charge.cli.commands import parse
from tests.loading import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks("python"):
        if "stable_baselines3" in block and find_spec("stable_baselines3") is None:
            continue
        exec(block, names)  # noqa: S102  the project's own text
    assert names["trace"].num_steps == 192
    assert names["image"].shape[1] == 900
    assert (tmp_path / "episode.gif").stat().st_size > 100_000
    assert names["env"].scenario.coordinator == "least_laxity"
    if "model" in names:
        assert names["model"].num_timesteps >= 20_000


def test_its_commands_are_those_of_the_command_line() -> None:
    lines = [line for block in blocks("bash") for line in re.split(r"\n|&&|>", block)]
    commands = [line.split()[1:] for line in lines if line.strip().startswith("pev ")]
    assert len(commands) > 10
    for command in commands:
        parse(command)


def test_its_own_sessions_are_imported_and_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (csv,) = blocks("csv")
    (tmp_path / "vans.csv").write_text(csv, encoding="utf-8")
    (command,) = [block for block in blocks("bash") if "vans.csv" in block]
    main(command.split()[1:])
    assert pbc.Schedule.read("schedule.csv").sessions["pev"].to_list() == ["van 1", "van 2"]
    main(["simulate", "--schedule", "schedule.csv"])


def test_its_tables_name_what_there_is() -> None:
    assert all(f"`{name}`" in README for name in pbc.scenario_names())
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / picture).is_file()
    assert len(re.findall(r"^python -m pip install -e ", README, re.MULTILINE)) == 2
