"""Training runs: repeated to the bit, killed and resumed to the bit, recorded, and a policy that is a controller."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra train")
pytest.importorskip("tensorboard", reason="needs the extra train")

import torch
from stable_baselines3 import PPO, SAC, TD3

import pev_battery_charge as pbc
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.evaluation import evaluate, run
from pev_battery_charge.training import load_policy, resume, train
from pev_battery_charge.training.checkpoint import checkpoints
from pev_battery_charge.training.run_folder import RunFolder
from pev_battery_charge.training.scaling import scale_observations
from pev_battery_charge.training.vec_env import AreaVecEnv
from tests.evaluation.usual import USUAL
from tests.training.conftest import short_config

CLOCKS = ("seconds", "env_seconds")


def rows(path: Path) -> pl.DataFrame:
    """What a run has recorded, without what the clock says."""
    return pl.read_parquet(path).drop(CLOCKS, strict=False)


@pytest.mark.parametrize("algorithm", ["ppo", "sac", "td3"])
def test_the_same_configuration_gives_the_same_policy_to_the_bit_and_another_seed_another(
    algorithm: str, scenario: Path, tmp_path: Path
) -> None:
    config = short_config(scenario, algorithm=algorithm)
    first, second = train(config, tmp_path / "a"), train(config, tmp_path / "b")
    assert first.policy_sha256 == second.policy_sha256
    assert rows(tmp_path / "a" / "metrics.parquet").equals(rows(tmp_path / "b" / "metrics.parquet"))
    other = train(short_config(scenario, algorithm=algorithm, seed=1), tmp_path / "c")
    assert other.policy_sha256 != first.policy_sha256


KILLED = """
import os, signal, sys
from pathlib import Path
from pev_battery_charge.training import monitor, train
from tests.training.conftest import short_config

write_checkpoint = monitor.write_checkpoint

def write_and_die(*arguments):
    written = write_checkpoint(*arguments)
    if int(written.name) > int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return written

