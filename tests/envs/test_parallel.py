"""The parallel environment: how an episode goes, what infos and rewards say, what it takes as an action."""

from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from tests.envs.episodes import (
    MIXED,
    ONE_STATION,
    SCENARIOS,
    SHORT,
    actions_of,
    draw_requests,
    kw,
    pev,
    play_central,
    play_parallel,
)
from tests.records import PARTS
from tests.strategies import schedule_of

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def test_all_stations_live_for_the_whole_episode_and_are_truncated_together() -> None:
    env = pbc.parallel_env(SHORT)
    assert env.agents == []
    env.reset(seed=0)
    agents = env.possible_agents
    for t, request in enumerate(draw_requests(SHORT)):
        assert env.agents == agents
        told = env.step(actions_of(env, request))
        assert all(list(part) == agents for part in told)
        assert told[2] == dict.fromkeys(agents, False)
        assert told[3] == dict.fromkeys(agents, t == SHORT.horizon_steps - 1)
    assert env.agents == []
    assert len(told[0]) == 5
    env.reset()
    assert env.agents == agents


@each_scenario
@pytest.mark.parametrize(("max_cycles", "steps"), [(1, 1), (7, 7), (24, 24), (1000, 24), (None, 24)])
def test_max_cycles_ends_the_episode_early_and_never_late(
    scenario: pbc.Scenario, max_cycles: int | None, steps: int
) -> None:
    """Nothing else changes, nor the progress that a policy may see."""
    env = pbc.parallel_env(scenario, max_cycles=max_cycles)
    requests = draw_requests(scenario)
    whole = play_parallel(pbc.parallel_env(scenario), requests, seed=1)
    for _ in range(2):
        part = play_parallel(env, requests[:steps], seed=1)
        assert part.over.tolist() == [False] * (steps - 1) + [True]
        assert np.array_equal(part.observations, whole.observations[: steps + 1])
        assert np.array_equal(part.rewards, whole.rewards[:steps])
        assert env.agents == []


@each_scenario
def test_infos_carry_the_parts_of_the_reward_and_the_granted_power(scenario: pbc.Scenario) -> None:
    env = pbc.parallel_env(scenario)
    observations, infos = env.reset(seed=3)
    assert infos == {agent: {} for agent in env.agents}
    sums = dict.fromkeys(env.agents, 0.0)
    totals = dict.fromkeys(env.agents, 0.0)
    met = set()
    for request in draw_requests(scenario):
        observations, rewards, _, _, infos = env.step(actions_of(env, request))
        for agent, info in infos.items():
            assert tuple(info) == PARTS
            assert all(type(value) is float for value in info.values())
            assert type(rewards[agent]) is float
            assert info["power_kw"] == observations[agent][7]
            parts = sum(info[name] for name in PARTS[:4])
            assert rewards[agent] == pytest.approx(parts, abs=1e-5)
            sums[agent] += parts
            totals[agent] += rewards[agent]
            met |= {name for name in PARTS if info[name]}
        area_power_kw = sum(info["power_kw"] for info in infos.values())
        assert all(observation[6] == pytest.approx(area_power_kw, rel=1e-6) for observation in observations.values())
    assert totals == pytest.approx(sums, abs=1e-4)
    assert met == set(PARTS) - (set() if scenario.reward.weight("departure") else {"reward_departure"})


@each_scenario
@pytest.mark.parametrize("sharing", [0.25, 1.0])
def test_sharing_mixes_rewards_and_keeps_their_sum_and_their_parts(scenario: pbc.Scenario, sharing: float) -> None:
    requests = draw_requests(scenario)
    own = play_parallel(pbc.parallel_env(scenario), requests, seed=3)
    shared = play_parallel(pbc.parallel_env(scenario, reward={"sharing": sharing}), requests, seed=3)
    assert np.array_equal(shared.parts, own.parts)
    assert not np.array_equal(shared.rewards, own.rewards)
    np.testing.assert_allclose(shared.rewards.sum(axis=1), own.rewards.sum(axis=1), atol=1e-4)
    for t, rewards in enumerate(own.rewards):
        earning = shared.rewards[t] != 0.0
        mean = rewards.sum() / max(earning.sum(), 1)
        np.testing.assert_allclose(
            shared.rewards[t][earning], (1.0 - sharing) * rewards[earning] + sharing * mean, atol=1e-5
        )


