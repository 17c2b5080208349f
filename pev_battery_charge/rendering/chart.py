"""Plots in the house's look: what all panels share."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pev_battery_charge.core.arrays import Array, Image
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.label import Label, add_label
from pev_battery_charge.rendering.layout import LEFT_PX, LINE_PX, MARGIN_PX, Box
from pev_battery_charge.rendering.moment import Moment
from pev_battery_charge.rendering.names import fitting_names, round_step, short_names
from pev_battery_charge.rendering.style import (
    DPI,
    GRID,
    INK,
    MUTED,
    NO_STATION,
    OUTLINE,
    PAPER,
    SMALL_PT,
    TITLE_PT,
    px_to_pt,
    text_width_px,
)

CROSS: dict[str, Any] = {
    "color": NO_STATION,
    "marker": "x",
    "markersize": px_to_pt(7),
    "markeredgewidth": 1.5,
    "linestyle": "",
}
"""The sign of a PEV that found no station."""

_TICK_ROOM_PX = 56
_LABEL_GAP_PX = 4
_OVER_PLOT_PX = 7


class Panel(Protocol):
    """A part of the picture whose moving artists are made once and updated."""

    artists: list[Artist]
    """What moves, in the order it is drawn."""

    def update(self, moment: Moment) -> None:
        """Show this moment."""


class Canvas:
    """A picture that no window and no global state of matplotlib knows of.

    figure: what is drawn; artists that move are `animated`, and stay out of the background.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self.figure = Figure(figsize=(width_px / DPI, height_px / DPI), dpi=DPI, facecolor=PAPER)
        self._agg: Any = FigureCanvasAgg(self.figure)  # Any: its methods carry no types
        self._background: Any = None

    def draw_background(self) -> None:
        """Draw what does not move, and keep it."""
        self._agg.draw()
        self._background = self._agg.copy_from_bbox(self.figure.bbox)

    def draw(self, artists: Iterable[Artist]) -> Image:
        """The background with these artists on it: a new array, `[H, W, 3]`."""
        self._agg.restore_region(self._background)
        renderer = self._agg.get_renderer()
        for artist in artists:
            artist.draw(renderer)
        return np.asarray(self._agg.buffer_rgba())[..., :3].copy()

    def write_png(self, path: Path) -> None:
        """Draw everything, and write it to a file."""
        self._agg.print_png(path)


def add_axes(figure: Figure, box: Box, title: str) -> Axes:
    """Axes that fill the box, with a title above and little ink."""
    height_px = figure.get_figheight() * DPI
    width_px = figure.get_figwidth() * DPI
    axes = figure.add_axes(
        (box.left / width_px, 1.0 - box.bottom / height_px, box.width / width_px, box.height / height_px)
    )
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(OUTLINE)
    axes.tick_params(length=0, pad=_LABEL_GAP_PX, labelcolor=MUTED, labelsize=SMALL_PT)
    above = 1.0 + _OVER_PLOT_PX / box.height
    axes.text(0.0, above, title, transform=axes.transAxes, size=TITLE_PT, weight="bold", va="bottom")
    return axes


def add_legend(axes: Axes, box: Box, handles: Sequence[Patch | Line2D]) -> None:
    """What the signs of a plot mean, in one line above its right end."""
    axes.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0 + (_OVER_PLOT_PX + 1) / box.height),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_PT,
        labelcolor=MUTED,
        borderpad=0.0,
        borderaxespad=0.0,
        columnspacing=1.3,
        handlelength=1.3,
        handletextpad=0.5,
    )


def swatch(label: str, colour: str, edge: str | None = None) -> Patch:
    """A filled box for the legend."""
    return Patch(facecolor=colour, edgecolor=edge or colour, linewidth=0.8, label=label)


def add_time_axis(axes: Axes, box: Box, clock: Clock, horizon_minutes: float) -> None:
    """Local time from left to right, 0 to the horizon."""
    axes.set_xlim(0.0, horizon_minutes)
    ticks = clock.ticks(horizon_minutes, most=int(box.width // _TICK_ROOM_PX))
    axes.set_xticks([minute for minute, _ in ticks], [label for _, label in ticks])
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    add_row_name(axes, box, "time", row=0)


def add_amount_axis(axes: Axes, most: float) -> None:
    """A quantity from the bottom to `most`, with a few round ticks."""
    axes.set_ylim(0.0, most)
    axes.locator_params(axis="y", nbins=4, min_n_ticks=3, integer=most >= 4.0)
    axes.grid(axis="y", color=GRID, linewidth=0.8)


def add_row_name(axes: Axes, box: Box, name: str, *, row: int) -> None:
    """What a row of labels below a plot tells, in the left margin."""
    y = -(_LABEL_GAP_PX + row * LINE_PX) / box.height
    x = (MARGIN_PX - LEFT_PX) / box.width
    axes.text(x, y, name, transform=axes.transAxes, va="top", color=MUTED, size=SMALL_PT, style="italic")


def row_text(axes: Axes, box: Box, x: float, text: str, *, row: int, upright: bool, colour: str = INK) -> Label:
    """A label below a plot, centred at x."""
    y = -(_LABEL_GAP_PX + row * LINE_PX) / box.height
    rotation = 90.0 if upright else 0.0
    transform = axes.get_xaxis_transform()
    return add_label(
        axes, x, y, text, transform=transform, ha="center", va="top", color=colour, size=SMALL_PT, rotation=rotation
    )


def make_cursor(axes: Axes) -> Line2D:
    """The line that stands at now."""
    (cursor,) = axes.plot(
        [0.0, 0.0], [0.0, 1.0], transform=axes.get_xaxis_transform(), color=INK, linewidth=px_to_pt(2)
    )
    return cursor


class ColumnLabels:
    """How names fit below columns: in full, shortened, only every so many, or upright.

    names: what to write.
    upright: whether they are turned by 90 degrees.
    every: only each so-many-th is written.
    height_px: the room they take.
    """

    def __init__(self, names: Sequence[str], pitch_px: float) -> None:
        fitting = fitting_names(names, pitch_px - 1)
        self.names: list[str] = fitting or short_names(names)
        longest_px = max((text_width_px(name) for name in self.names), default=0.0)
        in_order = all(name.isdecimal() for name in self.names)
        self.upright = fitting is None and not in_order
        room_px = LINE_PX if self.upright else longest_px + _LABEL_GAP_PX
        self.every = 1 if fitting is not None else round_step(room_px / pitch_px)
        self.height_px = longest_px + _LABEL_GAP_PX if self.upright else float(LINE_PX)


class Columns:
    """Upright rectangles, one for each place along the x axis, whose ends and colours can be moved."""

    def __init__(self, axes: Axes, centres: Array, width: float, **style: Any) -> None:
        self._left, self._right = centres - width / 2, centres + width / 2
        self.collection = PolyCollection([], **style)
        axes.add_collection(self.collection, autolim=False)

    def set(self, bottom: npt.ArrayLike, top: npt.ArrayLike) -> None:
        """Move the lower and upper ends, in units of the y axis."""
        corners = np.empty((self._left.size, 4, 2))
        corners[:, 0, 0] = corners[:, 1, 0] = self._left
        corners[:, 2, 0] = corners[:, 3, 0] = self._right
        corners[:, 0, 1] = corners[:, 3, 1] = bottom
        corners[:, 1, 1] = corners[:, 2, 1] = top
        self.collection.set_verts(list(corners))
