"""Stable-Baselines3 on SuperSuit's stack: the wrappers hand on what areas say and policies ask; the command trains."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.training.scaling import scale_observations
from tests.loading import ROOT, load_script

Float32 = npt.NDArray[np.float32]

pytest.importorskip("stable_baselines3", reason="needs Stable-Baselines3 (extra `train`)")

SHORT = pbc.load_scenario("paper-5x20").replace(
    horizon_steps=40,
    stations=[{"power_max_kw": 22.0}] * 3 + [{"power_max_kw": 11.0}] * 2,
    population={"stay_minutes": 90.0},
    extra_observations=["hour", "time_left_h"],
)
"""Short, and with stations of two powers, so that each one's own limit counts."""
AREAS = 2
POWER_MAX_KW = np.array([station.power_max_kw for station in SHORT.stations])


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("train_supersuit")


def scaled(seen: list[Any]) -> Float32:
    """What the stations of some areas see, for each an array `[N, 10]`, as the policy should get it."""
    return scale_observations(np.concatenate(seen), SHORT.observations)


def areas_of(stack: Any) -> list[ParallelArea]:
    """The environments at the bottom of the stack."""
    return [vector.par_env.env for vector in stack.venv.venv.vec_envs]


def test_what_passes_through_the_stack_is_what_the_areas_said_and_what_the_policy_asked_for(script: ModuleType) -> None:
    """Side by side with single areas, over an episode and into the next."""
    stack = script.make_supersuit_env(SHORT, AREAS)
    policy = script.make_model(stack, script.Config(out=Path("policy.zip"), seed=3, batch=192))
    singles = [pbc.parallel_env(SHORT) for _ in range(AREAS)]
    stack.seed(5)
    observations = stack.reset()
    seen = [list(env.reset(seed=5 + b)[0].values()) for b, env in enumerate(singles)]
    plugged = np.concatenate(seen)[:, 4].sum()
    for t in range(SHORT.horizon_steps):
        np.testing.assert_allclose(observations, scaled(seen), rtol=1e-6)
        assert all(stack.observation_space.contains(row) for row in observations)
        actions = policy.predict(observations)[0]
        asked_kw = (actions.reshape(AREAS, -1).astype(np.float64) + 1) / 2 * POWER_MAX_KW
        observations, rewards, dones, infos = stack.step(actions)
        seen = []
        earned: list[float] = []
        for env, requests in zip(singles, asked_kw[:, :, None], strict=True):
            rows, rewards_of, *_ = env.step(dict(zip(env.possible_agents, requests, strict=True)))
            seen.append(list(rows.values()))
            earned += rewards_of.values()
        np.testing.assert_allclose(rewards, earned, rtol=1e-6)
        plugged += np.concatenate(seen)[:, 4].sum()
        if t < SHORT.horizon_steps - 1:
            assert not dones.any()
            for area, requests in zip(areas_of(stack), asked_kw, strict=True):
                np.testing.assert_allclose(area.trace().records["asked_kw"][t], requests, rtol=1e-12)
    assert plugged > 0
    assert dones.all()
    assert all(info["TimeLimit.truncated"] for info in infos)
    final = [info["terminal_observation"] for info in infos]
    np.testing.assert_allclose(final, scaled(seen), rtol=1e-6)
    begun = [list(env.reset()[0].values()) for env in singles]
    np.testing.assert_allclose(observations, scaled(begun), rtol=1e-6)


def test_the_ends_of_the_actions_are_no_power_and_full_power(script: ModuleType) -> None:
    stack = script.make_supersuit_env(SHORT, 1)
    assert (stack.action_space.low, stack.action_space.high) == (-1.0, 1.0)
    stack.reset()
    for action in (-1.0, 0.0, 1.0):
        stack.step(np.full((SHORT.num_stations, 1), action, np.float32))
    assert np.array_equal(
        areas_of(stack)[0].trace().records["asked_kw"], [0 * POWER_MAX_KW, POWER_MAX_KW / 2, POWER_MAX_KW]
    )


def test_areas_differ_come_back_with_their_seed_and_go_on_without(script: ModuleType) -> None:
    stack = script.make_supersuit_env(SHORT, AREAS)
    energies = []
    for seed in (7, 7, 8, None):
        if seed is not None:
            stack.seed(seed)
        stack.reset()
        energies.append([area.simulation.sessions["energy_arrival_kwh"].copy() for area in areas_of(stack)])
    first, again, next_one, going_on = energies
    assert not np.array_equal(first[0], first[1])
    assert np.array_equal(first, again)
    assert np.array_equal(first[1], next_one[0])
    assert not np.array_equal(next_one, going_on)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it from a folder of his own."""
    command = [sys.executable, str(ROOT / "scripts" / "train_supersuit.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_command_trains_whole_rollouts_and_writes_the_policy(tmp_path: Path, script: ModuleType) -> None:
    SHORT.save(tmp_path / "short.toml")
    numbers = ("--areas", "2", "--n-steps", "25", "--batch", "125", "--epochs", "2", "--steps", "260")
    done = run(tmp_path, "--scenario", "short.toml", "--out", "new/policy.zip", *numbers)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "2 areas, 10 stations, one policy" in done.stdout
    told = re.findall(r"^ *(\d+) agent-steps, mean return a station lately (.+)$", done.stdout, re.MULTILINE)
    assert [int(steps) for steps, _ in told] == [250, 500]  # 2 areas of 5 stations, 25 steps a rollout
    assert told[0][1] == "no episode yet"  # which takes 40 steps
    assert -2.0 * SHORT.horizon_steps < float(told[1][1]) < 0.0
    assert re.search(r"^500 agent-steps in [\d.]+ s, \d+ agent-steps/s$", done.stdout, re.MULTILINE)
    before, after = re.findall(r"^(?:before|after): mean return a station (-[\d.]+)$", done.stdout, re.MULTILINE)
    assert before != after
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["policy.zip"]
    assert "policy.pth" in zipfile.ZipFile(tmp_path / "new" / "policy.zip").namelist()
    model = script.PPO.load(tmp_path / "new" / "policy.zip", device="cpu")
    config = script.Config(out=Path("policy.zip"), scenario=str(tmp_path / "short.toml"), areas=2)
    assert f"{script.evaluate(model, config):.2f}" == after


def test_bad_input_is_told_in_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, "--scenario", "papper-5x20", "--out", "policy.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"train_supersuit: scenario 'papper-5x20': unknown name; .*paper-5x20.*\n", done.stderr)
    assert not list(tmp_path.iterdir())


def test_everything_wrong_is_told_at_once(script: ModuleType) -> None:
    config = script.Config(out=Path("policy.pt"), areas=0, steps=0, n_steps=1, batch=1, epochs=0)
    with pytest.raises(pbc.InputError) as error:
        script.train(config)
    places = [problem.split(":")[0] for problem in error.value.problems]
    assert places == ["areas", "steps", "n_steps", "batch", "epochs", "out"]
