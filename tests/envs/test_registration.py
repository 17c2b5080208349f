"""The environments under their ids, and what making them by id means."""

import subprocess
import sys

import gymnasium
import pettingzoo
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from pettingzoo import AECEnv

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.envs.vector import VectorArea
from tests.envs.episodes import ONE_STATION, SHORT, draw_requests, play_aec, play_central, play_parallel, play_vector

AREA = "pev_battery_charge/area_v1"
OLD_AREA = "pev_battery_charge/area_v0"
VECTOR = "pev_battery_charge/Area-v1"
CENTRAL = "pev_battery_charge/Central-v0"


needs_registry = pytest.mark.skipif(not hasattr(pettingzoo, "make"), reason="PettingZoo has a registry from 1.27 on")


@needs_registry
@pytest.mark.parametrize(("name", "version"), [(OLD_AREA, 0), (AREA, 1)])
def test_pettingzoo_makes_the_parallel_environment(name: str, version: int) -> None:
    env = pettingzoo.make("parallel", name, scenario=SHORT)
    assert isinstance(env, ParallelArea)
    assert env.metadata["name"] == name.replace("/", "_")
    expected = pbc.parallel_env(SHORT, version=version)
    assert env.observation_space("station_0") == expected.observation_space("station_0")
    requests = draw_requests(SHORT)
    assert play_parallel(env, requests, seed=1) == play_parallel(pbc.parallel_env(SHORT), requests, seed=1)


@needs_registry
@pytest.mark.parametrize("name", [OLD_AREA, AREA])
def test_pettingzoo_makes_the_aec_environment(name: str) -> None:
    env = pettingzoo.make("aec", name, scenario=SHORT)
    assert isinstance(env, AECEnv)
    requests = draw_requests(SHORT)
    assert play_aec(env, requests, seed=1) == play_aec(pbc.env(SHORT), requests, seed=1)


@needs_registry
def test_pettingzoo_hands_max_cycles_and_changes_on() -> None:
    env = pettingzoo.make("parallel", AREA, max_cycles=3, coordinator="equal")
    assert isinstance(env, ParallelArea)
    assert env.scenario == pbc.load_scenario("paper-5x20").replace(coordinator="equal")
    assert play_parallel(env, draw_requests(env.scenario, steps=3)).over.tolist() == [False, False, True]


def test_gymnasium_makes_the_central_environment() -> None:
    env = gymnasium.make(CENTRAL, scenario=SHORT)
    area = env.unwrapped
    assert isinstance(area, CentralArea)
    assert area.spec is not None
    assert area.spec.id == CENTRAL
    requests = draw_requests(SHORT)
    assert play_central(area, requests, seed=1) == play_central(pbc.central_env(SHORT), requests, seed=1)


def test_gymnasium_finds_the_id_by_the_name_of_the_package() -> None:
    """So that a configuration file can name the environment without an import."""
    assert isinstance(gymnasium.make(f"pev_battery_charge:{CENTRAL}").unwrapped, CentralArea)


def test_gymnasiums_passive_checker_has_nothing_to_say_over_an_episode() -> None:
    """`gymnasium.make` wraps the environment in the checker; its warnings are errors here."""
    env = gymnasium.make(CENTRAL, scenario=SHORT)
    env.action_space.seed(0)
    env.reset(seed=0)
    for _ in range(SHORT.horizon_steps):
        *_, truncated, _ = env.step(env.action_space.sample())
    assert truncated
    with pytest.raises(pbc.EpisodeOverError):
        env.step(env.action_space.sample())


def test_pettingzoo_without_a_registry_is_enough() -> None:
    """Before 1.27 it had none."""
    script = "import pettingzoo; vars(pettingzoo).pop('register', 0); import pev_battery_charge as pbc, gymnasium; "
    script += "pbc.parallel_env; gymnasium.spec('pev_battery_charge/Area-v1')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_make_vec_makes_the_areas_of_the_vector_environment() -> None:
    env = gymnasium.make_vec(VECTOR, num_envs=10, scenario=SHORT, coordinator="equal", autoreset="disabled")
    assert isinstance(env, VectorArea)
    assert (env.num_envs, env.num_areas, env.autoreset) == (10, 2, "disabled")
    requests = draw_requests(env.scenario)
    expected = pbc.vector_env(SHORT, 2, coordinator="equal", autoreset="disabled")
    assert play_vector(env, requests, 2, seed=1) == play_vector(expected, requests, 2, seed=1)
    assert gymnasium.make_vec(VECTOR, num_envs=2, scenario=ONE_STATION).spec is not None


@pytest.mark.parametrize("num_envs", [0, 1, 7])
def test_make_vec_refuses_areas_that_are_not_whole(num_envs: int) -> None:
    with pytest.raises(pbc.InputError, match="num_envs: must be"):
        gymnasium.make_vec(VECTOR, num_envs=num_envs, scenario=SHORT)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_make_vec_runs_central_environments_side_by_side(mode: str) -> None:
    envs = gymnasium.make_vec(CENTRAL, num_envs=3, vectorization_mode=mode, scenario=ONE_STATION)
    assert isinstance(envs, SyncVectorEnv if mode == "sync" else AsyncVectorEnv)
    singles = [pbc.central_env(ONE_STATION) for _ in range(3)]
    observations, _ = envs.reset(seed=20)
    assert data_equivalence(
        list(observations), [env.reset(seed=20 + b)[0] for b, env in enumerate(singles)], exact=True
    )
    for request in draw_requests(ONE_STATION):
        observations, rewards, _, truncated, infos = envs.step(request.repeat(3)[:, None])
        steps = [env.step(request) for env in singles]
        assert data_equivalence(list(observations), [step[0] for step in steps], exact=True)
        assert rewards.tolist() == [step[1] for step in steps]
        assert truncated.tolist() == [step[3] for step in steps]
        assert infos["power_kw"].tolist() == [step[4]["power_kw"].tolist() for step in steps]
    assert truncated.all()
    envs.close()
