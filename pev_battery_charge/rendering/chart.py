"""What pictures are made of: plots, their axes, legends and labels, and the head above them."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.canvas import size_px
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import LABEL_GAP_PX, LEFT_PX, LINE_PX, MARGIN_PX, Box
from pev_battery_charge.rendering.stamped_text import StampedText
from pev_battery_charge.rendering.style import (
    GRID,
    HEADLINE_PT,
    INK,
    MUTED,
    NO_STATION,
    OUTLINE,
    SMALL_PT,
    TITLE_PT,
    WIDTH_PX,
    px_to_pt,
)

CROSS: dict[str, Any] = {
    "color": NO_STATION,
    "marker": "x",
    "markersize": px_to_pt(7),
    "markeredgewidth": 1.5,
    "linestyle": "",
}
"""The sign of a PEV that found no station."""

HEADLINE_DOWN_PX, ABOUT_DOWN_PX, RULE_DOWN_PX = 31, 49, 59
"""Where the head's two lines of text stand, and the rule below them."""

_TICK_ROOM_PX = 56
_OVER_PLOT_PX = 7
_LEGEND: dict[str, Any] = {
    "frameon": False,
    "fontsize": SMALL_PT,
    "labelcolor": MUTED,
    "borderpad": 0.0,
    "borderaxespad": 0.0,
    "handletextpad": 0.5,
}


