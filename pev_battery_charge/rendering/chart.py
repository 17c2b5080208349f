"""What pictures are made of: plots, their axes, legends and labels, and the head above them."""

from bisect import bisect_left
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import LABEL_GAP_PX, LEFT_PX, LINE_PX, MARGIN_PX, Box
from pev_battery_charge.rendering.letters import drawable
from pev_battery_charge.rendering.stamped_text import StampedText
from pev_battery_charge.rendering.style import HEADLINE_PT, INK, MUTED, OUTLINE, SMALL_PT, TITLE_PT, px_to_pt

HEADLINE_DOWN_PX, ABOUT_DOWN_PX, RULE_DOWN_PX = 31, 49, 59
"""Where the head's two lines of text stand, and the rule below them."""

_TICK_ROOM_PX = 56
_OVER_PLOT_PX = 7
_LEGEND = dict[str, Any](frameon=False, labelcolor=MUTED, borderpad=0.0, borderaxespad=0.0, handletextpad=0.5)


class Plot(Axes):
    """Axes that fill a `box` of the picture, with a title above and little ink."""

    def __init__(self, figure: Figure, box: Box, title: str) -> None:
        width_px, height_px = figure.bbox.size
        left, bottom = box.left / width_px, 1.0 - box.bottom / height_px
        super().__init__(figure, (left, bottom, box.width / width_px, box.height / height_px))
        figure.add_axes(self)
        self.box = box
        self.patch.set_visible(False)
        self.spines[:].set_color(OUTLINE)
        self.tick_params(length=0, pad=LABEL_GAP_PX, labelcolor=MUTED, labelsize=SMALL_PT)
        self.add_note(0.0, box.height + _OVER_PLOT_PX, title, size=TITLE_PT, weight="bold", va="bottom")

    def add_note(self, x_px: float, y_px: float, text: str, **style: Any) -> Text:
        """A text at a place in pixels from the plot's lower left corner; `style` as `text` takes it."""
        return self.text(x_px / self.box.width, y_px / self.box.height, text, transform=self.transAxes, **style)

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
        self.grid(axis="x")
        self.name_row("time")

    def add_amount_axis(self, most: float, least: float = 0.0) -> None:
        """A quantity from `least` at the bottom to `most`, with a few round ticks; a line at 0, if it is above that."""
        self.set_ylim(least, most)
        if least < 0.0:
            self.axhline(0.0, color=OUTLINE, linewidth=0.8, zorder=3.0)
        self.locator_params(axis="y", nbins=4, min_n_ticks=3, integer=most >= 4.0)
        self.grid(axis="y")

    def add_unit(self, unit: str, right_px: float) -> None:
        """What the x axis counts, right of its last number."""
        self.add_note(self.box.width + right_px, -LABEL_GAP_PX, unit, va="top", color=MUTED, style="italic")

    def name_row(self, name: str, row: int = 0) -> None:
        """What a row of labels below the plot tells, in the left margin."""
        self.add_note(MARGIN_PX - LEFT_PX, -LABEL_GAP_PX - row * LINE_PX, name, va="top", color=MUTED, style="italic")

    def add_label(self, x: float, text: str, row: int = 0, *, upright: bool, colour: str = INK) -> StampedText:
        """A moving label below the plot, centred at x."""
        style: dict[str, Any] = {"ha": "center", "va": "top", "color": colour, "rotation": 90.0 if upright else 0.0}
        y = -(LABEL_GAP_PX + row * LINE_PX) / self.box.height
        return self.add_stamped_text(x, y, text, transform=self.get_xaxis_transform(), **style)

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


def rectangles(left: Array, right: Array, bottom: npt.ArrayLike, top: npt.ArrayLike) -> list[Array]:
    """The corners of n rectangles, each `[4, 2]`."""
    x_then_y = np.broadcast_arrays(left, left, right, right, bottom, top, top, bottom)
    return list(np.stack(x_then_y).reshape(2, 4, -1).T)


def add_text(figure: Figure, x_px: float, baseline_px: float, text: str = "", **style: Any) -> Text:
    """A text in small ink, if `style` says nothing else, at pixels from the left and from the top."""
    return figure.text(x_px, figure.bbox.height - baseline_px, text, transform=IdentityTransform(), **style)


def width_px(text: Text) -> float:
    """How wide a text is drawn, measured; its figure must have a canvas that draws into pixels."""
    return float(text.get_window_extent().width)


def fit_text(text: Text, words: str, room_px: float) -> None:
    """Let a text say some words, or as much of their beginning as fits into the room, measured."""
    words = drawable(words)
    text.set_text(words)
    if width_px(text) <= room_px:
        return

    def too_wide(length: int) -> bool:
        text.set_text(f"{words[:length].rstrip()}…")
        return width_px(text) > room_px

    lengths = range(1, min(len(words), int(room_px)))  # a letter is wider than a pixel
    text.set_text(f"{words[: bisect_left(lengths, True, key=too_wide)].rstrip()}…")


def add_rule(figure: Figure, right_px: float) -> None:
    """The line below a head, from margin to margin."""
    ends, y = [MARGIN_PX, figure.bbox.width - right_px], figure.bbox.height - RULE_DOWN_PX
    figure.add_artist(Line2D(ends, [y, y], color=OUTLINE, linewidth=0.8, transform=IdentityTransform()))


def write_head(figure: Figure, title: str, about: str, beside_px: float = MARGIN_PX) -> None:
    """The head's two lines, elided to fit; `beside_px` is left free to the right of the title."""
    room_px = figure.bbox.width - MARGIN_PX
    shown = elided(title, room_px - beside_px, HEADLINE_PT)
    write_lines(figure, MARGIN_PX, shown, elided(about, room_px - MARGIN_PX), room_px - beside_px, room_px - MARGIN_PX)


def write_lines(
    figure: Figure, left_px: float, title: str, about: str, title_room_px: float, about_room_px: float
) -> None:
    """A headline, and in a smaller line below it what it is about, each cut where it has no room."""
    fit_text(add_text(figure, left_px, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold"), title, title_room_px)
    fit_text(add_text(figure, left_px, ABOUT_DOWN_PX, color=MUTED), about, about_room_px)


def add_figure_legend(
    figure: Figure, *handles: Patch | Line2D, down_px: float, right_px: float = MARGIN_PX, **style: float
) -> None:
    """What the signs of a picture mean, in one line that begins `down_px` from the top and ends at the right."""
    look: dict[str, Any] = _LEGEND | {"columnspacing": 1.6, "handlelength": 1.6, "ncols": len(handles)} | style
    corner = figure.bbox.width - right_px, figure.bbox.height - down_px
    look |= {"loc": "upper right", "bbox_to_anchor": corner, "bbox_transform": IdentityTransform()}
    figure.legend(handles=handles, **look)
