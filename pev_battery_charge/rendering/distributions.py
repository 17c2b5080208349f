"""A still that compares controllers: for each figure, how it is distributed over the episodes of each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, grouped, swatch, write_head
from pev_battery_charge.rendering.lanes import add_lanes, lane_names
from pev_battery_charge.rendering.layout import HEAD_PX, RIGHT_PX
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.style import GRANTED_EDGE, INK, MUTED, OUTLINE, PALE, PAPER, px_to_pt

_MEANS_PX, _LEGEND_PX = 52, 18
_LANES_PX, _LANE_MIN_PX, _LANE_MAX_PX = 200, 22, 34

_HILL, _STRIP = 0.54, 0.34
"""How much of a lane the hill of episodes takes, and how high the strip with mean and median stands."""

_BETTER = {"more": "better →", "less": "← better"}
_GAP_PX = 6
_FEW_EPISODES = 30
_MARGIN = 0.03
_SHOWN_SPANS, _OTHERS = 2.5, 2
"""A controller is cut off that makes the axis so many times as long as the others need, if there are so many others."""
_FOUR_DIGITS = 1e4
_ON_PAPER = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
_MEDIAN: dict[str, Any] = {"color": INK, "linewidth": 1.6}
_MEAN: dict[str, Any] = {"color": GRANTED_EDGE, "linewidth": 1.4, "marker": "D", "markersize": px_to_pt(5)}


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
    the mean with its interval, and the mean in figures. What one controller has far away from all others, so that these
    would be squeezed together, is cut off: an arrow shows where it lies.

    title, about: the head's two lines.
    distributions: all with the same controllers.

    Raises `InputError` for another ending, and for nothing to show.
    """
    told = distributions and distributions[0].values
    problems = [] if told else ["distributions: must be at least one figure of at least one controller"]
    write_still(path, problems, lambda: draw_distributions(title, about, distributions))


