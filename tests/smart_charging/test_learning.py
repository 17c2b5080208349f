"""What is learned, how near it comes to the optimum, and how it is kept; all methods side by side."""

import dataclasses
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.statistics import bootstrap_interval
from pev_battery_charge.smart_charging import Cells, SmartCharging, policy_value, solve
from pev_battery_charge.smart_charging.dqn import DqnConfig, learn_dqn
from pev_battery_charge.smart_charging.learning import (
    LABELS,
    TableConfig,
    greedy_actions,
    learn,
    load_learned,
    look_numbers,
)
from pev_battery_charge.smart_charging.method_comparison import compare_methods, play
from pev_battery_charge.tabular import Epsilon, Learned, StepSize, load_table, save_table

TABLES = ("sarsa", "q", "double-q")
SMALL = SmartCharging(
    capacity_kwh=12.0,
    rates_kw=(0.0, 2.0, 4.0),
    num_slots=3,
    slot_minutes=60.0,
    demand_mean_kwh=9.0,
    demand_std_kwh=2.0,
    shortage_slots=6.0,
)
"""Levels 2 kWh apart, three decisions: learned in a second."""

needs_sb3 = pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="the extra train is not installed")
TINY_DQN = DqnConfig(steps=2_000, environments=4, learning_starts=200, network=(16,), batch_size=32)


@pytest.mark.parametrize("algorithm", TABLES)
def test_a_small_problem_is_learned_to_the_optimum(algorithm: str) -> None:
    training = learn(algorithm, SMALL, tables=TableConfig(episodes=30_000, cell_kwh=2.0), seed=1)
    assert training.value.shortfall(solve(SMALL)) < 0.005
    assert training.learned.tables.shape == (2 if algorithm == "double-q" else 1, 4 * 7, 3)
    assert training.learned.returns.shape == (30_000,)
    assert training.seconds > 0.0


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", TABLES)
def test_the_exercise_is_learned_to_two_per_cent_in_fewer_episodes_than_are_played_by_default(algorithm: str) -> None:
    training = learn(algorithm, tables=TableConfig(episodes=120_000), seed=1)
    assert training.value.shortfall(solve()) < 0.02


@needs_sb3
@pytest.mark.slow
def test_a_network_learns_the_exercise_to_five_per_cent() -> None:
    training = learn("dqn", dqn=DqnConfig(steps=100_000), seed=0)
    assert training.value.shortfall(solve()) < 0.05


@pytest.mark.parametrize("algorithm", [*TABLES, pytest.param("dqn", marks=needs_sb3)])
def test_the_same_seed_learns_the_same_and_looks_tell_how_it_went(algorithm: str) -> None:
    def once(seed: int, watched: bool) -> Any:
        told: list[tuple[int, int]] = []
        progress = (lambda done, total: told.append((done, total))) if watched else None
        training = learn(algorithm, SMALL, tables=TableConfig(episodes=600), dqn=TINY_DQN, seed=seed, progress=progress)
        return training, told

    (training, _), (again, told), (other, _) = once(3, False), once(3, True), once(4, False)
    np.testing.assert_array_equal(training.learned.tables, again.learned.tables)
    np.testing.assert_array_equal(training.learned.returns, again.learned.returns)
    assert (training.learned.tables != other.learned.tables).any()
    assert training.looks == again.looks
    assert training.looks[0].episodes == 0
    assert training.looks[-1] == (training.learned.returns.size, training.value.expected_return)
    episodes = [look.episodes for look in training.looks]
    assert episodes == sorted(set(episodes))
    assert len(episodes) > 5
    assert len(told) > 50
    assert told[0][0] == 0
    assert all(done <= total for done, total in told)
    assert told[-1][1] == training.learned.returns.size


def test_looks_are_spaced_by_factors_from_the_beginning_to_the_end() -> None:
    for episodes in (1, 2, 99, 100, 101, 5_000, 600_000):
        numbers = look_numbers(episodes)
        assert numbers[0] == 0
        assert numbers[-1] == episodes
        assert numbers == sorted(set(numbers))
    factors = np.divide(look_numbers(600_000)[2:], look_numbers(600_000)[1:-1])
    assert factors.max() / factors.min() < 1.02


def test_the_greedy_policy_is_that_of_greatest_value() -> None:
    cells = Cells(SMALL, 4.0)
    values = np.zeros((cells.num_states, 3))
    values[cells.state(1, 2), 1] = 0.5
    values[cells.state(2, 6), 2] = 0.1
    actions = greedy_actions(values, cells)
    assert actions.shape == (3, 7)
    assert np.argwhere(actions == 1).tolist() == [[1, 2], [1, 3]]  # 4 and 6 kWh are one cell
    assert np.argwhere(actions == 2).tolist() == [[2, 6]]


