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
from pev_battery_charge.rendering.distributions import Distribution, density, draw_distributions, write_distributions
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