def draw_distributions(title: str, about: str, distributions: Sequence[Distribution]) -> Canvas:
    """A canvas with the panels, two in a row."""
    names = list(distributions[0].values)
    canvas, plots = add_lanes(
        lane_names(names),
        [one.title for one in distributions],
        columns=2,
        lane_px=min(max(_LANES_PX // len(names), _LANE_MIN_PX), _LANE_MAX_PX),
        top_px=HEAD_PX + _LEGEND_PX,
        between_px=20,
        beside_px=_MEANS_PX,
        beside_title_px=text_width_px(_BETTER["more"]) + _GAP_PX,
    )
    write_head(canvas.figure, title, about)
    few = all(values.size <= _FEW_EPISODES for one in distributions for values in one.values.values())
    dot = Line2D([], [], color=OUTLINE, marker="o", markersize=px_to_pt(5), linestyle="", label="an episode")
    bar: dict[str, Any] = {"marker": "|", "markersize": px_to_pt(9), "markeredgewidth": 1.6, "linestyle": ""}
    add_figure_legend(
        canvas.figure,
        dot if few else swatch("episodes", PALE, OUTLINE),
        Line2D([], [], color=OUTLINE, linewidth=px_to_pt(5), solid_capstyle="butt", label="middle half of them"),
        Line2D([], [], color=INK, label="median", **bar),
        Line2D([], [], label="mean, 95 % interval", **_MEAN),
        down_px=HEAD_PX - 2,
        right_px=RIGHT_PX,
    )
    for plot, distribution in zip(plots, distributions, strict=True):
        _draw_panel(plot, distribution)
    return canvas


def _draw_panel(axes: Plot, distribution: Distribution) -> None:
    box, names = axes.box, list(distribution.values)
    low, high = shown_range(distribution)
    axes.set_xlim(low, high)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(grouped)
    _mark_cut_ends(axes, distribution)
    grid = np.linspace(low, high, 400)
    seen = (mean for mean, _, _ in distribution.means.values() if low <= mean <= high)
    largest = max((abs(mean) for mean in seen if mean), default=1.0)
    decimals = min(max(3 - math.floor(math.log10(largest)), 0), 3) if largest > 0.0 else 0  # about four digits
    for lane, name in enumerate(names):
        values = distribution.values[name]
        values = values[~np.isnan(values)]
        if values.size:
            _draw_episodes(axes, values, grid, lane, box.height / len(names))
            _tell_hidden(axes, values, (1.0 - (lane + 0.45) / len(names)) * box.height)
        mean, *interval = distribution.means[name]
        if not np.isnan(mean):
            strip = lane + 0.5 - _STRIP / 2
            axes.plot(interval, [strip, strip], zorder=3.0, solid_capstyle="butt", **_MEAN | {"marker": ""})
            if low <= mean <= high:
                axes.plot([mean], [strip], zorder=3.0, clip_on=False, **_MEAN)
            y_px = (1.0 - (lane + 0.5) / len(names)) * box.height
            axes.add_note(box.width + _GAP_PX, y_px, f"{mean:,.{decimals}f}", va="center_baseline", color=GRANTED_EDGE)
    if distribution.better is not None:
        place = box.width + _MEANS_PX, box.height + _GAP_PX + 1
        axes.add_note(*place, _BETTER[distribution.better], ha="right", va="bottom", color=MUTED)


def shown_range(distribution: Distribution) -> tuple[float, float]:
    """From the least to the most on the axis, with a margin: of all controllers but those that are cut off."""
    spans = [span for span in map(_span, *_values_and_means(distribution)) if span is not None]
    if not spans:
        return 0.0, 1.0
    while len(spans) > _OTHERS:
        without = [spans[:number] + spans[number + 1 :] for number in range(len(spans))]
        others = min(without, key=_length)
        if not 0.0 < _SHOWN_SPANS * _length(others) < _length(spans):
            break
        spans = others
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    margin = _MARGIN * (high - low) or max(abs(low), 1.0) * _MARGIN
    return low - margin, high + margin


def _values_and_means(distribution: Distribution) -> tuple[list[Array], list[tuple[float, float, float]]]:
    nothing = (math.nan,) * 3
    names = dict.fromkeys([*distribution.values, *distribution.means])
    values = [distribution.values.get(name, np.empty(0)) for name in names]
    return values, [distribution.means.get(name, nothing) for name in names]


def _span(values: Array, mean: tuple[float, float, float]) -> tuple[float, float] | None:
    """From the least to the most of a controller; None where it has nothing."""
    own = np.concatenate([values, mean])
    return None if np.isnan(own).all() else (float(np.nanmin(own)), float(np.nanmax(own)))


def _length(spans: Sequence[tuple[float, float]]) -> float:
    return max(high for _, high in spans) - min(low for low, _ in spans)


def _mark_cut_ends(axes: Plot, distribution: Distribution) -> None:
    """Two strokes through each end of the axis beyond which there is more."""
    (low, high), box = axes.get_xlim(), axes.box
    everything = np.concatenate([*distribution.values.values(), *distribution.means.values()])
    for is_cut, end_px, inwards in ((everything < low, 0.0, 1.0), (everything > high, box.width, -1.0)):
        for place_px in (4.0, 8.0) if is_cut.any() else ():
            x_px = end_px + inwards * place_px
            ends = [(x_px - 2) / box.width, (x_px + 2) / box.width], [-5 / box.height, 5 / box.height]
            axes.plot(*ends, transform=axes.transAxes, clip_on=False, color=MUTED, linewidth=1.0)


def _tell_hidden(axes: Plot, values: Array, y_px: float) -> None:
    """An arrow to the episodes of a controller that are cut off, and from where to where they lie."""
    low, high = axes.get_xlim()
    style: dict[str, Any] = {"va": "center_baseline", "color": MUTED, "bbox": _ON_PAPER, "zorder": 4.0}
    for hidden, x_px, side, arrow in (
        (values[values < low], float(_GAP_PX), "left", "← {}"),
        (values[values > high], axes.box.width - _GAP_PX, "right", "{} →"),
    ):
        if hidden.size:
            ends = [f"{end:,.4g}" if abs(end) < _FOUR_DIGITS else f"{end:,.0f}" for end in (hidden.min(), hidden.max())]
            told = " to ".join(dict.fromkeys(ends))
            axes.add_note(x_px, y_px, arrow.format(told), ha=side, **style)


def _draw_episodes(axes: Axes, values: Array, grid: Array, lane: int, lane_px: float) -> None:
    """The hill or the dots above, the middle half and the median in the strip below."""
    foot = lane + 0.5 - _STRIP
    if values.size <= _FEW_EPISODES:
        height = np.full(values.size, foot - _HILL / 2)
        axes.plot(values, height, "o", color=MUTED, alpha=0.35, markersize=px_to_pt(6), markeredgewidth=0.0)
    else:
        seen = values[(values >= grid[0]) & (values <= grid[-1])]
        hill = density(seen, grid) if seen.size else np.zeros(grid.size)
        look: dict[str, Any] = {"facecolor": PALE, "edgecolor": OUTLINE, "linewidth": 0.8}
        axes.fill_between(grid, foot - _HILL * hill, foot, where=hill > 0.0, **look)
    quarter, median, three_quarters = np.percentile(values, [25, 50, 75])
    strip = lane + 0.5 - _STRIP / 2
    thick = px_to_pt(_STRIP * lane_px * 0.5)
    axes.plot([quarter, three_quarters], [strip, strip], color=OUTLINE, linewidth=thick, solid_capstyle="butt")
    axes.plot([median, median], [strip - _STRIP * 0.42, strip + _STRIP * 0.42], solid_capstyle="butt", **_MEDIAN)


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
    return np.asarray(smooth / smooth.max())
