"""A training client that is told to end leaves no half-written file behind."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.loading import ROOT

ENDED = """
import os, runpy, signal, sys
import pev_battery_charge.files as files

write_beside = files.write_beside

class Ended:
    def __init__(self, path):
        self.block = write_beside(path)
    def __enter__(self):
        beside = self.block.__enter__()
        beside.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
        return beside
    def __exit__(self, *error):
        return self.block.__exit__(*error)

files.write_beside = Ended
script, out = sys.argv[1:]
sys.argv = [script, "--out", out]
runpy.run_path(script, run_name="__main__")
"""
"""The command, ended as soon as it has opened its file."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "library"), [("sb3", "stable_baselines3"), ("supersuit", "supersuit"), ("torchrl", "torchrl")]
)
def test_a_client_that_is_terminated_leaves_no_hidden_files(name: str, library: str, tmp_path: Path) -> None:
    if not all(find_spec(one) for one in (library, "torch", "stable_baselines3")):
        pytest.skip(f"needs {library}")
    script = ROOT / "scripts" / f"train_{name}.py"
    done = subprocess.run(
        [sys.executable, "-c", ENDED, str(script), str(tmp_path / ("actor.pt" if name == "torchrl" else "policy.zip"))],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=300.0,
    )
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
