"""Every block of code of the README and of docs/ runs when it is copied alone, in a new folder."""

import re
import runpy
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.documentation import PAGES, Block, blocks
from tests.loading import ROOT

PYTHON = list({block.text: block for page in PAGES for block in blocks(page, "python")}.values())
"""Each once: the README shows one that the first steps show, too."""
SHELL = [block for page in PAGES for block in blocks(page, "bash") if re.search(r"^pev ", block.text, re.MULTILINE)]
BASH = shutil.which("bash") or "bash"
TRAINED = 4_096
"""Agent-steps, or days, of a training in a test."""


def _slow_where(block: Block, slow: bool) -> object:
    return pytest.param(block, id=block.place, marks=[pytest.mark.slow] if slow else [])


def _is_slow(block: Block) -> bool:
    return block.mark == "slow" or "write_gif" in block.text


@pytest.mark.parametrize("block", [_slow_where(block, _is_slow(block)) for block in PYTHON])
def test_python_runs_alone(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "stable_baselines3" in block.text:
        pytest.importorskip("stable_baselines3")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "page.py"
    file.write_text(block.text, encoding="utf-8")
    names = runpy.run_path(str(file))
    if "write_gif" in block.text:
        assert names["trace"].num_steps == 192
        assert names["image"].shape[1] == 900
        assert (tmp_path / "episode.gif").stat().st_size > 100_000


def test_a_block_without_its_imports_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("print(pbc.scenario_names())\n", encoding="utf-8")
    with pytest.raises(NameError, match="pbc"):
        runpy.run_path(str(tmp_path / "page.py"))


@pytest.mark.slow
@pytest.mark.parametrize("block", [_slow_where(block, False) for block in SHELL if not block.mark])
def test_shell_runs_alone(block: Block, tmp_path: Path) -> None:
    """As it stands, from a folder with the repository's examples; but trainings are short."""
    if "pev train" in block.text and find_spec("stable_baselines3") is None:
        pytest.skip("needs the extra train")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "schedules").symlink_to(ROOT / "schedules")
    pev = "import sys; sys.path.pop(0); from pev_battery_charge.cli import main; main()"
    lines = [f"pev() {{ {sys.executable} -c '{pev}' \"$@\"; }}", "set -e"]
    lines += [_shortened(line) for line in block.text.splitlines()]
    done = subprocess.run(
        [BASH, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, check=False, input=""
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _shortened(line: str) -> str:
    """A line of a block with less to learn."""
    line = re.sub(r"--(steps|episodes) \d+", rf"--\1 {TRAINED if '--steps' in line else 4}", line)
    if line.startswith("pev train --scenario") and "--steps" not in line:
        line += f" --steps {TRAINED}"
    if line.startswith("pev smart-charging train"):
        line += f" --table.episodes {TRAINED}"
    return line
