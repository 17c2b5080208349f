"""Bad input to training and to trained policies: one clear error, and nothing half-written."""

import io
import json
import pickle
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from pev_battery_charge.training import (
    OffPolicyConfig,
    PPOConfig,
    TrainConfig,
    load_policy,
    requirements,
    resume,
    train,
)
from pev_battery_charge.training.run_folder import RunFolder
from tests.cli.test_commands import refused
from tests.training.conftest import short_config, write_scenario

needs_training = pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="needs the extra train")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has ended, for all tests of this module."""
    folder = tmp_path_factory.mktemp("trained")
    return train(short_config(write_scenario(folder), steps=1100), folder / "run").folder


@pytest.fixture
def finished(trained: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return shutil.copytree(trained, tmp_path / "run")


def test_every_broken_rule_is_told_at_once() -> None:
    config = TrainConfig(steps=0, gamma=1.5, network=(0,), ppo=PPOConfig(epochs=0), off_policy=OffPolicyConfig(tau=0.0))
    with pytest.raises(InputError) as error:
        config.checked()
    places = [problem.split(":")[0] for problem in error.value.problems]
    assert places == ["steps", "network.0", "gamma", "ppo.epochs", "off_policy.tau"]
    with pytest.raises(InputError, match=r"training: algorithm: must be one of ppo, sac, td3 \(it is 'dqn'\)"):
        TrainConfig(algorithm="dqn").checked()


def test_a_configuration_comes_back_from_its_file(tmp_path: Path) -> None:
    config = TrainConfig(areas=3, sharing=0.5, network=(32, 16), ppo=PPOConfig(clip_range=0.1))
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    assert TrainConfig.load(path) == config
    path.write_text("steps = 10\nspeed = 3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.toml: speed: "):
        TrainConfig.load(path)
    path.write_text("steps = ", encoding="utf-8")
    with pytest.raises(InputError, match="is not TOML: "):
        TrainConfig.load(path)


def test_a_missing_extra_is_told_with_the_command_that_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "torch" else find_spec("json"))
    for use in (lambda: train(TrainConfig(), tmp_path / "run"), lambda: load_policy(tmp_path)):
        with pytest.raises(InputError, match=r'torch: .*pip install "pev-battery-charge\[train\]"'):
            use()
    assert list(tmp_path.iterdir()) == []


@needs_training
def test_a_folder_that_holds_something_is_left_alone(scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="already holds files"):
        train(short_config(scenario), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", scenario.name}
    with pytest.raises(InputError, match="cannot be written"):
        train(short_config(scenario), tmp_path / "notes.txt" / "run")


@needs_training
def test_a_folder_without_a_run_or_without_a_policy_is_told_so(scenario: Path, tmp_path: Path) -> None:
    empty, begun = tmp_path / "empty", tmp_path / "begun"
    empty.mkdir()
    RunFolder.create(begun, short_config(scenario), pbc.Scenario.load(scenario))
    for use in (load_policy, resume):
        with pytest.raises(InputError, match="no such folder"):
            use(tmp_path / "nowhere")
        with pytest.raises(InputError, match=r"has no config\.toml and no scenario\.toml"):
            use(empty)
    with pytest.raises(InputError, match=r"has no policy\.zip yet: .*--resume"):
        load_policy(begun)


@needs_training
@pytest.mark.parametrize("damage", ["cut", "other file", "empty", "no weights", "no torch file"])
def test_a_damaged_policy_is_told_so(damage: str, finished: Path) -> None:
    policy = finished / "policy.zip"
    whole = policy.read_bytes()
    if damage == "no weights":
        with zipfile.ZipFile(policy, "w") as archive:
            archive.writestr("data", "{}")
    elif damage == "no torch file":
        put(policy, "policy.pth", b"\x07weights")
    else:
        policy.write_bytes({"cut": whole[: len(whole) // 2], "other file": b"GIF89a", "empty": b""}[damage])
    with pytest.raises(InputError, match=r"policy\.zip: is no policy, or damaged"):
        load_policy(finished)


@needs_training
def test_a_policy_for_other_spaces_is_told_so(finished: Path) -> None:
    scenario = pbc.Scenario.load(finished / "scenario.toml")
    scenario.replace(extra_observations=("hour",)).save(finished / "scenario.toml")
    with pytest.raises(InputError, match=r"policy\.zip: was trained for other spaces"):
        load_policy(finished)


@needs_training
def test_nothing_in_a_policy_is_executed(finished: Path, tmp_path: Path) -> None:
    """Stable-Baselines3's own `load` would run what stands in `data`; here it is not looked at."""
    policy, trapped = finished / "policy.zip", tmp_path / "trapped.zip"
    with zipfile.ZipFile(policy) as source, zipfile.ZipFile(trapped, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"not even JSON" if name == "data" else source.read(name))
    shutil.move(trapped, policy)
    load_policy(finished)


