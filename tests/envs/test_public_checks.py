"""The checks that PettingZoo, Gymnasium and SuperSuit give their users. Necessary, not sufficient."""

import copy
import sys
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
import pytest
import supersuit
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, max_cycles_test, parallel_api_test, parallel_seed_test, seed_test, state_test

import pev_battery_charge as pbc
from pev_battery_charge.scenario import scenario_names
from tests.envs.episodes import SHORT, actions_of, draw_requests, kw

# Energies and powers have no upper bound that all scenarios share, so the space is Box(0, inf) on purpose.
no_upper_bound_aec = pytest.mark.filterwarnings("ignore:Agent's maximum observation space value is infinity")
no_upper_bound_state = pytest.mark.filterwarnings("ignore:Environment's maximum state space value is infinity")
no_upper_bound = pytest.mark.filterwarnings("ignore:.*A Box observation space maximum value is infinity")
# Requests are in kW, so that a policy's output has a meaning; who wants [0, 1] has Gymnasium's RescaleAction.
action_in_kw = pytest.mark.filterwarnings("ignore:.*we recommend using a symmetric and normalized space")

each_named = pytest.mark.parametrize("name", scenario_names())


@each_named
def test_pettingzoo_parallel_api_test(name: str) -> None:
    parallel_api_test(pbc.parallel_env(name), num_cycles=300)


@each_named
def test_pettingzoo_parallel_seed_test(name: str) -> None:
    parallel_seed_test(lambda: pbc.parallel_env(name))


@no_upper_bound_aec
def test_pettingzoo_api_test() -> None:
    api_test(pbc.env(), num_cycles=1000)


def test_pettingzoo_seed_test() -> None:
    seed_test(pbc.env)


@no_upper_bound_state
def test_pettingzoo_state_test() -> None:
    state_test(pbc.env(), pbc.parallel_env(), num_cycles=200)


def test_pettingzoo_max_cycles_test() -> None:
    max_cycles_test(pbc)


@no_upper_bound
@action_in_kw
@each_named
def test_gymnasium_check_env(name: str) -> None:
    env = gymnasium.make("pev_battery_charge/Central-v0", scenario=name)
    check_env(env.unwrapped, skip_render_check=True)


@pytest.fixture
def stable_baselines3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stable-Baselines3, or where it is not installed, the little of its `VecEnvWrapper` that SuperSuit builds on."""
    try:
        import stable_baselines3  # type: ignore[import-not-found] # noqa: F401, PLC0415  not needed by the tests
    except ImportError:

        class VecEnvWrapper:
            def step_async(self, actions: Any) -> None:
                self.venv.step_async(actions)  # type: ignore[attr-defined]  # set by SuperSuit

            def step(self, actions: Any) -> Any:
                self.step_async(actions)
                return self.step_wait()  # type: ignore[attr-defined]  # as above

        path = "stable_baselines3.common.vec_env"
        for name in ("stable_baselines3", "stable_baselines3.common", path, f"{path}.base_vec_env"):
            module = ModuleType(name)
            vars(module).update(VecEnvWrapper=VecEnvWrapper, VecEnvIndices=Any)
            monkeypatch.setitem(sys.modules, name, module)


def test_supersuit_stacks_areas_for_gymnasium() -> None:
    envs = _stack("gymnasium")
    singles = [pbc.parallel_env(SHORT) for _ in range(2)]
    expected = [row for b, env in enumerate(singles) for row in env.reset(seed=6 + b)[0].values()]
    assert np.array_equal(envs.reset(seed=6)[0], expected)
    _play_beside(envs, singles)


@pytest.mark.usefixtures("stable_baselines3")
def test_supersuit_stacks_areas_for_stable_baselines3() -> None:
    envs = _stack("stable_baselines3")
    observations = envs.reset()
    singles = [copy.deepcopy(area.par_env) for area in envs.venv.vec_envs]
    assert np.array_equal(observations, np.concatenate([env.simulation.observe()[0] for env in singles]))
    _play_beside(envs, singles)


def _stack(base_class: str) -> Any:
    """Two areas, each station a sub-environment."""
    stations = supersuit.pettingzoo_env_to_vec_env_v1(pbc.parallel_env(SHORT))
    envs = supersuit.concat_vec_envs_v1(stations, 2, num_cpus=1, base_class=base_class)
    assert envs.num_envs == 2 * SHORT.num_stations
    return envs


def _play_beside(envs: Any, singles: list[Any]) -> None:
    """An episode and the beginning of the next, the same in the stack as in single areas."""
    for request in draw_requests(SHORT):
        observations, rewards, *done, infos = envs.step(np.tile(request, 2)[:, None])
        steps = [env.step(actions_of(env, request)) for env in singles]
        assert np.array_equal(rewards, kw(*(reward for step in steps for reward in step[1].values())))
        expected = [row for step in steps for row in step[0].values()]
        if np.any(done):
            assert np.array_equal([info["terminal_observation"] for info in infos], expected)
            expected = [row for env in singles for row in env.reset()[0].values()]
        assert np.array_equal(observations, expected)
    assert np.any(done, axis=0).all()
