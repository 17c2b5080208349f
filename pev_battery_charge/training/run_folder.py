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
from typing import Any, Final, Self

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import is_half_written, make_folder, write_beside, write_parquet
from pev_battery_charge.reading import parse_json, read_text
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.training.config import TrainConfig

_WRITTEN_AT_FIRST: Final = ("run.json", "scenario.toml", "config.toml")
"""The files of `create`, in its order."""

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
        otherwise = "choose another folder, or go on with the run in it with --resume"
        make_folder(path, otherwise)
        try:
            folder.info_file.open("x").close()  # of two that find the folder empty, one gets it
        except FileExistsError:
            raise InputError(str(path), [f"already holds files: {otherwise}"]) from None
        except OSError as error:
            raise InputError(str(path), [f"cannot be written: {error.strerror}"]) from None
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
        if folder._was_never_begun():
            problem = f"the run was broken off before it began: start it again with pev train --out {path}"
            raise InputError(str(path), [problem])
        missing = [file.name for file in (folder.config_file, folder.scenario_file) if not file.is_file()]
        if missing:
            what = f"has no {' and no '.join(missing)}" if folder.path.is_dir() else "no such folder"
            raise InputError(str(path), [f"{what}: give the folder that pev train --out has written"])
        return folder

    def clear_unbegun(self) -> None:
        """Remove what `create` has written if it was broken off before its end: there is nothing to go on with.

        Only for a process that has claimed the folder: another one's `create` may be about to end.
        """
        if self._was_never_begun():
            for file in self.path.iterdir():
                file.unlink(missing_ok=True)

    def _was_never_begun(self) -> bool:
        """Whether the folder holds files that `create` writes, in its order, without the last, and nothing else."""
        try:
            names = {file.name for file in self.path.iterdir() if not _is_half_written(file.name)}
            if names not in ({"run.json"}, {"run.json", "scenario.toml"}):
                return False
            return self.info_file.stat().st_size == 0 or bool(self.read_info())
        except (OSError, InputError):
            return False

    @property
    def config(self) -> TrainConfig:
        """How the run is trained."""
        return TrainConfig.load(self.config_file)

    @property
    def scenario(self) -> Scenario:
        """What it is trained on."""
        return Scenario.load(self.scenario_file)

    def read_info(self) -> dict[str, Any]:
        """What is known of the run, as in `run.json`; raises `InputError` where that is lost or damaged."""
        otherwise = "--repeat does the run anew"
        try:
            info = parse_json(read_text(self.info_file), str(self.info_file))
        except InputError as error:
            raise InputError(error.subject, [f"{problem}; {otherwise}" for problem in error.problems]) from None
        if not isinstance(info, dict) or "versions" not in info:
            raise InputError(str(self.info_file), [f"is damaged: it tells no versions; {otherwise}"])
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


def _is_half_written(name: str) -> bool:
    return any(is_half_written(name, of) for of in _WRITTEN_AT_FIRST)


def _git_revision() -> str | None:
    """The revision of the package's own source, with a mark if it was changed; None where it is no git work tree."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10.0)  # noqa: S603  our own
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
