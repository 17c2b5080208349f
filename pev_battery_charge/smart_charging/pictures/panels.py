"""The panels of a moment of the smart-charging problem: energy against demand, slots, and prices."""

import math
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.chart import Plot, add_figure_legend, swatch
from pev_battery_charge.rendering.labels import counted, elided, spaced_to_fit
from pev_battery_charge.rendering.layout import LINE_PX, MARGIN_PX, Box
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.style import px_to_pt
from pev_battery_charge.smart_charging.pictures import words
from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment

_BATTERY_PX, _BESIDE_PX, _BELL_PX, _HILL_PX = 46, 16, 92, 84
_DEVIATIONS = 3.5
"""The bell curve is shown this many standard deviations to both sides of its mean."""
_ABOVE = 1.04
_FEW_SLOTS = 24
_SWATCH_PX, _LEGEND_DOWN_PX = 26, 5
_BOLD: dict[str, Any] = {"linewidth": 1.8, "clip_on": False}

_ROWS_PX, _ROW_PX, _ROW_LEAST_PX = 168, 26, 15
_BAR_PX, _BAR_LEAST_PX, _BAR_HEIGHT_PX = 44, 20, 11
_PRICE_PX = 64
_GAP_PX, _CAPTION_PX, _TITLE_UP_PX = 6, 12, 7
_LEAST_BAR = 0.08
_BILL_ROW_PX = 21
_TIGHT = 1.18
"""By so much `text_width_px` is on the safe side for words in small letters."""


def energy_top_kwh(moment: TaxiMoment) -> float:
    """The greatest energy on the axis: the capacity, and any demand that is likely or drawn."""
    likely = moment.problem.demand_mean_kwh + _DEVIATIONS * moment.problem.demand_std_kwh
    return _ABOVE * max(moment.problem.capacity_kwh, likely, moment.demand_kwh or 0.0)


class EnergyPanel:
    """Along one energy axis: the battery, its energy over time, and the demand at departure.

    times: where the slots lie, from the first to departure.
    """

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        problem = moment.problem
        mean, std, top_kwh = problem.demand_mean_kwh, problem.demand_std_kwh, energy_top_kwh(moment)
        first_px, self._last_px = _BATTERY_PX + _BESIDE_PX, box.width - _BELL_PX
        self.times = Box(box.left + first_px, box.top, self._last_px - first_px, box.height)
        self._edges_px = first_px + self.times.width * np.arange(problem.num_slots + 1) / problem.num_slots
        axes = Plot(figure, box, "Battery and demand, kWh")
        axes.set_xlim(0.0, box.width)
        axes.set_xticks([])
        axes.add_amount_axis(top_kwh)
        axes.axvline(self._last_px, color=style.OUTLINE, linewidth=0.8)
        demand = f"demand at {words.clock_text(problem.start_min + problem.num_slots * problem.slot_minutes)}"
        axes.add_note(box.width, box.height + 8, demand, ha="right", va="bottom", color=style.MUTED)
        full = axes, 0.0, _BATTERY_PX, problem.capacity_kwh
        _add_rectangle(*full, facecolor=style.PAPER, linewidth=0.0)  # hides the grid
        self._level = _add_rectangle(axes, 0.0, _BATTERY_PX, 0.0, facecolor=style.CHARGED, linewidth=0.0)
        case = _add_rectangle(*full, fill=False, edgecolor=style.INK, linewidth=1.0)
        self._energies = np.linspace(max(mean - _DEVIATIONS * std, 0.0), min(mean + _DEVIATIONS * std, top_kwh), 201)
        self._hill = _HILL_PX * np.exp(-0.5 * ((self._energies - mean) / std) ** 2) if std else np.zeros(201)
        self._enough = axes.fill_betweenx([], [], facecolor=style.CHARGED_LEFT, linewidth=0.0)
        self._missing = axes.fill_betweenx([], [], facecolor=style.MISSING, linewidth=0.0)
        (outline,) = axes.plot(self._last_px + self._hill, self._energies, color=style.MUTED, linewidth=1.0)
        if std == 0.0:
            outline.set_data([self._last_px, box.width], [mean, mean])
        dashes: dict[str, Any] = {"linewidth": 1.0, "linestyle": (0, (4, 2))}
        (self._reach,) = axes.plot([_BATTERY_PX, box.width], [0.0, 0.0], color=style.CHARGED, **dashes)
        marker = "o" if problem.num_slots <= _FEW_SLOTS else ""
        path: dict[str, Any] = {"solid_capstyle": "round", "marker": marker, "markersize": px_to_pt(4)}
        (self._path,) = axes.plot([], [], color=style.CHARGED, **path, **_BOLD)
        (self._now,) = axes.plot([], [], "o", color=style.CHARGED, markersize=px_to_pt(7), clip_on=False)
        (self._demand,) = axes.plot([self._last_px, box.width], [0.0, 0.0], solid_capstyle="butt", **_BOLD)
        self.artists: list[Artist] = [self._level, case, self._enough, self._missing, outline]
        self.artists += [self._reach, self._path, self._now, self._demand]

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        energy, demand = moment.energy_kwh, np.nan if moment.demand_kwh is None else moment.demand_kwh
        self._level.set_height(energy)
        self._path.set_data(self._edges_px[: moment.t + 1], moment.energies_kwh)
        self._now.set_data([self._edges_px[moment.t]], [energy])
        self._reach.set_ydata([energy, energy])
        cut = float(np.clip(energy, self._energies[0], self._energies[-1]))
        energies = np.union1d(self._energies, [cut])
        hill = self._last_px + np.interp(energies, self._energies, self._hill)
        for area, part in ((self._enough, energies <= cut), (self._missing, energies >= cut)):
            area.set_data(energies[part], self._last_px, hill[part])
        self._demand.set_ydata([demand, demand])
        self._demand.set_color(style.UNMET if demand > energy else style.INK)


