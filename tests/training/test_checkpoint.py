"""A checkpoint: every generator that the next step draws from is where it was."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra train")

from pev_battery_charge import Scenario
from pev_battery_charge.training.algorithms import make_algorithm
from pev_battery_charge.training.checkpoint import read_checkpoint, write_checkpoint
from pev_battery_charge.training.vec_env import AreaVecEnv
from tests.training.conftest import short_config


@pytest.mark.parametrize("algorithm", ["ppo", "sac", "td3"])
def test_the_random_actions_at_first_go_on_where_they_were(algorithm: str, scenario: Path, tmp_path: Path) -> None:
    """Off-policy algorithms draw them from the action space's own generator."""
    config, area = short_config(scenario, algorithm=algorithm), Scenario.load(scenario)

    def begun() -> tuple[AreaVecEnv, object]:
        areas = AreaVecEnv(area, config.num_areas(area.num_stations), squash=config.squashes)
        model = make_algorithm(config, areas)
        areas.reset()
        return areas, model

    areas, model = begun()
    for _ in range(3):
        model.action_space.sample()
    written = write_checkpoint(tmp_path, model, areas, {}, {})
    expected = [model.action_space.sample() for _ in range(4)]
    others, other = begun()
    assert not np.array_equal(other.action_space.sample(), expected[0])
    read_checkpoint(written, other, others)
    assert np.array_equal([other.action_space.sample() for _ in range(4)], expected)
