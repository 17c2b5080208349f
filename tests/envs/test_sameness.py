"""The same seed gives the same bits: again, in another process, with more threads, in a batch, in every skin."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.scenario import scenario_names
from tests.envs.episodes import (
    SCENARIOS,
    SHORT,
    draw_requests,
    play_aec,
    play_central,
    play_parallel,
    play_simulation,
    play_vector,
)

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@each_scenario
def test_parallel_aec_central_and_vector_tell_what_the_simulation_tells(scenario: pbc.Scenario) -> None:
    requests = draw_requests(scenario)
    expected = play_simulation(pbc.Simulation(scenario), requests, seed=5)
    assert expected.rewards.any()
    assert expected.over.tolist() == [False] * (len(requests) - 1) + [True]
    assert play_parallel(pbc.parallel_env(scenario), requests, seed=5) == expected
    assert play_aec(pbc.env(scenario), requests, seed=5) == expected
    assert play_central(pbc.central_env(scenario), requests, seed=5) == expected
    assert play_vector(pbc.vector_env(scenario), requests, 1, seed=5) == [expected]


@each_scenario
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_area_b_of_a_vector_seeded_s_is_the_single_area_seeded_s_plus_b(scenario: pbc.Scenario, threads: int) -> None:
    vector = pbc.vector_env(scenario, num_areas=5, num_threads=threads)
    first, second = draw_requests(scenario, seed=1), draw_requests(scenario, seed=2)
    batch_first = play_vector(vector, first, 5, seed=40)
    batch_second = play_vector(vector, second, 5)
    vector.close()
    for b in range(5):
        # A vector in "same_step" has begun the second episode by itself; its reset begins the third.
        single = pbc.parallel_env(scenario)
        assert play_parallel(single, first, seed=40 + b) == batch_first[b]
        single.reset()
        assert play_parallel(single, second) == batch_second[b]
    assert len({episode.fingerprint() for episode in batch_first}) == 5


@each_scenario
def test_episodes_without_a_seed_go_on_as_in_the_single_area(scenario: pbc.Scenario) -> None:
    """... also through the autoreset, where nobody calls reset."""
    episodes, areas = 3, 2
    requests = draw_requests(scenario, steps=scenario.horizon_steps)
    vector = pbc.vector_env(scenario, num_areas=areas)
    singles = [pbc.parallel_env(scenario) for _ in range(areas)]
    observations = vector.reset(seed=7)[0]
    for number in range(episodes):
        expected = [
            play_parallel(single, requests, seed=7 + b if number == 0 else None) for b, single in enumerate(singles)
        ]
        for t, request in enumerate(requests):
            assert observations.tobytes() == b"".join(episode.observations[t].tobytes() for episode in expected)
            observations, rewards = vector.step(np.tile(request, areas)[:, None])[:2]
            assert rewards.tobytes() == b"".join(episode.rewards[t].tobytes() for episode in expected)


@pytest.mark.parametrize("name", scenario_names())
def test_a_seed_gives_the_same_episode_again_and_another_seed_another(name: str) -> None:
    env = pbc.parallel_env(name)
    requests = draw_requests(env.scenario)
    first = play_parallel(env, requests, seed=3)
    other = play_parallel(env, requests, seed=4)
    assert play_parallel(env, requests, seed=3) == first
    assert play_parallel(pbc.parallel_env(name), requests, seed=3) == first
    assert other != first


def test_without_any_seed_two_environments_differ() -> None:
    requests = draw_requests(SHORT)
    assert play_parallel(pbc.parallel_env(SHORT), requests) != play_parallel(pbc.parallel_env(SHORT), requests)


def fingerprints() -> list[str]:
    """Of a generator of each kind: PEVs spread over the horizon, and a site's."""
    episodes = [
        play_parallel(pbc.parallel_env(scenario), draw_requests(scenario, steps=96), seed=11)
        for scenario in (pbc.load_scenario("paper-5x20"), pbc.load_scenario("public-10"))
    ]
    return [episode.fingerprint() for episode in episodes]


def test_another_process_gives_the_same_bits() -> None:
    script = "from tests.envs.test_sameness import fingerprints; print(*fingerprints())"
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.split() == fingerprints()
