"""The still of learning curves."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.curves import LearningCurve, draw_curves, shown_range, write_learning_curves
from pev_battery_charge.rendering.style import GRANTED_EDGE, INK
from tests.rendering.conftest import settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

Array = npt.NDArray[np.float64]
Others = Mapping[str, tuple[float, float, float]]

NAN = float("nan")
FAR: Others = {
    "uncontrolled": (-2177.0, -2207.0, -2147.0),
    "constant": (-412.0, -425.0, -400.0),
    "random": (-1706.0, -1720.0, -1692.0),
}
CLOSE: Others = {
    "constant": (-412.0, -425.0, -400.0),
    "uncontrolled": (-412.5, -430.0, -405.0),
    "random": (-411.8, -450.0, -390.0),
    "a policy with a long name, trained on five stations": (-408.0, -450.0, -390.0),
}
MANY: Others = {f"controller {k}": (-400.0 - k, -402.0 - k, -398.0 - k) for k in range(12)}
ALONE: Others = {}


def made(others: Others, first: float = -1100.0, evaluations: int = 13, title: str = "paper-5x20") -> LearningCurve:
    agent_steps = np.linspace(0.0, 3e6, evaluations) if evaluations > 1 else np.zeros(1)
    reward = -404.0 + (first + 404.0) * np.exp(-agent_steps / 3e5)
    return LearningCurve(title, agent_steps, reward, reward - 12.0, reward + 9.0, others)


def drawn(*curves: LearningCurve) -> Figure:
    with house_style():
        return draw_curves(curves).figure


def texts_of(figure: Figure) -> dict[str, Text]:
    return {text.get_text(): text for text in figure.findobj(Text) if text.get_text()}


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(x, y) for x, y in np.asarray(line.get_xydata(), np.float64).tolist()]


def test_a_png_900_pixels_wide_is_written_and_no_setting_is_changed(tmp_path: Path) -> None:
    before = settings_now()
    path = tmp_path / "curves.png"
    write_learning_curves([made(FAR), made(CLOSE)], path)
    with Image.open(path) as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        assert np.asarray(image.convert("L")).std() > 5.0
    assert list(tmp_path.iterdir()) == [path]
    assert settings_now() == before


@pytest.mark.parametrize("others", [FAR, CLOSE, MANY, ALONE])
@pytest.mark.parametrize(("first", "evaluations"), [(-1100.0, 13), (-404.5, 100), (-404.0, 1)])
def test_no_two_texts_overlap_and_none_leaves_the_picture(others: Others, first: float, evaluations: int) -> None:
    figure = drawn(made(others, first, evaluations), made(FAR, title="x" * 200))
    assert figure.bbox.width == 900.0
    assert len(assert_texts_are_apart_and_inside(figure)) > 15


def test_curve_and_controllers_stand_at_their_rewards_with_their_intervals() -> None:
    curve = made({"constant": (-412.0, -425.0, -400.0)}, first=-450.0)
    figure = drawn(curve)
    figure.canvas.draw()
    (axes,) = figure.axes
    assert axes.get_xlim() == (0.0, 3e6)
    lines = [points(line) for line in axes.get_lines()]
    assert list(zip(curve.agent_steps, curve.reward, strict=True)) in lines
    assert [(0.0, -412.0), (1.0, -412.0)] in lines
    (band,) = [one for one in axes.collections if isinstance(one, PolyCollection)]
    corners = {(float(x), float(y)) for x, y in np.asarray(band.get_paths()[0].vertices)}
    assert {
        *zip(curve.agent_steps, curve.low, strict=True),
        *zip(curve.agent_steps, curve.high, strict=True),
    } <= corners
    spans = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
    assert [(span.y0, span.y1) for span in spans] == [(pytest.approx(-425.0), pytest.approx(-400.0))]
    texts = texts_of(figure)
    assert texts["constant: -412.0"].get_color() == INK
    assert texts["policy: -404.0"].get_color() == GRANTED_EDGE
    assert {"0", "0.5", "1", "3", "agent-steps, millions", "paper-5x20"} <= set(texts)


def test_what_lies_far_below_is_cut_off_and_told() -> None:
    figure = drawn(made(FAR))
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert -520.0 < low < -425.0
    assert -395.0 < high < -380.0
    texts = texts_of(figure)
    below = [text for text in texts if text.endswith(", below")]
    assert sorted(below) == ["at first: -1,100, below", "random: -1,706, below", "uncontrolled: -2,177, below"]
    heights = [texts[name].get_position()[1] for name in ("uncontrolled: -2,177, below", "random: -1,706, below")]
    assert 0.0 <= heights[0] < heights[1] < 0.3
    assert sum(text.get_text() == "↓" for text in figure.findobj(Text)) == 3
    assert min(float(label.get_text().replace(",", "")) for label in axes.get_yticklabels()) > low


def test_nothing_is_cut_off_that_does_not_squash_the_curve() -> None:
    curve = made({"constant": (-500.0, -520.0, -480.0)}, first=-700.0)
    low, high = shown_range(curve)
    assert low < -712.0
    assert high > -395.0
    assert not [text for text in texts_of(drawn(curve)) if "below" in text or text == "↓"]


@pytest.mark.parametrize("others", [FAR, CLOSE, MANY, ALONE])
@pytest.mark.parametrize("first", [-5000.0, -404.0, -100.0])
def test_what_matters_is_shown_and_takes_its_share_of_the_height(others: Others, first: float) -> None:
    curve = made(others, first)
    low, high = shown_range(curve)
    late = curve.agent_steps >= 1.5e6
    matters = [*curve.low[late], *curve.high[late], *max(others.values(), default=())]
    assert low < min(matters)
    assert max([*curve.high, *(one[2] for one in others.values())]) < high
    span = max([*curve.high, *(one[2] for one in others.values())]) - min(matters)
    assert (high - low) < 3.0 * span


def test_a_single_evaluation_without_an_interval_is_shown() -> None:
    one, none = np.array([-3.0]), np.array([NAN])
    curve = LearningCurve("short", np.array([0.0]), one, none, none, {"constant": (-3.0, NAN, NAN)})
    assert shown_range(curve)[0] < -3.0 < shown_range(curve)[1]
    texts = set(texts_of(drawn(curve)))
    assert any(text.startswith("policy: -3.0") for text in texts)
    assert any(text.startswith("constant: -3.0") for text in texts)


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_learning_curves([], tmp_path / "curves.jpg")
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "curves"]
    none: Array = np.empty(0)
    with pytest.raises(InputError, match="mine: must have at least one evaluation"):
        write_learning_curves([LearningCurve("mine", none, none, none, none, {})], tmp_path / "curves.png")
    assert list(tmp_path.iterdir()) == []
