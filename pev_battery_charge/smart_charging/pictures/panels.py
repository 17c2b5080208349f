"""The panels of a moment of the smart-charging problem: energy against demand, and slots."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.canvas import size_px
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, swatch
from pev_battery_charge.rendering.layout import MARGIN_PX, Box
from pev_battery_charge.rendering.style import (
    CHARGED,
    CHARGED_LEFT,
    INK,
    MISSING,
    MUTED,
    OUTLINE,
    PAPER,
    SMALL_PT,
    UNMET,
    px_to_pt,
    text_width_px,
)
from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment
from pev_battery_charge.smart_charging.pictures.words import clock_text, edge_ticks, ink_on, rate_colours, spaced_to_fit

_BATTERY_PX, _BESIDE_PX, _BELL_PX, _HILL_PX = 46, 16, 92, 84
_DEVIATIONS = 3.5
"""The bell curve is shown this many standard deviations to both sides of its mean."""
_ABOVE = 1.04
_FEW_SLOTS = 24
_SWATCH_PX, _LEGEND_DOWN_PX = 26, 5
_LEVEL: dict[str, Any] = {"color": CHARGED, "linewidth": 1.8, "solid_capstyle": "round"}
_SMALL: dict[str, Any] = {"size": SMALL_PT, "va": "center_baseline"}


def energy_top_kwh(moment: TaxiMoment) -> float:
    """The greatest energy on the axis: the capacity, and any demand that is likely or drawn."""
    likely = moment.demand_mean_kwh + _DEVIATIONS * moment.demand_std_kwh
    return _ABOVE * max(moment.capacity_kwh, likely, moment.demand_kwh or 0.0)


class EnergyPanel:
    """Along one energy axis: the battery, its energy over time, and the demand at departure.

    times: where the slots lie, from the first to departure.
    """

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        first_px = _BATTERY_PX + _BESIDE_PX
        self._first_px, self._last_px = float(first_px), box.width - _BELL_PX
        self.times = Box(box.left + first_px, box.top, self._last_px - first_px, box.height)
        self._axes = axes = Plot(figure, box, "Battery and demand, kWh")
        axes.set_xlim(0.0, box.width)
        axes.set_xticks([])
        axes.add_amount_axis(energy_top_kwh(moment))
        axes.axvline(self._last_px, color=OUTLINE, linewidth=0.8)
        departure = clock_text(moment.start_min + moment.num_slots * moment.slot_minutes)
        place = 1.0, 1.0 + 8 / box.height
        axes.text(*place, f"demand at {departure}", transform=axes.transAxes, ha="right", va="bottom", color=MUTED)
        self._draw_battery(moment)
        self._energies, self._hill = _bell(moment, energy_top_kwh(moment))
        self._enough, self._missing = _add_area(axes, CHARGED_LEFT), _add_area(axes, MISSING)
        (outline,) = axes.plot(self._last_px + self._hill, self._energies, color=MUTED, linewidth=1.0)
        if moment.demand_std_kwh == 0.0:
            outline.set_data([self._last_px, box.width], [moment.demand_mean_kwh] * 2)
        (self._reach,) = axes.plot([], [], color=CHARGED, linewidth=1.0, linestyle=(0, (4, 2)))
        (self._path,) = axes.plot([], [], clip_on=False, **_LEVEL)
        (self._now,) = axes.plot([], [], "o", color=CHARGED, markersize=px_to_pt(7), clip_on=False)
        (self._demand,) = axes.plot([], [], linewidth=1.8, solid_capstyle="butt", clip_on=False)
        self.artists: list[Artist] = [self._level, self._case, self._enough, self._missing, outline]
        self.artists += [self._reach, self._path, self._now, self._demand]

    def _draw_battery(self, moment: TaxiMoment) -> None:
        capacity = moment.capacity_kwh
        case: dict[str, Any] = {"fill": False, "edgecolor": INK, "linewidth": 1.0}
        _add_rectangle(self._axes, 0.0, _BATTERY_PX, capacity, facecolor=PAPER, linewidth=0.0)  # hides the grid
        self._level = _add_rectangle(self._axes, 0.0, _BATTERY_PX, 0.0, facecolor=CHARGED, linewidth=0.0)
        self._case = _add_rectangle(self._axes, 0.0, _BATTERY_PX, capacity, **case)

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        energy, demand = moment.energy_kwh, moment.demand_kwh
        right_px = float(self._axes.get_xlim()[1])
        self._level.set_height(energy)
        places = self._first_px + (self._last_px - self._first_px) * np.arange(moment.t + 1) / moment.num_slots
        self._path.set_data(places, moment.energies_kwh)
        self._path.set_marker("o" if moment.num_slots <= _FEW_SLOTS else "")
        self._path.set_markersize(px_to_pt(4))
        self._now.set_data(places[-1:], [energy])
        self._reach.set_data([_BATTERY_PX, right_px], [energy, energy])
        cut = float(np.clip(energy, self._energies[0], self._energies[-1]))
        energies = np.union1d(self._energies, [cut])
        hill = np.interp(energies, self._energies, self._hill)
        for area, part in ((self._enough, energies <= cut), (self._missing, energies >= cut)):
            area.set_xy(_part(self._last_px, energies[part], hill[part]))
        self._demand.set_data(
            ([] if demand is None else [self._last_px, right_px]), [] if demand is None else [demand] * 2
        )
        self._demand.set_color(UNMET if demand is not None and demand > energy else INK)


def _add_area(axes: Axes, colour: str) -> Polygon:
    area = Polygon(np.zeros((1, 2)), closed=True, facecolor=colour, linewidth=0.0)
    axes.add_patch(area)
    return area


def _add_rectangle(axes: Axes, left: float, width: float, height: float, **style: Any) -> Rectangle:
    """One that stands on the x axis and may lie across the edge of the plot."""
    rectangle = Rectangle((left, 0.0), width, height, clip_on=False, **style)
    axes.add_patch(rectangle)
    return rectangle


def _bell(moment: TaxiMoment, top_kwh: float) -> tuple[Array, Array]:
    """Energies from 0 to the top, and how far the bell curve of the demand reaches there, in pixels."""
    mean, std = moment.demand_mean_kwh, moment.demand_std_kwh
    if std == 0.0:
        return np.array([mean]), np.zeros(1)
    energies = np.linspace(max(mean - _DEVIATIONS * std, 0.0), min(mean + _DEVIATIONS * std, top_kwh), 201)
    return energies, _HILL_PX * np.exp(-0.5 * ((energies - mean) / std) ** 2)


def _part(left_px: float, energies: Array, hill: Array) -> Array:
    """The corners of a part of the hill, which stands on the left."""
    foot = np.full(energies.size, left_px)
    return np.column_stack([np.concatenate([foot, left_px + hill[::-1]]), np.concatenate([energies, energies[::-1]])])


class SlotPanel:
    """The rate chosen in each slot, on the time axis; the coming slot stands out."""

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        axes = Plot(figure, box, "")
        axes.set_xlim(0.0, moment.num_slots)
        axes.set_ylim(0.0, 1.0)
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        pitch_px = box.width / moment.num_slots
        ticks = edge_ticks(moment.start_min, moment.slot_minutes, moment.num_slots, pitch_px)
        axes.set_xticks([edge for edge, _ in ticks], [label for _, label in ticks])
        axes.tick_params(axis="x", pad=4)
        axes.text(
            -6 / box.width, 0.5, "kW", transform=axes.transAxes, ha="right", color=MUTED, style="italic", **_SMALL
        )
        self._colours = rate_colours(moment.rates_kw)
        self._names = [f"{rate:g}" for rate in moment.rates_kw]
        self._named = max(text_width_px(name) for name in self._names) <= pitch_px
        line = 0.8 if pitch_px > 8 else 0.4
        self._slots = [
            _add_rectangle(axes, float(slot), 1.0, 1.0, edgecolor=OUTLINE, linewidth=line)
            for slot in range(moment.num_slots)
        ]
        self._texts = [axes.text(slot + 0.5, 0.5, "", ha="center", **_SMALL) for slot in range(moment.num_slots)]
        self._coming = _add_rectangle(axes, 0.0, 1.0, 1.0, fill=False, edgecolor=INK, linewidth=px_to_pt(2.5))
        self.artists: list[Artist] = [*self._slots, *self._texts, self._coming]
        if not self._named:
            self._add_legend(figure, box)

    def _add_legend(self, figure: Figure, box: Box) -> None:
        """Which colour is which rate, below the slots and to their right; of many rates, evenly so many as fit."""
        room_px = size_px(figure)[0] - MARGIN_PX - box.left - box.width - _SWATCH_PX
        shown = spaced_to_fit(self._names, room_px, _SWATCH_PX)
        handles = (swatch(self._names[k], self._colours[k], OUTLINE) for k in shown)
        spaces = {"columnspacing": 1.0, "handlelength": 1.0, "handletextpad": 0.4}
        add_figure_legend(figure, *handles, down_px=box.bottom + _LEGEND_DOWN_PX, **spaces)

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        for slot, (patch, text) in enumerate(zip(self._slots, self._texts, strict=True)):
            made = slot < moment.t
            colour = self._colours[moment.choices[slot]] if made else PAPER
            patch.set_facecolor(colour)
            text.set_text(self._names[moment.choices[slot]] if made and self._named else "")
            text.set_color(ink_on(colour))
        self._coming.set_visible(moment.t < moment.num_slots)
        self._coming.set_x(min(moment.t, moment.num_slots - 1))
