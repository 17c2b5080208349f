"""Compiled code on disk never outlives the physics it was made from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pev_battery_charge

PROGRAM = """
import numpy as np
from pev_battery_charge.simulation import Simulation
simulation = Simulation()
simulation.reset(seed=0)
while not simulation.over:
    simulation.step(np.full((1, 5), 22.0))
print(float(simulation.areas["books"]["loss_kwh"][0]))
"""


@pytest.mark.slow
def test_a_change_in_one_file_of_the_physics_reaches_the_kernels_of_the_others(tmp_path: Path) -> None:
    package = tmp_path / "pev_battery_charge"
    source = Path(pev_battery_charge.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))

    def loss_kwh() -> float:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        environment.pop("NUMBA_CACHE_DIR", None)
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
        return float(done.stdout)

    before = loss_kwh()
    assert before > 10.0
    assert loss_kwh() == before
    battery = package / "core" / "battery.py"
    text = battery.read_text(encoding="utf-8")
    changed = text.replace("stored_kwh = min(stored_kwh, wanted_kwh)", "stored_kwh = min(stored_kwh, wanted_kwh) / 2")
    assert changed != text
    battery.write_text(changed, encoding="utf-8")
    assert loss_kwh() < before - 1.0
