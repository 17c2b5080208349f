"""The picture of a moment of the smart-charging problem: head, panels and a line in words, on one canvas."""

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.rendering.chart import Canvas
from pev_battery_charge.rendering.histograms import elided
from pev_battery_charge.rendering.layout import MARGIN_PX, Box
from pev_battery_charge.rendering.smart_charging import TaxiMoment
from pev_battery_charge.rendering.smart_charging_panels import EnergyPanel, SlotPanel, energy_top_kwh
from pev_battery_charge.rendering.smart_charging_prices import PricePanel
from pev_battery_charge.rendering.smart_charging_words import (
    clock_text,
    cost_text,
    energy_text,
    share_text,
)
from pev_battery_charge.rendering.style import (
    CHARGED,
    HEADLINE_PT,
    INK,
    MUTED,
    OUTLINE,
    SMALL_PT,
    TITLE_PT,
    UNMET,
    VALUE_PT,
)

_WIDTH_PX, _HEIGHT_PX = 640, 360
_BIG_PX, _SMALL_PX, _RULE_PX, _WORDS_PX = 31, 49, 59, 345
_COST_AT_PX = 190
_ENERGY = Box(40.0, 90.0, 406.0, 180.0)
_PRICES = Box(470.0, 90.0, 156.0, 214.0)
_SLOTS_TOP_PX, _SLOTS_PX = 280, 22


class TaxiBoard:
    """A canvas with everything on it that a moment shows; for moments of one problem.

    figure: what holds its artists.
    """

    def __init__(self, moment: TaxiMoment) -> None:
        self._canvas = Canvas(_WIDTH_PX, _HEIGHT_PX)
        self.figure = self._canvas.figure
        self._problem = _problem_of(moment)
        self._head = _Head(self.figure)
        self._energy = EnergyPanel(self.figure, _ENERGY, moment)
        times = self._energy.times
        self._slots = SlotPanel(self.figure, Box(times.left, _SLOTS_TOP_PX, times.width, _SLOTS_PX), moment)
        self._prices = PricePanel(self.figure, _PRICES, moment)
        self._panels = (self._head, self._energy, self._slots, self._prices)
        self._artists: list[Artist] = [artist for panel in self._panels for artist in panel.artists]
        for artist in self._artists:
            artist.set_animated(True)
        self._canvas.draw_background()

    def fits(self, moment: TaxiMoment) -> bool:
        """Whether the moment is of the same problem: what does not move is the same."""
        return _problem_of(moment) == self._problem

    def draw(self, moment: TaxiMoment) -> Image:
        """Show the moment: `[H, W, 3]`."""
        for panel in self._panels:
            panel.update(moment)
        return self._canvas.draw(artist for artist in self._artists if artist.get_visible())


def _problem_of(moment: TaxiMoment) -> tuple[object, ...]:
    return (
        *(moment.capacity_kwh, moment.rates_kw, moment.unit, moment.num_slots, moment.slot_minutes, moment.start_min),
        *(moment.demand_mean_kwh, moment.demand_std_kwh, energy_top_kwh(moment)),
    )


class _Head:
    """Energy, cost so far and the clock on top; whether the energy is enough, in words, at the foot."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        left, right = float(MARGIN_PX), float(_WIDTH_PX - MARGIN_PX)
        self._energy = self._text(left, _BIG_PX, size=VALUE_PT)
        self._soc = self._text(left, _SMALL_PX, color=MUTED)
        self._cost = self._text(_COST_AT_PX, _BIG_PX, size=VALUE_PT)
        self._unit = self._text(_COST_AT_PX, _SMALL_PX, color=MUTED)
        self._time = self._text(right, _BIG_PX, size=HEADLINE_PT, weight="bold", ha="right")
        self._slot = self._text(right, _SMALL_PX, color=MUTED, ha="right")
        self._words = self._text(left, _WORDS_PX, size=TITLE_PT)
        y = 1.0 - _RULE_PX / _HEIGHT_PX
        ends = [left / _WIDTH_PX, right / _WIDTH_PX]
        figure.add_artist(Line2D(ends, [y, y], color=OUTLINE, linewidth=0.8))
        texts: Sequence[Artist] = (self._energy, self._soc, self._cost, self._unit, self._time, self._slot, self._words)
        self.artists: list[Artist] = [*texts]

    def _text(self, x_px: float, baseline_px: float, *, size: float = SMALL_PT, **style: Any) -> Text:
        x, y = x_px / _WIDTH_PX, 1.0 - baseline_px / _HEIGHT_PX
        return self._figure.text(x, y, "", size=size, va="baseline", **{"color": INK, **style})

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        self._energy.set_text(energy_text(moment.energy_kwh))
        soc = share_text(moment.energy_kwh / moment.capacity_kwh)
        self._soc.set_text(f"{soc} of {moment.capacity_kwh:g} kWh")
        self._cost.set_text(cost_text(moment.cost))
        what = "cost of the episode" if moment.departed else "cost so far"
        self._unit.set_text(elided(f"{what}, {moment.unit}" if moment.unit else what, 300.0))
        self._time.set_text(clock_text(moment.start_min + moment.t * moment.slot_minutes))
        self._slot.set_text("departed" if moment.departed else f"slot {moment.t + 1} of {moment.num_slots}")
        words, colour = _verdict(moment)
        self._words.set_text(words)
        self._words.set_color(colour)
        self._words.set_fontweight("bold" if moment.departed else "normal")


def _verdict(moment: TaxiMoment) -> tuple[str, str]:
    """Whether the energy is, or will probably be, enough for the demand, and the colour to say it in."""
    have, mean, std = moment.energy_kwh, moment.demand_mean_kwh, moment.demand_std_kwh
    if moment.demand_kwh is not None:
        more = have - moment.demand_kwh
        asked = f"Demand {energy_text(moment.demand_kwh)}: "
        if more >= 0.0:
            return f"{asked}enough, {energy_text(more)} left", CHARGED
        return f"{asked}not enough, {energy_text(-more)} short", UNMET
    if std == 0.0:
        lack = mean - have
        enough = "what the battery holds is enough" if lack <= 0.0 else f"{energy_text(lack)} more to charge"
        return f"The demand will be {energy_text(mean)}: {enough}", INK
    chance = share_text(1.0 - moment.shortage_probability)
    words = f"what the battery holds is enough with a probability of {chance}"
    return f"Demand {mean:.6g} ± {std:.6g} kWh: {words}", INK
