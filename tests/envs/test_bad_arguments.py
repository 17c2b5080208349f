"""Bad arguments of environments and their resets are refused, all at once, and leave nothing behind."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import pev_battery_charge as pbc
from tests.envs.episodes import (
    MIXED,
    SHORT,
    actions_of,
    draw_requests,
    pev,
    play_parallel,
)
from tests.strategies import schedule_of

SKINS = (pbc.parallel_env, pbc.env, pbc.central_env, pbc.vector_env)
each_skin = pytest.mark.parametrize("make", SKINS, ids=lambda make: make.__name__)


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
    with pytest.raises(pbc.InputError, match=r"broken\.csv(.|\n)*row 1 \(line 2\), capacity_kwh: must be above 0"):
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
