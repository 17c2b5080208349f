"""The vector environment keeps what `gymnasium.vector.VectorEnv` promises, as Gymnasium's own SyncVectorEnv does."""

from typing import Any, Literal

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import batch_space
from gymnasium.wrappers.vector import DictInfoToList, NormalizeObservation, RecordEpisodeStatistics, TransformReward

import pev_battery_charge as pbc
from tests.envs.episodes import MIXED, ONE_STATION, SCENARIOS, SHORT, draw_requests, kw, play_parallel
from tests.records import PARTS

Autoreset = Literal["same_step", "next_step", "disabled"]
MODES: tuple[Autoreset, ...] = ("same_step", "next_step", "disabled")

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
each_mode = pytest.mark.parametrize("mode", MODES)


@each_scenario
@each_mode
def test_it_is_a_vector_env_and_says_what_it_is(scenario: pbc.Scenario, mode: Autoreset) -> None:
    env = pbc.vector_env(scenario, num_areas=3, autoreset=mode)
    assert isinstance(env, VectorEnv)
    assert env.unwrapped is env
    assert env.num_envs == 3 * scenario.num_stations
    assert env.observation_space == batch_space(env.single_observation_space, env.num_envs)
    assert env.action_space == batch_space(env.single_action_space, env.num_envs)
    assert env.metadata["autoreset_mode"] is AutoresetMode[mode.upper()]
    assert env.metadata["render_modes"] == []
    assert env.render_mode is None
    assert not env.closed
    env.close()
    assert env.closed


@each_scenario
def test_every_step_has_the_shapes_and_types_of_the_interface(scenario: pbc.Scenario) -> None:
    env = pbc.vector_env(scenario, num_areas=3)
    observations, infos = env.reset(seed=0)
    assert observations in env.observation_space
    assert infos == {}
    env.action_space.seed(0)
    for _ in range(scenario.horizon_steps):
        observations, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
        assert observations in env.observation_space
        assert rewards.dtype == np.float32
        assert terminated.dtype == truncated.dtype == np.bool_
        assert rewards.shape == terminated.shape == truncated.shape == (env.num_envs,)
        assert not terminated.any()
        for name in PARTS:
            assert infos[name].shape == (env.num_envs,)
            assert infos[f"_{name}"].all()


@each_mode
def test_it_behaves_as_gymnasiums_sync_vector_env(mode: Autoreset) -> None:
    """Beside a SyncVectorEnv of central environments of one station each, over two and a half episodes.

    The one difference: where Gymnasium leaves the top level of the infos to the reset, the parts of the step are told
    there too, so that a learner that adds them up misses none.
    """
    areas = 3
    ours: Any = pbc.vector_env(ONE_STATION, num_areas=areas, autoreset=mode)
    theirs: Any = SyncVectorEnv(
        [lambda: pbc.central_env(ONE_STATION)] * areas, autoreset_mode=ours.metadata["autoreset_mode"]
    )
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"]
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert np.array_equal(ours.reset(seed=8)[0], theirs.reset(seed=8)[0])
    ends = 0
    for t in range(15):
        actions = np.random.default_rng(t).uniform(0.0, 22.0, (areas, 1)).astype(np.float32)
        told, expected = ours.step(actions), theirs.step(actions)
        for part, name in enumerate(("observations", "rewards", "terminations", "truncations")):
            assert np.array_equal(told[part], expected[part]), (t, name)
        _compare_infos(told[4], expected[4])
        if told[3].all():
            ends += 1
            assert ("final_obs" in told[4]) == (mode == "same_step")
            if mode == "disabled":
                for env, error in ((ours, pbc.EpisodeOverError), (theirs, AssertionError)):
                    with pytest.raises(error):
                        env.step(actions)
                assert np.array_equal(ours.reset()[0], theirs.reset()[0])
    assert ends == 2


