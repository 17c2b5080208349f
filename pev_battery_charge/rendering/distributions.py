"""A still that compares controllers: for each figure, how it is distributed over the episodes of each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, grouped, swatch, write_head
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.lanes import LaneGrid, lane_names
from pev_battery_charge.rendering.layout import HEAD_PX, RIGHT_PX
from pev_battery_charge.rendering.style import (
    GRANTED_EDGE,
    INK,
    MUTED,
    OUTLINE,
    PALE,
    SMALL_PT,
    TITLE_PT,
    WIDTH_PX,
    px_to_pt,
    text_width_px,
)

_COLUMNS, _BETWEEN_PX = 2, 20
_MEANS_PX = 52
_LEGEND_PX = 18
_LANES_PX, _LANE_MIN_PX, _LANE_MAX_PX = 200, 22, 34

_HILL, _STRIP = 0.54, 0.34
"""How much of a lane the hill of episodes takes, and how high the strip with mean and median stands."""

_MORE, _LESS = "better →", "← better"
_GAP_PX = 6
_FEW_EPISODES = 30
_MARGIN = 0.03
_MEDIAN: dict[str, Any] = {"color": INK, "linewidth": 1.6}
_MEAN: dict[str, Any] = {"color": GRANTED_EDGE, "linewidth": 1.4}
_BESIDE: dict[str, Any] = {"ha": "left", "va": "center_baseline", "size": SMALL_PT, "color": GRANTED_EDGE}
_ABOVE: dict[str, Any] = {"ha": "right", "va": "bottom", "size": SMALL_PT, "color": MUTED}


@dataclass(frozen=True)
class Distribution:
    """One figure of many episodes.

    title: what it is, with its unit.
    values: for each controller the figure of each episode; not all of them need to have it.
    means: for each controller the mean and both ends of its interval, NaN where there is none.
    better: whether more or less of it is better, where that can be said.
    """

    title: str
    values: Mapping[str, Array]
    means: Mapping[str, tuple[float, float, float]]
    better: Literal["more", "less"] | None = None


def write_distributions(title: str, about: str, distributions: Sequence[Distribution], path: str | Path) -> None:
    """Write a PNG with a panel for each figure, and in it a row for each controller.

    A row shows how the episodes are spread (of few episodes, each as a dot), below it the middle half and the median,
    the mean with its interval, and the mean in figures.

    title, about: the head's two lines.
    distributions: all with the same controllers.

    Raises `InputError` for another ending, and for nothing to show.
    """
    problems = []
    if not distributions or not distributions[0].values:
        problems.append("distributions: must be at least one figure of at least one controller")
    write_still(path, problems, lambda: draw_distributions(title, about, distributions))


def draw_distributions(title: str, about: str, distributions: Sequence[Distribution]) -> Canvas:
    """A canvas with the panels, two in a row."""
    names = list(distributions[0].values)
    lane_px = min(max(_LANES_PX // len(names), _LANE_MIN_PX), _LANE_MAX_PX)
    top_px = HEAD_PX + _LEGEND_PX
    grid = LaneGrid(lane_names(names), len(distributions), _COLUMNS, lane_px, top_px, _BETWEEN_PX, _MEANS_PX)
    canvas = Canvas(WIDTH_PX, grid.height_px)
    write_head(canvas.figure, title, about)
    most = max(values.size for one in distributions for values in one.values.values())
    _add_legend(canvas.figure, few=most <= _FEW_EPISODES)
    for number, distribution in enumerate(distributions):
        heading = elided(distribution.title, grid.column_px - text_width_px(_MORE) - _GAP_PX, TITLE_PT)
        plot = grid.add_panel(canvas.figure, number, heading)
        _draw_panel(plot, distribution, names)
    return canvas


def _add_legend(figure: Figure, *, few: bool) -> None:
    dot = Line2D([], [], color=OUTLINE, marker="o", markersize=px_to_pt(5), linestyle="", label="an episode")
    bar: dict[str, Any] = {"marker": "|", "markersize": px_to_pt(9), "markeredgewidth": 1.6, "linestyle": ""}
    add_figure_legend(
        figure,
        dot if few else swatch("episodes", PALE, OUTLINE),
        Line2D([], [], color=OUTLINE, linewidth=px_to_pt(5), solid_capstyle="butt", label="middle half of them"),
        Line2D([], [], color=INK, label="median", **bar),
        Line2D([], [], marker="D", markersize=px_to_pt(5), label="mean, 95 % interval", **_MEAN),
        down_px=HEAD_PX - 2,
        right_px=RIGHT_PX,
    )


def _draw_panel(axes: Plot, distribution: Distribution, names: Sequence[str]) -> None:
    box = axes.box
    low, high = _range(distribution)
    axes.set_xlim(low, high)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(grouped)
    grid = np.linspace(low, high, 400)
    decimals = _decimals([mean for mean, _, _ in distribution.means.values()])
    right = 1.0 + _GAP_PX / box.width
    for lane, name in enumerate(names):
        values = distribution.values[name]
        values = values[~np.isnan(values)]
        if values.size:
            _draw_episodes(axes, values, grid, lane, box.height / len(names))
        mean, *interval = distribution.means[name]
        if not np.isnan(mean):
            _draw_mean(axes, mean, interval, lane)
            axes.text(right, lane, f"{mean:,.{decimals}f}", transform=axes.get_yaxis_transform(), **_BESIDE)
    if distribution.better is not None:
        place = 1.0 + _MEANS_PX / box.width, 1.0 + (_GAP_PX + 1) / box.height
        axes.text(*place, _MORE if distribution.better == "more" else _LESS, transform=axes.transAxes, **_ABOVE)


def _decimals(means: Sequence[float]) -> int:
    """As many as leave the largest mean about four digits."""
    largest = max((abs(mean) for mean in means if mean), default=1.0)
    return min(max(3 - math.floor(math.log10(largest)), 0), 3) if largest > 0.0 else 0


def _range(distribution: Distribution) -> tuple[float, float]:
    """From the least to the most that is shown, with a margin."""
    shown = np.concatenate([*distribution.values.values(), np.ravel(list(distribution.means.values()))])
    shown = shown[~np.isnan(shown)]
    if not shown.size:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    margin = _MARGIN * (high - low) or max(abs(low), 1.0) * _MARGIN
    return low - margin, high + margin


def _draw_episodes(axes: Axes, values: Array, grid: Array, lane: int, lane_px: float) -> None:
    """The hill or the dots above, the middle half and the median in the strip below."""
    foot = lane + 0.5 - _STRIP
    if values.size <= _FEW_EPISODES:
        height = np.full(values.size, foot - _HILL / 2)
        axes.plot(values, height, "o", color=MUTED, alpha=0.35, markersize=px_to_pt(6), markeredgewidth=0.0)
    else:
        hill = density(values, grid)
        axes.fill_between(
            grid, foot - _HILL * hill, foot, where=hill > 0.0, facecolor=PALE, edgecolor=OUTLINE, linewidth=0.8
        )
    quarter, median, three_quarters = np.percentile(values, [25, 50, 75])
    strip = lane + 0.5 - _STRIP / 2
    thick = px_to_pt(_STRIP * lane_px * 0.5)
    axes.plot([quarter, three_quarters], [strip, strip], color=OUTLINE, linewidth=thick, solid_capstyle="butt")
    axes.plot([median, median], [strip - _STRIP * 0.42, strip + _STRIP * 0.42], solid_capstyle="butt", **_MEDIAN)


def _draw_mean(axes: Axes, mean: float, interval: Sequence[float], lane: int) -> None:
    strip = lane + 0.5 - _STRIP / 2
    axes.plot(interval, [strip, strip], zorder=3.0, solid_capstyle="butt", **_MEAN)
    axes.plot([mean], [strip], "D", zorder=3.0, markersize=px_to_pt(5), color=GRANTED_EDGE, clip_on=False)


def density(values: Array, grid: Array) -> Array:
    """How dense the values lie along an even grid, from 0 to 1; 0 beyond the least and the greatest of them.

    Gaussian kernels of Silverman's width, but at least a cell of the grid.
    """
    cell = grid[1] - grid[0]
    quarter, three_quarters = np.percentile(values, [25, 75])
    spread = min(float(values.std()), (three_quarters - quarter) / 1.34) or float(values.std())
    width = max(0.9 * spread * values.size**-0.2, cell)
    counts = np.histogram(values, np.append(grid - cell / 2, grid[-1] + cell / 2))[0]
    offsets = (np.arange(2 * grid.size - 1) - (grid.size - 1)) * cell
    smooth = np.convolve(counts, np.exp(-0.5 * (offsets / width) ** 2), mode="valid")
    smooth[(grid < values.min() - cell) | (grid > values.max() + cell)] = 0.0
    heights: Array = smooth / smooth.max()
    return heights
