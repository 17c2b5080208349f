"""Folders of runs: written by one process at a time, never stuck, and looked through before training begins."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from pev_battery_charge.training import TrainConfig, load_policy, resume, run_folder, train
from pev_battery_charge.training.claim import claimed
from pev_battery_charge.training.run_folder import RunFolder
from tests.cli.test_commands import refused
from tests.training.conftest import short_config

pytestmark = pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="needs the extra train")


@pytest.fixture
def config(scenario: Path) -> TrainConfig:
    """Two rollouts, a checkpoint between them."""
    return short_config(scenario, steps=720, checkpoint_every=360, evaluation_episodes=1)


@pytest.fixture
def begun(config: TrainConfig, scenario: Path, tmp_path: Path) -> Path:
    """The folder of a run that was killed before its first checkpoint."""
    return RunFolder.create(tmp_path / "run", config, pbc.Scenario.load(scenario)).path


def fail_when_called(*_: Any) -> None:
    raise AssertionError("training has begun")


@pytest.mark.parametrize("locks", [True, False])
def test_of_two_trainings_that_find_the_folder_empty_one_is_refused(
    locks: bool, config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins where the first has just found the folder empty. With locks it is refused; else the first."""
    others: list[Any] = []
    make_folder = run_folder.make_folder

    def make_and_begin_another(path: Path, otherwise: str) -> None:
        make_folder(path, otherwise)
        if not others:
            others.append(None)
            try:
                others.append(train(config, path))
            except InputError as error:
                others.append(error)

    @contextmanager
    def no_claim(path: Path) -> Iterator[bool]:
        yield False

    monkeypatch.setattr(run_folder, "make_folder", make_and_begin_another)
    if locks:
        first = train(config, tmp_path / "run")
        assert isinstance(others[1], InputError)
        assert str(others[1]).startswith(f"{tmp_path / 'run'}: another process is writing there")
    else:
        monkeypatch.setattr(sys.modules["pev_battery_charge.training.train"], "claimed", no_claim)
        with pytest.raises(InputError, match="already holds files: choose another folder"):
            train(config, tmp_path / "run")
        first = others[1]
    assert first.policy_sha256 == resume(tmp_path / "run").policy_sha256


