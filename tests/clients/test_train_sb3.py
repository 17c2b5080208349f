"""Stable-Baselines3 in plain use: the real command, for a few hundred steps."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.loading import ROOT

pytest.importorskip("stable_baselines3", reason="needs the extra train")

from stable_baselines3 import PPO

SCRIPT = ROOT / "scripts" / "train_sb3.py"
TINY = ("--areas", "4", "--rollout-steps", "12", "--batch", "120", "--steps", "400")


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], check=False, capture_output=True, text=True, cwd=ROOT
    )


@pytest.mark.slow
def test_the_command_trains_evaluates_and_writes_a_policy(tmp_path: Path) -> None:
    done = command("--out", tmp_path / "policy.zip", *TINY)
    assert done.returncode == 0, done.stderr
    assert "480 agent-steps in " in done.stdout  # 400, rounded up to rollouts of 4 areas x 5 stations x 12 steps
    told = re.search(r"mean return a station (-[\d.]+)$", done.stdout, re.MULTILINE)
    assert told is not None
    assert float(told[1]) < 0.0
    actions, _ = PPO.load(tmp_path / "policy.zip", device="cpu").predict(np.ones((3, 8), np.float32))
    assert actions.shape == (3, 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scenario", "nowhere-1"), "unknown name"),
        (("--steps", "0"), "steps: must be a whole number of at least 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = command("--out", tmp_path / "policy.zip", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
