"""`pev --plugin`: populations and session readers of a module of one's own, on the command line."""

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """
import polars as pl
import pev_battery_charge as pbc

@pbc.population("lone")
class Lone(pbc.Population):
    def draw(self, random, site):
        row = {"pev": ["one"], "arrival_min": [0.0], "departure_min": [120.0], "capacity_kwh": [50.0]}
        row |= {"energy_arrival_kwh": [5.0], "energy_target_kwh": [15.0], "power_max_kw": [11.0]}
        row |= {"efficiency": [0.9], "transition_soc": [1.0], "station": [0], "plug_in_min": [0.0]}
        return pbc.Instance(pbc.Schedule(pl.DataFrame(row)))

@pbc.session_reader("mine")
def read(path):
    sessions = pl.DataFrame({"session_id": ["a"], "delivered_kwh": [7.0]}).with_columns(
        arrival=pl.datetime(2024, 1, 5, 8, time_zone="UTC"), departure=pl.datetime(2024, 1, 5, 11, time_zone="UTC")
    )
    return pbc.RecordedSessions(sessions, time_zones=("UTC",))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lone_plugin.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "lone.toml").write_text('[population]\nkind = "lone"\n', encoding="utf-8")
    return tmp_path


def pev(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: what a module registers stays for as long as one lives."""
    command = [sys.executable, "-c", "import sys; sys.path.pop(0); from pev_battery_charge.cli import main; main()"]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_plugin_of_the_working_folder_makes_its_kinds_and_formats_known(folder: Path) -> None:
    drawn = pev(folder, "--plugin", "lone_plugin", "schedule", "generate", "--scenario", "lone.toml", "--out", "a.csv")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert "# generator: lone" in (folder / "a.csv").read_text()
    options = ("--format", "mine", "--scenario", "public-10", "--stations", "assigned", "--out", "b.csv")
    done = pev(folder, "--plugin", "lone_plugin", "--plugin", "math", "schedule", "import", "lone.toml", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Friday 2024-01-05 (UTC): 1 kept" in done.stdout


def test_without_it_they_are_unknown(folder: Path) -> None:
    done = pev(folder, "schedule", "generate", "--scenario", "lone.toml")
    assert done.returncode == 2
    assert "unknown population 'lone'; there are" in done.stderr
    assert "pev --plugin MODULE" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--plugin",), "--plugin: must be followed by the name of a module"),
        (
            ("--plugin", "nowhere", "scenario", "list"),
            "--plugin nowhere: cannot be imported: No module named 'nowhere'",
        ),
    ],
)
def test_a_plugin_that_is_not_there_is_told(folder: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = pev(folder, *arguments)
    assert done.returncode == 2
    assert done.stderr == f"pev: {problem}\n"
