"""A still of learning curves: how the reward of policies grew while they trained, next to controllers that do not."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, grouped, swatch, write_head
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import BOTTOM_PX, HEAD_PX, LINE_PX, TICKS_PX, TITLE_PX
from pev_battery_charge.rendering.line_names import GAP_PX, LEADER_PX, LineName, box_beside, named, write_names
from pev_battery_charge.rendering.style import px_to_pt

_PANEL_PX, _BETWEEN_PX = 150, 8
_MILLION = 1e6
_POLICY = "policy"
_ABOUT = "mean reward of an episode (all stations and steps), on schedules that were never trained on"
_SHOWN_SPANS = 2.5
"""The axis goes down to this many times the height of what matters: see `shown_range`."""
_MARGIN = 0.05
_TELLING = 200.0
"""Rewards so small a part of the axis apart are still told apart by what is written."""
_FEW_EVALUATIONS = 40

_CURVE: dict[str, Any] = {"color": style.GRANTED_EDGE, "linewidth": 1.5}
_INTERVAL: dict[str, Any] = {"facecolor": style.GRANTED, "alpha": 0.35, "linewidth": 0.0}
_OTHER: dict[str, Any] = {"color": style.INK, "linewidth": 1.0, "linestyle": (0, (5, 2.5))}
_OTHER_INTERVAL: dict[str, Any] = {"facecolor": style.PALE, "alpha": 0.7, "linewidth": 0.0}


@dataclass(frozen=True)
class LearningCurve:
    """How the reward of one policy grew over its training.

    title: what it was trained on.
    agent_steps: how many steps stations had made at each of K evaluations, `[K]`, in rising order.
    reward: the mean over the episodes of each evaluation, `[K]`.
    low, high: both ends of its interval, `[K]`; NaN where there is none.
    others: for each controller to compare with, its mean reward and both ends of its interval, NaN where there is none.
    """

    title: str
    agent_steps: Array
    reward: Array
    low: Array
    high: Array
    others: Mapping[str, tuple[float, float, float]]


def write_learning_curves(curves: Sequence[LearningCurve], path: str | Path) -> None:
    """Write a PNG with a panel for each curve, one below the other.

    What lies far below the last half of a curve and the best of the other controllers is cut off, and told so.

    Raises `InputError` for another ending, and for no curves or a curve without evaluations.
    """
    problems = [] if curves else ["curves: must be at least one"]
    problems += [f"{curve.title}: must have at least one evaluation" for curve in curves if not curve.reward.size]
    write_still(path, problems, lambda: draw_curves(curves))


def draw_curves(curves: Sequence[LearningCurve]) -> Canvas:
    """A canvas with the panels, one below the other."""
    most_names = 2 + max(len(curve.others) for curve in curves)
    panel_px = max(_PANEL_PX, LINE_PX * (most_names + 1))
    row_px = TITLE_PX + panel_px + TICKS_PX + _BETWEEN_PX
    canvas = Canvas(style.WIDTH_PX, HEAD_PX + len(curves) * row_px + BOTTOM_PX)
    write_head(canvas.figure, "Reward over training", _ABOUT)
    add_figure_legend(
        canvas.figure,
        Line2D([], [], label=f"{_POLICY} in training", **_CURVE),
        Line2D([], [], label="other controllers", **_OTHER),
        swatch("95 % intervals of the means", style.PALE, style.OUTLINE),
        down_px=22,
        handlelength=2.0,
    )
    ranges = [shown_range(curve) for curve in curves]
    names = [names_of(curve, shown) for curve, shown in zip(curves, ranges, strict=True)]
    all_names = [name for own in names for name in own]
    for number, (curve, shown, own) in enumerate(zip(curves, ranges, names, strict=True)):
        box = box_beside(all_names, HEAD_PX + number * row_px + TITLE_PX, panel_px)
        plot = Plot(canvas.figure, box, elided(curve.title, box.width, style.TITLE_PT))
        plot.set_xlim(0.0, float(curve.agent_steps[-1]) or _MILLION)
        plot.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
        plot.xaxis.set_major_formatter(lambda value, _: f"{value / _MILLION:.6g}")
        plot.add_unit("agent-steps, millions", LEADER_PX + GAP_PX)
        draw_curve(plot, curve, shown, own, cut=any(name.below for name in own))
    return canvas


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


def draw_curve(
    axes: Plot, curve: LearningCurve, shown: tuple[float, float], names: Sequence[LineName], *, cut: bool
) -> None:
    """A curve with its interval and the others' lines, against rewards from bottom to top; names beside them.

    shown: the least and the greatest reward on the axis, as `shown_range` gives them.
    names: as `names_of` gives them.
    cut: whether there is more below the axis.
    """
    axes.set_ylim(*shown)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(grouped)
    axes.grid()
    for mean, low, high in curve.others.values():
        if not math.isnan(low):
            axes.axhspan(low, high, **_OTHER_INTERVAL)
        axes.axhline(mean, **_OTHER)
    axes.fill_between(curve.agent_steps, curve.low, curve.high, zorder=2.0, **_INTERVAL)
    axes.plot(curve.agent_steps, curve.reward, zorder=3.0, **_CURVE)
    if curve.reward.size <= _FEW_EVALUATIONS:
        seen = curve.reward >= shown[0]  # those at the edges of the axes are drawn whole
        dots: dict[str, Any] = {"marker": "o", "markersize": px_to_pt(5), "linestyle": "", "color": style.GRANTED_EDGE}
        axes.plot(curve.agent_steps[seen], curve.reward[seen], clip_on=False, zorder=3.0, **dots)
    write_names(axes, names)
    if cut:  # two strokes through the foot of the axis, and no number there: it does not show everything
        box, (low, high) = axes.box, shown
        foot = low + (high - low) * LINE_PX / box.height
        axes.set_yticks([tick for tick in axes.get_yticks() if foot < tick <= high])
        for y_px in (4, 8):
            ends = [-5 / box.width, 5 / box.width], [(y_px - 2) / box.height, (y_px + 2) / box.height]
            axes.plot(*ends, transform=axes.transAxes, clip_on=False, color=style.MUTED, linewidth=1.0)


def names_of(curve: LearningCurve, shown: tuple[float, float]) -> list[LineName]:
    """What is written beside the lines, from the lowest up."""
    finest = max(0, math.ceil(-math.log10((shown[1] - shown[0]) / _TELLING)))
    names = []
    ends = [(name, mean, style.INK) for name, (mean, _, _) in curve.others.items()]
    ends.append((_POLICY, float(curve.reward[-1]), style.GRANTED_EDGE))
    if curve.reward[0] < shown[0]:
        ends.append(("at first", float(curve.reward[0]), style.GRANTED_EDGE))
    for name, reward, colour in ends:
        below = reward < shown[0]
        decimals = max(0, 1 - math.floor(math.log10(abs(reward) or 1.0)) if below else finest)
        value = f": {reward:,.{decimals}f}" + (", below" if below else "")
        names.append(LineName(named(name, value), reward, colour, below))
    return sorted(names, key=lambda name: name.end)
