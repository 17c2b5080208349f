"""Methods against the optimum."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.style import GRANTED_EDGE
from pev_battery_charge.smart_charging.pictures.comparison import MethodCurve, draw_comparison, write_comparison
from pev_battery_charge.smart_charging.pictures.maps import PolicyMap
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside
from tests.smart_charging.pictures.data import SCALE, Array, policy, written


def method(name: str, episodes: Array, seeds: int, end: float = 1.0) -> MethodCurve:
    random = np.random.default_rng(0)
    mean = np.geomspace(2000.0, max(end, 0.1), episodes.size)
    shortfall = mean * np.exp(random.normal(0.0, 0.3, (seeds, episodes.size)))
    shortfall[:, -1:] = end
    low = shortfall.min(axis=0) if seeds > 1 else np.full(episodes.size, math.nan)
    high = shortfall.max(axis=0) if seeds > 1 else low
    return MethodCurve(name, episodes, shortfall, low, high)


LONG = np.array([0.0, *np.geomspace(1e3, 1e6, 13)])
SHORT = np.array([0.0, *np.geomspace(500.0, 2e4, 8)])
EVEN = np.linspace(0.0, 20_000.0, 21)
FOUR = [
    method("SARSA", LONG, 5, end=3.0),
    method("Q-learning", LONG, 5, end=3.0),
    method("Double Q-learning", LONG, 5, end=0.0),
    method("DQN", SHORT, 3),
]
CURVES = {
    "four": FOUR,
    "alone": [method("SARSA", EVEN, 1)],
    "many": [method(f"a method with a long name {k}", LONG[1:], 2, end=1e6) for k in range(8)],
    "one look": [method("SARSA", np.zeros(1), 1), method("DQN", np.zeros(1), 2)],
    "optimal": [method("SARSA", np.array([10.0]), 1, end=0.0)],
}


def maps(count: int) -> list[PolicyMap]:
    titles = ["Exact optimum", *(f"{name}, a long title of a policy" for name in "ABCDEFGHIJ")]
    return [PolicyMap(title, policy()) for title in titles[:count]]


@pytest.mark.parametrize("name", CURVES)
def test_a_comparison_is_drawn_and_no_two_texts_overlap(name: str) -> None:
    with house_style():
        figure = draw_comparison(-0.8, "full slots at 22 kW", CURVES[name], maps(len(CURVES[name]) + 1), SCALE).figure
    texts = assert_texts_are_apart_and_inside(figure)
    assert {"2 %", "5 %", "0.01 %\nor less", "episodes", "14:00", "16:00", "Exact optimum"} <= set(texts)
    assert "expected return of the exact optimum: -0.8 (in full slots at 22 kW)" in texts


def test_a_comparison_shows_means_intervals_and_bounds(tmp_path: Path) -> None:
    write_comparison(tmp_path / "all.png", optimum=-3e9, curves=FOUR, maps=maps(5), scale=SCALE)
    assert written(tmp_path / "all.png").std() > 5.0
    assert [file.name for file in tmp_path.iterdir()] == ["all.png"]
    with house_style():
        figure = draw_comparison(-3e9, "", FOUR, maps(5), SCALE).figure
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    lines = {line.get_color(): line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) > 3}
    looks = {(line.get_linestyle(), str(line.get_marker())) for line in lines.values()}
    assert len(lines) == 4
    assert len({marker for _, marker in looks}) == 4
    first = lines[GRANTED_EDGE]
    np.testing.assert_allclose(np.asarray(first.get_ydata()), FOUR[0].shortfall.mean(axis=0))
    np.testing.assert_allclose(np.asarray(first.get_xdata())[1:], LONG[1:])
    assert 0.0 < np.asarray(first.get_xdata())[0] < 500.0
    levels = [np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()]
    assert [2.0, 2.0] in levels
    assert [5.0, 5.0] in levels
    texts = set(assert_texts_are_apart_and_inside(figure))
    assert {"SARSA: 3 %", "Double Q-learning: ≤ 0.01 %", "DQN: 1 %", "0", "1,000,000"} <= texts


def test_looks_at_even_distances_are_shown_on_an_even_axis() -> None:
    with house_style():
        figure = draw_comparison(-1.0, "", CURVES["alone"], maps(2), SCALE).figure
    assert figure.axes[0].get_xscale() == "linear"
    assert figure.axes[0].get_xlim() == (0.0, 20_000.0)


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_comparison(tmp_path / "all.svg", optimum=-1.0, curves=[], maps=[], scale=SCALE)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "curves", "maps"]
    good = FOUR[0]
    for bad in (
        replace(good, shortfall=good.shortfall[:, 1:]),
        replace(good, shortfall=good.shortfall - 1e6),
        replace(good, low=good.low[1:]),
        replace(good, episodes=np.empty(0)),
    ):
        with pytest.raises(InputError, match="SARSA"):
            write_comparison(tmp_path / "all.png", optimum=-1.0, curves=[bad], maps=maps(1), scale=SCALE)
    other = PolicyMap("other", policy(slots=4))
    with pytest.raises(InputError, match="same number of slots"):
        write_comparison(tmp_path / "all.png", optimum=-1.0, curves=FOUR, maps=[*maps(1), other], scale=SCALE)
    assert list(tmp_path.iterdir()) == []
