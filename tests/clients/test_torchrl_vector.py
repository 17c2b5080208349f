"""TorchRL's own wrapper for Gymnasium around the vector environment: its checks pass, in each mode that it takes.

TorchRL warns when it is imported, and warnings are errors here: it runs in a process of its own.
"""

import subprocess
import sys
from importlib.util import find_spec

import pytest

pytestmark = [
    pytest.mark.skipif(find_spec("torchrl") is None, reason="needs TorchRL (extra `torchrl`)"),
    pytest.mark.slow,
]

CHECK = """
import numpy as np
from torchrl.envs import GymWrapper, check_env_specs
import pev_battery_charge as pbc

short = pbc.load_scenario("paper-5x20").replace(horizon_steps=6, population={"stay_minutes": 20.0})
for autoreset in ("same_step", "disabled"):
    env = GymWrapper(pbc.vector_env(short, num_areas=2, autoreset=autoreset))
    check_env_specs(env)
    told = env.rollout(6, break_when_any_done=False)
    assert told.batch_size == (10, 6)
    assert told["next", "truncated"][:, -1].all()

alone = pbc.vector_env(short, num_areas=2, autoreset="disabled")
alone.reset(options={"schedule": [env._env.simulation.schedule(b) for b in range(2)]})
for t in range(6):
    observations, rewards, *_ = alone.step(told["action"][:, t].numpy())
    assert np.array_equal(told["next", "observation"][:, t], observations)
    assert np.array_equal(told["next", "reward"][:, t, 0], rewards)
"""


def test_the_vector_environment_passes_torchrls_checks() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
