"""`pev train`, `pev evaluate`, and trained policies in `pev simulate` and `pev render`, run as their users run them."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.evaluation import run
from pev_battery_charge.training import load_policy, requirements
from tests.cli.test_commands import pev, refused

QUICK = (
    *("--steps", "2000", "--areas", "10", "--network", "8", "--ppo.rollout-steps", "12", "--ppo.batch-size", "60"),
    *("--evaluate-every", "900", "--evaluation-episodes", "2", "--checkpoint-every", "900"),
)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Two stations, three PEVs, three hours: a file."""
    path = tmp_path / "tiny.toml"
    population = {"kind": "spread", "pevs": 3, "stay_minutes": 60.0}
    pbc.Scenario(name="tiny", step_minutes=10.0, horizon_steps=18, stations={"count": 2}, population=population).save(
        path
    )
    return path


def train(scenario: Path, out: Path, *arguments: str | Path) -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra train")
    pev("train", "--scenario", scenario, "--out", out, *QUICK, "--episodes", "4", *arguments)


def test_train_ends_with_the_table_and_the_film(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(scenario, tmp_path / "run")
    out = capsys.readouterr().out
    assert re.search(r"2,\d{3} agent-steps in \d+ s, [\d,]+ a second; [\d.]+% of the time in the environment", out)
    assert all(word in out for word in ("policy", "random", "uncontrolled", "constant", "reward", "4 episodes"))
    assert (tmp_path / "run" / "episode.gif").read_bytes().startswith(b"GIF89a")
    capsys.readouterr()
    pev("train", "--resume", tmp_path / "run", "--no-gif", "--episodes", "4")
    assert capsys.readouterr().out.splitlines()[:2] == out.splitlines()[:2]


def test_a_run_is_repeated_from_its_folder(scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(scenario, tmp_path / "run", "--no-gif")
    scenario.unlink()
    pev("train", "--repeat", tmp_path / "run", "--out", tmp_path / "again", "--no-gif", "--episodes", "4")
    (digests,) = {tuple(re.findall(r"sha256 of its weights ([0-9a-f]{64})", capsys.readouterr().out))}
    assert len(digests) == 2
    assert len(set(digests)) == 1


def test_a_trained_policy_is_evaluated_simulated_and_filmed(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    train(scenario, folder, "--no-gif")
    capsys.readouterr()
    files = [tmp_path / f"results.{ending}" for ending in ("csv", "parquet", "json", "png")]
    pev("evaluate", "--policies", folder, "constant", "--episodes", "5", "--seeds", "7", "--out", *files)
    out = capsys.readouterr().out
    assert "tiny, 5 episodes, seeds 7 to 11" in out
    table = pl.read_parquet(files[1])
    assert table.shape[0] == 10
    assert table["controller"].unique(maintain_order=True).to_list() == ["run", "constant"]
    assert table["seed"].to_list()[:5] == [7, 8, 9, 10, 11]
    assert pl.read_csv(files[0])["reward"].to_list() == pytest.approx(table["reward"].to_list())
    assert json.loads(files[2].read_text())["controllers"]["run"]["reward"]["mean"] == pytest.approx(
        table.filter(pl.col("controller") == "run")["reward"].mean()
    )
    assert files[3].read_bytes().startswith(b"\x89PNG")
    trace = tmp_path / "trace.parquet"
    pev("simulate", "--scenario", scenario, "--controller", folder, "--seed", "7", "--trace", trace)
    assert pbc.Trace.read(trace).to_frame().equals(run(scenario, load_policy(folder), seed=7).to_frame())
    assert pbc.Trace.read(trace).records["reward"].sum() == pytest.approx(table["reward"][0], rel=1e-5)
    pev("render", folder, "--seed", "7", "--gif", tmp_path / "film.gif")
    pev("render", trace, "--gif", tmp_path / "same.gif")
    assert (tmp_path / "film.gif").read_bytes() == (tmp_path / "same.gif").read_bytes()


def test_several_seeds_are_those_of_the_episodes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pev("evaluate", "--policies", "random", "--seeds", "3", "11", "5", "--out", tmp_path / "r.csv", "--every-figure")
    assert pl.read_csv(tmp_path / "r.csv")["seed"].to_list() == [3, 11, 5]
    assert "highest power of the area" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("train", "--algorithm", "dqn"), "algorithm: must be one of ppo, sac, td3 (it is 'dqn')"),
        (("train", "--steps", "0"), "steps: "),
        (("train", "--scenario", "nowhere-1"), "unknown name"),
        (("train", "--episodes", "0"), "--episodes: must be at least 1"),
        (("train", "--resume", "nowhere"), "nowhere: no such folder"),
        (("train", "--repeat", "nowhere"), "nowhere: no such folder"),
        (("train", "--resume", "nowhere", "--steps", "5"), "leave out the other options"),
        (("train", "--repeat", "nowhere", "--steps", "5"), "give only --out"),
        (("evaluate", "--policies", "best"), "is neither one of random, uncontrolled, constant, equal-share, "),
        (("evaluate", "--policies", "random", "random"), "random: is given twice"),
        (("evaluate", "--episodes", "0"), "--episodes: must be at least 1"),
        (("evaluate", "--seeds", "-1"), "must be a whole number of at least 0"),
        (("evaluate", "--out", "results.xlsx"), "must end in one of .csv, .parquet, .json, .png"),
        (("evaluate", "--scenario", "nowhere-1"), "unknown name"),
        (("simulate", "--controller", "best"), "is neither one of"),
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
    assert told in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda _: None)
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "train")
    assert said.count("\n") == 1
    assert 'python -m pip install "pev-battery-charge[train]"' in said
    (tmp_path / "run").mkdir()
    assert "pip install" in refused(capsys, "evaluate", "--policies", "run", "--scenario", "paper-5x20")
    assert list((tmp_path / "run").iterdir()) == []


def test_an_unwritable_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda name: name)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert "cannot be written" in refused(capsys, "train", "--out", blocked / "run")
