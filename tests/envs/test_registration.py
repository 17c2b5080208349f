"""The environments under their ids, and what making them by id means."""

import gymnasium
import pettingzoo
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import SyncVectorEnv
from pettingzoo import AECEnv

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.envs.episodes import ONE_STATION, SHORT, draw_requests, play_aec, play_central, play_parallel

AREA = "pev_battery_charge/area_v0"
CENTRAL = "pev_battery_charge/Central-v0"


def test_pettingzoo_makes_the_parallel_environment() -> None:
    env = pettingzoo.make("parallel", AREA, scenario=SHORT)
    assert isinstance(env, ParallelArea)
    requests = draw_requests(SHORT)
    assert play_parallel(env, requests, seed=1) == play_parallel(pbc.parallel_env(SHORT), requests, seed=1)


def test_pettingzoo_makes_the_aec_environment() -> None:
    env = pettingzoo.make("aec", AREA, scenario=SHORT)
    assert isinstance(env, AECEnv)
    requests = draw_requests(SHORT)
    assert play_aec(env, requests, seed=1) == play_aec(pbc.env(SHORT), requests, seed=1)


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


def test_make_vec_runs_central_environments_side_by_side() -> None:
    envs = gymnasium.make_vec(CENTRAL, num_envs=3, vectorization_mode="sync", scenario=ONE_STATION)
    assert isinstance(envs, SyncVectorEnv)
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
