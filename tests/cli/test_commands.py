"""The command line, run as its users run it."""

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.cli import main
from pev_battery_charge.evaluation import run


def pev(*arguments: str | Path) -> None:
    main([str(argument) for argument in arguments])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What `pev` says on standard error when it refuses with exit code 2."""
    with pytest.raises(SystemExit) as stop:
        pev(*arguments)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    return said.err or said.out


def test_simulate_prints_results_with_units_and_writes_trace_and_film(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "short.toml"
    pbc.Scenario(name="short", horizon_steps=40, population={"pevs": 4, "stay_minutes": 60.0}).save(scenario)
    trace_file, film = tmp_path / "trace.parquet", tmp_path / "film.gif"
    pev("simulate", "--scenario", scenario, "--seed", "3", "--trace", trace_file, "--gif", film)
    out = capsys.readouterr().out
    assert re.search(r"energy drawn from the grid +[\d.]+ +kWh", out)
    assert film.read_bytes().startswith(b"GIF89a")
    assert pbc.Trace.read(trace_file).to_frame().equals(run(scenario, "constant", seed=3).to_frame())
    picture = tmp_path / "moment.png"
    pev("render", trace_file, "--png", picture, "--step", "20")
    assert picture.read_bytes().startswith(b"\x89PNG")
    pev("render", trace_file, "--gif", tmp_path / "again.gif")
    assert (tmp_path / "again.gif").read_bytes() == film.read_bytes()


def test_simulate_replays_a_schedule_on_its_own_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, trace_file = tmp_path / "s.csv", tmp_path / "t.parquet"
    pev("schedule", "generate", "--scenario", "workplace-20", "--seed", "5", "--out", file)
    pev("simulate", "--schedule", file, "--controller", "uncontrolled", "--trace", trace_file)
    trace = pbc.Trace.read(trace_file)
    assert trace.scenario == pbc.load_scenario("workplace-20")
    assert trace.schedule == pbc.generate_schedule(pbc.load_scenario("workplace-20"), 5)
    assert "workplace-20" in capsys.readouterr().out
    schedule = pbc.Schedule.read(file).replace_info(step_minutes=10.0, horizon_steps=144)
    schedule.write(file)
    pev("simulate", "--schedule", file, "--coordinator", "equal", "--trace", trace_file)
    changed = pbc.Trace.read(trace_file).scenario
    assert (changed.step_minutes, changed.horizon_steps, changed.coordinator) == (10.0, 144, "equal")


def test_schedule_show_tells_where_it_comes_from_and_who_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.parquet"
    pev("schedule", "generate", "--scenario", "residential-12", "--out", file)
    capsys.readouterr()
    pev("schedule", "show", file, "--rows", "3")
    out = capsys.readouterr().out
    sessions = pbc.Schedule.read(file).sessions
    assert "residential-12" in out
    assert f"The first 3 of {sessions.height} sessions" in out
    hour, minute = divmod(int(sessions["arrival_min"][0]) + 12 * 60, 60)
    assert f"{1 + hour // 24} {hour % 24:02d}:{minute:02d}" in out


def test_schedule_import_assigns_stations_to_a_researchers_own_sessions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, out = tmp_path / "own.csv", tmp_path / "s.csv"
    schedule = pbc.generate_schedule(pbc.load_scenario("paper-5x20"), 0)
    schedule.sessions.drop("station", "plug_in_min").write_csv(own)
    pev("schedule", "import", own, "--format", "sessions", "--scenario", "paper-5x20", "--out", out)
    assert "20 sessions" in capsys.readouterr().out
    assert pbc.Schedule.read(out).sessions.equals(schedule.sessions)


def test_scenario_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    pev("scenario", "list")
    out = capsys.readouterr().out
    assert all(name in out for name in pbc.scenario_names())
    pev("scenario", "show", "public-10")
    assert pbc.Scenario.from_toml(capsys.readouterr().out) == pbc.load_scenario("public-10")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("simulate", "--scenario", "nowhere-1"), "unknown name; the package has caltech-54"),
        (("simulate", "--schedule", "missing.csv"), "missing.csv: no such file"),
        (("simulate", "--gif", "film.mp4"), "film.mp4: must end in .gif"),
        (("simulate", "--trace", "trace.csv"), "trace.csv: must end in .parquet"),
        (("render", "missing.parquet", "--png", "a.png"), "missing.parquet: no such file"),
        (("render", "missing.parquet"), "nothing to write"),
        (("schedule", "show", "missing.csv"), "missing.csv: no such file"),
        (("schedule", "generate", "--out", "schedule.xlsx"), "must end in .csv or .parquet"),
        (("scenario", "show", "missing.toml"), "missing.toml: cannot be read"),
        (("simulate", "--seed", "-1"), "seed: must be a whole number of at least 0"),
        (("schedule", "generate", "--seed", "-1", "--out", "s.csv"), "seed: must be a whole number of at least 0"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(
    arguments: tuple[str, ...],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.csv"
    good = pbc.generate_schedule(pbc.load_scenario("paper-5x20"), 0).sessions
    bad = good.with_columns(departure_min=pl.lit(0.5), capacity_kwh=pl.lit("plenty")).select(good.columns)
    bad.write_csv(file)
    assert "capacity_kwh: must be a finite number" in refused(capsys, "simulate", "--schedule", file)
    good.with_columns(departure_min=pl.lit(-1.0), efficiency=pl.lit(1.5)).write_csv(file)
    told = refused(capsys, "simulate", "--schedule", file)
    assert "row 1 (line 2), departure_min: must be after arrival_min" in told
    assert "row 1 (line 2), efficiency: must be above 0 and at most 1" in told


def test_an_unwritable_place_is_told_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert "cannot be written" in refused(capsys, "schedule", "generate", "--out", blocked / "s.csv")


def test_the_installed_command_helps_and_leaves_no_traceback() -> None:
    command = [sys.executable, "-m", "pev_battery_charge.cli"]
    help_text = subprocess.run([*command, "--help"], check=True, capture_output=True, text=True).stdout
    commands = "train evaluate regret simulate render schedule scenario smart-charging benchmark"
    assert all(word in help_text for word in commands.split())
    done = subprocess.run([*command, "simulate", "--scenario", "x"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
