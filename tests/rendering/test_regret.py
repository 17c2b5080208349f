"""The still of regret."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.regret import RegretPanel, draw_regret, write_regret
from tests.rendering.conftest import settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

NAMES = ["optimum", "mpc", "ppo, shared policy, seed 0, checkpoint after 1,000,000 steps", "largest-remaining"]
NAMES += [f"controller {k}" for k in range(12)]


def made(num_controllers: int, num_panels: int, num_instances: int = 10) -> list[RegretPanel]:
    random = np.random.default_rng(0)
    panels = []
    for number in range(num_panels):
        values = {name: 10.0 ** random.uniform(-4.0, 3.3, num_instances) for name in NAMES[:num_controllers]}
        values["optimum"] = np.zeros(num_instances)
        means = {name: (one.mean(), 0.9 * one.mean(), 1.1 * one.mean()) for name, one in values.items()}
        texts = {name: f"{mean:,.0f}" for name, (mean, _, _) in means.items()}
        panels.append(RegretPanel(f"residential-{number} (20)", values, means, texts))
    return panels


def drawn(panels: list[RegretPanel]) -> Figure:
    with house_style():
        return draw_regret("title", "about", panels, {"optimum"}).figure


@pytest.mark.parametrize(("num_controllers", "num_panels"), [(1, 1), (2, 2), (16, 8)])
def test_a_png_900_pixels_wide_is_written_and_no_setting_is_changed(
    tmp_path: Path, num_controllers: int, num_panels: int
) -> None:
    before = settings_now()
    write_regret("title", "about", made(num_controllers, num_panels), tmp_path / "regret.png", {"optimum"})
    with Image.open(tmp_path / "regret.png") as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        assert np.asarray(image.convert("L")).std() > 5.0
    assert [file.name for file in tmp_path.iterdir()] == ["regret.png"]
    assert settings_now() == before


@pytest.mark.parametrize(("num_controllers", "num_panels"), [(2, 1), (5, 3), (16, 8)])
def test_no_two_texts_overlap_and_none_leaves_the_picture(num_controllers: int, num_panels: int) -> None:
    figure = drawn(made(num_controllers, num_panels))
    assert figure.bbox.width == 900.0
    assert len(assert_texts_are_apart_and_inside(figure)) > num_controllers * num_panels


def test_a_row_shows_instances_mean_and_interval_where_they_are_and_marks_who_sees_the_future() -> None:
    nan = float("nan")
    values = {"optimum": np.zeros(2), "a": np.array([1.0, 300.0]), "none": np.full(2, nan)}
    means = {"optimum": (0.0, 0.0, 0.0), "a": (150.5, 1.0, 300.0), "none": (nan, nan, nan)}
    texts = {"optimum": "zero", "a": "many", "none": "-"}
    axes = drawn([RegretPanel("Some", values, means, texts)]).axes[0]
    lines = [(np.asarray(line.get_xdata()).tolist(), float(np.asarray(line.get_ydata())[0])) for line in axes.lines]
    for shown in (([0.0, 0.0], 0.0), ([1.0, 300.0], 1.0), ([0.0], 0.0), ([150.5], 1.0)):
        assert shown in lines
    assert sum(lane == 2.0 for _, lane in lines) == 1, "of none there are only dots, which are nowhere"
    hollow = {line.get_markerfacecolor() for line in axes.lines if np.asarray(line.get_xdata()).tolist() == [0.0]}
    assert hollow == {"#FFFFFF"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["optimum †", "a", "none"]
    assert {"zero", "many", "-"} <= {text.get_text() for text in axes.texts}
    low, high = axes.get_xlim()
    assert low < 0.0
    assert 300.0 < high < 1000.0
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", ".01", ".1", "1", "10", "100"]
    assert axes.get_xscale() == "symlog"


def test_all_panels_have_the_same_axis() -> None:
    assert len({axes.get_xlim() for axes in drawn(made(4, 5)).axes}) == 1


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_regret("title", "about", [], tmp_path / "regret.jpg")
    assert len(caught.value.problems) == 2
    assert list(tmp_path.iterdir()) == []
