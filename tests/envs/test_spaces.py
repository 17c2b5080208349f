"""What agents see lies in its space, for every named scenario, over whole episodes, whatever is asked for."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest
from gymnasium.spaces import Box
from hypothesis import given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import DEFAULT_FEATURES, STATE_FEATURES
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.scenario import scenario_names
from tests import strategies
from tests.envs.episodes import MIXED, SHORT, Float32, actions_of, draw_requests, kw, pev
from tests.populations.depot import Depot
from tests.strategies import schedule_of

Ask = Callable[[ParallelArea, np.random.Generator], dict[str, Float32]]

Policy = Callable[[int, npt.NDArray[np.float64]], npt.NDArray[np.float64]]

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


BATTERIES_KWH = {
    "caltech-54": 98.4,
    "jpl-52": 98.4,
    "paper-5x20": 24.0,
    "residential-12": 77.0,
    "workplace-20": 77.0,
}
"""The largest that come."""


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
    unbounded = pbc.parallel_env(name, version=0)
    stations, area = env.scenario.num_stations, env.scenario.area
    battery_kwh = BATTERIES_KWH[name]
    high = np.float32(power_max_kw)
    assert env.possible_agents == [f"station_{n}" for n in range(stations)]
    for agent in env.possible_agents:
        most = kw(power_max_kw, power_max_kw, area.power_max_kw, area.power_max_kw, 1.0, battery_kwh, 0.0, power_max_kw)
        most[6] = sum([power_max_kw] * stations)
        assert env.observation_space(agent) == Box(np.zeros(8, np.float32), most)
        assert unbounded.observation_space(agent) == Box(0.0, np.inf, (8,), np.float32)
        assert env.action_space(agent) == Box(0.0, high, (1,), np.float32)
        assert env.observation_space(agent) is env.observation_space(agent)
        assert env.action_space(agent) is env.action_space(agent)
    assert env.state_space == Box(0.0, np.inf, (stations * 12,), np.float32)
    assert central.observation_space == Box(np.zeros(8 * stations, np.float32), np.tile(most, stations))
    by_id = gymnasium.make("pev_battery_charge/Central-v0", scenario=name)
    for env_without in (pbc.central_env(name, version=0), by_id):
        assert env_without.observation_space == Box(0.0, np.inf, (stations * 8,), np.float32)
    assert central.action_space == Box(0.0, high, (stations,), np.float32)
    assert vector.single_observation_space == env.observation_space("station_0")
    assert pbc.vector_env(name, version=0).single_observation_space == unbounded.observation_space("station_0")
    assert vector.single_action_space == env.action_space("station_0")


@settings(max_examples=25)
@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies(), data=st.data())
def test_all_that_is_seen_lies_in_the_bounds_of_any_scenario(
    scenario: pbc.Scenario, seed: int, ask: Policy, data: st.DataObject
) -> None:
    """... of drawn schedules, and of given ones with other batteries; and the bounds are no part of what happens."""
    scenario = scenario.replace(extra_observations=STATE_FEATURES[8:])
    env, unbounded = pbc.parallel_env(scenario), pbc.parallel_env(scenario, version=0)
    central, vector = pbc.central_env(scenario), pbc.vector_env(scenario, autoreset="disabled")
    options = {"schedule": data.draw(strategies.schedules(scenario))} if data.draw(st.booleans()) else None
    power_max_kw = np.array([station.power_max_kw for station in scenario.stations])
    seen, told = env.reset(seed, options)[0], unbounded.reset(seed, options)[0]
    row, rows = central.reset(seed=seed, options=options)[0], vector.reset(seed=seed, options=options)[0]
    while True:
        assert all(env.observation_space(agent).contains(observation) for agent, observation in seen.items())
        assert all(np.array_equal(seen[agent], told[agent]) for agent in told)
        assert central.observation_space.contains(row)
        assert vector.observation_space.contains(rows)
        if not env.agents:
            break
        requests = ask(env.simulation.step_index, power_max_kw)
        actions = dict(zip(env.agents, requests, strict=True))
        seen, told = env.step(actions)[0], unbounded.step(actions)[0]
        row, rows = central.step(requests)[0], vector.step(requests)[0]


def test_bounds_are_finite_where_there_are_any() -> None:
    env = pbc.parallel_env(SHORT, observations=STATE_FEATURES)
    space = env.observation_space("station_0")
    assert np.isfinite(space.low).all()
    highs = dict(zip(STATE_FEATURES, space.high.tolist(), strict=True))
    assert [name for name, high in highs.items() if high == np.inf] == ["time_left_h"]
    assert [highs[name] for name in ("plugged", "soc", "progress", "hour")] == [1.0, 1.0, 1.0, 24.0]


def test_a_schedule_with_a_larger_battery_raises_its_bound_for_good() -> None:
    schedule = schedule_of([pev(capacity_kwh=60.0, energy_target_kwh=55.0)], 5)
    for make in (pbc.parallel_env, pbc.central_env, pbc.vector_env):
        env: Any = make(SHORT, version=1)
        highs = []
        for options in (None, {"schedule": schedule}, None):
            env.reset(seed=0, options=options)
            space = env.observation_space("station_4") if make is pbc.parallel_env else env.observation_space
            highs.append(space.high.reshape(-1)[-3])
        assert highs == [24.0, 60.0, 60.0]
    unbounded = pbc.parallel_env(SHORT, version=0)
    unbounded.reset(options={"schedule": schedule})
    assert unbounded.observation_space("station_0") == Box(0.0, np.inf, (8,), np.float32)


def test_a_population_that_tells_no_largest_battery_leaves_its_bound_open() -> None:
    scenario = SHORT.replace(stations={"count": 2}, population=Depot())
    space = pbc.parallel_env(scenario).observation_space("station_0")
    assert [name for name, high in zip(DEFAULT_FEATURES, space.high, strict=True) if high == np.inf] == [
        "energy_remaining_kwh"
    ]


@pytest.mark.parametrize("version", [2, -1, "1", None, True])
@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.env, pbc.central_env, pbc.vector_env])
def test_versions_that_do_not_exist_are_refused(make: Callable[..., Any], version: Any) -> None:
    with pytest.raises(pbc.InputError, match="must be one of 0, 1"):
        make(SHORT, version=version)


def test_gymnasiums_wrappers_rescale_observations() -> None:
    """They refuse a space without upper bounds."""
    central = gymnasium.wrappers.RescaleObservation(pbc.central_env(SHORT), np.float32(0), np.float32(1))
    vector = gymnasium.wrappers.vector.RescaleObservation(
        pbc.vector_env(SHORT, autoreset="disabled"), np.float32(0), np.float32(1)
    )
    rows = np.stack([central.reset(seed=1)[0].reshape(5, 8), vector.reset(seed=1)[0]])
    assert np.array_equal(rows[0], rows[1])
    assert rows.min() >= 0.0
    assert 0.9 < rows.max() <= 1.0


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