def test_a_run_is_not_resumed_while_it_is_trained(config: TrainConfig, tmp_path: Path) -> None:
    told = []

    def resume_as_well(done: int, _: int) -> None:
        if done == 360:
            with pytest.raises(InputError, match="another process is writing there") as error:
                resume(tmp_path / "run")
            told.append(error)

    train(config, tmp_path / "run", progress=resume_as_well)
    assert len(told) == 1
    assert not [path for path in (tmp_path / "run").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such locks")
def test_a_killed_process_claims_nothing_any_more(tmp_path: Path) -> None:
    holder = (
        "import sys, time; from pev_battery_charge.training.claim import claimed\n"
        "with claimed(sys.argv[1]): print('claimed', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", holder, str(tmp_path / "run")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        with pytest.raises(InputError, match="another process is writing there"), claimed(tmp_path / "run"):
            pass
        os.kill(process.pid, signal.SIGKILL)
    with claimed(tmp_path / "run") as certain:
        assert certain
        assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("killed_at", ["run.json", "scenario.toml", "config.toml"])
def test_a_run_killed_while_its_first_files_are_written_is_started_again(
    killed_at: str, config: TrainConfig, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL leaves what was being written beside; here an interrupt, and such a file by hand."""
    folder = tmp_path / "run"
    where = {
        "run.json": (RunFolder, "write_json"),
        "scenario.toml": (pbc.Scenario, "save"),
        "config.toml": (TrainConfig, "to_toml"),
    }[killed_at]

    def kill(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*where, kill)
        with pytest.raises(KeyboardInterrupt):
            train(config, folder)
    stem, ending = killed_at.split(".")
    (folder / f".{stem}.0123456789abcdef.{ending}").write_text("versi")
    assert not (folder / "config.toml").exists()
    with pytest.raises(InputError, match=r"broken off before it began: start it again with pev train --out"):
        resume(folder, progress=fail_when_called)
    expected = train(config, tmp_path / "undisturbed").policy_sha256
    assert train(config, folder).policy_sha256 == expected
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "files",
    [("run.json", "notes.txt"), ("scenario.toml",), (".run.0123456789abcdef.json",), ("run.json", ".config.yml")],
)
def test_files_of_others_are_never_taken_for_a_run_broken_off(
    files: tuple[str, ...], begun: Path, config: TrainConfig
) -> None:
    (begun / "config.toml").unlink()
    for name in {"run.json", "scenario.toml"} - set(files):
        (begun / name).unlink()
    for name in set(files) - {"run.json", "scenario.toml"}:
        (begun / name).write_text("mine")
    with pytest.raises(InputError, match="already holds files"):
        train(config, begun)
    assert {path.name for path in begun.iterdir()} == set(files)


def test_a_run_json_of_another_program_is_left_alone(config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"epochs": 3}')
    with pytest.raises(InputError, match="already holds files"):
        train(config, tmp_path / "run")
    assert (tmp_path / "run" / "run.json").read_text() == '{"epochs": 3}'


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}", b"[" * 100_000])
def test_a_lost_or_damaged_run_json_is_told_before_training(content: bytes | None, begun: Path) -> None:
    if content is None:
        (begun / "run.json").unlink()
    else:
        (begun / "run.json").write_bytes(content)
    with pytest.raises(InputError, match=r"run/run\.json: .*--repeat does the run anew"):
        resume(begun, progress=fail_when_called)


@pytest.mark.parametrize("name", ["config.toml", "scenario.toml"])
@pytest.mark.parametrize("content", [b"", b"steps = ", b"\xff\xfe\x00", b"speed = 3\n"])
def test_a_damaged_configuration_or_scenario_is_told_by_every_command_that_reads_it(
    name: str, content: bytes, begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not content:
        (begun / name).unlink()
    else:
        (begun / name).write_bytes(content)
    (begun / "metrics.parquet").write_bytes(b"")  # so that it has begun
    told = f"{begun}: has no {name}" if not content else f"{begun / name}: "
    commands: tuple[tuple[Any, ...], ...] = (
        ("train", "--resume", begun),
        ("train", "--repeat", begun, "--out", begun.parent / "again"),
        ("evaluate", "--policies", begun),
        ("simulate", "--controller", begun),
        ("render", begun, "--gif", begun.parent / "film.gif"),
    )
    for command in commands:
        if command[0] != "train":
            (begun / "policy.zip").write_bytes(b"")
        assert told in refused(capsys, *command)
        assert not (begun.parent / "again").exists()


def test_a_run_is_repeated_without_its_run_json(begun: Path, config: TrainConfig, tmp_path: Path) -> None:
    (begun / "run.json").unlink()
    kept = RunFolder.open(begun)
    assert train(kept.config, tmp_path / "again", scenario=kept.scenario).agent_steps == 720


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ('{"versions": {}}', "agent_steps"),
        ('{"versions": {}, "result": {"agent_steps": "many"}}', "agent_steps"),
        ('{"versions": {}, "result": []}', "agent_steps"),
    ],
)
def test_a_run_that_has_ended_without_telling_its_result_is_told_so(info: str, told: str, begun: Path) -> None:
    (begun / "policy.zip").write_bytes(b"")
    (begun / "run.json").write_text(info)
    with pytest.raises(InputError, match=rf"run\.json: (?s:.*){told}"):
        resume(begun)


def test_a_training_that_diverges_is_told_so(scenario: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finite numbers any more: a lower --learning-rate may help"):
        train(short_config(scenario, steps=1100, learning_rate=1e30), tmp_path / "run")
    with pytest.raises(InputError, match=r"has no policy\.zip yet"):
        load_policy(tmp_path / "run")
