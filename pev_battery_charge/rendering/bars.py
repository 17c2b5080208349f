"""Bars side by side, one for each station or PEV, with names below them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.chart import Plot, level_lines, rectangles
from pev_battery_charge.rendering.labels import fitting_names, longest_px, round_step, short_names
from pev_battery_charge.rendering.layout import LABEL_GAP_PX, LINE_PX, Box
from pev_battery_charge.rendering.style import INK

_ROOM_ABOVE_PX = 4


class BarNames:
    """How names fit below bars: in full, shortened, only every so many, or upright.

    names: what to write.
    upright: whether they are turned by 90 degrees.
    every: only each so-many-th is written.
    height_px: the room they take.
    """

    def __init__(self, names: Sequence[str], pitch_px: float) -> None:
        fitting = fitting_names(names, pitch_px - 1)
        self.names: list[str] = fitting or short_names(names)
        longest = longest_px(self.names)
        in_order = all(name.isdecimal() for name in self.names)
        self.upright = fitting is None and not in_order
        room_px = LINE_PX if self.upright else longest + LABEL_GAP_PX
        self.every = 1 if fitting is not None else round_step(room_px / pitch_px)
        self.height_px = longest + LABEL_GAP_PX if self.upright else float(LINE_PX)

    def write(self, plot: Plot, what: str, colour: str = INK) -> None:
        """Write them, and in the margin what they name."""
        for place in range(0, len(self.names), self.every):
            plot.add_label(place, self.names[place], upright=self.upright, colour=colour)
        plot.name_row(what)


class Bars:
    """Upright rectangles around 0, 1, 2 and so on of the x axis, whose ends and colours can be moved."""

    def __init__(self, axes: Axes, number: int, width: float, **style: Any) -> None:
        places = np.arange(number, dtype=np.float64)
        self._left, self._right = places - width / 2, places + width / 2
        self.collection = PolyCollection([], **style)
        axes.add_collection(self.collection, autolim=False)

    def set(self, bottom: npt.ArrayLike, top: npt.ArrayLike) -> None:
        """Move the lower and upper ends, in units of the y axis."""
        self.collection.set_verts(list(rectangles(self._left, self._right, bottom, top)))

    def lines_across(self, heights: Array) -> list[Array]:
        """Segments across the bars at these heights; none where a height is NaN."""
        return list(level_lines(self._left, self._right, heights)[~np.isnan(heights)])


def bar_plot(figure: Figure, box: Box, title: str, number: int, most: float, *, valued: bool) -> Plot:
    """A plot for so many bars up to `most`, with room for a value above each if they are `valued`."""
    plot = Plot(figure, box, title)
    plot.set_xlim(-0.5, max(number, 1) - 0.5)
    plot.add_amount_axis(most * (1.0 + (LINE_PX if valued else _ROOM_ABOVE_PX) / box.height))
    plot.set_xticks([])
    return plot