def test_sarsa_explores_little_from_the_start_and_the_others_all_they_can() -> None:
    config = TableConfig()
    assert config.settings("sarsa").epsilon == Epsilon(0.3, 0.0, "linear", 0.8)
    assert config.settings("q").epsilon == config.settings("double-q").epsilon == Epsilon(1.0, 0.0, "linear", 0.8)
    own = TableConfig(5, 2.0, 0.3, 0.1, "exponential", 0.5, 0.6, -1.0)
    assert own.settings("q").epsilon == own.settings("sarsa").epsilon == Epsilon(0.3, 0.1, "exponential", 0.5)
    settings = own.settings("q")
    assert (settings.episodes, settings.step_size, settings.initial_value) == (5, StepSize(power=0.6), -1.0)
    assert settings.discount == 1.0


@needs_sb3
def test_the_networks_values_are_in_the_problems_units_and_its_model_can_be_loaded(tmp_path: Path) -> None:
    from stable_baselines3 import DQN  # noqa: PLC0415  of the extra `train`

    looks: list[int] = []
    file = tmp_path / "model.zip"
    learned = learn_dqn(
        SMALL, TINY_DQN, seed=2, looks=[0, 100, 10_000], watch=lambda episodes, _: looks.append(episodes), save=file
    )
    assert looks[0] == 0
    assert 100 <= looks[1] < 104
    assert len(looks) == 2
    model = DQN.load(file, device="cpu")
    energy_kwh, time_step = 6.0, 1
    scaled = np.array([2.0 * energy_kwh / 12.0 - 1.0, 2.0 * time_step / 3.0 - 1.0], np.float32)
    values = model.q_net(model.policy.obs_to_tensor(scaled[None])[0]).detach().numpy()[0] * SMALL.shortage_cost
    cells = Cells(SMALL, 2.0)
    assert learned.made_for == cells.made_for()
    assert learned.values[cells.state(1, 3)] == pytest.approx(values, rel=1e-6)
    assert learned.returns.min() >= -(6.0 + 3.0)
    assert learned.returns.max() <= 0.0
    assert learned.returns.min() < -6.0, "shortages are told at their full cost"


