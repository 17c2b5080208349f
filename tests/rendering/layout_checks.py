"""Checks of where things stand in a picture, for tests of pictures."""

from itertools import combinations
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from pev_battery_charge.rendering.canvas import house_style


def assert_texts_are_apart_and_inside(figure: Figure) -> list[str]:
    """Every text that is drawn, after the check."""
    canvas: Any = figure.canvas
    canvas.draw()
    hidden = {
        id(tick.label1)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not axes.axison or not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    texts = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]
    with house_style():
        boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    for name, box in boxes:
        assert box.x0 >= 0.0, name
        assert box.x1 <= figure.bbox.width, name
        assert box.y0 >= 0.0, name
        assert box.y1 <= figure.bbox.height, name
    for (one, first), (other, second) in combinations(boxes, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide <= 0.5 or high <= 2.0, f"{one!r} and {other!r}"
    return [name for name, _ in boxes]
