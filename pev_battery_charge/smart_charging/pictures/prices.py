"""Beside the battery of the smart-charging problem: what each rate costs now, or, after departure, the bill."""

import math
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.labels import counted, elided
from pev_battery_charge.rendering.layout import LINE_PX, Box
from pev_battery_charge.rendering.style import MUTED, OUTLINE, SMALL_PT, TITLE_PT, text_width_px
from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment
from pev_battery_charge.smart_charging.pictures.words import amount, cost_text, rate_colours

_ROWS_PX, _ROW_PX, _ROW_LEAST_PX = 168, 26, 15
_BAR_PX, _BAR_LEAST_PX, _BAR_HEIGHT_PX = 44, 20, 11
_PRICE_PX = 64
_GAP_PX, _CAPTION_PX, _TITLE_UP_PX = 6, 12, 7
_LEAST_BAR = 0.08
_BILL_ROW_PX = 21
_TIGHT = 1.18
"""By so much `text_width_px` is on the safe side for words in small letters."""
_TEXT: dict[str, Any] = {"size": SMALL_PT, "va": "center_baseline"}


class PricePanel:
    """What a full slot costs at each rate while there is one to come, and then what the episode has cost."""

    def __init__(self, figure: Figure, box: Box, moment: TaxiMoment) -> None:
        axes = Plot(figure, box, "")
        axes.set_axis_off()
        axes.set_xlim(0.0, box.width)
        axes.set_ylim(box.height, 0.0)
        self._title = axes.text(0.0, -_TITLE_UP_PX, "", size=TITLE_PT, weight="bold", va="bottom")
        self._prices = _Prices(axes, box, moment)
        self._bill = _Bill(axes, box)
        self.artists: list[Artist] = [self._title, *self._prices.artists, *self._bill.artists]

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        for artist in self._prices.artists:
            artist.set_visible(not moment.departed)
        for artist in self._bill.artists:
            artist.set_visible(moment.departed)
        self._title.set_text("Cost of the episode" if moment.departed else "Price of this slot")
        if moment.departed:
            self._bill.update(moment)
        else:
            self._prices.update(moment)


class _Prices:
    """A row for each rate, the highest on top: its name, a bar, its price."""

    def __init__(self, axes: Axes, box: Box, moment: TaxiMoment) -> None:
        count = len(moment.rates_kw)
        every = math.ceil(count * _ROW_LEAST_PX / _ROWS_PX)
        self._shown = range(count - 1, -1, -every)
        row_px = min(_ROW_PX, _ROWS_PX / len(self._shown))
        names = {k: f"{moment.rates_kw[k]:g} kW" for k in self._shown}
        self._left_px = max(text_width_px(name) for name in names.values()) / _TIGHT + 2 * _GAP_PX
        self._bar_px = min(max(box.width - self._left_px - _GAP_PX - _PRICE_PX, _BAR_LEAST_PX), _BAR_PX)
        colours = rate_colours(moment.rates_kw)
        self._bars: list[Rectangle] = []
        self._texts: list[Text] = []
        self.artists: list[Artist] = []
        for row, (k, name) in enumerate(names.items()):
            y = (row + 0.5) * row_px
            self.artists.append(axes.text(self._left_px - _GAP_PX, y, name, ha="right", **_TEXT))
            corner = self._left_px, y - _BAR_HEIGHT_PX / 2
            bar = Rectangle(corner, 0.0, _BAR_HEIGHT_PX, facecolor=colours[k], edgecolor=MUTED, linewidth=0.6)
            axes.add_patch(bar)
            self._bars.append(bar)
            self._texts.append(axes.text(0.0, y, "", **_TEXT))
        lines = [f"in {moment.unit}"] if moment.unit else []
        lines += ["bars: logarithmic"] if count > 1 else []
        lines += [f"of {count} rates, one in {every}"] if every > 1 else []
        y = len(names) * row_px + _CAPTION_PX
        for row, line in enumerate(lines):
            shown = elided(line, box.width * _TIGHT)
            caption = axes.text(0.0, y + row * LINE_PX, shown, color=MUTED, style="italic", **_TEXT)
            self.artists.append(caption)
        self.artists += [*self._bars, *self._texts]

    def update(self, moment: TaxiMoment) -> None:
        lengths = bar_lengths(moment.prices)
        for k, bar, text in zip(self._shown, self._bars, self._texts, strict=True):
            bar.set_width(self._bar_px * lengths[k])
            text.set_x(self._left_px + self._bar_px * lengths[k] + _GAP_PX)
            text.set_text(amount(moment.prices[k], 2))


class _Bill:
    """The costs of slots and shortage, and their sum under a line."""

    def __init__(self, axes: Axes, box: Box) -> None:
        rows = [(row + 0.5) * _BILL_ROW_PX for row in range(3)]
        self._names = [axes.text(0.0, y, "", **_TEXT) for y in rows]
        self._costs = [axes.text(box.width, y, "", ha="right", **_TEXT) for y in rows]
        rule = Line2D([0.0, box.width], [2 * _BILL_ROW_PX] * 2, color=OUTLINE, linewidth=0.8)
        axes.add_line(rule)
        self.artists: list[Artist] = [*self._names, *self._costs, rule]

    def update(self, moment: TaxiMoment) -> None:
        names = counted(moment.t, "slot"), "shortage", "together"
        costs = sum(moment.slot_costs), moment.shortage_cost, moment.cost
        for name_text, cost_label, name, cost in zip(self._names, self._costs, names, costs, strict=True):
            name_text.set_text(name)
            cost_label.set_text(cost_text(cost))


def bar_lengths(prices: tuple[float, ...]) -> list[float]:
    """How long the bar of each price is, 0 to 1, on a logarithmic axis; a price of 0 has none."""
    logs = [math.log(price) for price in prices if price > 0.0]
    low, high = min(logs, default=0.0), max(logs, default=0.0)
    span = high - low
    shares = [(math.log(price) - low) / span if price > 0.0 and span else 1.0 for price in prices]
    return [
        _LEAST_BAR + (1.0 - _LEAST_BAR) * share if price > 0.0 else 0.0
        for share, price in zip(shares, prices, strict=True)
    ]
