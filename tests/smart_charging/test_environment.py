"""The environment: public checks, whole episodes against the formulas, what it shows, and what it refuses."""

import copy
import math
import pickle
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from hypothesis import given
from hypothesis import strategies as st

import pev_battery_charge  # noqa: F401  registers the environment
from pev_battery_charge.errors import EpisodeOverError, InputError
from pev_battery_charge.smart_charging import SmartCharging, SmartChargingEnv
from pev_battery_charge.smart_charging.environment import ID, ID_V0
from pev_battery_charge.smart_charging.pictures import TaxiMoment, TaxiRenderer

VIEWS = ("box", "dict", "index")
KEYS = {"energy_kwh", "time_step", "charging_cost", "shortage_cost"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
@pytest.mark.filterwarnings("ignore:.*we recommend using a symmetric and normalized space")
def test_gymnasiums_checker_has_nothing_to_say(view: Any, render_mode: str | None) -> None:
    env = gymnasium.make(ID, observation=view, render_mode=render_mode)
    assert isinstance(env.unwrapped, SmartChargingEnv)
    check_env(env.unwrapped, skip_render_check=view != "box")


@given(
    actions=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    seed=st.integers(0, 2**32 - 1),
    costs=st.sampled_from(["relative", "raw"]),
    coefficients=st.just([1.0]) | st.lists(st.floats(0.0, 5.0), min_size=8, max_size=8),
)
def test_an_episode_follows_the_description(
    actions: list[int], seed: int, costs: str, coefficients: list[float]
) -> None:
    problem = SmartCharging(
        costs=costs,  # type: ignore[arg-type]
        time_coefficients=tuple(coefficients),
        arrival_soc_max=1.0,
        demand_mean_kwh=60.0,
    )
    env = SmartChargingEnv(problem)
    observation, info = env.reset(seed=seed)
    assert env.observation_space.contains(observation)
    energy_kwh = info["energy_kwh"]
    assert 0.0 <= energy_kwh <= 72.0
    unit = math.exp(22.0) if costs == "relative" else 1.0
    for t, action in enumerate(actions):
        power_kw = (0.0, 7.0, 14.0, 22.0)[action]
        share = 1.0 if power_kw == 0.0 else min(1.0, (72.0 - energy_kwh) / (power_kw / 4.0))
        energy_kwh = min(72.0, energy_kwh + power_kw / 4.0)
        observation, reward, terminated, truncated, info = env.step(action)
        coefficient = coefficients[t if len(coefficients) > 1 else 0]
        charging = coefficient * math.exp(power_kw) * share / unit
        assert info["charging_cost"] == pytest.approx(charging, rel=1e-12, abs=1e-300)
        assert info["energy_kwh"] == pytest.approx(energy_kwh, rel=1e-12)
        assert observation.tolist() == [np.float32(energy_kwh), t + 1]
        assert env.observation_space.contains(observation)
        assert terminated == (t == 7)
        assert not truncated
        assert reward == -(info["charging_cost"] + info["shortage_cost"])
        assert set(info) == (KEYS | {"demand_kwh", "shortage_kwh"} if terminated else KEYS)
    demand_kwh = info["demand_kwh"]
    shortage_cost = 80.0 * math.exp(22.0) / unit if demand_kwh > energy_kwh else 0.0
    assert info["shortage_cost"] == pytest.approx(shortage_cost, rel=1e-12)
    assert info["shortage_kwh"] == max(0.0, demand_kwh - energy_kwh)
    with pytest.raises(EpisodeOverError):
        env.step(0)


@pytest.mark.filterwarnings("ignore:.*out of date:DeprecationWarning")
def test_the_first_version_is_what_it_was_to_the_bit() -> None:
    """Rewards of an idle day from 0 kWh and of one that follows, as version 0.1.0 gave them."""
    idle_kw0, low, middle = -2.7894680928689246e-10, -3.059023205018258e-07, -0.00033546262790251185
    env = gymnasium.make(ID_V0)
    env.reset(seed=7, options={"energy_kwh": 0.0})
    assert [float(env.step(0)[1]) for _ in range(8)] == [idle_kw0] * 7 + [idle_kw0 - 20.0]
    observation, _ = env.reset()
    assert observation.tolist() == [24.75, 0.0]
    rewards = [float(env.step(action)[1]) for action in (3, 2, 1, 0, 3, 2, 1, 0)]
    assert rewards == [-1.0, middle, low, idle_kw0] * 2
    assert gymnasium.make(ID_V0, costs="raw").unwrapped.problem.shortage_cost == 10 * 2 * math.exp(22.0)  # type: ignore[attr-defined]
    given = gymnasium.make(ID_V0, problem=SmartCharging(shortage_slots=3.0), num_slots=4).unwrapped
    assert (given.problem.shortage_slots, given.problem.num_slots) == (3.0, 4)  # type: ignore[attr-defined]


def test_the_demand_is_drawn_at_departure_and_not_before() -> None:
    """What was done in between changes nothing about it, and no state of the generator is used up before."""
    env = SmartChargingEnv()
    demands = []
    for action in (0, 3):
        env.reset(seed=5)
        before = env.np_random.bit_generator.state
        for _ in range(7):
            assert "demand_kwh" not in env.step(action)[4]
        assert env.np_random.bit_generator.state == before
        demands.append(env.step(action)[4]["demand_kwh"])
    assert demands[0] == demands[1]
    generator = np.random.default_rng()
    generator.bit_generator.state = before
    assert demands[0] == 30.0 + 5.0 * generator.standard_normal()


@pytest.mark.parametrize(("mean_kwh", "short"), [(44.0, False), (44.25, True), (43.75, False)])
def test_energy_that_is_just_what_is_demanded_suffices(mean_kwh: float, short: bool) -> None:
    env = SmartChargingEnv(demand_mean_kwh=mean_kwh, demand_std_kwh=0.0)
    env.reset(options={"energy_kwh": 0.0})
    for _ in range(8):
        *_, info = env.step(3)
    assert info["energy_kwh"] == 44.0
    assert info["shortage_cost"] == (80.0 if short else 0.0)


def test_the_same_seed_gives_the_same_days_and_another_gives_others() -> None:
    def days(seed: int) -> list[tuple[float, float]]:
        env = SmartChargingEnv()
        told = []
        for day in range(5):
            _, info = env.reset(seed=seed if day == 0 else None)
            arrival_kwh = info["energy_kwh"]
            for _ in range(8):
                *_, info = env.step(1)
            told.append((arrival_kwh, info["demand_kwh"]))
        return told

    assert days(3) == days(3)
    assert days(3) != days(4)
    assert len(set(days(3))) == 5


def test_arrivals_are_drawn_evenly_from_the_grid() -> None:
    env = SmartChargingEnv(arrival_soc_max=0.25, rates_kw=(0, 24))
    env.reset(seed=0)
    counts = np.bincount([round(env.reset()[1]["energy_kwh"] / 6.0) for _ in range(8000)])
    assert counts.size == 4
    assert counts == pytest.approx(2000, abs=4 * math.sqrt(8000 * 0.25 * 0.75))
    certain = SmartChargingEnv(arrival_soc_max=0.0)
    assert certain.reset(seed=1)[1]["energy_kwh"] == 0.0


def test_the_three_views_tell_the_same() -> None:
    envs = {view: SmartChargingEnv(observation=view) for view in VIEWS}  # type: ignore[arg-type]
    told = {view: env.reset(seed=9)[0] for view, env in envs.items()}
    for action in (3, 3, 2, 1, 0, 2, 3, 1):
        box, cells = told["box"], envs["index"].cells
        assert told["dict"]["energy_kwh"].tolist() == [box[0]]
        assert told["dict"]["time_step"] == box[1]
        assert told["index"] == int(box[1]) * 37 + int(box[0] // 2.0)
        assert told["index"] == cells.state(int(box[1]), envs["box"].problem.level_of(box[0]))
        assert all(envs[view].observation_space.contains(told[view]) for view in VIEWS)
        told = {view: env.step(action)[0] for view, env in envs.items()}


def test_kinds_of_rates_cells_and_slots_shape_the_spaces() -> None:
    env = SmartChargingEnv(observation="index", cell_kwh=0.5, rates_kw=(0, 7, 14, 21, 22), num_slots=3)
    assert env.action_space == gymnasium.spaces.Discrete(5)
    assert env.observation_space == gymnasium.spaces.Discrete(4 * 145)
    env.reset(seed=0)
    assert [env.step(4)[2] for _ in range(3)] == [False, False, True]


def test_an_environment_can_be_copied_in_the_middle_of_an_episode() -> None:
    env = SmartChargingEnv(render_mode="rgb_array")
    env.reset(seed=2)
    env.step(2)
    env.render()
    for twin in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):  # noqa: S301  made here
        original = copy.deepcopy(env)
        for action in (3, 1, 0, 2, 2, 3, 1):
            assert data_equivalence(original.step(action), twin.step(action))
        np.testing.assert_array_equal(original.render(), twin.render())


def test_make_vec_plays_days_side_by_side() -> None:
    envs = gymnasium.make_vec(ID, num_envs=3, vectorization_mode="sync", rates_kw=(0, 7, 14, 21))
    observations, _ = envs.reset(seed=20)
    singles = [SmartChargingEnv(rates_kw=(0, 7, 14, 21)) for _ in range(3)]
    assert observations.tolist() == [env.reset(seed=20 + k)[0].tolist() for k, env in enumerate(singles)]
    for _ in range(8):
        observations, rewards, terminations, _, _ = envs.step(np.array([1, 2, 3]))
        steps = [env.step(action) for env, action in zip(singles, (1, 2, 3), strict=True)]
        assert rewards.tolist() == [step[1] for step in steps]
    assert terminations.all()
    envs.close()


def test_a_line_tells_clock_battery_rate_and_prices_then_the_demand() -> None:
    env = SmartChargingEnv(render_mode="ansi", costs="raw")
    env.reset(seed=0, options={"energy_kwh": 36.0})
    assert env.render() == (
        "14:00  [############............] 36 of 72 kWh  "
        "next slot 0 kW: 1, 7 kW: 1.1e+03, 14 kW: 1.2e+06, 22 kW: 3.58e+09"
    )
    env.step(1)
    assert env.render().startswith("14:15  [#############...........] 37.75 of 72 kWh  charged at 7 kW for 1.1e+03")
    for _ in range(7):
        *_, info = env.step(0)
    assert env.render().endswith(f"charged at 0 kW for 1  demand {info['demand_kwh']:.2f} kWh, enough")
    env.reset(seed=0, options={"energy_kwh": 0.0})
    for _ in range(8):
        env.step(0)
    assert env.render().startswith("16:00  [........................] 0 of 72 kWh")
    assert env.render().endswith("too little: 2.87e+11")


def test_the_picture_changes_with_the_moment() -> None:
    env = SmartChargingEnv(render_mode="rgb_array")
    env.reset(seed=0)
    frames = [env.render()]
    for action in (3, 2, 1, 0, 1, 2, 3, 0):
        env.step(action)
        frames.append(env.render())
    assert all(frame.dtype == np.uint8 and frame.shape == frames[0].shape for frame in frames)
    assert all((one != other).any() for one, other in pairwise(frames))
    np.testing.assert_array_equal(env.render(), frames[-1])


def test_the_picture_is_told_the_moment_as_the_problem_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[TaxiMoment] = []
    monkeypatch.setattr(TaxiRenderer, "draw", lambda _, moment: shown.append(moment))
    env = SmartChargingEnv(render_mode="rgb_array")
    env.reset(seed=0, options={"energy_kwh": 25.0})
    env.render()
    for _ in range(8):
        *_, info = env.step(3)
    env.render()
    first, last = shown
    assert first.shortage_probability == pytest.approx(1.0 - NormalDist(30.0, 5.0).cdf(25.0))
    assert (first.energies_kwh, first.prices[-1], first.demand_kwh) == ((25.0,), 1.0, None)
    assert (last.energy_kwh, last.choices, last.prices) == (69.0, (3,) * 8, ())
    assert (last.demand_kwh, last.cost) == (info["demand_kwh"], 8.0)


@pytest.mark.parametrize("action", [4, -1, 1.5, math.nan, "2", None, [1], np.array([1, 2])])
def test_an_action_outside_the_space_is_refused_and_changes_nothing(action: Any) -> None:
    env = SmartChargingEnv()
    env.reset(seed=0)
    with pytest.raises(InputError, match="action: must be a whole number from 0 to 3"):
        env.step(action)
    twin = SmartChargingEnv()
    twin.reset(seed=0)
    assert data_equivalence(env.step(np.int64(2)), twin.step(2))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"observation": "graph"}, "observation: must be one of box, dict, index"),
        ({"render_mode": "human"}, "render_mode: must be one of ansi, rgb_array, or None"),
        ({"cell_kwh": 0.0}, "cell_kwh: must be a finite number, at least 0.00072"),
        ({"rates_kw": ()}, "rates_kw: must be at least one rate"),
        ({"colour": "red"}, "colour: is none of its figures"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        SmartChargingEnv(**arguments)


def test_what_has_not_begun_cannot_go_on() -> None:
    env = SmartChargingEnv(render_mode="ansi")
    with pytest.raises(EpisodeOverError):
        env.step(0)
    with pytest.raises(EpisodeOverError):
        env.render()
    with pytest.raises(InputError, match="no render_mode"):
        SmartChargingEnv().render()
    with pytest.raises(InputError, match=r"energy_kwh: must be a multiple of 0\.25 kWh"):
        env.reset(options={"energy_kwh": 10.1})
