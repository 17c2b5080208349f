"""The picture of `write_distributions`: panels side by side, in each a row for each controller."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.chart import Canvas, add_axes, swatch
from pev_battery_charge.rendering.distributions import Distribution
from pev_battery_charge.rendering.layout import MARGIN_PX, RIGHT_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.style import (
    DPI,
    GRANTED_EDGE,
    GRID,
    HEADLINE_PT,
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

_COLUMNS = 2
_NAMES_PX = 142
_MEANS_PX = 52
_BETWEEN_PX = 20
_HEAD_PX = 58
_LEGEND_PX = 18
_BOTTOM_PX = 10
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


def draw_histograms(title: str, about: str, distributions: Sequence[Distribution]) -> Canvas:
    """A canvas with the panels, two in a row."""
    names = list(distributions[0].values)
    lane_px = min(max(_LANES_PX // len(names), _LANE_MIN_PX), _LANE_MAX_PX)
    panel_px = lane_px * len(names)
    row_px = TITLE_PX + panel_px + TICKS_PX
    num_rows = -(-len(distributions) // _COLUMNS)
    canvas = Canvas(WIDTH_PX, _HEAD_PX + _LEGEND_PX + num_rows * row_px + _BOTTOM_PX)
    figure = canvas.figure
    write_head(figure, title, about)
    _add_legend(figure, few=_most_episodes(distributions) <= _FEW_EPISODES)
    room_px = WIDTH_PX - _NAMES_PX - RIGHT_PX - (_COLUMNS - 1) * _BETWEEN_PX
    column_px = room_px / _COLUMNS
    for number, distribution in enumerate(distributions):
        row, column = divmod(number, _COLUMNS)
        left = _NAMES_PX + column * (column_px + _BETWEEN_PX)
        top = _HEAD_PX + _LEGEND_PX + row * row_px + TITLE_PX
        box = Box(left, top, column_px - _MEANS_PX, panel_px)
        heading = elided(distribution.title, column_px - text_width_px(_MORE) - _GAP_PX, TITLE_PT)
        axes = add_axes(figure, box, heading)
        _draw_panel(axes, distribution, names, box)
        if column == 0:
            axes.set_yticks(range(len(names)), lane_names(names, _NAMES_PX - MARGIN_PX))
            axes.tick_params(axis="y", labelcolor=INK)
    return canvas


def _most_episodes(distributions: Sequence[Distribution]) -> int:
    return max(values.size for one in distributions for values in one.values.values())


def write_head(figure: Figure, title: str, about: str, beside_px: float = MARGIN_PX) -> None:
    """The head's two lines; `beside_px` is left free to the right of the title."""
    height_px = figure.get_figheight() * DPI
    x = MARGIN_PX / WIDTH_PX
    shown = elided(title, WIDTH_PX - MARGIN_PX - beside_px, HEADLINE_PT)
    figure.text(x, 1.0 - 31 / height_px, shown, size=HEADLINE_PT, weight="bold")
    figure.text(x, 1.0 - 49 / height_px, elided(about, WIDTH_PX - 2 * MARGIN_PX), color=MUTED)


def _add_legend(figure: Figure, *, few: bool) -> None:
    dot = Line2D([], [], color=OUTLINE, marker="o", markersize=px_to_pt(5), linestyle="", label="an episode")
    mean = Line2D([], [], marker="D", markersize=px_to_pt(5), label="mean, 95 % interval", **_MEAN)
    handles: list[Patch | Line2D] = [
        dot if few else swatch("episodes", PALE, OUTLINE),
        Line2D([], [], color=OUTLINE, linewidth=px_to_pt(5), solid_capstyle="butt", label="middle half of them"),
        Line2D(
            [], [], marker="|", markersize=px_to_pt(9), linestyle="", markeredgewidth=1.6, color=INK, label="median"
        ),
        mean,
    ]
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(1.0 - RIGHT_PX / WIDTH_PX, 1.0 - (_HEAD_PX - 2) / (figure.get_figheight() * DPI)),
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


def _draw_panel(axes: Axes, distribution: Distribution, names: Sequence[str], box: Box) -> None:
    low, high = _range(distribution)
    axes.set_xlim(low, high)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.hlines(np.arange(1, len(names)) - 0.5, low, high, color=GRID, linewidth=0.8)
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


def lane_names(names: Sequence[str], room_px: float) -> list[str]:
    """The names in at most two lines each; with numbers in front where eliding has left some of them alike."""
    fitted = [_two_lines(name, room_px) for name in names]
    return [
        text if fitted.count(text) == 1 else _two_lines(f"{number}. {name}", room_px)
        for number, (name, text) in enumerate(zip(names, fitted, strict=True), start=1)
    ]


def _two_lines(name: str, room_px: float) -> str:
    if text_width_px(name) <= room_px:
        return name
    most = int(room_px / text_width_px("m"))
    ends = [place for place in range(most // 2, most + 1) if name[place - 1] in " -_,/"]
    cut = ends[-1] if ends else most
    return f"{name[:cut].strip()}\n{elided(name[cut:].strip(), room_px)}"


def elided(name: str, room_px: float, size_pt: float = SMALL_PT) -> str:
    """The name, or its beginning and end, so that it fits."""
    if text_width_px(name, size_pt) <= room_px:
        return name
    most = int(room_px / text_width_px("m", size_pt)) - 1
    head = (most + 1) // 2
    return f"{name[:head]}…{name[len(name) - (most - head) :]}"
