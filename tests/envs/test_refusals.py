"""Bad input is refused in plain words, everything wrong with it at once, and leaves everything as it was."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.envs.episodes import (
    MIXED,
    SHORT,
    Float32,
    actions_of,
    draw_requests,
    pev,
    play_central,
    play_parallel,
    play_vector,
)
from tests.strategies import schedule_of

Actions = dict[str, Any]
Spoil = Callable[[Actions], Actions]

SKINS = (pbc.parallel_env, pbc.env, pbc.central_env, pbc.vector_env)
each_skin = pytest.mark.parametrize("make", SKINS, ids=lambda make: make.__name__)


def without_station_2(actions: Actions) -> Actions:
    return {agent: action for agent, action in actions.items() if agent != "station_2"}


def with_station_2(action: Any) -> Spoil:
    return lambda actions: actions | {"station_2": action}


BAD_ACTIONS: dict[str, tuple[Spoil, str]] = {
    "missing agent": (without_station_2, "station_2: has no action"),
    "no agent at all": (lambda actions: {}, "station_0: has no action"),
    "unknown agent": (lambda actions: actions | {"pev_7": np.ones(1)}, "pev_7: is not an agent of this environment"),
    "unknown kind of agent": (lambda actions: actions | {3: np.ones(1)}, "3: is not an agent of this environment"),
    "number without a shape": (with_station_2(7.0), r"station_2: shape must be \(1,\) \(it is \(\)\)"),
    "two numbers": (with_station_2(np.ones(2)), r"station_2: shape must be \(1,\) \(it is \(2,\)\)"),
    "empty": (with_station_2([]), r"station_2: shape must be \(1,\) \(it is \(0,\)\)"),
    "None": (with_station_2(None), "station_2: "),
    "text": (with_station_2("much"), "station_2: must be a number in kW"),
    "text in an array": (with_station_2(np.array(["much"])), "station_2: must be a number in kW"),
    "NaN": (with_station_2([np.nan]), r"station_2: must be finite \(it is nan\)"),
    "infinite": (with_station_2(np.float32([np.inf])), r"station_2: must be finite \(it is inf\)"),
    "minus infinite": (with_station_2(np.float32([-np.inf])), r"station_2: must be finite \(it is -inf\)"),
}
"""What is done to good actions, and what the error says of it."""


@pytest.mark.parametrize(("spoil", "problem"), BAD_ACTIONS.values(), ids=BAD_ACTIONS)
def test_a_bad_action_is_refused_by_name_and_the_next_good_one_is_taken_as_if_nothing_had_been(
    spoil: Spoil, problem: str
) -> None:
    requests = draw_requests(SHORT)
    expected = play_parallel(pbc.parallel_env(SHORT), requests, seed=2)
    env = pbc.parallel_env(SHORT)
    observations, _ = env.reset(seed=2)
    for t, request in enumerate(requests):
        state = env.state()
        with pytest.raises(pbc.InputError, match=problem):
            env.step(spoil(actions_of(env, request)))
        assert env.agents == env.possible_agents
        assert np.array_equal(env.state(), state)
        observations, rewards, _, truncated, _ = env.step(actions_of(env, request))
        assert np.array_equal(list(observations.values()), expected.observations[t + 1])
        assert list(rewards.values()) == expected.rewards[t].tolist()
    assert all(truncated.values())
    assert env.trace().num_steps == len(requests)


def test_all_bad_actions_are_told_at_once() -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    bad = {"station_0": [np.nan], "station_1": np.ones((1, 1)), "station_2": "x", "station_4": [1.0], "pump": [1.0]}
    with pytest.raises(pbc.InputError) as error:
        env.step(bad)
    assert error.value.subject == "actions"
    assert [problem.split(":")[0] for problem in error.value.problems] == [
        "station_3",
        "pump",
        "station_0",
        "station_1",
        "station_2",
    ]
    assert str(error.value).startswith("actions: 5 problems\n")


@pytest.mark.parametrize("actions", [None, 3.0, np.ones(5)], ids=["None", "number", "array"])
def test_actions_that_are_no_mapping_are_refused(actions: Any) -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    with pytest.raises(pbc.InputError, match="actions"):
        env.step(actions)


def test_an_aec_action_is_refused_when_it_is_given_and_can_be_given_again() -> None:
    """Not when the last agent acts: by then it could not be taken back."""
    refused, untouched = pbc.env(SHORT), pbc.env(SHORT)
    refused.reset(seed=2)
    untouched.reset(seed=2)
    for request in draw_requests(SHORT):
        for n, agent in enumerate(untouched.possible_agents):
            assert refused.agent_selection == agent
            for bad in ([np.nan], np.ones(2), "x", None):
                with pytest.raises(pbc.InputError, match=agent):
                    refused.step(bad)
            refused.step(request[n : n + 1])
            untouched.step(request[n : n + 1])
        assert refused.rewards == untouched.rewards
        assert refused.infos == untouched.infos


BAD_REQUESTS = {
    "wrong shape": (np.ones(4), "shape"),
    "one number": (1.0, "shape"),
    "None": (None, "action"),
    "text": ("much", "action"),
    "NaN": (np.full(5, np.nan), "station 4: must be a finite number"),
    "infinite": (np.array([0.0, 1.0, np.inf, 3.0, -np.inf]), "station 2: (.|\n)*station 4: "),
}
each_bad_request = pytest.mark.parametrize(("bad", "problem"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)


@each_bad_request
def test_a_bad_central_action_is_refused_and_changes_nothing(bad: Any, problem: str) -> None:
    requests = draw_requests(SHORT)
    expected = play_central(pbc.central_env(SHORT), requests, seed=2)
    env = pbc.central_env(SHORT)
    env.reset(seed=2)
    for t, request in enumerate(requests):
        with pytest.raises(pbc.InputError, match=problem):
            env.step(bad)
        observations, *_, info = env.step(request)
        assert np.array_equal(observations, expected.observations[t + 1].ravel())
        assert np.array_equal(info["rewards"], expected.rewards[t])


@each_bad_request
@pytest.mark.parametrize("copy", [True, False], ids=["copies", "buffers"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_bad_vector_action_is_refused_and_changes_nothing(bad: Any, problem: str, copy: bool, threads: int) -> None:
    requests = draw_requests(SHORT)
    expected = play_vector(pbc.vector_env(SHORT, 2), requests, 2, seed=2)
    env = pbc.vector_env(SHORT, 2, num_threads=threads, copy=copy)
    bad = np.tile(bad, 2)[:, None] if np.shape(bad) == (5,) else bad
    observations, _ = env.reset(seed=2)
    for t, request in enumerate(requests):
        seen = observations.copy()
        with pytest.raises(pbc.InputError, match=problem):
            env.step(bad)
        assert np.array_equal(observations, seen)
        assert np.array_equal(observations, np.concatenate([episode.observations[t] for episode in expected]))
        observations, rewards, *_ = env.step(np.tile(request, 2)[:, None])
        assert np.array_equal(rewards, np.concatenate([episode.rewards[t] for episode in expected]))
    env.close()


def good_step(env: Any, request: Float32) -> Any:
    """A whole step of any skin."""
    if isinstance(env, ParallelArea):
        return env.step(actions_of(env, request))
    if isinstance(env, CentralArea):
        return env.step(request)
    return env.step(request[:, None])


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env, pbc.vector_env], ids=lambda make: make.__name__)
def test_a_step_before_the_first_reset_is_refused(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    with pytest.raises(pbc.EpisodeOverError, match=r"reset\(\)"):
        good_step(env, draw_requests(SHORT)[0])
    env.reset(seed=0)
    good_step(env, draw_requests(SHORT)[0])


@pytest.mark.parametrize(
    "make",
    [pbc.parallel_env, pbc.central_env, lambda scenario: pbc.vector_env(scenario, autoreset="disabled")],
    ids=["parallel_env", "central_env", "vector_env"],
)
def test_a_step_after_the_end_is_refused_until_the_next_reset(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    requests = draw_requests(SHORT)
    for seed in (0, None):
        env.reset(seed=seed)
        for request in requests:
            good_step(env, request)
        books = env.simulation.areas.copy()
        for _ in range(2):
            with pytest.raises(pbc.EpisodeOverError, match=r"reset\(\)"):
                good_step(env, requests[0])
        assert env.simulation.areas.tobytes() == books.tobytes()


@each_skin
@pytest.mark.parametrize("seed", [-1, 1.5, "a", [1]], ids=str)
def test_a_seed_that_is_no_whole_number_from_zero_on_is_refused(make: Callable[..., Any], seed: Any) -> None:
    env = make(SHORT)
    with pytest.raises(pbc.InputError, match="seed"):
        env.reset(seed=seed)


@each_skin
def test_a_seed_may_be_a_numpy_integer(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    env.reset(seed=np.int64(3))
    simulation = env.unwrapped.simulation
    first = simulation.schedule()
    env.reset(seed=3)
    assert simulation.schedule() == first


def test_a_refused_reset_leaves_the_running_episode_and_the_generators_as_they_were() -> None:
    """... so that the episodes after it are those that would have come."""
    requests = draw_requests(SHORT)
    untouched, env = pbc.parallel_env(SHORT), pbc.parallel_env(SHORT)
    first = play_parallel(untouched, requests, seed=2)
    second = play_parallel(untouched, requests)
    observations, _ = env.reset(seed=2)
    schedule = env.trace().schedule
    for t, request in enumerate(requests):
        with pytest.raises(pbc.InputError):
            env.reset(seed=9, options={"schedule": "nowhere.csv"})
        observations, rewards, *_ = env.step(actions_of(env, request))
        assert np.array_equal(list(observations.values()), first.observations[t + 1])
        assert list(rewards.values()) == first.rewards[t].tolist()
    assert env.trace().schedule == schedule
    assert play_parallel(env, requests) == second


def misfit() -> pbc.Schedule:
    """Made for another horizon, and with a station too many."""
    schedule = schedule_of([pev() for _ in range(6)], 6)
    return schedule.replace_info(step_minutes=5.0, horizon_steps=192)


@each_skin
def test_a_schedule_that_does_not_fit_is_refused_with_every_reason(make: Callable[..., Any]) -> None:
    with pytest.raises(pbc.InputError) as error:
        make(SHORT).reset(options={"schedule": misfit()})
    assert len(error.value.problems) == 2
    assert "made for 960 min, the scenario has 360 min" in error.value.problems[0]
    assert "row 6, station: unknown station" in error.value.problems[1]


@each_skin
def test_a_schedule_file_is_named_with_its_row_and_its_rule(make: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    schedule_of([pev()], 1).sessions.with_columns(capacity_kwh=pl.lit(-1.0)).write_csv(path)
    with pytest.raises(pbc.InputError, match=r"broken\.csv(.|\n)*row 1, capacity_kwh: must be above 0"):
        make(SHORT).reset(options={"schedule": path})
    with pytest.raises(pbc.InputError, match=r"nowhere\.csv"):
        make(SHORT).reset(options={"schedule": str(tmp_path / "nowhere.csv")})


@each_skin
@pytest.mark.parametrize("schedule", [3, [1], pl.DataFrame()], ids=["number", "list of a number", "data frame"])
def test_what_is_no_schedule_is_refused(make: Callable[..., Any], schedule: Any) -> None:
    with pytest.raises(pbc.InputError, match="schedule"):
        make(SHORT).reset(options={"schedule": schedule})


def test_a_vector_needs_as_many_schedules_as_areas() -> None:
    schedules = [pbc.generate_schedule(SHORT, seed) for seed in range(3)]
    with pytest.raises(pbc.InputError, match="3 schedules for 2 areas"):
        pbc.vector_env(SHORT, num_areas=2).reset(options={"schedule": schedules})


def test_a_vector_resets_all_areas_or_none() -> None:
    env = pbc.vector_env(SHORT, num_areas=2, autoreset="disabled")
    env.reset(seed=0, options={"reset_mask": np.ones(10, np.bool_)})
    with pytest.raises(pbc.InputError, match="reset_mask"):
        env.reset(options={"reset_mask": np.arange(10) < 5})


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.env, pbc.central_env], ids=lambda make: make.__name__)
def test_an_unknown_render_mode_is_refused_when_the_environment_is_made(make: Callable[..., Any]) -> None:
    with pytest.raises(pbc.InputError, match="render_mode='ansi': must be one of human, rgb_array, or None"):
        make(SHORT, render_mode="ansi")


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.env, pbc.central_env], ids=lambda make: make.__name__)
def test_rendering_without_a_render_mode_is_refused(make: Callable[..., Any]) -> None:
    env = make(SHORT)
    env.reset(seed=0)
    with pytest.raises(pbc.InputError, match="render_mode"):
        env.render()


@each_skin
def test_an_unknown_scenario_is_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(pbc.InputError, match="unknown name; the package has caltech-54"):
        make("paper")
    with pytest.raises(pbc.InputError, match=r"nowhere\.toml"):
        make("nowhere.toml")


@each_skin
def test_every_change_that_breaks_a_rule_is_told(make: Callable[..., Any]) -> None:
    with pytest.raises(pbc.InputError) as error:
        make(MIXED, coordinator="fair", horizon_steps=0, colour="red")
    assert {problem.split(":")[0] for problem in error.value.problems} == {"coordinator", "horizon_steps", "colour"}
    gc.collect()


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.env], ids=lambda make: make.__name__)
def test_max_cycles_below_one_is_refused_by_that_name(make: Callable[..., Any]) -> None:
    with pytest.raises(pbc.InputError, match="max_cycles"):
        make(SHORT, max_cycles=0)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"num_areas": 0}, ["num_areas"]),
        ({"num_areas": -3}, ["num_areas"]),
        ({"num_areas": 1.5}, ["num_areas"]),
        ({"num_threads": 0}, ["num_threads"]),
        ({"num_areas": 0, "num_threads": 0}, ["num_areas", "num_threads"]),
        ({"autoreset": "sometimes"}, ["autoreset"]),
    ],
    ids=str,
)
def test_impossible_arguments_of_a_vector_are_refused_and_leave_nothing_behind(
    arguments: dict[str, Any], names: list[str]
) -> None:
    """A half-made environment is also collected without a complaint."""
    with pytest.raises(pbc.InputError) as error:
        pbc.vector_env(SHORT, **arguments)
    assert all(name in str(error.value) for name in names)
    del error
    gc.collect()
