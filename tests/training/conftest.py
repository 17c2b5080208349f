"""Short training runs."""

from pathlib import Path
from typing import Any

import pytest

import pev_battery_charge as pbc
from pev_battery_charge.training import OffPolicyConfig, PPOConfig, TrainConfig


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Three stations, six PEVs, four hours of ten minutes: a file."""
    return write_scenario(tmp_path)


def write_scenario(folder: Path) -> Path:
    """Write the scenario into a folder."""
    path = folder / "small.toml"
    pbc.Scenario(
        name="small",
        step_minutes=10.0,
        horizon_steps=24,
        stations={"count": 3},
        population={"kind": "spread", "pevs": 6, "stay_minutes": 90.0},
    ).save(path)
    return path


def short_config(scenario: Path, **changes: Any) -> TrainConfig:
    """About ten rollouts of twelve small areas, with checkpoints and evaluations on the way."""
    values: dict[str, Any] = {
        "scenario": str(scenario),
        "steps": 36 * 100,
        "areas": 12,
        "network": (8,),
        "evaluate_every": 1500,
        "evaluation_episodes": 3,
        "checkpoint_every": 700,
        "ppo": PPOConfig(rollout_steps=10, batch_size=90, epochs=2),
        "off_policy": OffPolicyConfig(buffer_size=2000, batch_size=16, learning_starts=1000, gradient_steps=1),
    }
    return TrainConfig(**values | changes)