def _add_rectangle(axes: Axes, left: float, width: float, height: float, **look: Any) -> Rectangle:
    """One that stands on the x axis and may lie across the edge of the plot."""
    rectangle = Rectangle((left, 0.0), width, height, clip_on=False, **look)
    axes.add_patch(rectangle)
    return rectangle


class SlotPanel:
    """The rate chosen in each slot, on the time axis; the coming slot stands out."""

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        problem = moment.problem
        axes = Plot(figure, box, "")
        axes.set_xlim(0.0, problem.num_slots)
        axes.set_ylim(0.0, 1.0)
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        pitch_px = box.width / problem.num_slots
        ticks = words.edge_ticks(problem.start_min, problem.slot_minutes, problem.num_slots, pitch_px)
        axes.set_xticks([edge for edge, _ in ticks], [label for _, label in ticks])
        note = {"ha": "right", "va": "center_baseline", "color": style.MUTED, "style": "italic"}
        axes.add_note(-6, box.height / 2, "kW", **note)
        self._colours = words.rate_colours(problem.rates_kw)
        self._names = [f"{rate:g}" for rate in problem.rates_kw]
        look: dict[str, Any] = {"edgecolor": style.OUTLINE, "linewidth": 0.8 if pitch_px > 8 else 0.4}
        slots = range(problem.num_slots)
        self._slots = [_add_rectangle(axes, slot, 1.0, 1.0, **look) for slot in slots]
        self._texts = [axes.text(slot + 0.5, 0.5, "", ha="center", va="center_baseline") for slot in slots]
        self._coming = _add_rectangle(axes, 0.0, 1.0, 1.0, fill=False, edgecolor=style.INK, linewidth=px_to_pt(2.5))
        self.artists: list[Artist] = [*self._slots, *self._texts, self._coming]
        if max(text_width_px(name) for name in self._names) > pitch_px:
            self._add_legend(figure, box)
            self._names = [""] * len(self._names)

    def _add_legend(self, figure: Figure, box: Box) -> None:
        """Which colour is which rate, below the slots and to their right; of many rates, evenly so many as fit."""
        room_px = figure.bbox.width - MARGIN_PX - box.left - box.width - _SWATCH_PX
        shown = spaced_to_fit(self._names, room_px, _SWATCH_PX)
        handles = (swatch(self._names[k], self._colours[k], style.OUTLINE) for k in shown)
        spaces = {"columnspacing": 1.0, "handlelength": 1.0, "handletextpad": 0.4}
        add_figure_legend(figure, *handles, down_px=box.bottom + _LEGEND_DOWN_PX, **spaces)

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        names, colours = [self._names[k] for k in moment.choices], [self._colours[k] for k in moment.choices]
        coming = moment.problem.num_slots - moment.t
        shown = zip(self._slots, self._texts, names + [""] * coming, colours + [style.PAPER] * coming, strict=True)
        for patch, text, name, colour in shown:
            patch.set_facecolor(colour)
            text.set_text(name)
            text.set_color(words.ink_on(colour))
        self._coming.set_visible(coming > 0)
        self._coming.set_x(min(moment.t, moment.problem.num_slots - 1))


