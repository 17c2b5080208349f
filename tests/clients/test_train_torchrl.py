"""TorchRL on its own PettingZoo wrapper: what areas say and policies ask passes through unchanged; the command trains.

TorchRL warns when it is imported, and warnings are errors here: everything that needs it runs in a process of its own.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.training.scaling import scale_observations
from tests.loading import ROOT, load_script

pytestmark = [
    pytest.mark.skipif(find_spec("torchrl") is None, reason="needs TorchRL (extra `torchrl`)"),
    pytest.mark.slow,
]

SHORT = pbc.load_scenario("paper-5x20").replace(
    horizon_steps=40,
    stations=[{"power_max_kw": 22.0}] * 3 + [{"power_max_kw": 11.0}] * 2,
    population={"stay_minutes": 90.0},
    extra_observations=["hour", "time_left_h"],
)
"""Short, and with stations of two powers, so that each one's own limit counts."""
AREAS = 2


def start(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it from a folder of his own."""
    return start(str(ROOT / "scripts" / "train_torchrl.py"), *arguments, folder=folder)


def passes(check: str) -> bool:
    """Whether a check of this file passes in a process of its own; it says what failed."""
    done = start("-c", f"from {__name__} import {check}; {check}()", folder=ROOT)
    sys.stderr.write(done.stderr)
    return done.returncode == 0


def check_what_passes_through() -> None:
    """Two episodes of the policy in TorchRL, and the same schedules and requests in areas without it."""
    script = load_script("train_torchrl")
    script.torch.manual_seed(4)
    env = script.make_env(SHORT, AREAS)
    actor = script.make_actor(SHORT)
    env.set_seed(5)
    areas = [wrapper._env for wrapper in env.base_env._envs]
    schedules = []
    for _ in range(2):
        told = env.rollout(SHORT.horizon_steps, actor).detach()
        assert told.shape == (AREAS, SHORT.horizon_steps)
        schedules += [area.simulation.schedule().sessions["arrival_min"].to_list() for area in areas]
        for area, seen in zip(areas, told, strict=True):
            check_episode(area, seen)
    assert len({str(schedule) for schedule in schedules}) == 2 * AREAS


def check_episode(area: Any, told: Any) -> None:
    """An episode `told` by TorchRL against the same in an area of our own."""
    asked_kw = told["station", "action"][..., 0].numpy()
    assert np.array_equal(area.trace().records["asked_kw"], asked_kw)
    assert (asked_kw > 0).all()
    assert (asked_kw < [station.power_max_kw for station in SHORT.stations]).all()

    env = pbc.parallel_env(SHORT)
    seen, _ = env.reset(options={"schedule": area.simulation.schedule()})
    returns: npt.NDArray[np.float64] = np.zeros(SHORT.num_stations)
    for t in range(SHORT.horizon_steps):
        assert_sees(env, seen, told[t])
        requests = dict(zip(env.possible_agents, asked_kw[t][:, None], strict=True))
        seen, earned, _, truncated, _ = env.step(requests)
        after = told[t]["next"]
        assert_sees(env, seen, after)
        returns += list(earned.values())
        np.testing.assert_allclose(after["station", "reward"][:, 0], list(earned.values()), rtol=1e-6)
        np.testing.assert_allclose(after["station", "episode_reward"][:, 0], returns, rtol=1e-5)
        assert after["station", "truncated"][:, 0].tolist() == list(truncated.values())
        assert not after["station", "terminated"].any()
    assert all(truncated.values())
    assert (returns < 0).any()


def assert_sees(env: Any, seen: dict[str, npt.NDArray[np.float32]], told: Any) -> None:
    own = scale_observations(np.stack(list(seen.values())), SHORT.observations)
    np.testing.assert_allclose(told["station", "observation"], own, rtol=1e-6)
    area = scale_observations(env.state().reshape(SHORT.num_stations, -1), STATE_FEATURES)
    np.testing.assert_allclose(told["state"], area.ravel(), rtol=1e-6)


def check_who_sees_what() -> None:
    """The actor, and the local critic, decide by the station's own observation; the critic of the state by all."""
    script = load_script("train_torchrl")
    env = script.make_env(SHORT, 1)
    env.set_seed(0)
    here = env.rollout(1, script.make_actor(SHORT)).detach()[0, 0]
    elsewhere = here.clone()
    elsewhere["station", "observation"][1:] += 0.5
    elsewhere["state"][12:] += 0.5  # station 0 has the first twelve numbers
    actor, local, state = (
        script.make_actor(SHORT),
        script.make_critic(SHORT, "local"),
        script.make_critic(SHORT, "state"),
    )
    for network, keys, is_local in (
        (actor, [("station", "loc"), ("station", "scale")], True),
        (local, [("station", "state_value")], True),
        (state, [("station", "state_value")], False),
    ):
        for key in keys:
            before, after = network(here.clone())[key][..., 0], network(elsewhere.clone())[key][..., 0]
            assert bool(before[0] == after[0]) is is_local, key
            assert (before[1:] != after[1:]).all(), key


def test_what_passes_through_torchrl_is_what_the_areas_said_and_what_the_policy_asked_for() -> None:
    assert passes("check_what_passes_through")


def test_the_actor_is_decentralised_and_the_critic_of_the_state_is_not() -> None:
    assert passes("check_who_sees_what")


@pytest.mark.parametrize("critic", ["state", "local"])
def test_the_command_checks_the_specs_trains_whole_episodes_and_writes_the_actor(tmp_path: Path, critic: str) -> None:
    SHORT.save(tmp_path / "short.toml")
    numbers = ("--areas", "2", "--batch", "16", "--epochs", "2", "--steps", "500")
    done = run(tmp_path, "--scenario", "short.toml", "--critic", critic, "--out", "new/actor.pt", *numbers)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "check_env_specs: passed"
    told = [
        re.fullmatch(r" *(\d+) agent-steps, mean return a station +(-[\d.]+), \d+ agent-steps/s", line)
        for line in lines[1:-1]
    ]
    assert [int(line[1]) for line in told if line] == [400, 800]  # 2 areas of 5 stations, 40 steps an episode
    assert all(line and float(line[2]) > -4.0 * SHORT.horizon_steps for line in told)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["actor.pt"]
    load = f"""
from tests.loading import load_script
import pev_battery_charge as pbc
script = load_script("train_torchrl")
actor = script.make_actor(pbc.Scenario.load({str(tmp_path / "short.toml")!r}))
actor.load_state_dict(script.torch.load({str(tmp_path / "new" / "actor.pt")!r}, weights_only=True))
"""
    assert start("-c", load, folder=ROOT).returncode == 0


def test_bad_input_is_told_in_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, "--scenario", "papper-5x20", "--out", "actor.pt")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"train_torchrl: scenario 'papper-5x20': unknown name; .*paper-5x20.*\n", done.stderr)
    assert not list(tmp_path.iterdir())


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "--areas", "0", "--steps", "0", "--batch", "0", "--epochs", "0", "--out", "actor.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.findall(r"^  (\w+): ", done.stderr, re.MULTILINE) == ["areas", "steps", "batch", "epochs", "out"]
    assert not list(tmp_path.iterdir())
