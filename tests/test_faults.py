"""Faults seen in charging environments that people use today, and none of them here: a test each, named after it."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pettingzoo.utils.env_logger import EnvLogger

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.evaluation import summarise
from tests.envs.episodes import (
    MIXED,
    ONE_STATION,
    SHORT,
    Float32,
    actions_of,
    draw_requests,
    kw,
    pev,
    play_aec,
    play_central,
    play_parallel,
    play_vector,
)
from tests.strategies import schedule_of

HOURS = SHORT.step_minutes / 60.0
EMPTY = kw(0.0, 22.0, 31.5, 0.0, 0.0, 0.0, 0.0, 0.0)
"""What an empty station of `SHORT` sees while the whole area is idle."""


def ask(env: Any, *requests_kw: float) -> tuple[dict[str, Float32], dict[str, float], dict[str, dict[str, float]]]:
    """One step of a parallel environment: what was seen, earned and told."""
    observations, rewards, _, _, infos = env.step(actions_of(env, kw(*requests_kw)))
    return observations, rewards, infos


def test_no_observation_leaves_its_space_at_an_empty_station_or_a_full_battery() -> None:
    """Elsewhere an empty station shows -1, and rounding makes the energy that remains negative."""
    env = pbc.parallel_env(SHORT)
    observations, _ = env.reset(options={"schedule": schedule_of([pev(energy_target_kwh=7.7, efficiency=0.7)], 5)})
    assert np.array_equal(observations["station_1"], EMPTY)
    remaining = [observations["station_0"][5]]
    for _ in range(SHORT.horizon_steps):
        observations, _, infos = ask(env, 13.3, 22.0, 22.0, 22.0, 22.0)
        for agent, observation in observations.items():
            assert env.observation_space(agent).contains(observation)
            assert infos[agent]["power_kw"] >= 0.0
        remaining.append(observations["station_0"][5])
    assert min(remaining) == 0.0
    assert remaining[0] == np.float32(7.7)
    assert np.array_equal(observations["station_0"], EMPTY)


def test_a_full_battery_draws_nothing_from_the_grid() -> None:
    """... whether it came full or was filled here, is empty above its target, or tapers."""
    pevs = [
        pev(energy_arrival_kwh=24.0),
        pev(energy_arrival_kwh=12.0, energy_target_kwh=12.0),
        pev(energy_arrival_kwh=23.0),
        pev(energy_arrival_kwh=10.0, energy_target_kwh=11.0, efficiency=0.77),
        pev(energy_arrival_kwh=21.0, energy_target_kwh=22.0, transition_soc=0.8),
    ]
    env = pbc.parallel_env(SHORT, coordinator="none")
    env.reset(options={"schedule": schedule_of(pevs, 5)})
    first = ask(env, *[22.0] * 5)[2]
    assert [first[agent]["power_kw"] > 0.0 for agent in env.agents] == [False, False, True, True, True]
    ask(env, *[22.0] * 5)
    for _ in range(5):
        observations, _, infos = ask(env, *[22.0] * 5)
        assert [info["power_kw"] for info in infos.values()] == [0.0] * 5
        assert [observation[5] for observation in observations.values()] == [0.0] * 5
        assert [info["reward_missing"] for info in infos.values()] == [0.0] * 5
    delivered = env.trace().session_frame()
    assert delivered["energy_delivered_kwh"].to_list() == pytest.approx([0.0, 0.0, 1.0, 1.0, 1.0])
    expected = [0.0, 0.0, 1.0 / 0.9, 1.0 / 0.77, 1.0 / 0.9]
    assert delivered["grid_energy_kwh"].to_list() == pytest.approx(expected)


@pytest.mark.parametrize("power_kw", [1e6, 22.5, -1e-3, -22.0, -1e6])
@pytest.mark.parametrize("coordinator", ["none", "proportional", "equal"])
def test_a_request_out_of_bounds_is_not_obeyed(power_kw: float, coordinator: str) -> None:
    """It does what the nearest bound does, and costs reward by how far out it was."""
    env, bound = pbc.parallel_env(SHORT, coordinator=coordinator), pbc.parallel_env(SHORT, coordinator=coordinator)
    observations, _ = env.reset(seed=3)
    bound.reset(seed=3)
    nearest_kw = 22.0 if power_kw > 0.0 else 0.0
    for _ in range(SHORT.horizon_steps):
        plugged = [bool(observation[4]) for observation in observations.values()]
        observations, rewards, infos = ask(env, *[power_kw] * 5)
        expected, bounds_rewards, bounds_infos = ask(bound, *[nearest_kw] * 5)
        assert all(np.array_equal(observations[agent], expected[agent]) for agent in expected)
        for agent, here in zip(infos, plugged, strict=True):
            assert 0.0 <= infos[agent]["power_kw"] == bounds_infos[agent]["power_kw"] <= 22.0
            assert bounds_infos[agent]["reward_out_of_bounds"] == 0.0
            cost = 2.0 * abs(power_kw - nearest_kw) / 22.0
            assert infos[agent]["reward_out_of_bounds"] == pytest.approx(-cost if here else 0.0)
            assert rewards[agent] == pytest.approx(
                bounds_rewards[agent] + infos[agent]["reward_out_of_bounds"], rel=1e-6
            )


def test_the_callers_actions_are_left_as_they_are() -> None:
    """... also where they are out of bounds, are read-only, or are views into a larger array."""
    for writeable in (True, False):
        for dtype in (np.float32, np.float64):
            requests = np.linspace(-50.0, 80.0, 3, dtype=dtype)
            kept = requests.copy()
            requests.flags.writeable = writeable
            envs: list[Any] = [pbc.parallel_env(MIXED), pbc.central_env(MIXED), pbc.vector_env(MIXED)]
            actions = [{f"station_{n}": requests[n : n + 1] for n in range(3)}, requests, requests[:, None]]
            for env, given in zip(envs, actions, strict=True):
                env.reset(seed=0)
                for _ in range(6):
                    env.step(given)
                assert np.array_equal(requests, kept)


def test_stored_transitions_do_not_change_later() -> None:
    """What has been handed out belongs to the caller: no later step or reset writes into it, nor is it read again."""
    requests = draw_requests(SHORT)
    for make in (pbc.parallel_env, pbc.central_env, pbc.vector_env):
        env: Any = make(SHORT)
        untouched = _transitions(make(SHORT), requests, scribble=False)
        stored = _transitions(env, requests, scribble=False)
        values = [array.copy() for array in stored]
        _transitions(env, requests[::-1], scribble=False)
        for array, value, expected in zip(stored, values, untouched, strict=True):
            assert np.array_equal(array, value)
            assert np.array_equal(array, expected)
        # Nor does a caller who normalises in place change the episode.
        scribbled = _transitions(make(SHORT), requests, scribble=True)
        assert all(np.array_equal(a, b) for a, b in zip(scribbled, untouched, strict=True))


def _transitions(env: Any, requests: Float32, scribble: bool) -> list[Float32]:
    """Every array of an episode as it was handed out; or a copy of it, with the original overwritten."""
    told: list[Float32] = []

    def keep(values: Sequence[Any]) -> None:
        arrays = [array for array in _arrays(values) if array.flags.writeable]
        told.extend(array.copy() if scribble else array for array in arrays)
        for array in arrays if scribble else ():
            array[:] = 77

    keep(env.reset(seed=4))
    for request in requests:
        if isinstance(env, ParallelArea):
            keep(env.step(actions_of(env, request)))
        else:
            keep(env.step(request if isinstance(env, CentralArea) else request[:, None]))
    return told


def _arrays(values: Iterable[Any]) -> Iterator[npt.NDArray[Any]]:
    for value in values:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, dict):
            yield from _arrays(value.values())


def test_step_never_resets() -> None:
    """The last step shows the end of this episode and not the beginning of the next."""
    requests = draw_requests(MIXED)
    env = pbc.parallel_env(MIXED)
    episode = play_parallel(env, requests, seed=5)
    assert episode.over.tolist() == [False] * 23 + [True]
    final = env.simulation.observe()[0]
    assert np.array_equal(episode.observations[-1], final)
    assert env.trace().num_steps == 24
    first = np.stack(list(env.reset()[0].values()))
    assert not np.array_equal(final, first)
    # A vector that resets for its learner keeps the end.
    (batch,) = play_vector(pbc.vector_env(MIXED), requests, 1, seed=5)
    assert np.array_equal(batch.observations[-1], final)


def test_global_random_state_is_neither_seeded_nor_drawn_from() -> None:
    """By nobody who makes, resets, steps or copies an environment; nor does it change what is drawn."""
    drawn = []
    for seed in (0, 1):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  the very state that must stay untouched
        before = random.getstate(), np.random.get_state()  # noqa: NPY002  as above
        for name in pbc.scenario_names():
            env = pbc.parallel_env(name)
            env.reset()
            drawn.append(play_parallel(env, draw_requests(env.scenario, steps=3), seed=9).fingerprint())
        play_central(pbc.central_env(SHORT), draw_requests(SHORT))
        play_vector(pbc.vector_env(SHORT, num_areas=3), draw_requests(SHORT), 3)
        pbc.generate_schedule(SHORT, seed=2)
        assert random.getstate() == before[0]
        assert repr(np.random.get_state()) == repr(before[1])  # noqa: NPY002  as above
    assert drawn[:6] == drawn[6:]


def test_reset_with_a_seed_gives_the_same_episode_however_often_and_whatever_was_before() -> None:
    requests = draw_requests(SHORT)
    env = pbc.parallel_env(SHORT)
    expected = play_parallel(env, requests, seed=5)
    following = play_parallel(env, requests)
    for _ in range(3):
        assert play_parallel(env, requests, seed=5) == expected
        assert play_parallel(env, requests) == following
        play_parallel(env, requests[:7], seed=6)
    env.reset(options={"schedule": pbc.generate_schedule(SHORT, seed=1)})
    assert play_parallel(env, requests, seed=5) == expected
    assert following != expected


def test_a_battery_accepts_no_more_above_its_transition_than_below_it() -> None:
    """At a full request, what it takes falls with its charge: flat up to the transition, and strictly beyond it."""
    scenario = ONE_STATION.replace(
        step_minutes=1, horizon_steps=100, area={"power_max_kw": 50.0}, population={"stay_minutes": 60.0}
    )
    ask_all = kw(22.0)[None]
    socs = np.linspace(0.0, 1.0, 101)
    pevs = [pev(energy_arrival_kwh=24.0 * soc, transition_soc=0.8) for soc in socs]
    env = pbc.vector_env(scenario, num_areas=len(pevs))
    env.reset(options={"schedule": [schedule_of([one], 1) for one in pevs]})
    power_kw = env.step(ask_all.repeat(len(pevs), axis=0))[-1]["power_kw"]
    assert (np.diff(power_kw) <= 0.0).all()
    assert (power_kw[socs < 0.78] == 22.0).all()
    assert (np.diff(power_kw[socs >= 0.8]) < 0.0).all()
    assert power_kw[-1] == 0.0
    env = pbc.vector_env(scenario)
    env.reset(options={"schedule": schedule_of([pevs[0]], 1)})
    over_time_kw = [env.step(ask_all)[-1]["power_kw"][0] for _ in range(100)]
    assert (np.diff(over_time_kw) <= 0.0).all()
    assert 0.0 < over_time_kw[-1] < 2.0


def test_a_vehicle_that_finds_no_station_is_counted() -> None:
    pevs = [pev(energy_arrival_kwh=4.0), pev(arrival_min=15.0), pev(arrival_min=30.0, energy_target_kwh=10.0)]
    env = pbc.parallel_env(ONE_STATION, horizon_steps=16)
    env.reset(options={"schedule": schedule_of(pevs, 1)})
    for _ in range(16):
        ask(env, 22.0)
    frame = env.trace().session_frame()
    assert frame["status"].to_list() == ["served", "rejected", "rejected"]
    assert frame["energy_unmet_kwh"].to_list() == [pytest.approx(0.0, abs=1e-9), 24.0, 10.0]
    summary = summarise(env.trace())
    assert (summary.pevs, summary.pevs_served, summary.pevs_rejected) == (3, 1, 2)
    assert summary.energy_wanted_kwh == pytest.approx(20.0 + 24.0 + 10.0)
    assert summary.energy_unmet_kwh == pytest.approx(34.0)


def test_as_many_vehicles_as_the_scenario_says_are_in_every_drawn_schedule() -> None:
    crowded = pbc.load_scenario("paper-5x20").replace(stations={"count": 1})
    env = pbc.parallel_env(crowded)
    for seed in range(5):
        env.reset(seed=seed)
        statuses = env.trace().session_frame()["status"]
        assert len(statuses) == 20
        assert (statuses == "rejected").any()


def test_energy_is_metered_before_the_losses() -> None:
    """The area's power and the cap are on the grid's side; half of it arrives in this battery."""
    env = pbc.parallel_env(SHORT, area={"power_max_kw": 10.0})
    env.reset(options={"schedule": schedule_of([pev(efficiency=0.5)], 5)})
    before_kwh = 24.0
    for steps in range(1, 5):
        observations, _, infos = ask(env, 20.0, 0.0, 0.0, 0.0, 0.0)
        assert infos["station_0"]["power_kw"] == 10.0
        assert observations["station_0"][7] == 10.0
        assert [observation[6] for observation in observations.values()] == [10.0] * 5
        assert before_kwh - observations["station_0"][5] == pytest.approx(0.5 * 10.0 * HOURS)
        before_kwh = float(observations["station_0"][5])
        books = env.trace().books
        assert books.grid_kwh.sum() == pytest.approx(10.0 * HOURS * steps)
        assert books.battery_kwh.sum() == pytest.approx(5.0 * HOURS * steps)
        assert books.loss_kwh.sum() == pytest.approx(5.0 * HOURS * steps)


def test_a_step_after_the_end_raises() -> None:
    requests = draw_requests(SHORT)
    action = np.zeros((5, 1), np.float32)
    parallel, central = pbc.parallel_env(SHORT), pbc.central_env(SHORT)
    vector = pbc.vector_env(SHORT, autoreset="disabled")
    play_parallel(parallel, requests, seed=0)
    play_central(central, requests, seed=0)
    play_vector(vector, requests, 1, seed=0)
    for _ in range(2):
        with pytest.raises(pbc.EpisodeOverError):
            parallel.step(dict(zip(parallel.possible_agents, action, strict=True)))
        with pytest.raises(pbc.EpisodeOverError):
            central.step(action[:, 0])
        with pytest.raises(pbc.EpisodeOverError):
            vector.step(action)
    assert parallel.trace().num_steps == central.trace().num_steps == 24


def test_an_aec_step_after_the_end_is_told_by_pettingzoo_and_does_nothing() -> None:
    """As in every AEC environment: PettingZoo's order-enforcing wrapper warns in its log."""
    env = pbc.env(SHORT)
    play_aec(env, draw_requests(SHORT), seed=0)
    assert env.agents == []
    area = env.unwrapped
    assert isinstance(area, ParallelArea)
    books = area.simulation.areas.copy()
    EnvLogger.flush()
    env.step(np.ones(1, np.float32))
    assert "step() called after all agents are terminated or truncated" in str(EnvLogger.mqueue)
    assert np.array_equal(area.simulation.areas, books)