class PricePanel:
    """What a full slot costs at each rate while there is one to come, and then what the episode has cost.

    Of the prices a row for each rate, the highest on top: its name, a bar, its price. Of the bill the costs of slots
    and shortage, and their sum under a line.
    """

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        axes = Plot(figure, box, "")
        axes.set_axis_off()
        axes.set_xlim(0.0, box.width)
        axes.set_ylim(box.height, 0.0)
        self._title = axes.text(0.0, -_TITLE_UP_PX, "", size=style.TITLE_PT, weight="bold", va="bottom")
        self._add_prices(axes, moment)
        rows = [(row + 0.5) * _BILL_ROW_PX for row in range(3)]
        self._names = [axes.text(0.0, y, "", va="center_baseline") for y in rows]
        self._costs = [axes.text(box.width, y, "", ha="right", va="center_baseline") for y in rows]
        rule = axes.add_line(Line2D([0.0, box.width], [2 * _BILL_ROW_PX] * 2, color=style.OUTLINE, linewidth=0.8))
        self._bill: list[Artist] = [*self._names, *self._costs, rule]
        self.artists: list[Artist] = [self._title, *self._prices, *self._bill]

    def _add_prices(self, axes: Plot, moment: TaxiMoment) -> None:
        count, width_px = len(moment.problem.rates_kw), axes.box.width
        every = math.ceil(count * _ROW_LEAST_PX / _ROWS_PX)
        self._shown = range(count - 1, -1, -every)
        row_px = min(_ROW_PX, _ROWS_PX / len(self._shown))
        rows = [(row + 0.5) * row_px for row in range(len(self._shown))]
        names = [f"{moment.problem.rates_kw[k]:g} kW" for k in self._shown]
        self._left_px = max(text_width_px(name) for name in names) / _TIGHT + 2 * _GAP_PX
        self._bar_px = min(max(width_px - self._left_px - _GAP_PX - _PRICE_PX, _BAR_LEAST_PX), _BAR_PX)
        named: dict[str, Any] = {"x": self._left_px - _GAP_PX, "ha": "right", "va": "center_baseline"}
        texts = [axes.text(y=y, s=name, **named) for y, name in zip(rows, names, strict=True)]
        colours = words.rate_colours(moment.problem.rates_kw)
        look: dict[str, Any] = {"color": [colours[k] for k in self._shown], "edgecolor": style.MUTED, "linewidth": 0.6}
        self._bars = axes.barh(rows, 0.0, _BAR_HEIGHT_PX, left=self._left_px, **look).patches
        self._amounts = [axes.text(0.0, y, "", va="center_baseline") for y in rows]
        lines = [f"in {moment.problem.cost_unit}"] if moment.problem.cost_unit else []
        lines += ["bars: logarithmic"] if count > 1 else []
        lines += [f"of {count} rates, one in {every}"] if every > 1 else []
        for row, line in enumerate(lines):
            y = len(rows) * row_px + _CAPTION_PX + row * LINE_PX
            shown = elided(line, width_px * _TIGHT)
            texts.append(axes.text(0.0, y, shown, color=style.MUTED, style="italic", va="center_baseline"))
        self._prices: list[Artist] = [*texts, *self._bars, *self._amounts]

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        for artist in self._prices:
            artist.set_visible(not moment.departed)
        for artist in self._bill:
            artist.set_visible(moment.departed)
        self._title.set_text("Cost of the episode" if moment.departed else "Price of this slot")
        lengths = bar_lengths(moment.prices)
        for k, bar, text in zip(self._shown if lengths else (), self._bars, self._amounts, strict=False):
            bar.set_width(self._bar_px * lengths[k])
            text.set_x(self._left_px + self._bar_px * lengths[k] + _GAP_PX)
            text.set_text(words.amount(moment.prices[k], 2))
        names = counted(moment.t, "slot"), "shortage", "together"
        costs = sum(moment.slot_costs), moment.shortage_cost, moment.cost
        for name_text, cost_label, name, cost in zip(self._names, self._costs, names, costs, strict=True):
            name_text.set_text(name)
            cost_label.set_text(words.cost_text(cost))


def bar_lengths(prices: tuple[float, ...]) -> list[float]:
    """How long the bar of each price is, 0 to 1, on a logarithmic axis; a price of 0 has none."""
    logs = {price: math.log(price) for price in prices if price > 0.0}
    low, high = min(logs.values(), default=0.0), max(logs.values(), default=0.0)
    shares = {price: (log - low) / (high - low) if high > low else 1.0 for price, log in logs.items()}
    return [_LEAST_BAR + (1.0 - _LEAST_BAR) * shares[price] if price in shares else 0.0 for price in prices]
