"""The still that compares controllers."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.distributions import (
    Distribution,
    density,
    draw_distributions,
    shown_range,
    write_distributions,
)
from tests.rendering.conftest import LONG_NAMES, settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

Array = npt.NDArray[np.float64]


def made(num_controllers: int, num_episodes: int, titles: tuple[str, ...] = ("Reward",)) -> list[Distribution]:
    random = np.random.default_rng(0)
    distributions = []
    for title in titles:
        values = {name: random.normal(k, 3.0, num_episodes) for k, name in enumerate(LONG_NAMES[:num_controllers])}
        means = {name: (v.mean(), v.mean() - 0.5, v.mean() + 0.5) for name, v in values.items()}
        distributions.append(Distribution(title, values, means, "more"))
    return distributions


def drawn(distributions: list[Distribution]) -> Figure:
    with house_style():
        return draw_distributions("title", "about", distributions).figure


@pytest.mark.parametrize("num_controllers", [1, 2, 8])
@pytest.mark.parametrize("num_episodes", [1, 12, 500])
def test_a_png_900_pixels_wide_is_written_and_no_setting_is_changed(
    tmp_path: Path, num_controllers: int, num_episodes: int
) -> None:
    before = settings_now()
    path = tmp_path / "compared.png"
    write_distributions("paper-5x20", "few episodes", made(num_controllers, num_episodes, ("A", "B", "C")), path)
    with Image.open(path) as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        assert np.asarray(image.convert("L")).std() > 5.0
    assert list(tmp_path.iterdir()) == [path]
    assert settings_now() == before


@pytest.mark.parametrize("num_controllers", [2, 5, 8])
def test_no_two_texts_overlap_and_none_leaves_the_picture(num_controllers: int) -> None:
    titles = ("Energy delivered, of the attainable, %", "Satisfaction of a PEV, 5th percentile", "Reward") * 2
    figure = drawn(made(num_controllers, 100, titles))
    assert figure.bbox.width == 900.0
    assert len(assert_texts_are_apart_and_inside(figure)) > 6 * num_controllers


def test_a_lane_shows_median_middle_half_mean_and_interval_where_they_are() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0, 40.0])
    figure = drawn([Distribution("Reward", {"a": values}, {"a": (9.2, 1.4, 24.0)}, "less")])
    lines = [line.get_xdata() for line in figure.axes[0].get_lines()]
    shown = [np.asarray(line, np.float64).tolist() for line in lines]
    assert values.tolist() in shown, "few episodes are dots"
    assert [1.0, 3.0] in shown, "middle half"
    assert [2.0, 2.0] in shown, "median"
    assert [1.4, 24.0] in shown, "interval"
    assert [9.2] in shown, "mean"
    texts = {text.get_text() for text in figure.findobj(Text)}
    assert {"9.200", "← better", "Reward", "a"} <= texts


def test_episodes_without_the_figure_are_left_out() -> None:
    nan = float("nan")
    values = {"some": np.array([nan, 2.0, nan, 4.0]), "none": np.full(4, nan)}
    figure = drawn([Distribution("Share, %", values, {"some": (3.0, 2.0, 4.0), "none": (nan, nan, nan)})])
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert [np.asarray(line.get_xdata()).tolist() for line in dots] == [[2.0, 4.0]]
    low, high = figure.axes[0].get_xlim()
    assert 1.5 < low < 2.0
    assert 4.0 < high < 4.5


FEW = {"a": np.array([-40.0, -35.0]), "b": np.array([-100.0, -80.0]), "c": np.array([-150.0, -130.0])}


def with_means(values: dict[str, Array]) -> Distribution:
    means = {name: (one.mean(), one.min(), one.max()) for name, one in values.items()}
    return Distribution("Reward", values, means, "more")


@pytest.mark.parametrize(
    ("bad", "told", "low", "high"),
    [
        ([-52_000.0, -51_000.0], "← -52,000 to -51,000", -155.0, -30.0),
        ([-52_000.0, -52_000.0], "← -52,000", -155.0, -30.0),
        ([700.0, 800.5], "700 to 800.5 →", -155.0, -30.0),
        ([-900.0, -60.0], "← -900", -155.0, -30.0),
    ],
)
def test_one_controller_far_away_does_not_squeeze_the_others(
    bad: list[float], told: str, low: float, high: float
) -> None:
    figure = drawn([with_means({**FEW, "bad": np.array(bad)})])
    axes = figure.axes[0]
    assert low < axes.get_xlim()[0] < -150.0
    assert -35.0 < axes.get_xlim()[1] < high
    texts = assert_texts_are_apart_and_inside(figure)
    assert told in texts
    assert {"-37.5", "-90.0", "-140.0", f"{np.mean(bad):,.1f}"} <= set(texts)
    shown = [np.asarray(line.get_xdata()).tolist() for line in axes.get_lines()]
    assert [-90.0] in shown
    assert [float(np.mean(bad))] not in shown


@pytest.mark.parametrize("size", [2, 100])
def test_hills_of_the_others_keep_their_width_whatever_one_controller_does(size: int) -> None:
    spread = np.linspace(0.0, 1.0, size)
    values = {"a": spread, "b": 2.0 + spread, "c": 4.0 + spread}
    alone = shown_range(with_means(values))
    for far in (-1e9, -1e3, 1e3, 1e12):
        assert shown_range(with_means({**values, "bad": far + spread})) == alone
        drawn([with_means({**values, "bad": far + spread})])


def test_nothing_is_cut_off_that_does_not_squeeze_the_others() -> None:
    near = {**FEW, "d": np.array([-300.0, -200.0])}
    low, high = shown_range(with_means(near))
    assert low < -300.0
    assert high > -35.0
    two = {"a": np.array([0.0, 1.0]), "b": np.array([100.0, 101.0])}
    assert shown_range(with_means(two))[1] > 101.0, "of two, each would be cut off as well as the other"
    equal = {name: np.zeros(2) for name in "abc"} | {"d": np.ones(2)}
    assert shown_range(with_means(equal))[1] > 1.0, "the others need no axis"
    texts = {text.get_text() for text in drawn([with_means(near)]).findobj(Text)}
    assert not any(text.startswith("← -") or text.endswith("→") for text in texts - {"better →"})


def test_density_is_that_of_the_values() -> None:
    grid = np.linspace(-5.0, 5.0, 401)
    hill = density(np.random.default_rng(1).normal(0.0, 1.0, 20_000), grid)
    np.testing.assert_allclose(hill, np.exp(-0.5 * grid**2), atol=0.06)
    spike = density(np.full(50, 2.0), grid)
    assert abs(grid[spike.argmax()] - 2.0) < 0.02
    assert (spike > 0.0).sum() <= 3
    two = density(np.repeat([0.0, 3.0], [400, 100]), grid)
    assert two[200] == pytest.approx(1.0)
    assert two[320] == pytest.approx(0.25, abs=0.02)


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_distributions("title", "about", [], tmp_path / "compared.jpg")
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "distributions"]
    with pytest.raises(InputError, match="at least one figure of at least one controller"):
        write_distributions("title", "about", [Distribution("Reward", {}, {})], tmp_path / "compared.png")
    assert list(tmp_path.iterdir()) == []