class Plot(Axes):
    """Axes that fill a box of the picture, with a title above and little ink.

    box: where they stand.
    """

    def __init__(self, figure: Figure, box: Box, title: str) -> None:
        width_px, height_px = size_px(figure)
        left, bottom = box.left / width_px, 1.0 - box.bottom / height_px
        super().__init__(figure, (left, bottom, box.width / width_px, box.height / height_px))
        figure.add_axes(self)
        self.box = box
        self.patch.set_visible(False)
        self.set_axisbelow(True)
        for side in ("top", "right"):
            self.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            self.spines[side].set_color(OUTLINE)
        self.tick_params(length=0, pad=LABEL_GAP_PX, labelcolor=MUTED, labelsize=SMALL_PT)
        above = 1.0 + _OVER_PLOT_PX / box.height
        self.text(0.0, above, title, transform=self.transAxes, size=TITLE_PT, weight="bold", va="bottom")

    def add_legend(self, *handles: Patch | Line2D) -> None:
        """What the signs of the plot mean, in one line above its right end."""
        above = 1.0 + (_OVER_PLOT_PX + 1) / self.box.height
        style = _LEGEND | {"columnspacing": 1.3, "handlelength": 1.3}
        self.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, above), ncols=len(handles), **style)

    def add_time_axis(self, clock: Clock, horizon_minutes: float) -> None:
        """Local time from left to right, 0 to the horizon."""
        self.set_xlim(0.0, horizon_minutes)
        ticks = clock.ticks(horizon_minutes, most=int(self.box.width // _TICK_ROOM_PX))
        self.set_xticks([minute for minute, _ in ticks], [label for _, label in ticks])
        self.grid(axis="x", color=GRID, linewidth=0.8)
        self.name_row("time")

    def add_amount_axis(self, most: float) -> None:
        """A quantity from the bottom to `most`, with a few round ticks."""
        self.set_ylim(0.0, most)
        self.locator_params(axis="y", nbins=4, min_n_ticks=3, integer=most >= 4.0)
        self.grid(axis="y", color=GRID, linewidth=0.8)

    def add_unit(self, unit: str, right_px: float) -> None:
        """What the x axis counts, right of its last number."""
        x, y = 1.0 + right_px / self.box.width, -LABEL_GAP_PX / self.box.height
        self.text(x, y, unit, transform=self.transAxes, va="top", color=MUTED, style="italic")

    def name_row(self, name: str, row: int = 0) -> None:
        """What a row of labels below the plot tells, in the left margin."""
        x, y = (MARGIN_PX - LEFT_PX) / self.box.width, self._row_y(row)
        self.text(x, y, name, transform=self.transAxes, va="top", color=MUTED, size=SMALL_PT, style="italic")

    def add_label(self, x: float, text: str, row: int = 0, *, upright: bool, colour: str = INK) -> StampedText:
        """A moving label below the plot, centred at x."""
        style: dict[str, Any] = {"ha": "center", "va": "top", "color": colour, "size": SMALL_PT}
        style |= {"rotation": 90.0 if upright else 0.0, "transform": self.get_xaxis_transform()}
        return self.add_stamped_text(x, self._row_y(row), text, **style)

    def _row_y(self, row: int) -> float:
        return -(LABEL_GAP_PX + row * LINE_PX) / self.box.height

    def add_stamped_text(self, x: float, y: float, text: str, **style: Any) -> StampedText:
        """A moving text that stays where it is; `style` as `text` takes it."""
        stamped = StampedText(x, y, text, **{"transform": self.transData, "clip_on": False, **style})
        self.add_artist(stamped)
        return stamped

    def add_level(self, y: float, label: str, dashes: str = "--") -> Line2D:
        """A line across the plot, for its legend."""
        return self.axhline(y, color=INK, linewidth=1.2, linestyle=dashes, label=label)

    def add_cursor(self) -> Line2D:
        """The line that stands at now."""
        style: dict[str, Any] = {"color": INK, "linewidth": px_to_pt(2), "transform": self.get_xaxis_transform()}
        (cursor,) = self.plot([0.0, 0.0], [0.0, 1.0], **style)
        return cursor


def swatch(label: str, colour: str, edge: str | None = None) -> Patch:
    """A filled box for the legend."""
    return Patch(facecolor=colour, edgecolor=edge or colour, linewidth=0.8, label=label)


def grouped(value: float, _: object = None) -> str:
    """A number of an axis with thousands apart, "12,500"."""
    return f"{value:,.10g}"


def rectangles(left: Array, right: Array, bottom: npt.ArrayLike, top: npt.ArrayLike) -> Array:
    """The corners of n rectangles, `[n, 4, 2]`."""
    corners = np.empty((left.size, 4, 2))
    corners[:, :2, 0], corners[:, 2:, 0] = left[:, None], right[:, None]
    corners[:, 0, 1] = corners[:, 3, 1] = bottom
    corners[:, 1, 1] = corners[:, 2, 1] = top
    return corners


def level_lines(left: Array, right: Array, height: Array) -> Array:
    """The ends of n level lines, `[n, 2, 2]`."""
    ends = np.empty((left.size, 2, 2))
    ends[:, 0, 0], ends[:, 1, 0] = left, right
    ends[:, :, 1] = height[:, None]
    return ends


def add_text(figure: Figure, x_px: float, baseline_px: float, text: str = "", **style: Any) -> Text:
    """A text in small ink, if `style` says nothing else."""
    width_px, height_px = size_px(figure)
    look: dict[str, Any] = {"size": SMALL_PT, "color": INK, "va": "baseline"} | style
    return figure.text(x_px / width_px, 1.0 - baseline_px / height_px, text, **look)


def add_rule(figure: Figure, right_px: float) -> None:
    """The line below a head, from margin to margin."""
    width_px, height_px = size_px(figure)
    ends = [MARGIN_PX / width_px, 1.0 - right_px / width_px]
    y = 1.0 - RULE_DOWN_PX / height_px
    figure.add_artist(Line2D(ends, [y, y], color=OUTLINE, linewidth=0.8))


def write_head(figure: Figure, title: str, about: str, beside_px: float = MARGIN_PX) -> None:
    """The head's two lines, elided to fit; `beside_px` is left free to the right of the title."""
    shown = elided(title, WIDTH_PX - MARGIN_PX - beside_px, HEADLINE_PT)
    write_lines(figure, MARGIN_PX, shown, elided(about, WIDTH_PX - 2 * MARGIN_PX))


def write_lines(figure: Figure, left_px: float, title: str, about: str) -> None:
    """A headline, and in a smaller line below it what it is about."""
    add_text(figure, left_px, HEADLINE_DOWN_PX, title, size=HEADLINE_PT, weight="bold")
    add_text(figure, left_px, ABOUT_DOWN_PX, about, color=MUTED)


def add_figure_legend(
    figure: Figure, *handles: Patch | Line2D, down_px: float, right_px: float = MARGIN_PX, **style: float
) -> None:
    """What the signs of a picture mean, in one line that begins `down_px` from the top and ends at the right."""
    width_px, height_px = size_px(figure)
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(1.0 - right_px / width_px, 1.0 - down_px / height_px),
        ncols=len(handles),
        **_LEGEND | {"columnspacing": 1.6, "handlelength": 1.6} | style,
    )
