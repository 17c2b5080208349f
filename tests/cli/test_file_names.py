"""What the command line takes for a file's kind, and what it never opens."""

from pathlib import Path

import pytest

import pev_battery_charge as pbc
from pev_battery_charge.cli import main

SHORT = pbc.load_scenario("paper-5x20").replace(horizon_steps=12, population={"pevs": 3, "stay_minutes": 20.0})


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario file of one's own, in the folder where commands run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "MINE.TOML"
    SHORT.replace(name="mine").save(path)
    return path


def test_endings_in_capital_letters_are_taken(mine: Path, tmp_path: Path) -> None:
    main(["schedule", "generate", "--scenario", "MINE.TOML", "--out", "DAY.CSV"])
    main(["simulate", "--scenario", "MINE.TOML", "--schedule", "DAY.CSV", "--trace", "T.PARQUET", "--gif", "T.GIF"])
    main(["render", "T.PARQUET", "--png", "T.PNG"])
    assert pbc.Trace.read(tmp_path / "T.PARQUET").schedule == pbc.Schedule.read(tmp_path / "DAY.CSV")
    assert (tmp_path / "T.GIF").read_bytes().startswith(b"GIF89a")
    assert (tmp_path / "T.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["MINE.TOML", "mine.toml", "../../etc/x.toml", "nowhere"])
def test_what_a_schedule_says_of_its_scenario_is_never_opened_as_a_file(
    name: str, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pbc.generate_schedule(SHORT).replace_info(scenario=name).write(tmp_path / "sent.csv")
    opened = []
    monkeypatch.setattr(pbc.Scenario, "load", opened.append)
    with pytest.raises(SystemExit, match="2"):
        main(["simulate", "--schedule", "sent.csv"])
    told = f"sent.csv: was made for the scenario {name!r}, which the package does not have: give --scenario"
    assert told in capsys.readouterr().err
    assert opened == []


def test_with_the_scenario_given_such_a_schedule_runs(mine: Path, tmp_path: Path) -> None:
    pbc.generate_schedule(SHORT).replace_info(scenario="some/folder/mine.toml").write(tmp_path / "sent.csv")
    main(["simulate", "--schedule", "sent.csv", "--scenario", str(mine), "--trace", "t.parquet"])
    assert pbc.Trace.read(tmp_path / "t.parquet").scenario.name == "mine"
