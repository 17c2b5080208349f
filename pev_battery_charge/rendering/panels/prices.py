"""Last panel of a site: what energy costs over time, or how much carbon is emitted for it."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.layout import Box
from pev_battery_charge.rendering.letters import drawable
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.style import CHARGED, GRANTED_EDGE, MUTED

_ROOM_ABOVE = 1.1


class ToldSeries(NamedTuple):
    """What the panel shows: its title, and of each line label, colour, dashes and values, `[T]`."""

    title: str
    lines: list[tuple[str, str, str, Array]]


def told_series(episode: Episode) -> ToldSeries | None:
    """Prices, or carbon where there are none; None where there is neither."""
    moments = episode.moments
    prices = [
        ("buy", GRANTED_EDGE, "-", moments["buy_price"]),
        ("sell", CHARGED, "--", moments["sell_price"]),
    ]
    if any(values.any() for *_, values in prices):
        return ToldSeries(f"Prices of energy, {drawable(episode.scenario.currency)}/kWh", prices)
    carbon = moments["carbon_kg_per_kwh"]
    if carbon.any():
        return ToldSeries("Carbon intensity, kg/kWh", [("carbon", MUTED, "-", carbon)])
    return None


class PricePanel:
    """Each series as a step line over the whole episode, and the cursor at now."""

    def __init__(self, figure: Figure, box: Box, episode: Episode, clock: Clock, told: ToldSeries) -> None:
        scenario = episode.scenario
        plot = Plot(figure, box, told.title)
        plot.add_time_axis(clock, scenario.horizon_minutes)
        edges = np.arange(scenario.horizon_steps + 1) * scenario.step_minutes
        values = np.array([line[-1] for line in told.lines])
        plot.add_amount_axis(
            _ROOM_ABOVE * max(float(values.max()), 0.0) or 1.0, _ROOM_ABOVE * min(float(values.min()), 0.0)
        )
        signs = []
        for label, colour, dashes, own in told.lines:
            look: dict[str, Any] = {"linewidth": 1.2, "linestyle": dashes}
            plot.stairs(own, edges, baseline=None, edgecolor=colour, **look)
            signs.append(Line2D([], [], color=colour, label=label, **look))
        self.cursor = plot.add_cursor()
        plot.add_legend(*signs)
        self.artists: list[Artist] = [self.cursor]

    def update(self, moment: Moment) -> None:
        """Move the cursor."""
        self.cursor.set_xdata([moment.minute, moment.minute])
