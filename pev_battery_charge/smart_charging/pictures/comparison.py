"""Learning methods on the smart-charging problem against the exact optimum: curves, and policies as small maps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, swatch, write_head
from pev_battery_charge.rendering.layout import HEAD_PX, LINE_PX, TICKS_PX, TITLE_PX
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.line_names import LineName, box_beside, named, write_names
from pev_battery_charge.rendering.style import px_to_pt
from pev_battery_charge.smart_charging.pictures.maps import (
    MapScale,
    PolicyMap,
    add_small_maps,
    map_problems,
    small_maps_height_px,
)
from pev_battery_charge.smart_charging.pictures.returns import NAMES_LEAST_PX, add_episodes
from pev_battery_charge.smart_charging.pictures.words import amount

_SHORTFALLS_PX, _BETWEEN_PX, _BOTTOM_PX = 300, 22, 12

_LEAST = 0.01
"""Shortfalls at and below, in %, are drawn here."""
_BELOW_LEAST, _ABOVE_MOST = 0.6, 1.5
_BOUNDS = (2.0, 5.0)
_DECADES = tuple(10.0**power for power in range(-1, 6))  # wider labels have no room
_SQUASHED = 0.1
"""A method half of whose looks lie in so small a part of a linear axis cannot be seen there."""
_ZERO_LEFT, _ZERO_LEFT_LEAST = 0.08, 0.15
"""How far left of the first look the axis says 0: as a part of its decades, and in decades."""
_MANY_LOOKS = 40

_COLOURS = (style.GRANTED_EDGE, style.UNMET, style.CHARGED, style.INK, style.NO_STATION)
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (6, 2, 1.5, 2)), (0, (1.5, 1.5)), (0, (9, 2)), (0, (3, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True)
class MethodCurve:
    """How near a learning method came to the exact optimum over its training.

    name: of the method.
    episodes: played at each of P looks, `[P]`, rising; the first may be 0.
    shortfall: how far the greedy policy's exact expected return stays behind the optimum, in % of the optimum's cost,
        for each of S training seeds, `[S, P]`; never negative.
    low, high: both ends of a 95 % interval of the mean over the seeds, in %, `[P]`; NaN where there is none.
    """

    name: str
    episodes: Array
    shortfall: Array
    low: Array
    high: Array


def write_comparison(
    path: str | Path,
    *,
    optimum: float,
    curves: Sequence[MethodCurve],
    maps: Sequence[PolicyMap],
    scale: MapScale,
    unit: str = "",
) -> None:
    """Write a PNG with the learning curves of methods against the exact optimum, and below them small policy maps.

    optimum: the expected return of the exact optimum; it is given in words.
    curves: in the order of their colours.
    maps: first the exact optimum's, then one for each method; all with the same number of slots.
    scale: of all maps.
    unit: what a cost of 1 is, such as "full slots at 22 kW"; empty for raw costs.

    Raises `InputError` for another ending, for nothing to show, and for curves or maps whose shapes do not fit.
    """
    problems = [f"{what}: must be at least one" for what, given in (("curves", curves), ("maps", maps)) if not given]
    problems += [problem for curve in curves for problem in _curve_problems(curve)]
    problems += [problem for one in maps for problem in map_problems(f"map of {one.title}", one.actions, scale)]
    if len({one.actions.shape[:1] for one in maps}) > 1:
        problems.append("maps: must all have the same number of slots")
    write_still(path, problems, lambda: draw_comparison(optimum, unit, curves, maps, scale))


def _curve_problems(curve: MethodCurve) -> list[str]:
    looks = curve.episodes.shape
    if len(looks) != 1 or not curve.episodes.size:
        return [f"{curve.name}: must have at least one look"]
    if curve.shortfall.ndim != 2 or not curve.shortfall.size or curve.shortfall.shape[1:] != looks:
        return [f"{curve.name}: shortfall must be [S, {looks[0]}] (it is {list(curve.shortfall.shape)})"]
    if not np.isfinite(curve.shortfall).all() or curve.shortfall.min() < 0.0:
        return [f"{curve.name}: shortfall must be finite and never negative"]
    if curve.low.shape != looks or curve.high.shape != looks:
        return [f"{curve.name}: low and high must have {looks[0]} values each"]
    return []


def draw_comparison(
    optimum: float, unit: str, curves: Sequence[MethodCurve], maps: Sequence[PolicyMap], scale: MapScale
) -> Canvas:
    """A canvas with the curves, and the maps below them."""
    panel_px = max(_SHORTFALLS_PX, LINE_PX * (len(curves) + 1))
    maps_top_px = HEAD_PX + TITLE_PX + panel_px + TICKS_PX + _BETWEEN_PX
    canvas = Canvas(style.WIDTH_PX, maps_top_px + small_maps_height_px(len(maps)) + _BOTTOM_PX)
    about = f"expected return of the exact optimum: {amount(optimum, 4)}"
    write_head(canvas.figure, "Learned policies against the exact optimum", about + (f" (in {unit})" if unit else ""))
    means = [np.maximum(curve.shortfall.mean(axis=0), _LEAST) for curve in curves]
    names = []
    for curve, mean, colour in zip(curves, means, cycle(_COLOURS)):
        last = float(mean[-1])
        value = f": {'≤ ' if last == _LEAST else ''}{amount(last, 2)} %"
        names.append(LineName(named(curve.name, value), last, colour))
    names.sort(key=lambda name: name.end)
    box = box_beside(names, HEAD_PX + TITLE_PX, panel_px, NAMES_LEAST_PX)
    plot = Plot(canvas.figure, box, "Behind the optimum, % of its cost")
    tops = [np.fmax(mean, np.nan_to_num(curve.high)).max() for curve, mean in zip(curves, means, strict=True)]
    _add_shortfalls(plot, float(max(*tops, 2 * _BOUNDS[-1])))
    zero = _add_episodes(plot, curves)
    for number, (curve, mean) in enumerate(zip(curves, means, strict=True)):
        _draw_method(plot, number, np.maximum(curve.episodes, zero), mean, curve)
    write_names(plot, names)
    seeds = sorted({curve.shortfall.shape[0] for curve in curves})
    text = f"mean of {seeds[0]} training seeds" if len(seeds) == 1 else "mean of the training seeds"
    text = "one training seed" if seeds == [1] else text
    handles: list[Patch | Line2D] = [Line2D([], [], color=style.MUTED, marker="o", markersize=px_to_pt(4), label=text)]
    if any(np.isfinite(curve.low).any() for curve in curves):
        handles.append(swatch("its 95 % interval", style.PALE, style.OUTLINE))
    plot.add_legend(*handles)
    add_small_maps(canvas.figure, maps_top_px, maps, scale)
    return canvas


def _add_shortfalls(axes: Plot, most: float) -> None:
    """Per cent from bottom to top on a logarithmic axis, with lines at the bounds."""
    low, high = _LEAST * _BELOW_LEAST, most * _ABOVE_MOST
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    apart = LINE_PX / axes.box.height * math.log10(high / low)
    ticks = {_LEAST: f"{_LEAST:g} %\nor less"} | {bound: f"{bound:g} %" for bound in _BOUNDS}
    for decade in _DECADES:
        if decade <= high and all(abs(math.log10(decade / tick)) >= 0.8 * apart for tick in ticks):
            ticks[decade] = f"{decade:,.0f} %" if decade >= 1.0 else f"{decade:g} %"
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid()
    for tick, label in zip(ticks, axes.get_yticklabels(), strict=True):
        if tick in _BOUNDS:
            label.set_color(style.INK)
            axes.axhline(tick, color=style.MUTED, linewidth=0.7)


def _add_episodes(axes: Plot, curves: Sequence[MethodCurve]) -> float:
    """Episodes from left to right, logarithmic if that shows a curve that is squashed else; returns where 0 stands."""
    everything = np.concatenate([curve.episodes for curve in curves])
    last = float(everything.max()) or 1.0
    add_episodes(axes, last)
    if all(np.median(curve.episodes) >= _SQUASHED * last for curve in curves) or not (everything > 0.0).any():
        return 0.0
    first = float(everything[everything > 0.0].min())
    zero = first
    ticks = {10.0**k: f"{10**k:,}" for k in range(math.ceil(math.log10(first)), math.floor(math.log10(last)) + 1)}
    if (everything == 0.0).any():
        zero = first / 10.0 ** max(_ZERO_LEFT * math.log10(last / first), _ZERO_LEFT_LEAST)
        apart = text_width_px(f"{first:,.0f}") / axes.box.width * math.log10(last / zero)
        ticks = {zero: "0"} | {tick: text for tick, text in ticks.items() if math.log10(tick / zero) >= apart}
    axes.set_xscale("log")
    axes.set_xlim(zero, last)
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    return zero


def _draw_method(axes: Axes, number: int, episodes: Array, mean: Array, curve: MethodCurve) -> None:
    """The mean with its interval, and a thin line on to the name where the method was trained for less long."""
    colour, dashes, marker = (looks[number % len(looks)] for looks in (_COLOURS, _DASHES, _MARKERS))
    low, high = np.maximum(curve.low, _LEAST), np.maximum(curve.high, _LEAST)
    axes.fill_between(episodes, low, high, facecolor=colour, alpha=0.16, linewidth=0.0)
    every = max(1, round(mean.size / _MANY_LOOKS))
    look: dict[str, Any] = {"color": colour, "linestyle": dashes, "marker": marker, "markevery": every}
    axes.plot(episodes, mean, clip_on=False, zorder=3.0, markersize=px_to_pt(5), markeredgewidth=0.0, **look)
    last = axes.get_xlim()[1]
    if episodes[-1] < last:
        on: dict[str, Any] = {"linewidth": 0.6, "linestyle": (0, (1, 3)), "zorder": 2.5}
        axes.plot([episodes[-1], last], [mean[-1], mean[-1]], color=colour, **on)
