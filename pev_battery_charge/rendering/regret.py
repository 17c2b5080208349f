"""A still of regret: how far controllers stay behind the optimum, in each group of a suite and in all of them."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, write_head
from pev_battery_charge.rendering.lanes import add_lanes, lane_names
from pev_battery_charge.rendering.layout import RIGHT_PX
from pev_battery_charge.rendering.style import GRANTED_EDGE, MUTED, PAPER, px_to_pt

_COLUMNS, _TEXTS_PX = 4, 38
_HEAD_PX, _LEGEND_PX = 56, 380
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
_MEAN = dict[str, Any](color=GRANTED_EDGE, linewidth=1.8, marker="D", markersize=px_to_pt(4.5), markeredgewidth=1.2)


@dataclass(frozen=True)
class RegretPanel:
    """Some instances.

    title: what they are.
    values: for each controller its regret on each instance, in % of the optimum's loss; NaN where there is none.
    means: for each controller the mean and both ends of its interval, NaN where there is none.
    texts: for each controller what is written beside its row.
    """

    title: str
    values: Mapping[str, Array]
    means: Mapping[str, tuple[float, float, float]]
    texts: Mapping[str, str]


def write_regret(
    title: str, about: str, panels: Sequence[RegretPanel], path: str | Path, clairvoyant: Collection[str] = ()
) -> None:
    """Write a PNG with a panel for each group of instances, and in it a row for each controller.

    The axis is linear up to a hundredth of a per cent, and logarithmic beyond.

    title, about: the head's two lines.
    panels: all with the same controllers, in the order of the rows.
    clairvoyant: the controllers that see the future; they are marked.

    Raises `InputError` for another ending, and for nothing to show.
    """
    told = panels and panels[0].values
    problems = [] if told else ["panels: must be at least one with at least one controller"]
    write_still(path, problems, lambda: draw_regret(title, about, panels, clairvoyant))


def draw_regret(title: str, about: str, panels: Sequence[RegretPanel], clairvoyant: Collection[str]) -> Canvas:
    """A canvas with the panels, four in a row."""
    names = list(panels[0].values)
    labels = lane_names([f"{name} {_CLAIRVOYANT}" if name in clairvoyant else name for name in names])
    canvas, plots = add_lanes(
        labels,
        [panel.title for panel in panels],
        columns=min(len(panels), _COLUMNS),
        lane_px=_TWO_LINES_PX if any("\n" in label for label in labels) else _LANE_PX,
        top_px=_HEAD_PX,
        between_px=10,
        beside_px=_TEXTS_PX,
    )
    write_head(canvas.figure, title, about, _LEGEND_PX)
    handles = [
        Line2D([], [], marker="o", linestyle="", label="an instance", alpha=_PALE, **_INSTANCE),
        Line2D([], [], label="mean, 95 % interval", **_MEAN),
    ]
    if any(name in clairvoyant for name in names):
        handles.append(Line2D([], [], label=f"{_CLAIRVOYANT} sees the future", markerfacecolor=PAPER, **_MEAN))
    add_figure_legend(canvas.figure, *handles, down_px=22, right_px=RIGHT_PX)
    greatest = max(float(np.nanmax(values, initial=1.0)) for panel in panels for values in panel.values.values())
    for plot, panel in zip(plots, panels, strict=True):
        _draw_panel(plot, panel, clairvoyant, greatest)
    return canvas


def _draw_panel(axes: Plot, panel: RegretPanel, clairvoyant: Collection[str], greatest: float) -> None:
    """Rows against per cent from left to right, up to the greatest of all panels."""
    axes.set_xscale("symlog", linthresh=_LINEAR_PERCENT, linscale=_LINEAR_DECADES)
    axes.set_xlim(_BEFORE, greatest * _BEYOND)
    ticks = {0.0: "0"} | {_LINEAR_PERCENT * 10.0**k: label for k, label in enumerate(_DECADES)}
    shown = [tick for tick in ticks if tick <= greatest * _BEYOND]
    axes.set_xticks(shown, [ticks[tick] for tick in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    box = axes.box
    for lane, (name, values) in enumerate(panel.values.items()):
        alpha = _PALE if values.size < _MANY else _PALEST
        axes.plot(values, np.full(values.size, float(lane)), "o", clip_on=False, alpha=alpha, **_INSTANCE)
        mean, *interval = panel.means[name]
        if not math.isnan(mean):
            axes.plot(interval, [lane, lane], zorder=3.0, solid_capstyle="butt", **_MEAN | {"marker": ""})
            fill = PAPER if name in clairvoyant else GRANTED_EDGE
            axes.plot([mean], [lane], zorder=3.0, clip_on=False, markerfacecolor=fill, **_MEAN)
        place = box.width + _TEXTS_PX - _GAP_PX, (1.0 - (lane + 0.5) / len(panel.values)) * box.height
        axes.add_note(*place, panel.texts[name], ha="right", va="center_baseline", color=GRANTED_EDGE)
