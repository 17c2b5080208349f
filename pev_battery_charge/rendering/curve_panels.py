"""The picture of `write_learning_curves`: a panel for each curve, with names at the right end of its lines."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pev_battery_charge.rendering.chart import Canvas, add_axes, swatch
from pev_battery_charge.rendering.curves import LearningCurve
from pev_battery_charge.rendering.histograms import elided
from pev_battery_charge.rendering.layout import LEFT_PX, LINE_PX, MARGIN_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.style import (
    DPI,
    GRANTED,
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

_HEAD_PX = 58
_PANEL_PX = 150
_BETWEEN_PX = 8
_BOTTOM_PX = 10
_LEADER_PX, _GAP_PX = 22, 4
NAMES_PX = 196
_EDGE_PX = 6

_MILLION = 1e6
_POLICY = "policy"
_SHOWN_SPANS = 2.5
"""The axis goes down to this many times the height of what matters: see `shown_range`."""
_MARGIN = 0.05
_TELLING = 200.0
"""Rewards so small a part of the axis apart are still told apart by what is written."""
_FEW_EVALUATIONS = 40

_CURVE: dict[str, Any] = {"color": GRANTED_EDGE, "linewidth": 1.5}
_INTERVAL: dict[str, Any] = {"facecolor": GRANTED, "alpha": 0.35, "linewidth": 0.0}
_OTHER: dict[str, Any] = {"color": INK, "linewidth": 1.0, "linestyle": (0, (5, 2.5))}
_OTHER_INTERVAL: dict[str, Any] = {"facecolor": PALE, "alpha": 0.7, "linewidth": 0.0}


class Name(NamedTuple):
    """What is written beside a line, at which reward (or other y) the line ends, and whether it lies below the axis."""

    text: str
    reward: float
    colour: str
    below: bool


def draw_curves(curves: Sequence[LearningCurve]) -> Canvas:
    """A canvas with the panels, one below the other."""
    most_names = 2 + max(len(curve.others) for curve in curves)
    panel_px = max(_PANEL_PX, LINE_PX * (most_names + 1))
    row_px = TITLE_PX + panel_px + TICKS_PX + _BETWEEN_PX
    canvas = Canvas(WIDTH_PX, _HEAD_PX + len(curves) * row_px + _BOTTOM_PX)
    _write_head(canvas.figure)
    ranges = [shown_range(curve) for curve in curves]
    names = [names_of(curve, shown) for curve, shown in zip(curves, ranges, strict=True)]
    names_px = max(names_room_px(own) for own in names)
    for number, (curve, shown, own) in enumerate(zip(curves, ranges, names, strict=True)):
        box = Box(LEFT_PX, _HEAD_PX + number * row_px + TITLE_PX, WIDTH_PX - LEFT_PX - names_px, panel_px)
        axes = add_axes(canvas.figure, box, elided(curve.title, box.width, TITLE_PT))
        _add_axes_of(axes, box, curve, shown)
        draw_lines(axes, curve)
        write_names(axes, box, own)
        if any(name.below for name in own):
            cut_axis(axes, box)
    return canvas


def names_room_px(names: Sequence[Name]) -> float:
    """The room that names, their leaders and the margin take right of a plot."""
    longest_px = max(text_width_px(name.text) for name in names)
    return min(longest_px, NAMES_PX) + _LEADER_PX + _GAP_PX + MARGIN_PX


def shown_range(curve: LearningCurve) -> tuple[float, float]:
    """The least and the greatest reward on the axis.

    All of what matters (the second half of the curve, and the best of the others) and all that lies above it. Of what
    lies below, so much that what matters keeps its share of the height.
    """
    late = curve.agent_steps >= curve.agent_steps[-1] / 2.0
    own = [curve.reward, curve.low, curve.high]
    best = max(curve.others.values(), default=())
    everything = np.concatenate([*own, np.ravel(list(curve.others.values()))])
    matters = np.concatenate([*(values[late] for values in own), best])
    greatest = float(np.nanmax(everything))
    span = greatest - float(np.nanmin(matters)) or max(abs(greatest), 1.0) * _MARGIN
    low = float(np.nanmin(everything[everything >= greatest - _SHOWN_SPANS * span]))
    margin = _MARGIN * max(greatest - low, span)
    return low - margin, greatest + margin


def _write_head(figure: Figure) -> None:
    height_px = figure.get_figheight() * DPI
    x = MARGIN_PX / WIDTH_PX
    figure.text(x, 1.0 - 31 / height_px, "Reward over training", size=HEADLINE_PT, weight="bold")
    about = "mean reward of an episode (all stations and steps), on schedules that were never trained on"
    figure.text(x, 1.0 - 49 / height_px, about, color=MUTED)
    handles = [
        Line2D([], [], label=f"{_POLICY} in training", **_CURVE),
        Line2D([], [], label="other controllers", **_OTHER),
        swatch("95 % intervals of the means", PALE, OUTLINE),
    ]
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(1.0 - MARGIN_PX / WIDTH_PX, 1.0 - 22 / height_px),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_PT,
        labelcolor=MUTED,
        borderpad=0.0,
        borderaxespad=0.0,
        columnspacing=1.6,
        handlelength=2.0,
        handletextpad=0.5,
    )


def _add_axes_of(axes: Axes, box: Box, curve: LearningCurve, shown: tuple[float, float]) -> None:
    """Agent-steps from left to right in millions, reward from bottom to top."""
    last = float(curve.agent_steps[-1])
    axes.set_xlim(0.0, last or _MILLION)
    axes.set_ylim(*shown)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / _MILLION:.6g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(color=GRID, linewidth=0.8)
    place = 1.0 + (_LEADER_PX + _GAP_PX) / box.width, -_GAP_PX / box.height
    axes.text(*place, "agent-steps, millions", transform=axes.transAxes, va="top", color=MUTED, style="italic")


def draw_lines(axes: Axes, curve: LearningCurve) -> None:
    """The curve with its interval, and a straight line for each of the others."""
    for mean, low, high in curve.others.values():
        if not math.isnan(low):
            axes.axhspan(low, high, **_OTHER_INTERVAL)
        axes.axhline(mean, **_OTHER)
    axes.fill_between(curve.agent_steps, curve.low, curve.high, zorder=2.0, **_INTERVAL)
    axes.plot(curve.agent_steps, curve.reward, zorder=3.0, **_CURVE)
    if curve.reward.size <= _FEW_EVALUATIONS:
        seen = curve.reward >= axes.get_ylim()[0]  # those at the edges of the axes are drawn whole
        dots: dict[str, Any] = {"marker": "o", "markersize": px_to_pt(5), "linestyle": "", "color": GRANTED_EDGE}
        axes.plot(curve.agent_steps[seen], curve.reward[seen], clip_on=False, zorder=3.0, **dots)


def names_of(curve: LearningCurve, shown: tuple[float, float]) -> list[Name]:
    """What is written beside the lines, from the lowest up."""
    finest = max(0, math.ceil(-math.log10((shown[1] - shown[0]) / _TELLING)))
    names = []
    ends = [(name, mean, INK) for name, (mean, _, _) in curve.others.items()]
    ends.append((_POLICY, float(curve.reward[-1]), GRANTED_EDGE))
    if curve.reward[0] < shown[0]:
        ends.append(("at first", float(curve.reward[0]), GRANTED_EDGE))
    for name, reward, colour in ends:
        below = reward < shown[0]
        decimals = max(0, 1 - math.floor(math.log10(abs(reward) or 1.0)) if below else finest)
        value = f": {reward:,.{decimals}f}" + (", below" if below else "")
        text = elided(name, NAMES_PX - text_width_px(value)) + value
        names.append(Name(text, reward, colour, below))
    return sorted(names, key=lambda name: name.reward)


def write_names(axes: Axes, box: Box, names: Sequence[Name]) -> None:
    """Right of the plot, each with a leader from the end of its line, or an arrow that points down.

    names: from the lowest up.
    """
    least = axes.get_ylim()[0]
    to_share = axes.transScale + axes.transLimits  # also where the axis is not linear
    ends = [box.height * float(to_share.transform((1.0, max(name.reward, least)))[1]) for name in names]
    heights = spread(ends, LINE_PX, _EDGE_PX, box.height)
    leader = _LEADER_PX / box.width
    outside: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
    for name, end, height in zip(names, ends, heights, strict=True):
        y, style = height / box.height, {**outside, "va": "center_baseline", "size": SMALL_PT, "color": name.colour}
        axes.text(1.0 + leader + _GAP_PX / box.width, y, name.text, **style)
        if name.below:
            axes.text(1.0 + leader / 2, y, "↓", ha="center", **style)
            continue
        way = [1.0 + leader / 5, 1.0 + leader / 3, 1.0 + leader], [end / box.height, end / box.height, y]
        axes.plot(*way, color=MUTED if name.colour == INK else name.colour, linewidth=0.7, **outside)


def cut_axis(axes: Axes, box: Box) -> None:
    """Two strokes through the foot of the axis, and no number there: it does not show everything."""
    low, high = axes.get_ylim()
    axes.set_yticks([tick for tick in axes.get_yticks() if low + (high - low) * LINE_PX / box.height < tick <= high])
    for y_px in (4, 8):
        axes.plot(
            [-5 / box.width, 5 / box.width],
            [(y_px - 2) / box.height, (y_px + 2) / box.height],
            transform=axes.transAxes,
            clip_on=False,
            color=MUTED,
            linewidth=1.0,
        )


def spread(places: Sequence[float], apart: float, least: float, most: float) -> list[float]:
    """Places as near as can be to the given ones (in rising order), at least `apart` from each other.

    They lie between `least` and `most` if there is room for all of them.
    """
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  slow to import

    offsets = apart * np.arange(len(places))
    firsts = np.minimum(isotonic_regression(np.asarray(places) - offsets).x, most - offsets[-1])
    spread_places: list[float] = (np.maximum(firsts, least) + offsets).tolist()
    return spread_places