class Trap:
    """An object that, where its pickle is read, makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def put(archive: Path, name: str, content: bytes) -> None:
    """Replace a member of a zip file, or add it."""
    with zipfile.ZipFile(archive) as file:
        members = {one: file.read(one) for one in file.namelist()} | {name: content}
    with zipfile.ZipFile(archive, "w") as file:
        for one, bytes_of_it in members.items():
            file.writestr(one, bytes_of_it)


def trapped(file: Path, written_by: str) -> bytes:
    """A pickle that executes code, as torch writes it, or as plain pickle does."""
    import torch  # noqa: PLC0415  of the extra `train`

    if written_by == "pickle":
        return pickle.dumps({"policy": Trap(file)}, protocol=2)
    content = io.BytesIO()
    torch.save({"policy": Trap(file)}, content)
    return content.getvalue()


@needs_training
@pytest.mark.parametrize("written_by", ["torch", "pickle"])
@pytest.mark.parametrize("member", ["policy.pth", "policy.optimizer.pth", "pytorch_variables.pth"])
def test_a_policy_with_objects_that_execute_code_is_refused_without_advice_to_trust_it(
    member: str, written_by: str, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(finished / "policy.zip", member, trapped(tmp_path / "executed", written_by))
    said = refused(capsys, "evaluate", "--policies", finished)
    objects = "holds objects that would execute code when read: refused, and nothing of it was executed"
    assert said == f"pev: {finished / 'policy.zip'}: {objects}\n"
    assert not (tmp_path / "executed").exists()


@needs_training
@pytest.mark.parametrize("name", ["parameters.zip", "arrays.npz"])
def test_a_checkpoint_with_objects_that_execute_code_is_refused(name: str, finished: Path, tmp_path: Path) -> None:
    (finished / "policy.zip").unlink()
    newest = sorted((finished / "checkpoints").iterdir())[-1] / name
    if name == "parameters.zip":
        put(newest, "policy.pth", trapped(tmp_path / "executed", "torch"))
    else:
        np.savez(newest, allow_pickle=True, own=np.array([Trap(tmp_path / "executed")], object))
    with pytest.raises(InputError) as error:
        resume(finished)
    assert str(error.value).startswith(f"{newest}: holds objects that would execute code when read")
    assert "pickle" not in str(error.value)
    assert not (tmp_path / "executed").exists()


@needs_training
def test_a_policy_that_has_diverged_is_told_so(finished: Path) -> None:
    import torch  # noqa: PLC0415  of the extra `train`

    with zipfile.ZipFile(finished / "policy.zip") as file:
        weights = torch.load(io.BytesIO(file.read("policy.pth")), weights_only=True)
    content = io.BytesIO()
    torch.save({name: tensor * torch.nan for name, tensor in weights.items()}, content)
    put(finished / "policy.zip", "policy.pth", content.getvalue())
    with pytest.raises(InputError, match=r"policy\.zip: has weights that are no finite numbers"):
        load_policy(finished)


@needs_training
@pytest.mark.parametrize("state", ["[]", "null", "3", '{"step": 1}', "[" * 100_000, None])
def test_a_checkpoint_whose_state_is_of_another_shape_is_told_so(state: str | None, finished: Path) -> None:
    (finished / "policy.zip").unlink()
    newest = sorted((finished / "checkpoints").iterdir())[-1] / "state.json"
    if state is None:  # all but what the monitor has kept
        state = json.dumps(json.loads(newest.read_text()) | {"caller": {}})
    newest.write_text(state)
    with pytest.raises(InputError, match=r"is damaged .*; remove this folder"):
        resume(finished)


@needs_training
@pytest.mark.parametrize("name", ["arrays.npz", "parameters.zip", "state.json"])
@pytest.mark.parametrize("damage", ["cut", "missing", "empty", "other file"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_can_be_used(
    name: str, damage: str, finished: Path, scenario: Path, tmp_path: Path
) -> None:
    expected = RunFolder.open(finished).read_info()["result"]["policy_sha256"]
    (finished / "policy.zip").unlink()
    newest = sorted((finished / "checkpoints").iterdir())[-1]
    file = newest / name
    if damage == "missing":
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "other file": b"GIF89a"}[damage])
    with pytest.raises(InputError, match=r"is damaged .*; remove this folder"):
        resume(finished)
    shutil.rmtree(newest)
    assert resume(finished).policy_sha256 == expected


@needs_training
def test_a_checkpoint_of_another_scenario_is_refused(finished: Path) -> None:
    (finished / "policy.zip").unlink()
    scenario = pbc.Scenario.load(finished / "scenario.toml")
    scenario.replace(stations={"count": 4}).save(finished / "scenario.toml")
    with pytest.raises(InputError):
        resume(finished)


@needs_training
@pytest.mark.parametrize("record", ["areas", "moments"])
def test_a_checkpoint_of_a_version_without_a_record_is_refused_as_such(record: str, finished: Path) -> None:
    (finished / "policy.zip").unlink()
    newest = sorted((finished / "checkpoints").iterdir())[-1] / "arrays.npz"
    with np.load(newest, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != f"simulation.{record}"}
    np.savez(newest, **arrays)
    with pytest.raises(InputError, match=rf"{record}: are of another scenario.* version; --repeat does the run anew"):
        resume(finished)