def test_a_weaker_station_is_asked_beyond_its_own_limit_at_a_cost() -> None:
    """In a vector all stations share one action space; what the weaker ones cannot give is clipped and punished."""
    schedule = schedule_of([pev(), pev(), pev()], 3)
    vector = pbc.vector_env(MIXED, coordinator="none")
    vector.reset(options={"schedule": schedule})
    _, rewards, _, _, infos = vector.step(np.full((3, 1), 22.0, np.float32))
    assert infos["power_kw"] == pytest.approx([11.0, 22.0, 6.656])
    assert infos["reward_out_of_bounds"] == pytest.approx([-2.0 * 11.0 / 11.0, 0.0, -2.0 * (22.0 - 6.656) / 6.656])
    env = pbc.parallel_env(MIXED, coordinator="none")
    env.reset(options={"schedule": schedule})
    assert list(env.step(actions_of(env, np.full(3, 22.0, np.float32)))[1].values()) == rewards.tolist()


def test_a_request_below_the_stations_minimum_gives_nothing_and_costs() -> None:
    env = pbc.parallel_env(MIXED)
    env.reset(options={"schedule": schedule_of([pev(), pev(), pev()], 3)})
    infos = env.step(actions_of(env, kw(0.0, 3.0, 0.0)))[-1]
    assert infos["station_1"]["power_kw"] == 0.0
    assert infos["station_1"]["reward_out_of_bounds"] == pytest.approx(-2.0 * 1.0 / 22.0)
    infos = env.step(actions_of(env, kw(0.0, 4.0, 0.0)))[-1]
    assert infos["station_1"]["power_kw"] == 4.0
    assert infos["station_1"]["reward_out_of_bounds"] == 0.0


@pytest.mark.parametrize(
    "form",
    [
        lambda power_kw: np.array([power_kw], np.float64),
        lambda power_kw: [power_kw],
        lambda power_kw: (np.float32(power_kw),),
        lambda power_kw: np.array([int(power_kw)]),
        lambda power_kw: [int(power_kw)],
        lambda power_kw: np.array([power_kw], np.float16),
        float,
        int,
        np.float32,
        lambda power_kw: np.array(power_kw, np.float32),
        lambda power_kw: np.array(int(power_kw)),
    ],
    ids=[
        "float64",
        "list",
        "tuple",
        "integers",
        "list of an integer",
        "float16",
        "plain number",
        "plain integer",
        "NumPy's number",
        "array without axes",
        "integer without axes",
    ],
)
def test_actions_may_come_in_any_numeric_form(form: Any) -> None:
    requests = np.random.default_rng(0).integers(0, 23, (SHORT.horizon_steps, 5)).astype(np.float32)
    expected = play_parallel(pbc.parallel_env(SHORT), requests, seed=1)
    envs: list[Any] = [
        pbc.parallel_env(SHORT),
        pbc.central_env(SHORT),
        pbc.vector_env(SHORT, autoreset="disabled"),
        pbc.env(SHORT),
    ]
    for env in envs:
        env.reset(seed=1)
    parallel, central, vector, aec = envs
    for t, request in enumerate(requests):
        actions = [form(float(power_kw)) for power_kw in request]
        observations, rewards, *_ = parallel.step(dict(zip(parallel.agents, actions, strict=True)))
        assert list(rewards.values()) == expected.rewards[t].tolist()
        assert np.array_equal(list(observations.values()), expected.observations[t + 1])
        assert np.array_equal(vector.step(actions)[1], expected.rewards[t])
        assert np.array_equal(
            central.step([np.ravel(action)[0] for action in actions])[-1]["rewards"], expected.rewards[t]
        )
        for action in actions:
            aec.step(action)
        assert list(aec.rewards.values()) == expected.rewards[t].tolist()


def test_actions_of_one_step_may_come_in_different_forms() -> None:
    env, expected = pbc.parallel_env(SHORT), pbc.parallel_env(SHORT)
    env.reset(seed=1)
    expected.reset(seed=1)
    for request in draw_requests(SHORT):
        one, two, three, four, five = (float(power_kw) for power_kw in request)
        forms = [np.array([one]), np.array(two), [three], four, np.float64(five)]
        assert env.step(dict(zip(env.agents, forms, strict=True)))[1] == expected.step(actions_of(expected, request))[1]


