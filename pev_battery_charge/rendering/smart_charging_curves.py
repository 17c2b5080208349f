"""Learning on the smart-charging problem: the returns of a run, and methods against the exact optimum."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.chart import Canvas, add_axes, add_legend, swatch
from pev_battery_charge.rendering.curve_panels import (
    NAMES_PX,
    Name,
    cut_axis,
    draw_lines,
    names_of,
    names_room_px,
    shown_range,
    write_names,
)
from pev_battery_charge.rendering.curves import LearningCurve
from pev_battery_charge.rendering.histograms import elided, write_head
from pev_battery_charge.rendering.layout import LEFT_PX, LINE_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.names import counted
from pev_battery_charge.rendering.smart_charging import MethodCurve, PolicyMap
from pev_battery_charge.rendering.smart_charging_maps import MapScale, add_small_maps, small_maps_height_px
from pev_battery_charge.rendering.smart_charging_words import amount, power_of_ten
from pev_battery_charge.rendering.style import (
    CHARGED,
    GRANTED_EDGE,
    GRID,
    INK,
    MUTED,
    NO_STATION,
    OUTLINE,
    PALE,
    UNMET,
    WIDTH_PX,
    px_to_pt,
    text_width_px,
)

_HEAD_PX, _BOTTOM_PX = 58, 12
_RETURNS_PX, _SHORTFALLS_PX = 230, 300
_BETWEEN_PX = 22
_NAMES_LEAST_PX = 104
_UNIT_RIGHT_PX, _UNIT_DOWN_PX = 40, 4

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

_COLOURS = (GRANTED_EDGE, UNMET, CHARGED, INK, NO_STATION)
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (6, 2, 1.5, 2)), (0, (1.5, 1.5)), (0, (9, 2)), (0, (3, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def draw_returns(title: str, episodes: Array, averages: Array, window: int, optimum: float | None) -> Canvas:
    """A canvas with the running average, `[P]`, after each of so many episodes, `[P]`."""
    most = max(float(np.abs(averages).max()), abs(optimum or 0.0))
    power = 3 * math.floor(math.log10(most) / 3) if most and not 0.01 <= most < 1e5 else 0
    others = {} if optimum is None else {"exact optimum": (optimum / 10.0**power, math.nan, math.nan)}
    none = np.full(episodes.size, math.nan)
    what = f"Mean return of the last {counted(window, 'episode')}" if window > 1 else "Return of each episode"
    curve = LearningCurve(what, episodes, averages / 10.0**power, none, none, others)
    shown = shown_range(curve)
    names = names_of(curve, shown)
    cut = bool(curve.reward.min() < shown[0])
    about = f"a training run of {counted(int(episodes[-1]), 'episode')}"
    canvas = Canvas(WIDTH_PX, _HEAD_PX + TITLE_PX + _RETURNS_PX + TICKS_PX + _BOTTOM_PX)
    write_head(canvas.figure, title, about + ("; lower returns are cut off" if cut else ""))
    room_px = max(names_room_px(names), _NAMES_LEAST_PX)
    box = Box(LEFT_PX, _HEAD_PX + TITLE_PX, WIDTH_PX - LEFT_PX - room_px, _RETURNS_PX)
    axes = add_axes(canvas.figure, box, f"{what}, {power_of_ten(power)}" if power else what)
    axes.set_xlim(0.0, float(episodes[-1]))
    axes.set_ylim(*shown)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(color=GRID, linewidth=0.8)
    _name_episodes(axes, box)
    draw_lines(axes, curve)
    write_names(axes, box, names)
    if cut:
        cut_axis(axes, box)
    return canvas


def draw_comparison(
    optimum: float, unit: str, curves: Sequence[MethodCurve], maps: Sequence[PolicyMap], scale: MapScale
) -> Canvas:
    """A canvas with the curves, and the maps below them."""
    panel_px = max(_SHORTFALLS_PX, LINE_PX * (len(curves) + 1))
    maps_top_px = _HEAD_PX + TITLE_PX + panel_px + TICKS_PX + _BETWEEN_PX
    canvas = Canvas(WIDTH_PX, maps_top_px + small_maps_height_px(len(maps)) + _BOTTOM_PX)
    about = f"expected return of the exact optimum: {amount(optimum, 4)}"
    write_head(canvas.figure, "Learned policies against the exact optimum", about + (f" (in {unit})" if unit else ""))
    means = [np.maximum(curve.shortfall.mean(axis=0), _LEAST) for curve in curves]
    names = _names(curves, means)
    room_px = max(names_room_px(names), _NAMES_LEAST_PX)
    box = Box(LEFT_PX, _HEAD_PX + TITLE_PX, WIDTH_PX - LEFT_PX - room_px, panel_px)
    axes = add_axes(canvas.figure, box, "Behind the optimum, % of its cost")
    tops = [np.fmax(mean, np.nan_to_num(curve.high)).max() for curve, mean in zip(curves, means, strict=True)]
    _add_shortfalls(axes, box, float(max(*tops, 2 * _BOUNDS[-1])))
    zero = _add_episodes(axes, box, curves)
    for number, (curve, mean) in enumerate(zip(curves, means, strict=True)):
        _draw_method(axes, number, np.maximum(curve.episodes, zero), mean, curve)
    write_names(axes, box, names)
    add_legend(axes, box, _handles(curves))
    add_small_maps(canvas.figure, maps_top_px, maps, scale)
    return canvas


def _look(number: int) -> dict[str, Any]:
    """Colour, dashes and marker of a method."""
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _DASHES[number % len(_DASHES)],
        "marker": _MARKERS[number % len(_MARKERS)],
    }


def _names(curves: Sequence[MethodCurve], means: Sequence[Array]) -> list[Name]:
    """What is written beside the lines, from the lowest up."""
    names = []
    for number, (curve, mean) in enumerate(zip(curves, means, strict=True)):
        last = float(mean[-1])
        value = f": {'≤ ' if last == _LEAST else ''}{amount(last, 2)} %"
        text = elided(curve.name, NAMES_PX - text_width_px(value)) + value
        names.append(Name(text, last, _look(number)["color"], below=False))
    return sorted(names, key=lambda name: name.reward)


def _handles(curves: Sequence[MethodCurve]) -> list[Patch | Line2D]:
    seeds = {curve.shortfall.shape[0] for curve in curves}
    text = f"mean of {seeds.pop()} training seeds" if len(seeds) == 1 else "mean of the training seeds"
    if all(curve.shortfall.shape[0] == 1 for curve in curves):
        text = "one training seed"
    handles: list[Patch | Line2D] = [Line2D([], [], color=MUTED, marker="o", markersize=px_to_pt(4), label=text)]
    if any(np.isfinite(curve.low).any() for curve in curves):
        handles.append(swatch("its 95 % interval", PALE, OUTLINE))
    return handles


def _add_shortfalls(axes: Axes, box: Box, most: float) -> None:
    """Per cent from bottom to top on a logarithmic axis, with lines at the bounds."""
    low, high = _LEAST * _BELOW_LEAST, most * _ABOVE_MOST
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    apart = LINE_PX / box.height * math.log10(high / low)
    ticks = {_LEAST: f"{_LEAST:g} %\nor less"} | {bound: f"{bound:g} %" for bound in _BOUNDS}
    for decade in _DECADES:
        if decade <= high and all(abs(math.log10(decade / tick)) >= 0.8 * apart for tick in ticks):
            ticks[decade] = f"{decade:,.0f} %" if decade >= 1.0 else f"{decade:g} %"
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    for tick, label in zip(ticks, axes.get_yticklabels(), strict=True):
        if tick in _BOUNDS:
            label.set_color(INK)
    for bound in _BOUNDS:
        axes.axhline(bound, color=MUTED, linewidth=0.7)


def _add_episodes(axes: Axes, box: Box, curves: Sequence[MethodCurve]) -> float:
    """Episodes from left to right, logarithmic if that shows a curve that is squashed else; returns where 0 stands."""
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    _name_episodes(axes, box)
    everything = np.concatenate([curve.episodes for curve in curves])
    last = float(everything.max()) or 1.0
    if all(np.median(curve.episodes) >= _SQUASHED * last for curve in curves) or not (everything > 0.0).any():
        axes.set_xlim(0.0, last)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        return 0.0
    first = float(everything[everything > 0.0].min())
    decades = math.log10(last / first)
    zero = first
    ticks = {10.0**k: f"{10**k:,}" for k in range(math.ceil(math.log10(first)), math.floor(math.log10(last)) + 1)}
    if (everything == 0.0).any():
        zero = first / 10.0 ** max(_ZERO_LEFT * decades, _ZERO_LEFT_LEAST)
        apart = text_width_px(f"{first:,.0f}") / box.width * math.log10(last / zero)
        ticks = {zero: "0"} | {tick: text for tick, text in ticks.items() if math.log10(tick / zero) >= apart}
    axes.set_xscale("log")
    axes.set_xlim(zero, last)
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    return zero


def _draw_method(axes: Axes, number: int, episodes: Array, mean: Array, curve: MethodCurve) -> None:
    """The mean with its interval, and a thin line on to the name where the method was trained for less long."""
    look = _look(number)
    low, high = np.maximum(curve.low, _LEAST), np.maximum(curve.high, _LEAST)
    axes.fill_between(episodes, low, high, facecolor=look["color"], alpha=0.16, linewidth=0.0)
    every = max(1, round(mean.size / _MANY_LOOKS))
    size: dict[str, Any] = {"linewidth": 1.5, "markersize": px_to_pt(5), "markeredgewidth": 0.0, "markevery": every}
    axes.plot(episodes, mean, clip_on=False, zorder=3.0, **look, **size)
    last = axes.get_xlim()[1]
    if episodes[-1] < last:
        on: dict[str, Any] = {"color": look["color"], "linewidth": 0.6, "linestyle": (0, (1, 3)), "zorder": 2.5}
        axes.plot([episodes[-1], last], [mean[-1], mean[-1]], **on)


def _name_episodes(axes: Axes, box: Box) -> None:
    """What the axis counts, to the right of its last number."""
    place = 1.0 + _UNIT_RIGHT_PX / box.width, -_UNIT_DOWN_PX / box.height
    axes.text(*place, "episodes", transform=axes.transAxes, va="top", color=MUTED, style="italic")