def test_a_table_is_read_for_the_discretisation_it_was_saved_for(tmp_path: Path) -> None:
    file = tmp_path / "table.npz"
    training = learn("double-q", SMALL, tables=TableConfig(episodes=300, cell_kwh=4.0))
    save_table(file, training.learned)
    learned, value = load_learned(file, SMALL)
    np.testing.assert_array_equal(learned.tables, training.learned.tables)
    assert value.expected_return == training.value.expected_return
    dearer = SMALL.replace(time_coefficients=(1.0, 2.0, 3.0))
    assert load_learned(file, dearer)[1].expected_return < value.expected_return


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"capacity_kwh": 24.0}, r"capacity_kwh: made for 12\.0, wanted for 24\.0"),
        ({"num_slots": 4}, "num_slots: made for 3, wanted for 4"),
        ({"slot_minutes": 30.0}, r"slot_minutes: made for 60\.0, wanted for 30\.0"),
        ({"rates_kw": (0.0, 2.0, 6.0)}, r"rates_kw: made for \[0\.0, 2\.0, 4\.0\], wanted for \[0\.0, 2\.0, 6\.0\]"),
    ],
)
def test_a_table_of_another_discretisation_is_refused(changes: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = tmp_path / "table.npz"
    save_table(file, learn("q", SMALL, tables=TableConfig(episodes=10)).learned)
    with pytest.raises(InputError, match=told):
        load_learned(file, SMALL.replace(**changes))


def test_a_table_with_other_cells_than_it_says_or_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.npz"
    learned = learn("q", SMALL, tables=TableConfig(episodes=10, cell_kwh=4.0)).learned
    save_table(file, learned)
    with pytest.raises(InputError, match=r"cell_kwh: made for 4\.0, wanted for 2\.0"):
        load_table(file, Cells(SMALL, 2.0).made_for())
    save_table(file, dataclasses.replace(learned, tables=learned.tables[:, :-1]))
    with pytest.raises(InputError, match=r"tables: must have shape \(16, 3\) \(it is \(15, 3\)\)"):
        load_learned(file, SMALL)
    for made_for in ({}, {"cell_kwh": -1.0}, {"problem": "frozen lake"}):
        save_table(file, Learned("q", learned.tables, learned.returns, made_for))
        with pytest.raises(InputError, match=str(file)):
            load_learned(file, SMALL)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"algorithm": "monte-carlo"}, "'monte-carlo': must be one of sarsa, q, double-q, dqn"),
        ({"algorithm": "q", "seed": -1}, "seed: must be a whole number of at least 0"),
        ({"algorithm": "q", "tables": TableConfig(cell_kwh=0.0)}, "cell_kwh: must be"),
        ({"algorithm": "q", "tables": TableConfig(episodes=0)}, "episodes: must be"),
        ({"algorithm": "q", "tables": TableConfig(epsilon_start=1.5)}, "start: must be"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_learned(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        learn(**arguments)


def test_a_bad_configuration_of_the_network_is_told_whole() -> None:
    with pytest.raises(InputError) as caught:
        DqnConfig(steps=0, batch_size=-1, network=(64, 0), learning_rate=0.0, exploration_end=2.0)
    assert len(caught.value.problems) == 5


def test_without_the_extra_the_network_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pev_battery_charge.training.requirements.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install .*\[train\]"):
        learn("dqn")
    with pytest.raises(InputError, match=r"pip install .*\[train\]"):
        compare_methods()


def test_methods_side_by_side(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found = compare_methods(
        SMALL,
        algorithms=TABLES,
        seeds=(0, 5),
        tables=TableConfig(episodes=2_000),
        episodes=500,
        progress=lambda done, total: told.append((done, total)),
    )
    optimum = solve(SMALL)
    assert found.optimum.expected_return == optimum.expected_return
    assert [one.seed for one in found.trainings["q"]] == [0, 5]
    for name in TABLES:
        shortfalls = found.shortfalls(name)
        assert shortfalls.shape == (2,)
        assert (shortfalls >= 0.0).all()
        returns = [one.value.expected_return for one in found.trainings[name]]
        assert shortfalls == pytest.approx([100.0 * (r / optimum.expected_return - 1.0) for r in returns])
        assert found.played[name] == tuple(play(one.value, 500).mean() for one in found.trainings[name])
    table = found.table()
    assert [row[0] for row in table.rows] == ["exact optimum", *(LABELS[name] for name in TABLES)]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert table.rows[0][1] == f"{optimum.expected_return:#.4g}"
    returns = np.array([[one.value.expected_return] for one in found.trainings["sarsa"]])
    low, high = bootstrap_interval(returns)
    assert table.rows[1][1] == f"{returns.mean():#.4g} [{low[0]:#.4g}, {high[0]:#.4g}]"
    for name, row in zip(TABLES, table.rows[1:], strict=True):
        values = [one.value for one in found.trainings[name]]
        charging = np.mean([value.expected_charging_cost for value in values])
        shortage = np.mean([value.shortage_probability for value in values])
        played = np.mean(found.played[name])
        assert row[3].startswith(f"{100.0 * shortage:.2f}")
        assert row[4:7] == (f"{charging:#.4g}", f"{SMALL.shortage_cost * shortage:#.4g}", f"{played:#.4g}")
    assert any(len(set(found.played[name])) == 2 for name in TABLES), "two seeds have learned two policies"
    error = play(optimum, 500).std() / np.sqrt(500)
    assert table.notes[-1].endswith(f"standard error of {error:.1g}.")
    markdown = table.to_markdown()
    assert markdown.startswith("| method | mean return |")
    assert told[-1] == (600, 600)
    assert told == sorted(told)
    found.write_figure(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["figure.png"]


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    found = compare_methods(SMALL, algorithms=("q",), seeds=(1,), tables=TableConfig(episodes=200), episodes=10)
    assert "[" not in "".join(found.table().rows[1])
    found.write_figure(tmp_path / "figure.png")
    with pytest.raises(InputError, match="algorithms: must be at least one"):
        compare_methods(SMALL, algorithms=())
    with pytest.raises(InputError, match="seeds: must be at least one"):
        compare_methods(SMALL, seeds=())


def test_the_small_problem_asks_for_every_rate_and_the_opposite_policy_is_worse() -> None:
    optimum = solve(SMALL)
    assert set(optimum.actions.ravel().tolist()) == {0, 1, 2}
    worse = policy_value(SMALL, 2 - optimum.actions)
    assert worse.shortfall(optimum) > 0.0
    assert optimum.shortfall(optimum) == 0.0