def test_one_station_may_be_steered_by_a_plain_number() -> None:
    """... in every skin: where there is one station, an array of one number says no more than the number."""
    expected = play_parallel(pbc.parallel_env(ONE_STATION), draw_requests(ONE_STATION), seed=1).rewards[:, 0]
    central, vector = pbc.central_env(ONE_STATION), pbc.vector_env(ONE_STATION, autoreset="disabled")
    central.reset(seed=1)
    vector.reset(seed=1)
    for (power_kw,), reward in zip(draw_requests(ONE_STATION).tolist(), expected, strict=True):
        assert central.step(power_kw)[1] == reward
        assert vector.step([power_kw])[1] == reward


def test_a_step_without_stations_tells_nothing() -> None:
    """As PettingZoo's loops want it; it is none before the first reset, nor with an action."""
    env = pbc.parallel_env(SHORT, max_cycles=2)
    with pytest.raises(pbc.EpisodeOverError):
        env.step({})
    env.reset(seed=0)
    for request in draw_requests(SHORT, steps=2):
        env.step(actions_of(env, request))
    books = env.simulation.areas.copy()
    assert env.step({}) == env.step({}) == ({}, {}, {}, {}, {})
    with pytest.raises(pbc.EpisodeOverError):
        env.step(actions_of(env, request))
    assert np.array_equal(env.simulation.areas, books)
    env.reset()
    with pytest.raises(pbc.InputError, match="station_0: has no action"):
        env.step({})


def test_wrappers_have_random_numbers_of_their_own() -> None:
    """They come back with the seed, and neither are nor disturb those of the schedules."""
    env, undisturbed = pbc.parallel_env(SHORT), pbc.parallel_env(SHORT)
    drawn = []
    for _ in range(2):
        env.reset(seed=3)
        undisturbed.reset(seed=3)
        drawn.append(env.np_random.random(8).tolist())
        env.reset()
        undisturbed.reset()
        assert np.array_equal(env.simulation.sessions, undisturbed.simulation.sessions)
    assert drawn[0] == drawn[1]
    assert drawn[0] != np.random.default_rng(3).random(8).tolist()
    env.reset(seed=4)
    assert env.np_random.random(8).tolist() != drawn[0]
    assert pbc.env(SHORT).unwrapped.np_random.random() < 1.0


def test_the_order_of_the_actions_does_not_matter() -> None:
    forward, backward = pbc.parallel_env(SHORT), pbc.parallel_env(SHORT)
    forward.reset(seed=0)
    backward.reset(seed=0)
    for request in draw_requests(SHORT):
        actions = actions_of(forward, request)
        rewards = forward.step(actions)[1]
        assert backward.step(dict(reversed(actions.items())))[1] == rewards


@each_scenario
def test_a_given_schedule_is_played_and_the_seed_draws_the_one_after_it(scenario: pbc.Scenario) -> None:
    schedule = pbc.generate_schedule(scenario, seed=8)
    requests = draw_requests(scenario)
    drawn = play_parallel(pbc.parallel_env(scenario), requests, seed=8)
    env = pbc.parallel_env(scenario)
    assert play_parallel(env, requests, options={"schedule": schedule}) == drawn
    assert env.trace().schedule == schedule
    central = play_central(pbc.central_env(scenario), requests, options={"schedule": schedule})
    assert central == drawn
    assert play_parallel(env, requests, seed=8) == drawn


def test_the_trace_tells_what_the_environment_told() -> None:
    env = pbc.parallel_env(MIXED)
    episode = play_parallel(env, draw_requests(MIXED), seed=4)
    records = env.trace().records
    assert np.array_equal(records["reward"], episode.rewards)
    assert np.array_equal(records["power_kw"].astype(np.float32), episode.parts[:, PARTS.index("power_kw")])
    assert np.array_equal(records["asked_kw"].astype(np.float32), draw_requests(MIXED))


def test_closing_twice_is_allowed() -> None:
    for env in (pbc.parallel_env(SHORT), pbc.env(SHORT), pbc.central_env(SHORT), pbc.vector_env(SHORT)):
        env.reset(seed=0)
        env.close()
        env.close()
