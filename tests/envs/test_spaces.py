"""What agents see lies in its space, for every named scenario, over whole episodes, whatever is asked for."""

from collections.abc import Callable

import numpy as np
import pytest
from gymnasium.spaces import Box

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.scenario import scenario_names
from tests.envs.episodes import MIXED, SHORT, Float32, actions_of, draw_requests, kw

Ask = Callable[[ParallelArea, np.random.Generator], dict[str, Float32]]

MAXIMA = {"caltech-54": 6.656, "jpl-52": 6.656, "paper-5x20": 22.0, "residential-12": 11.0, "workplace-20": 11.0}


def sampled(env: ParallelArea, random: np.random.Generator) -> dict[str, Float32]:
    """As every learner begins."""
    return {agent: env.action_space(agent).sample().astype(np.float32, copy=False) for agent in env.agents}


def everything(env: ParallelArea, random: np.random.Generator) -> dict[str, Float32]:
    """The space's upper bound, so that batteries fill up."""
    return {agent: kw(env.action_space(agent).high[0]) for agent in env.agents}


def wild(env: ParallelArea, random: np.random.Generator) -> dict[str, Float32]:
    """Far out of the space, to both sides."""
    return {agent: random.uniform(-1e6, 1e6, 1).astype(np.float32) for agent in env.agents}


@pytest.mark.parametrize("ask", [sampled, everything, wild], ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("name", scenario_names())
def test_every_observation_and_state_lies_in_its_space_over_whole_episodes(name: str, ask: Ask) -> None:
    env = pbc.parallel_env(name)
    random = np.random.default_rng(0)
    for n, agent in enumerate(env.possible_agents):
        env.action_space(agent).seed(n)
    observations, _ = env.reset(seed=0)
    served = False
    for _ in range(env.scenario.horizon_steps):
        for agent, observation in observations.items():
            assert env.observation_space(agent).contains(observation), observation
        assert env.state_space.contains(env.state())
        observations, *_, infos = env.step(ask(env, random))
        served |= any(info["power_kw"] > 0.0 for info in infos.values())
    assert all(env.observation_space(agent).contains(seen) for agent, seen in observations.items())
    assert env.agents == []
    assert served


@pytest.mark.parametrize("name", scenario_names())
def test_central_and_vector_observations_lie_in_their_spaces_over_whole_episodes(name: str) -> None:
    central = pbc.central_env(name)
    vector = pbc.vector_env(name, num_areas=3)
    central.action_space.seed(0)
    vector.action_space.seed(0)
    assert central.observation_space.contains(central.reset(seed=0)[0])
    assert vector.observation_space.contains(vector.reset(seed=0)[0])
    for _ in range(central.scenario.horizon_steps):
        assert central.observation_space.contains(central.step(central.action_space.sample())[0])
        observations, *_, infos = vector.step(vector.action_space.sample())
        assert vector.observation_space.contains(observations)
    assert vector.observation_space.contains(infos["final_obs"])


@pytest.mark.parametrize(("name", "power_max_kw"), MAXIMA.items())
def test_spaces_are_those_of_the_documentation(name: str, power_max_kw: float) -> None:
    env, central, vector = pbc.parallel_env(name), pbc.central_env(name), pbc.vector_env(name, num_areas=2)
    stations = env.scenario.num_stations
    high = np.float32(power_max_kw)
    assert env.possible_agents == [f"station_{n}" for n in range(stations)]
    for agent in env.possible_agents:
        assert env.observation_space(agent) == Box(0.0, np.inf, (8,), np.float32)
        assert env.action_space(agent) == Box(0.0, high, (1,), np.float32)
        assert env.observation_space(agent) is env.observation_space(agent)
        assert env.action_space(agent) is env.action_space(agent)
    assert env.state_space == Box(0.0, np.inf, (stations * 12,), np.float32)
    assert central.observation_space == Box(0.0, np.inf, (stations * 8,), np.float32)
    assert central.action_space == Box(0.0, high, (stations,), np.float32)
    assert vector.single_observation_space == env.observation_space("station_0")
    assert vector.single_action_space == env.action_space("station_0")


def test_unlike_stations_have_unlike_action_spaces() -> None:
    env, central, vector = pbc.parallel_env(MIXED), pbc.central_env(MIXED), pbc.vector_env(MIXED)
    limits = kw(11.0, 22.0, 6.656)
    assert [env.action_space(agent) for agent in env.possible_agents] == [Box(0.0, high, (1,)) for high in limits]
    assert central.action_space == Box(np.zeros(3, np.float32), limits)
    assert vector.single_action_space == Box(0.0, np.float32(22.0), (1,))


def test_extra_features_widen_the_observation_space_and_not_the_state() -> None:
    env = pbc.parallel_env(MIXED)
    assert env.observation_space("station_0").shape == (12,)
    assert pbc.central_env(MIXED).observation_space.shape == (3 * 12,)
    assert pbc.vector_env(MIXED, num_areas=2).observation_space.shape == (2 * 3, 12)
    assert env.state_space.shape == (3 * 12,)
    assert pbc.parallel_env(SHORT).state_space.shape == (5 * 12,)


def test_the_state_is_all_that_stations_see_with_every_extra_feature() -> None:
    """Beside an environment that shows all of it to the stations; a state is a look, and changes nothing."""
    env = pbc.parallel_env(SHORT)
    wide = pbc.parallel_env(SHORT, extra_observations=STATE_FEATURES[8:])
    bare = pbc.parallel_env(SHORT)
    env.reset(seed=2)
    bare.reset(seed=2)
    observations, _ = wide.reset(seed=2)
    for request in draw_requests(SHORT):
        state = env.state()
        assert state.dtype == np.float32
        assert np.array_equal(state, np.concatenate(list(observations.values())))
        state[:] = -1.0
        observations = wide.step(actions_of(wide, request))[0]
        seen, expected = env.step(actions_of(env, request))[0], bare.step(actions_of(bare, request))[0]
        assert all(np.array_equal(seen[agent], expected[agent]) for agent in seen)
    assert np.array_equal(env.state(), np.concatenate(list(observations.values())))
    assert len(STATE_FEATURES) == 12


@pytest.mark.parametrize("name", scenario_names())
def test_asking_for_the_spaces_upper_bound_breaks_no_limit(name: str) -> None:
    """A float32 bound may lie just above the limit it stands for (6.656 kW); that is no fault of the policy."""
    vector = pbc.vector_env(name, num_areas=2)
    limits = vector.simulation.stations["power_max_kw"].reshape(-1, 1).astype(np.float32)
    vector.reset(seed=0)
    for _ in range(vector.scenario.horizon_steps):
        infos = vector.step(limits)[-1]
        assert not infos["reward_out_of_bounds"].any()
        assert (infos["power_kw"] <= limits[:, 0]).all()
