"""The running average of returns."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.smart_charging.pictures.returns import draw_returns, running_average, write_returns
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside
from tests.smart_charging.pictures.data import Array, written


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


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_returns("title", tmp_path / "returns.gif", returns=np.empty(0), window=0)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "returns", "window"]
    with pytest.raises(InputError, match="finite"):
        write_returns("title", tmp_path / "returns.png", returns=np.array([1.0, math.nan]), window=1)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_picture_that_could_not_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Figure, path: Path, **options: str) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(InputError, match="cannot be written: disk full"):
        write_returns("a run", tmp_path / "returns.png", returns=run(10), window=1)
    assert list(tmp_path.iterdir()) == []