def _compare_infos(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """What Gymnasium tells is told; the key `rewards` is the central environment's own."""
    for key, expected in theirs.items():
        if isinstance(expected, dict):
            _compare_infos(ours[key], expected)
        elif key == "final_obs":
            assert np.array_equal(ours[key], np.stack(list(expected)))
        elif key.strip("_") != "rewards":
            assert np.array_equal(ours[key], expected.reshape(expected.shape[0])), key
    if "final_info" not in theirs:
        assert set(ours) == set(theirs) - {"rewards", "_rewards"}


@each_scenario
def test_in_same_step_nothing_of_the_ended_episode_is_lost(scenario: pbc.Scenario) -> None:
    env, single = pbc.vector_env(scenario), pbc.parallel_env(scenario)
    requests = draw_requests(scenario)
    expected = play_parallel(single, requests, seed=1)
    env.reset(seed=1)
    for t, request in enumerate(requests):
        observations, rewards, _, truncated, infos = env.step(request[:, None])
        assert truncated.all() == (t == scenario.horizon_steps - 1)
    assert np.array_equal(infos["final_obs"], expected.observations[-1])
    assert infos["_final_obs"].all()
    assert infos["_final_info"].all()
    assert np.array_equal(rewards, expected.rewards[-1])
    for row, name in enumerate(PARTS):
        assert np.array_equal(infos["final_info"][name], expected.parts[-1, row])
        assert infos["final_info"][f"_{name}"].all()
    assert np.array_equal(observations, list(single.reset()[0].values()))


@pytest.mark.parametrize(
    "actions", [np.full((5, 1), np.nan), None, np.full((5, 1), 22.0)], ids=["NaN", "None", "22 kW"]
)
def test_in_next_step_the_step_that_resets_ignores_its_actions(actions: Any) -> None:
    env, single = pbc.vector_env(SHORT, autoreset="next_step"), pbc.parallel_env(SHORT)
    requests = draw_requests(SHORT)
    expected = play_parallel(single, requests, seed=1)
    env.reset(seed=1)
    for request in requests:
        told = env.step(request[:, None])
    assert np.array_equal(told[0], expected.observations[-1])
    assert told[3].all()
    observations, rewards, terminated, truncated, infos = env.step(actions)
    first = single.reset()[0]
    assert np.array_equal(observations, list(first.values()))
    assert not rewards.any()
    assert not terminated.any()
    assert not truncated.any()
    assert infos == {}
    rest = play_parallel(single, requests, first)
    for t, request in enumerate(requests):
        assert np.array_equal(env.step(request[:, None])[1], rest.rewards[t])


def test_one_schedule_serves_all_areas_or_each_its_own() -> None:
    schedules = [pbc.generate_schedule(MIXED, seed) for seed in (4, 5)]
    env, single = pbc.vector_env(MIXED, num_areas=2), pbc.parallel_env(MIXED)
    requests = draw_requests(MIXED)
    for given, met in ((schedules, schedules), (schedules[0], [schedules[0]] * 2)):
        expected = [play_parallel(single, requests, options={"schedule": schedule}) for schedule in met]
        assert np.array_equal(
            env.reset(options={"schedule": given})[0], np.concatenate([e.observations[0] for e in expected])
        )
        for t, request in enumerate(requests):
            rewards = env.step(np.tile(request, 2)[:, None])[1]
            assert np.array_equal(rewards, np.concatenate([episode.rewards[t] for episode in expected]))


@pytest.mark.parametrize("threads", [1, 2])
def test_copies_are_fresh_at_every_step_and_buffers_the_same_with_the_same_values(threads: int) -> None:
    fresh = pbc.vector_env(SHORT, num_areas=3, num_threads=threads)
    reused = pbc.vector_env(SHORT, num_areas=3, num_threads=threads, copy=False)
    assert np.array_equal(fresh.reset(seed=0)[0], reused.reset(seed=0)[0])
    kept: list[list[Any]] = []
    values: list[list[Any]] = []
    buffers: list[list[Any]] = []
    for request in np.tile(draw_requests(SHORT), (2, 3))[..., None]:
        kept.append(_arrays(fresh.step(request)))
        buffers.append(_arrays(reused.step(request)))
        values.append([array.copy() for array in kept[-1]])
        assert all(np.array_equal(a, b) for a, b in zip(kept[-1], buffers[-1], strict=True))
    for told, before in zip(kept[1:], kept[:-1], strict=True):
        assert not any(np.shares_memory(a, b) for a in told for b in before)
    assert all(
        np.array_equal(a, b)
        for told, copies in zip(kept, values, strict=True)
        for a, b in zip(told, copies, strict=True)
    )
    # The one exception: the first observations of a new episode are fresh, so that the final ones beside them stay.
    exceptions = [2] + [0] * (len(buffers[0]) - 1)
    for place, expected in enumerate(exceptions):
        assert sum(not np.shares_memory(buffers[0][place], arrays[place]) for arrays in buffers) == expected
    fresh.close()
    reused.close()


def _arrays(step: tuple[Any, ...]) -> list[Any]:
    return [step[0], step[1], *(step[4][name] for name in PARTS)]


def test_with_reused_buffers_the_final_observations_stand_beside_the_first_of_the_next_episode() -> None:
    env, single = pbc.vector_env(SHORT, copy=False), pbc.parallel_env(SHORT)
    requests = draw_requests(SHORT)
    expected = play_parallel(single, requests, seed=1)
    env.reset(seed=1)
    for request in requests:
        observations, *_, infos = env.step(request[:, None])
    assert np.array_equal(infos["final_obs"], expected.observations[-1])
    assert np.array_equal(observations, list(single.reset()[0].values()))


def test_dict_info_to_list_gives_each_station_its_own_infos() -> None:
    env, plain = DictInfoToList(pbc.vector_env(SHORT, num_areas=2)), pbc.vector_env(SHORT, num_areas=2)
    assert env.reset(seed=0)[1] == [{} for _ in range(10)]
    plain.reset(seed=0)
    for request in np.tile(draw_requests(SHORT), (1, 2))[..., None]:
        listed, infos = env.step(request)[-1], plain.step(request)[-1]
        for name in PARTS:
            assert [info[name] for info in listed] == infos[name].tolist()
    assert [info["final_info"]["power_kw"] for info in listed] == infos["final_info"]["power_kw"].tolist()
    assert np.array_equal([info["final_obs"] for info in listed], infos["final_obs"])


def test_record_episode_statistics_counts_each_episodes_return_and_length() -> None:
    plain = pbc.vector_env(SHORT, num_areas=2, autoreset="next_step")
    env = RecordEpisodeStatistics(pbc.vector_env(SHORT, num_areas=2, autoreset="next_step"))
    plain.reset(seed=0)
    env.reset(seed=0)
    requests = np.tile(draw_requests(SHORT), (1, 2))[..., None]
    for _ in range(2):
        returns = np.zeros(10)
        for request in requests:
            returns += plain.step(request)[1]
            infos = env.step(request)[-1]
        assert infos["_episode"].all()
        assert infos["episode"]["r"] == pytest.approx(returns)
        assert (infos["episode"]["l"] == SHORT.horizon_steps).all()
        plain.step(requests[0])
        assert "episode" not in env.step(requests[0])[-1]
    assert env.episode_count == 20


def test_normalize_observation_brings_every_feature_near_zero_and_one() -> None:
    env = NormalizeObservation(pbc.vector_env(SHORT, num_areas=8, autoreset="next_step"))
    env.reset(seed=0)
    seen = [env.step(request)[0] for request in np.tile(draw_requests(SHORT), (4, 8))[..., None]]
    late = np.concatenate(seen[len(seen) // 2 :])
    assert np.isfinite(late).all()
    # The first four features never change; a constant is normalised to 0.
    np.testing.assert_allclose(late[:, :4], 0.0, atol=1e-2)
    np.testing.assert_allclose(late[:, 4:].mean(axis=0), 0.0, atol=0.2)
    np.testing.assert_allclose(late[:, 4:].std(axis=0), 1.0, atol=0.2)


def test_transform_reward_sees_every_reward() -> None:
    plain = pbc.vector_env(SHORT, num_areas=2)
    env = TransformReward(pbc.vector_env(SHORT, num_areas=2), lambda reward: 1.0 + 0.5 * reward)
    plain.reset(seed=0)
    env.reset(seed=0)
    for request in np.tile(draw_requests(SHORT), (2, 2))[..., None]:
        assert np.array_equal(env.step(request)[1], 1.0 + 0.5 * plain.step(request)[1])


@each_mode
@pytest.mark.parametrize("scenario", [*SCENARIOS, pbc.load_scenario("public-10")], ids=lambda scenario: scenario.name)
def test_one_policy_shared_by_all_stations_plays_several_episodes(scenario: pbc.Scenario, mode: Autoreset) -> None:
    """As a learner does: one network from an observation to an action, the same for every row of the batch."""
    env = pbc.vector_env(scenario, num_areas=4, num_threads=2, autoreset=mode)
    weights = np.random.default_rng(0).normal(size=env.single_observation_space.shape)
    high = max(station.power_max_kw for station in scenario.stations)
    observations, _ = env.reset(seed=0)
    episodes, earned = 0, 0.0
    horizon = scenario.horizon_steps + (mode == "next_step")
    for _ in range(3 * horizon):
        shares = 1.0 / (1.0 + np.exp(-observations @ weights / 100.0))
        observations, rewards, _, truncated, _ = env.step((high * shares[:, None]).astype(np.float32))
        assert observations in env.observation_space
        episodes += int(truncated.all())
        earned += float(rewards.sum())
        if truncated.all() and mode == "disabled":
            observations, _ = env.reset()
    assert episodes == 3
    assert earned < 0.0
    env.close()


def test_rescale_action_lets_a_policy_speak_in_shares() -> None:
    """So that who wants [0, 1] or [-1, 1] needs no setting of this package."""
    env = gymnasium.wrappers.vector.RescaleAction(pbc.vector_env(SHORT), kw(0.0), kw(1.0))
    plain = pbc.vector_env(SHORT)
    env.reset(seed=0)
    plain.reset(seed=0)
    for _ in range(SHORT.horizon_steps):
        assert np.array_equal(env.step(np.full((5, 1), 0.5, np.float32))[1], plain.step(np.full((5, 1), 11.0))[1])
