"""`pev smart-charging`, run as its users run it."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pev_battery_charge.cli import smart_charging
from pev_battery_charge.smart_charging.learning import learn
from pev_battery_charge.tabular import load_table
from tests.cli.test_commands import pev, refused

PNG = b"\x89PNG"


def test_optimum_prints_figures_and_policy_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "policy.png"
    pev("smart-charging", "optimum", "--every-kwh", "6", "--png", picture)
    out = capsys.readouterr().out
    assert re.search(r"expected return +-1\.6572 +full slots at 22 kW", out)
    assert re.search(r"probability of a shortage +0\.500 +%", out)
    rows = re.findall(r"^ +(\d+)((?: +(?:0|7|14|22)){8}) +(-\S+) *$", out, re.MULTILINE)
    assert [int(row[0]) for row in rows] == list(range(0, 73, 6))
    assert rows[0][1].split() == ["14", "22", "22", "22", "22", "14", "7", "7"]
    assert rows[0][2] == "-7.656"
    assert picture.read_bytes().startswith(PNG)


def test_the_lectures_problem_in_raw_costs(capsys: pytest.CaptureFixture[str]) -> None:
    pev("smart-charging", "optimum", "--problem.costs", "raw", "--problem.rates-kw", "0", "7", "14", "21")
    out = capsys.readouterr().out
    assert re.search(r"expected return +-2\.4146e\+09", out)
    assert "full slots" not in out


@pytest.mark.parametrize("algorithm", ["sarsa", "q", "double-q"])
def test_train_writes_what_show_reads(algorithm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    pev("smart-charging", "train", "--algorithm", algorithm, "--table.episodes", "3000", "--seed", "4", "--out", run)
    told = capsys.readouterr().out
    assert re.search(r", seed 4: 3,000 episodes in \d+\.\d s\n", told)
    assert {file.name for file in run.iterdir()} == {"table.npz", "returns.png", "policy.png"}
    assert all((run / name).read_bytes().startswith(PNG) for name in ("returns.png", "policy.png"))
    learned = load_table(run / "table.npz")
    assert learned.method == algorithm
    assert learned.returns.shape == (3000,)
    pev("smart-charging", "show", run / "table.npz", "--png", tmp_path / "again.png")
    shown = capsys.readouterr().out
    behind = r"behind the optimum +(\S+) +%"
    assert re.findall(behind, shown) == re.findall(behind, told)
    assert (tmp_path / "again.png").read_bytes() == (run / "policy.png").read_bytes()


def test_two_trainings_that_begin_at_once_do_not_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second begins while the first learns: then its folder is still empty."""
    command = ("smart-charging", "train", "--table.episodes", "20", "--out", tmp_path / "run")
    said: list[str] = []

    def learn_beside_another(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(smart_charging, "learn", learn)
        said.append(refused(capsys, *command))
        return learn(*arguments, **options)

    monkeypatch.setattr(smart_charging, "learn", learn_beside_another)
    pev(*command)
    assert said == [
        f"pev: {tmp_path / 'run'}: another process is writing there: let it end, or choose another folder\n"
    ]
    assert (tmp_path / "run" / "table.npz").is_file()


def test_a_free_problem_is_learned_and_kept_like_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, free = tmp_path / "run", ("--problem.time-coefficients", "0", "--problem.demand-std-kwh", "0")
    pev("smart-charging", "train", "--table.episodes", "20", "--out", run, *free)
    assert re.search(r"behind the optimum +inf +%", capsys.readouterr().out)
    assert {file.name for file in run.iterdir()} == {"table.npz", "returns.png", "policy.png"}


@pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="the extra train is not installed")
def test_train_dqn_also_keeps_the_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    small = ("--dqn.steps", "1000", "--dqn.learning-starts", "100", "--dqn.network", "8")
    pev("smart-charging", "train", "--algorithm", "dqn", *small, "--out", run)
    assert "DQN, seed 0: 128 episodes" in capsys.readouterr().out
    assert {file.name for file in run.iterdir()} == {"table.npz", "returns.png", "policy.png", "model.zip"}
    assert load_table(run / "table.npz").tables.shape == (1, 9 * 289, 4)


def test_compare_prints_the_table_and_writes_figure_and_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    few = ("--seeds", "2", "--episodes", "100", "--table.episodes", "400")
    pev("smart-charging", "compare", "--algorithms", "q", "double-q", *few, "--markdown", "table.md")
    out = capsys.readouterr().out
    assert re.search(r"^ *exact optimum +-1\.657 ", out, re.MULTILINE)
    assert {file.name for file in tmp_path.iterdir()} == {"smart_charging.png", "table.md"}
    assert Path("smart_charging.png").read_bytes().startswith(PNG)
    lines = Path("table.md").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("| method | mean return | behind the optimum, % | shortage, % |")
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| exact optimum", "| Q-learning", "| Double Q-learning"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("optimum", "--problem.rates-kw"), "rates_kw: must be at least one rate"),
        (("optimum", "--problem.capacity-kwh", "-72"), "capacity_kwh: must be a finite number, above 0 (it is -72.0)"),
        (("optimum", "--problem.demand-std-kwh", "-5"), "demand_std_kwh: must be a finite number, at least 0"),
        (("optimum", "--every-kwh", "0"), "--every-kwh: must be above 0"),
        (("optimum", "--png", "policy.jpg"), "policy.jpg: must end in .png"),
        (("train", "--seed", "-1"), "seed: must be a whole number of at least 0"),
        (("train", "--table.step-power", "2"), "power: must be in [0, 1]"),
        (("train", "--dqn.batch-size", "0"), "batch_size: must be a whole number of at least 1"),
        (
            ("train", "--algorithm", "dqn", "--dqn.steps", "3", "--dqn.train-every", "1", "--dqn.environments", "1"),
            "dqn.steps: must be enough to end an episode (it is 3)",
        ),
        (("train", "--algorithm", "monte-carlo"), "monte-carlo"),
        (("show", "missing.npz"), "missing.npz: no such file"),
        (("show", "table.csv"), "table.csv: must end in .npz"),
        (("compare", "--seeds", "0"), "--seeds: must be a whole number of at least 1"),
        (("compare", "--figure", "figure.gif"), "figure.gif: must end in .png"),
    ],
)
def test_bad_input_is_one_clear_message_and_nothing_is_written(
    arguments: tuple[str, ...],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(capsys, "smart-charging", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_files_and_a_table_for_something_else_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    pev("smart-charging", "train", "--table.episodes", "10", "--out", run)
    capsys.readouterr()
    before = (run / "table.npz").read_bytes()
    assert "already holds files" in refused(capsys, "smart-charging", "train", "--out", run)
    assert (run / "table.npz").read_bytes() == before
    other = refused(capsys, "smart-charging", "show", run / "table.npz", "--problem.num-slots", "9")
    assert "num_slots: made for 8, wanted for 9" in other
    np.savez(tmp_path / "numbers.npz", numbers=np.arange(3))
    assert "is no table, or damaged" in refused(capsys, "smart-charging", "show", tmp_path / "numbers.npz")
