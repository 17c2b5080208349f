"""The stills of the smart-charging problem: policies, returns, methods against the optimum."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.chart import Canvas
from pev_battery_charge.rendering.smart_charging import (
    MethodCurve,
    PolicyMap,
    running_average,
    write_comparison,
    write_policy_map,
    write_returns,
)
from pev_battery_charge.rendering.smart_charging_curves import draw_comparison, draw_returns
from pev_battery_charge.rendering.smart_charging_maps import MapScale, draw_policy_map
from pev_battery_charge.rendering.smart_charging_words import (
    rate_colours,
)
from pev_battery_charge.rendering.style import GRANTED_EDGE, house_style, red_green_blue
from tests.rendering.conftest import settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

Array = npt.NDArray[np.float64]

RATES_KW = (0.0, 7.0, 14.0, 22.0)
TEN_KW = tuple(2.5 * k for k in range(10))
ENERGIES_KWH = np.linspace(0.0, 72.0, 289)
TIMES: dict[str, Any] = {"slot_minutes": 15.0, "start_min": 840.0}
ON_THE_MAP: dict[str, Any] = {"rates_kw": RATES_KW, "energies_kwh": ENERGIES_KWH, **TIMES}


def policy(levels: int = 289, slots: int = 8, rates: int = 4) -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, rates, (slots, levels))


def written(path: Path) -> Array:
    with Image.open(path) as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        return np.asarray(image.convert("RGB"), np.float64)


def test_a_map_has_a_cell_for_each_slot_and_energy_in_the_colour_of_its_rate(tmp_path: Path) -> None:
    before = settings_now()
    actions = policy()
    write_policy_map("Optimum", "about", tmp_path / "map.png", actions=actions, **ON_THE_MAP)
    pixels = written(tmp_path / "map.png")
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]
    assert settings_now() == before
    colours = np.array([red_green_blue(colour) for colour in rate_colours(RATES_KW)])
    cells = pixels[86 : 86 + 289, 70:870][::-1, 50::100]  # from the lowest energy up, in the middle of each slot
    np.testing.assert_array_equal(cells, colours[actions.T])


@pytest.mark.parametrize(
    ("levels", "slots", "rates_kw", "slot_minutes"),
    [
        (289, 8, RATES_KW, 15.0),
        (1, 1, (22.0,), 15.0),
        (7, 7, TEN_KW, 7.3),
        (145, 48, (0.0, 22.0), 2.5),
        (4001, 24, tuple(0.5 * k for k in range(45)), 60.0),
    ],
)
def test_no_two_texts_of_a_map_overlap(
    levels: int, slots: int, rates_kw: tuple[float, ...], slot_minutes: float
) -> None:
    scale = MapScale(rates_kw, np.linspace(0.0, 72.0, levels), slot_minutes, 840.0)
    with house_style():
        figure = draw_policy_map("x" * 200, "y" * 300, policy(levels, slots, len(rates_kw)), scale).figure
    texts = assert_texts_are_apart_and_inside(figure)
    assert {"14:00", "Energy in the battery, kWh", f"{rates_kw[-1]:g} kW"} <= set(texts)


def run(episodes: int) -> Array:
    random = np.random.default_rng(0)
    lost = random.random(episodes) < 0.5 * np.exp(-np.arange(episodes) / (episodes / 20.0))
    returns: Array = -1.0 - random.exponential(0.3, episodes) - 20.0 * lost
    return returns


@pytest.mark.parametrize(
    ("returns", "window", "optimum"),
    [
        (run(300_000), 1000, -1.2),
        (run(300_000) * 3.6e9, 1000, -1.2 * 3.6e9),
        (run(300_000) * 1e-6, 1, None),
        (run(30), 5, None),
        (np.array([-3.0]), 10, -3.0),
        (np.zeros(500), 1, 0.0),
    ],
)
def test_returns_are_drawn_and_no_two_texts_overlap(
    tmp_path: Path, returns: Array, window: int, optimum: float | None
) -> None:
    write_returns("a run", tmp_path / "returns.png", returns=returns, window=window, optimum=optimum)
    assert written(tmp_path / "returns.png").std() > 5.0
    episodes = np.unique(np.linspace(1, returns.size, min(returns.size, 2000)).astype(np.int64))
    averages = running_average(returns, window, episodes)
    with house_style():
        figure = draw_returns("x" * 200, episodes.astype(np.float64), averages, window, optimum).figure
    texts = assert_texts_are_apart_and_inside(figure)
    (axes,) = figure.axes
    cut = any("cut off" in text for text in texts)
    lines = [np.asarray(line.get_ydata(), np.float64) for line in axes.get_lines()]
    drawn = next(line for line in lines if line.size == episodes.size)
    assert cut == bool(drawn.min() < axes.get_ylim()[0])
    assert any("exact optimum" in text for text in texts) == (optimum is not None)


def test_early_losses_do_not_squash_what_matters() -> None:
    episodes = np.arange(1.0, 1001.0)
    averages = -1.0 - 100.0 * np.exp(-episodes / 20.0)
    with house_style():
        figure = draw_returns("a run", episodes, averages, 10, -0.9).figure
    low, high = figure.axes[0].get_ylim()
    assert -1.5 < low < -1.0
    assert -0.9 < high < -0.5
    assert "a training run of 1,000 episodes; lower returns are cut off" in assert_texts_are_apart_and_inside(figure)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.integers(1, 50),
)
def test_the_running_average_is_that_of_a_plain_loop(returns: list[float], window: int) -> None:
    episodes = np.arange(1, len(returns) + 1)
    averages = running_average(np.array(returns), window, episodes)
    for episode, average in enumerate(averages.tolist(), start=1):
        last = returns[max(0, episode - window) : episode]
        assert average == pytest.approx(sum(last) / len(last), rel=1e-9, abs=1e-6)


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
        figure = draw_comparison(
            -0.8, "full slots at 22 kW", CURVES[name], maps(len(CURVES[name]) + 1), MapScale(**ON_THE_MAP)
        ).figure
    texts = assert_texts_are_apart_and_inside(figure)
    assert {"2 %", "5 %", "0.01 %\nor less", "episodes", "14:00", "16:00", "Exact optimum"} <= set(texts)
    assert "expected return of the exact optimum: -0.8 (in full slots at 22 kW)" in texts


def test_a_comparison_shows_means_intervals_and_bounds(tmp_path: Path) -> None:
    write_comparison(tmp_path / "all.png", optimum=-3e9, curves=FOUR, maps=maps(5), **ON_THE_MAP)
    assert written(tmp_path / "all.png").std() > 5.0
    assert [file.name for file in tmp_path.iterdir()] == ["all.png"]
    with house_style():
        figure = draw_comparison(-3e9, "", FOUR, maps(5), MapScale(**ON_THE_MAP)).figure
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
        figure = draw_comparison(-1.0, "", CURVES["alone"], maps(2), MapScale(**ON_THE_MAP)).figure
    assert figure.axes[0].get_xscale() == "linear"
    assert figure.axes[0].get_xlim() == (0.0, 20_000.0)


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_policy_map("title", "about", tmp_path / "map.jpg", actions=policy(288), **ON_THE_MAP)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "actions"]
    with pytest.raises(InputError, match="numbers of the 4 rates"):
        write_policy_map("title", "about", tmp_path / "map.png", actions=policy(rates=5), **ON_THE_MAP)
    with pytest.raises(InputError) as caught:
        write_returns("title", tmp_path / "returns.gif", returns=np.empty(0), window=0)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "returns", "window"]
    with pytest.raises(InputError, match="finite"):
        write_returns("title", tmp_path / "returns.png", returns=np.array([1.0, math.nan]), window=1)
    with pytest.raises(InputError) as caught:
        write_comparison(tmp_path / "all.svg", optimum=-1.0, curves=[], maps=[], **ON_THE_MAP)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "curves", "maps"]
    good = FOUR[0]
    for bad in (
        replace(good, shortfall=good.shortfall[:, 1:]),
        replace(good, shortfall=good.shortfall - 1e6),
        replace(good, low=good.low[1:]),
        replace(good, episodes=np.empty(0)),
    ):
        with pytest.raises(InputError, match="SARSA"):
            write_comparison(tmp_path / "all.png", optimum=-1.0, curves=[bad], maps=maps(1), **ON_THE_MAP)
    other = PolicyMap("other", policy(slots=4))
    with pytest.raises(InputError, match="same number of slots"):
        write_comparison(tmp_path / "all.png", optimum=-1.0, curves=FOUR, maps=[*maps(1), other], **ON_THE_MAP)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_picture_that_could_not_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Canvas, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Canvas, "write_png", fail)
    with pytest.raises(OSError, match="disk full"):
        write_returns("a run", tmp_path / "returns.png", returns=run(10), window=1)
    assert list(tmp_path.iterdir()) == []