monitor.write_checkpoint = write_and_die
train(short_config(Path(sys.argv[1]), algorithm=sys.argv[2], steps=7200), sys.argv[3])
"""


@pytest.mark.parametrize(
    ("algorithm", "after"),
    [
        ("ppo", 2100),
        pytest.param("sac", 0, marks=pytest.mark.slow),
        pytest.param("sac", 2100, marks=pytest.mark.slow),
        pytest.param("td3", 2100, marks=pytest.mark.slow),
    ],
)
def test_a_run_killed_in_the_middle_resumes_and_ends_as_if_nothing_had_been(
    algorithm: str, after: int, scenario: Path, tmp_path: Path
) -> None:
    """Killed after a checkpoint, which off-policy is one during the random actions at first, or one while it learns."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = train(short_config(scenario, algorithm=algorithm, steps=7200), whole)
    command = [sys.executable, "-c", KILLED, str(scenario), algorithm, str(broken), str(after)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == -signal.SIGKILL
    assert not (broken / "policy.zip").exists()
    result = resume(broken)
    assert (result.policy_sha256, result.agent_steps) == (expected.policy_sha256, expected.agent_steps)
    for name in ("metrics.parquet", "evaluations.parquet"):
        assert rows(broken / name).equals(rows(whole / name))
    assert resume(broken) == result


def test_a_resumed_run_tells_the_same_returns_of_the_episode_that_was_under_way(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last checkpoint is that of step 80; episodes have 24 steps."""
    told: list[list[float]] = []
    last_infos = AreaVecEnv._last_infos

    def note(env: AreaVecEnv, observations: Any) -> Any:
        infos = last_infos(env, observations)
        told.append([info["episode"]["r"] for info in infos])
        return infos

    monkeypatch.setattr(AreaVecEnv, "_last_infos", note)
    train(short_config(scenario), tmp_path / "run")
    assert len(told) == 4
    (tmp_path / "run" / "policy.zip").unlink()
    resume(tmp_path / "run")
    assert told[4:] == told[3:4]


def test_a_run_killed_before_its_first_checkpoint_begins_anew(scenario: Path, tmp_path: Path) -> None:
    config = short_config(scenario)
    expected = train(config, tmp_path / "whole")
    RunFolder.create(tmp_path / "broken", config, pbc.Scenario.load(scenario))
    half = tmp_path / "broken" / "checkpoints" / ".000000000720.x7"
    half.mkdir(parents=True)
    assert resume(tmp_path / "broken").policy_sha256 == expected.policy_sha256
    assert not half.exists()


def test_the_folder_holds_all_that_is_needed_to_repeat_the_run(scenario: Path, tmp_path: Path) -> None:
    result = train(short_config(scenario), tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    assert folder.config == short_config(scenario)
    assert folder.scenario == pbc.Scenario.load(scenario)
    info = folder.read_info()
    assert info["versions"]["torch"] == torch.__version__
    assert info["result"]["policy_sha256"] == result.policy_sha256
    assert info["result"]["agent_steps"] == result.agent_steps == 36 * 100
    assert 0.0 < result.env_share < 1.0
    assert json.loads(folder.normalisation_file.read_text())["rewards"]["return_variance"] > 0.0
    assert [int(path.name) for path in checkpoints(folder.checkpoints)] == [2160, 2880]
    assert list(folder.tensorboard.glob("events*"))
    again = train(folder.config, tmp_path / "again", scenario=folder.scenario)
    assert again.policy_sha256 == result.policy_sha256


def test_episodes_and_evaluations_are_recorded_with_every_figure(scenario: Path, tmp_path: Path) -> None:
    train(short_config(scenario), tmp_path / "run")
    metrics = pl.read_parquet(tmp_path / "run" / "metrics.parquet")
    assert metrics["agent_steps"].to_list() == [36 * 24 * k for k in range(1, 5)]
    assert set(USUAL) < set(metrics.columns)
    evaluations = pl.read_parquet(tmp_path / "run" / "evaluations.parquet")
    assert evaluations["agent_steps"].to_list() == [0, 1800, 3240, 3600]
    policy = load_policy(tmp_path / "run")
    last = evaluate(scenario, {"policy": policy}, range(1_000_000, 1_000_003)).episodes
    assert evaluations["reward"][-1] == pytest.approx(last["reward"].mean())


def test_tensorboard_shows_reward_parts_energies_and_excess(scenario: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415  only here

    train(short_config(scenario), tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    tags = set(events.Tags()["scalars"])
    wanted = ("reward", "reward_missing", "reward_overload", "energy_delivered_kwh", "energy_unmet_kwh", "excess_kwh")
    assert {f"episode/{name}" for name in wanted} | {f"evaluation/{name}" for name in wanted} <= tags
    metrics = pl.read_parquet(tmp_path / "run" / "metrics.parquet")
    told = [event.value for event in events.Scalars("episode/reward")]
    np.testing.assert_allclose(told, metrics["reward"][: len(told)], rtol=1e-5)


@pytest.mark.parametrize("algorithm", ["ppo", "sac", "td3"])
def test_the_policy_asks_for_what_the_library_itself_would(algorithm: str, scenario: Path, tmp_path: Path) -> None:
    train(short_config(scenario, algorithm=algorithm), tmp_path / "run")
    model = {"ppo": PPO, "sac": SAC, "td3": TD3}[algorithm].load(tmp_path / "run" / "policy.zip", device="cpu")
    simulation = pbc.Simulation(scenario, 2)
    simulation.reset(seed=4)
    simulation.step(np.full((2, 3), 9.0))
    asked = load_policy(tmp_path / "run")(Snapshot.of(simulation))
    actions, _ = model.predict(scale_observations(simulation.observe()).reshape(6, 8), deterministic=True)
    if algorithm == "ppo":
        actions = np.tanh(actions)
    shares = (actions.astype(np.float64).reshape(2, 3) + 1.0) / 2.0
    np.testing.assert_allclose(asked, shares * simulation.stations["power_max_kw"], rtol=1e-6, atol=1e-5)


def test_a_policy_is_a_controller_like_any_other_in_every_scenario(scenario: Path, tmp_path: Path) -> None:
    train(short_config(scenario), tmp_path / "run")
    policy = load_policy(tmp_path / "run")
    trace = run("public-10", policy, seed=2)
    assert trace.num_stations == 10
    result = evaluate("public-10", {"policy": policy, "constant": "constant"}, [2, 3])
    told = result.episodes.row(by_predicate=(pl.col("controller") == "policy") & (pl.col("seed") == 2), named=True)
    assert told["energy_delivered_kwh"] == pytest.approx(trace.books.battery_kwh.sum())


def test_a_policy_keeps_its_own_features_where_a_scenario_shows_others(scenario: Path, tmp_path: Path) -> None:
    own = pbc.Scenario.load(scenario).replace(extra_observations=("time_left_h", "soc"))
    train(short_config(scenario), tmp_path / "run", scenario=own)
    plain, hours = pbc.Scenario.load(scenario), own.replace(extra_observations=("hour",))
    policy = load_policy(tmp_path / "run")
    first, second = (run(one, policy, seed=1).records["asked_kw"] for one in (plain, hours))
    np.testing.assert_array_equal(first, second)


def test_sharing_is_for_training_alone(scenario: Path, tmp_path: Path) -> None:
    alone, shared = (train(short_config(scenario, sharing=share), tmp_path / f"{share}") for share in (0.0, 1.0))
    assert alone.policy_sha256 != shared.policy_sha256
    assert RunFolder.open(shared.folder).scenario.reward.sharing == 0.0


def test_evaluation_on_the_way_does_not_disturb_training(scenario: Path, tmp_path: Path) -> None:
    often = train(short_config(scenario, evaluate_every=360, checkpoint_every=360), tmp_path / "often")
    never = train(short_config(scenario, evaluate_every=10**6, checkpoint_every=10**6), tmp_path / "never")
    assert often.policy_sha256 == never.policy_sha256


def test_torch_keeps_its_threads(scenario: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    train(short_config(scenario, steps=360), tmp_path / "run")
    assert torch.get_num_threads() == before


def test_a_training_area_of_a_run_is_an_ordinary_one(scenario: Path) -> None:
    assert AreaVecEnv(scenario, 12).num_envs == 36
