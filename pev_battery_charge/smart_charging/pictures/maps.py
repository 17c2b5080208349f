"""Policies of the smart-charging problem as heat maps: the rate chosen, by time and energy in the battery."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, swatch, write_head
from pev_battery_charge.rendering.labels import elided, spaced_to_fit
from pev_battery_charge.rendering.layout import LEFT_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.style import px_to_pt, red_green_blue
from pev_battery_charge.smart_charging.pictures.words import clock_text, edge_ticks, rate_colours

_HEAD_PX, _BOTTOM_PX = 56, 12
_RIGHT_PX = 28
"""Half of the last clock time may stand beyond the plot."""
_PLOT_PX, _PLOT_LEAST_PX, _PLOT_MOST_PX = 300, 240, 380
_TITLE = "Energy in the battery, kWh"
_SWATCH_PX, _APART_PX = 26, 20
_LINED_PX = 10
"""Slots of this width and wider are set apart by lines."""
_COLUMNS = 5
_BETWEEN_PX = 14
_SMALL_PX = 144
_SECTION_PX = 12
"""Between the title of all small maps and the titles of each."""


@dataclass(frozen=True)
class MapScale:
    """What the rows, columns and numbers of policies mean.

    rates_kw: the power of each action, rising.
    energies_kwh: evenly spaced, rising, `[K + 1]`; a cell is centred on each.
    slot_minutes: length of a slot.
    start_min: when the first slot begins, in minutes after midnight.
    """

    rates_kw: Sequence[float]
    energies_kwh: Array
    slot_minutes: float
    start_min: float


@dataclass(frozen=True)
class PolicyMap:
    """A policy to show small.

    title: whose it is.
    actions: the number of the rate chosen in each of T slots at each of K + 1 energies, `[T, K + 1]`.
    """

    title: str
    actions: Integers


def write_policy_map(title: str, about: str, path: str | Path, *, actions: Integers, scale: MapScale) -> None:
    """Write a PNG with the rate that a policy chooses, by time (a column for each slot) and energy in the battery.

    title, about: the head's two lines.
    actions: the number of the rate chosen in each of T slots at each of K + 1 energies, `[T, K + 1]`.

    Raises `InputError` for another ending, and for actions that do not fit the rates or energies.
    """
    problems = map_problems("actions", actions, scale)
    write_still(path, problems, lambda: draw_policy_map(title, about, actions, scale))


def map_problems(name: str, actions: Integers, scale: MapScale) -> list[str]:
    """What does not fit in a policy."""
    num_energies, num_rates = scale.energies_kwh.size, len(scale.rates_kw)
    if actions.ndim != 2 or not actions.size or actions.shape[1] != num_energies:
        return [f"{name}: must be [T, {num_energies}], an energy a column (it is {list(actions.shape)})"]
    if actions.min() < 0 or actions.max() >= num_rates:
        return [f"{name}: must be numbers of the {num_rates} rates, from 0"]
    return []


def draw_policy_map(title: str, about: str, actions: Integers, scale: MapScale) -> Canvas:
    """A canvas with one map."""
    num_slots, levels = actions.shape
    width_px = style.WIDTH_PX - LEFT_PX - _RIGHT_PX
    height_px = levels * max(round(_PLOT_PX / levels), 1)  # each energy takes a whole number of pixels, where it can
    height_px = height_px if _PLOT_LEAST_PX <= height_px <= _PLOT_MOST_PX else _PLOT_PX
    box = Box(LEFT_PX, _HEAD_PX + TITLE_PX, _whole(width_px, num_slots), height_px)
    canvas = Canvas(style.WIDTH_PX, round(box.bottom) + TICKS_PX + _BOTTOM_PX)
    write_head(canvas.figure, title, about)
    plot = _add_map(canvas.figure, box, _TITLE, actions, scale)
    _add_rates(plot, scale, _TITLE)
    ticks = edge_ticks(scale.start_min, scale.slot_minutes, num_slots, box.width / num_slots)
    plot.set_xticks([edge for edge, _ in ticks], [label for _, label in ticks])
    plot.name_row("time")
    return canvas


def small_maps_height_px(count: int) -> int:
    """The room that so many small maps take."""
    return TITLE_PX + _SECTION_PX + -(-count // _COLUMNS) * (TITLE_PX + _SMALL_PX + TICKS_PX) - TITLE_PX // 2


def add_small_maps(figure: Figure, top_px: float, maps: Sequence[PolicyMap], scale: MapScale) -> None:
    """Maps side by side from `top_px` on, under one title with the colours of the rates."""
    column_px = (style.WIDTH_PX - LEFT_PX - _RIGHT_PX - (_COLUMNS - 1) * _BETWEEN_PX) // _COLUMNS
    last_px = _whole(column_px, maps[0].actions.shape[0])
    section = Box(LEFT_PX, top_px + TITLE_PX, (_COLUMNS - 1) * (column_px + _BETWEEN_PX) + last_px, 1.0)
    title = f"Rate chosen, by time and {_TITLE[0].lower()}{_TITLE[1:]}"
    heading = Plot(figure, section, title)
    heading.set_axis_off()
    _add_rates(heading, scale, title)
    for number, one in enumerate(maps):
        row, column = divmod(number, _COLUMNS)
        left = LEFT_PX + column * (column_px + _BETWEEN_PX)
        top = section.top + _SECTION_PX + TITLE_PX // 2 + row * (TITLE_PX + _SMALL_PX + TICKS_PX)
        num_slots = one.actions.shape[0]
        box = Box(left, top, _whole(column_px, num_slots), _SMALL_PX)
        plot = _add_map(figure, box, elided(one.title, column_px, style.TITLE_PT), one.actions, scale)
        plot.texts[0].set_fontweight("normal")
        _add_few_times(plot, num_slots, scale)
        if column:
            plot.tick_params(axis="y", labelleft=False)
        elif row == 0:
            plot.name_row("time")


def _whole(room_px: float, parts: int) -> float:
    """The width nearest below the room that gives each part a whole number of pixels, if it gives them any."""
    return float(room_px // parts * parts or room_px)


def _add_map(figure: Figure, box: Box, title: str, actions: Integers, scale: MapScale) -> Plot:
    """A plot with a cell for each slot and energy, time from left to right in slots."""
    num_slots, levels = actions.shape
    energies = scale.energies_kwh
    half = (energies[1] - energies[0]) / 2 if levels > 1 else 0.5
    axes = Plot(figure, box, title)
    axes.spines[["left", "bottom"]].set_visible(False)  # they would lie on the outermost cells
    colours = np.array([red_green_blue(colour) for colour in rate_colours(scale.rates_kw)], np.uint8)
    extent = (0.0, float(num_slots), float(energies[0] - half), float(energies[-1] + half))
    axes.imshow(colours[actions.T], origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    axes.locator_params(axis="y", nbins=8 if box.height > _SMALL_PX else 5)
    if levels == 1:
        axes.set_yticks(energies.tolist())
    if box.width / num_slots >= _LINED_PX:
        axes.vlines(np.arange(1, num_slots), *extent[2:], color=style.PAPER, linewidth=px_to_pt(1))
    axes.set_ylim(*extent[2:])
    return axes


def _add_rates(axes: Plot, scale: MapScale, title: str) -> None:
    """The colours of the rates, above the plot and right of its title; of many rates, evenly so many as fit."""
    names = [f"{rate:g}" for rate in scale.rates_kw]
    names[-1] += " kW"
    room_px = axes.box.width - text_width_px(title, style.TITLE_PT) - _APART_PX
    colours = rate_colours(scale.rates_kw)
    shown = spaced_to_fit(names, room_px, _SWATCH_PX)
    axes.add_legend(*(swatch(names[k], colours[k], style.OUTLINE) for k in shown))


def _add_few_times(axes: Plot, num_slots: int, scale: MapScale) -> None:
    """When the first slot begins, when the last ends, and the middle where there is room; no label leaves the plot."""
    edges = [0, num_slots // 2, num_slots] if num_slots % 2 == 0 else [0, num_slots]
    texts = [clock_text(scale.start_min + edge * scale.slot_minutes) for edge in edges]
    if sum(text_width_px(text) for text in texts) > axes.box.width:
        edges, texts = [edges[0], edges[-1]], [texts[0], texts[-1]]
    axes.set_xticks(edges, texts)
    sides: dict[int, Any] = {0: "left", num_slots: "right"}
    for edge, label in zip(edges, axes.get_xticklabels(), strict=True):
        label.set_horizontalalignment(sides.get(edge, "center"))
