"""Bad input to training and to trained policies: one clear error, and nothing half-written."""

import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path

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
from tests.training.conftest import short_config

needs_training = pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="needs the extra train")


@pytest.fixture
def finished(scenario: Path, tmp_path: Path) -> Path:
    """The folder of a run that has ended."""
    return train(short_config(scenario, steps=1100), tmp_path / "run").folder


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
@pytest.mark.parametrize("damage", ["cut", "other file", "empty", "no weights"])
def test_a_damaged_policy_is_told_so(damage: str, finished: Path) -> None:
    policy = finished / "policy.zip"
    whole = policy.read_bytes()
    if damage == "no weights":
        with zipfile.ZipFile(policy, "w") as archive:
            archive.writestr("data", "{}")
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


@needs_training
@pytest.mark.parametrize("name", ["arrays.npz", "parameters.zip", "state.json"])
@pytest.mark.parametrize("damage", ["cut", "missing", "empty"])
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
        file.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
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
