"""The picture of `write_regret`: panels side by side, in each a row for each controller."""

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from pev_battery_charge.rendering.chart import Canvas, add_axes
from pev_battery_charge.rendering.histograms import elided, lane_names, write_head
from pev_battery_charge.rendering.layout import MARGIN_PX, RIGHT_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.regret import RegretPanel
from pev_battery_charge.rendering.style import (
    DPI,
    GRANTED_EDGE,
    GRID,
    INK,
    MUTED,
    PAPER,
    SMALL_PT,
    TITLE_PT,
    WIDTH_PX,
    px_to_pt,
)

_COLUMNS = 4
_NAMES_PX = 142
_TEXTS_PX = 38
_BETWEEN_PX = 10
_HEAD_PX = 56
_LEGEND_PX = 380
_BOTTOM_PX = 10
_LANE_PX, _TWO_LINES_PX = 18, 24

_LINEAR_PERCENT = 0.01
_LINEAR_DECADES = 0.7
"""How much of the axis its linear part takes, in decades."""
_BEFORE, _BEYOND = -0.3 * _LINEAR_PERCENT, 1.5
"""Where the axis begins, and at how many times the greatest regret it ends."""
_DECADES = (".01", ".1", "1", "10", "100", "1k", "10k", "100k")

_CLAIRVOYANT = "†"
_GAP_PX = 5
_INSTANCE: dict[str, Any] = {"color": MUTED, "markersize": px_to_pt(5), "markeredgewidth": 0.0}
_PALE, _PALEST, _MANY = 0.3, 0.1, 50
"""How dense a dot is where there are few instances, and where there are many."""
_MEAN: dict[str, Any] = {"color": GRANTED_EDGE, "linewidth": 1.8}
_DOT: dict[str, Any] = {"marker": "D", "markersize": px_to_pt(4.5), "markeredgewidth": 1.2}


def draw_regret(title: str, about: str, panels: Sequence[RegretPanel], clairvoyant: Collection[str]) -> Canvas:
    """A canvas with the panels, four in a row."""
    names = list(panels[0].values)
    columns = min(len(panels), _COLUMNS)
    num_rows = -(-len(panels) // columns)
    shown = [f"{name} {_CLAIRVOYANT}" if name in clairvoyant else name for name in names]
    labels = lane_names(shown, _NAMES_PX - MARGIN_PX)
    panel_px = (_TWO_LINES_PX if any("\n" in label for label in labels) else _LANE_PX) * len(names)
    row_px = TITLE_PX + panel_px + TICKS_PX
    canvas = Canvas(WIDTH_PX, _HEAD_PX + num_rows * row_px + _BOTTOM_PX)
    write_head(canvas.figure, title, about, _LEGEND_PX)
    _add_legend(canvas.figure, any(name in clairvoyant for name in names))
    column_px = (WIDTH_PX - _NAMES_PX - RIGHT_PX - (columns - 1) * _BETWEEN_PX) / columns
    greatest = max(float(np.nanmax(values, initial=1.0)) for panel in panels for values in panel.values.values())
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        left = _NAMES_PX + column * (column_px + _BETWEEN_PX)
        top = _HEAD_PX + row * row_px + TITLE_PX
        box = Box(left, top, column_px - _TEXTS_PX, panel_px)
        axes = add_axes(canvas.figure, box, elided(panel.title, column_px, TITLE_PT))
        _add_axis(axes, len(names), greatest)
        _draw_panel(axes, box, panel, clairvoyant)
        if column == 0:
            axes.set_yticks(range(len(names)), labels)
            axes.tick_params(axis="y", labelcolor=INK)
    return canvas


def _add_legend(figure: Figure, any_clairvoyant: bool) -> None:
    handles = [
        Line2D([], [], marker="o", linestyle="", label="an instance", alpha=_PALE, **_INSTANCE),
        Line2D([], [], label="mean, 95 % interval", **_MEAN, **_DOT),
    ]
    if any_clairvoyant:
        hollow = Line2D([], [], label=f"{_CLAIRVOYANT} sees the future", **_MEAN, **_DOT)
        hollow.set_markerfacecolor(PAPER)
        handles.append(hollow)
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(1.0 - RIGHT_PX / WIDTH_PX, 1.0 - 22 / (figure.get_figheight() * DPI)),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_PT,
        labelcolor=MUTED,
        borderpad=0.0,
        borderaxespad=0.0,
        columnspacing=1.6,
        handlelength=1.6,
        handletextpad=0.5,
    )


def _add_axis(axes: Axes, num_lanes: int, greatest: float) -> None:
    """Per cent from left to right, the same in all panels; lanes from top to bottom."""
    axes.set_xscale("symlog", linthresh=_LINEAR_PERCENT, linscale=_LINEAR_DECADES)
    axes.set_xlim(_BEFORE, greatest * _BEYOND)
    axes.set_ylim(num_lanes - 0.5, -0.5)
    axes.set_yticks([])
    ticks = {0.0: "0"} | {_LINEAR_PERCENT * 10.0**k: label for k, label in enumerate(_DECADES)}
    shown = [tick for tick in ticks if tick <= greatest * _BEYOND]
    axes.set_xticks(shown, [ticks[tick] for tick in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.hlines(np.arange(1, num_lanes) - 0.5, *axes.get_xlim(), color=GRID, linewidth=0.8)


def _draw_panel(axes: Axes, box: Box, panel: RegretPanel, clairvoyant: Collection[str]) -> None:
    right = 1.0 + (_TEXTS_PX - _GAP_PX) / box.width
    for lane, (name, values) in enumerate(panel.values.items()):
        alpha = _PALE if values.size < _MANY else _PALEST
        axes.plot(values, np.full(values.size, float(lane)), "o", clip_on=False, alpha=alpha, **_INSTANCE)
        mean, *interval = panel.means[name]
        if not math.isnan(mean):
            axes.plot(interval, [lane, lane], zorder=3.0, solid_capstyle="butt", **_MEAN)
            fill = PAPER if name in clairvoyant else GRANTED_EDGE
            axes.plot([mean], [lane], zorder=3.0, clip_on=False, markerfacecolor=fill, **_MEAN, **_DOT)
        style: dict[str, Any] = {"ha": "right", "va": "center_baseline", "size": SMALL_PT, "color": GRANTED_EDGE}
        axes.text(right, lane, panel.texts[name], transform=axes.get_yaxis_transform(), **style)
