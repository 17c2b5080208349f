"""The learning rate that optimisers have at each update: as configured at first, falling evenly, never 0 or less."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra train")
pytest.importorskip("tensorboard", reason="needs the extra train")

import torch
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from pev_battery_charge.smart_charging import SmartCharging
from pev_battery_charge.smart_charging.dqn import DqnConfig, learn_dqn
from pev_battery_charge.training import TrainConfig, load_policy, resume, train
from tests.training.conftest import short_config


@pytest.fixture
def rates() -> Iterator[list[float]]:
    """The learning rates of all steps of all optimisers, in order."""
    seen: list[float] = []

    def look(optimizer: Optimizer, *_: object) -> None:
        seen.extend(group["lr"] for group in optimizer.param_groups)

    hook = register_optimizer_step_pre_hook(look)
    yield seen
    hook.remove()


def evenly(rate: float, updates: int, first: int = 0) -> list[float]:
    """What the updates from number `first` on are to be made with."""
    return [rate * (updates - k) / updates for k in range(first, updates)]


@pytest.mark.parametrize(
    ("algorithm", "steps", "updates", "first"),
    [
        ("ppo", 3600, 10, 0),  # whole rollouts of 360
        ("ppo", 3601, 11, 0),
        ("ppo", 1, 1, 0),
        ("sac", 2000, 56, 27),  # updates of 36; random actions for the first 1000
        ("td3", 2016, 56, 27),
    ],
)
def test_the_rate_falls_evenly_and_is_above_zero_in_the_last_update(
    algorithm: str, steps: int, updates: int, first: int, rates: list[float], scenario: Path, tmp_path: Path
) -> None:
    result = train(short_config(scenario, algorithm=algorithm, steps=steps, learning_rate=0.01), tmp_path / "run")
    assert min(rates) > 0.0
    assert list(dict.fromkeys(rates)) == pytest.approx(evenly(0.01, updates, first))
    assert result.agent_steps == updates * (360 if algorithm == "ppo" else 36)


def test_a_rate_that_does_not_fall_stays(rates: list[float], scenario: Path, tmp_path: Path) -> None:
    train(short_config(scenario, steps=700, learning_rate=0.01, learning_rate_decays=False), tmp_path / "run")
    assert set(rates) == {0.01}


def test_a_single_step_is_trained_for_with_finite_weights(tmp_path: Path) -> None:
    config = TrainConfig(steps=1, areas=4, network=(8,), evaluation_episodes=1)
    policy = load_policy(train(config, tmp_path / "run").folder)
    weights = policy._policy.state_dict().values()
    assert all(bool(torch.isfinite(one).all()) for one in weights)


@pytest.mark.parametrize("algorithm", ["ppo", "td3"])
def test_a_resumed_run_goes_on_with_the_rate_that_is_due(
    algorithm: str, rates: list[float], scenario: Path, tmp_path: Path
) -> None:
    """Broken off at 1440 agent-steps of 1980 or 2160 that 1950 are rounded up to."""
    config = short_config(scenario, algorithm=algorithm, steps=1950, checkpoint_every=1440, learning_rate=0.01)
    whole = train(config, tmp_path / "run")
    (tmp_path / "run" / "policy.zip").unlink()
    expected = list(rates)
    rates.clear()
    again = resume(tmp_path / "run")
    assert (again.policy_sha256, again.agent_steps) == (whole.policy_sha256, whole.agent_steps)
    assert rates == expected[-len(rates) :]
    last = evenly(0.01, 6, 4) if algorithm == "ppo" else evenly(0.01, 55, 40)
    assert list(dict.fromkeys(rates)) == pytest.approx(last)


@pytest.mark.parametrize(("steps", "updates"), [(640, 20), (641, 21)])
def test_the_networks_rate_of_the_taxi_is_above_zero_in_the_last_update(
    steps: int, updates: int, rates: list[float]
) -> None:
    config = DqnConfig(
        steps=steps, environments=4, train_every=8, learning_starts=0, network=(8,), batch_size=16, learning_rate=0.01
    )
    learned = learn_dqn(SmartCharging(), config)
    assert min(rates) > 0.0
    assert list(dict.fromkeys(rates)) == pytest.approx(evenly(0.01, updates))
    assert learned.returns.size == config.episodes(8) == updates * 4
    assert np.isfinite(learned.values).all()
    assert config.updates == updates == math.ceil(steps / 32)
