"""The folder of a training run: all that is needed to use its policy, to go on with it, and to repeat it.

==================  ==================================================================================================
config.toml         how it is trained, every value (`TrainConfig`)
scenario.toml       the scenario, whole
run.json            versions, git revision, machine; when it has ended, also its time, speed and the policy's digest
policy.zip          the policy when the run has ended, as Stable-Baselines3's `load` reads it
normalisation.json  how observations, actions and rewards were scaled
metrics.parquet     a row for each time the training areas ended an episode
evaluations.parquet a row for each evaluation on fixed seeds
checkpoints/        the last two checkpoints
tensorboard/        scalars for TensorBoard
==================  ==================================================================================================
"""

import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import make_folder, write_beside, write_parquet
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.training.config import TrainConfig

_LIBRARIES = ("pev-battery-charge", "gymnasium", "numba", "numpy", "polars", "stable-baselines3", "torch")


class RunFolder:
    """The files of a run, by name."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config_file = self.path / "config.toml"
        self.scenario_file = self.path / "scenario.toml"
        self.info_file = self.path / "run.json"
        self.policy_file = self.path / "policy.zip"
        self.normalisation_file = self.path / "normalisation.json"
        self.metrics_file = self.path / "metrics.parquet"
        self.evaluations_file = self.path / "evaluations.parquet"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"

    @classmethod
    def create(cls, path: str | Path, config: TrainConfig, scenario: Scenario) -> Self:
        """Begin a run in a new or empty folder; raises `InputError` where there is something, or it cannot be made."""
        folder = cls(path)
        make_folder(path, "choose another folder, or go on with the run in it with --resume")
        versions = {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}
        machine = {"platform": platform.platform(), "processor": platform.processor() or platform.machine()}
        machine["begun"] = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"versions": versions, "git_revision": _git_revision(), "machine": machine}
        folder.write_json(folder.info_file, about)
        scenario.save(folder.scenario_file)
        with write_beside(folder.config_file) as beside:  # last: with it, the run can be resumed
            beside.write_text(config.to_toml(), encoding="utf-8")
        return folder

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """A folder in which a run was begun; raises `InputError` where there is none."""
        folder = cls(path)
        missing = [file.name for file in (folder.config_file, folder.scenario_file) if not file.is_file()]
        if missing:
            what = f"has no {' and no '.join(missing)}" if folder.path.is_dir() else "no such folder"
            raise InputError(str(path), [f"{what}: give the folder that pev train --out has written"])
        return folder

    @property
    def config(self) -> TrainConfig:
        """How the run is trained."""
        return TrainConfig.load(self.config_file)

    @property
    def scenario(self) -> Scenario:
        """What it is trained on."""
        return Scenario.load(self.scenario_file)

    def read_info(self) -> dict[str, Any]:
        """What is known of the run, as in `run.json`."""
        try:
            info: dict[str, Any] = json.loads(self.info_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(str(self.info_file), [f"cannot be read: {error}"]) from None
        return info

    def write_json(self, file: Path, content: dict[str, Any]) -> None:
        """Write `run.json` or `normalisation.json`."""
        with write_beside(file) as beside:
            beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def write_records(self, metrics: list[dict[str, float]], evaluations: list[dict[str, float]]) -> None:
        """Write the rows recorded so far; files without rows are not made."""
        for rows, path in ((metrics, self.metrics_file), (evaluations, self.evaluations_file)):
            if rows:
                write_parquet(path, pl.DataFrame(rows, infer_schema_length=None))


def _git_revision() -> str | None:
    """The revision of the package's own source, with a mark if it was changed; None where it is no git work tree."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10.0)  # noqa: S603  our own
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
