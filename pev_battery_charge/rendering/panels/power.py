"""First panel: what each station draws, against its limit, and for which PEV."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.rendering.bars import BarNames, Bars, bar_plot
from pev_battery_charge.rendering.chart import swatch
from pev_battery_charge.rendering.labels import fitting_names, longest_px, short_names
from pev_battery_charge.rendering.layout import LINE_PX, Box
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.style import GRANTED, GRANTED_EDGE, INK, MUTED, OUTLINE, PAPER

_BAR_SHARE, _BAR_MAX_PX = 0.66, 64
_VALUE_PITCH_PX, _NAME_PITCH_PX = 34, 11
_FREE = "-"


class PowerLabels:
    """The two rows below the bars, stations and PEVs, as there is room for them."""

    def __init__(self, episode: Episode, width_px: float) -> None:
        num_stations = episode.scenario.num_stations
        self.pitch_px = width_px / num_stations
        self.stations = BarNames([f"station_{n}" for n in range(num_stations)], self.pitch_px)
        fitting = fitting_names(episode.names, self.pitch_px - 1)
        self.upright = fitting is None
        self.shown = not self.upright or self.pitch_px >= _NAME_PITCH_PX
        self.names = short_names(episode.names) if fitting is None else fitting
        pevs_px = longest_px(self.names) if self.upright else LINE_PX
        self.height_px = self.stations.height_px + pevs_px * self.shown


class PowerPanel:
    """A bar for each station: its limit as the frame, granted power as the filling, the request as a line across."""

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: PowerLabels) -> None:
        self._names = labels.names
        num_stations = episode.scenario.num_stations
        limit_kw = episode.limit_kw
        valued = labels.pitch_px >= _VALUE_PITCH_PX
        highest_kw = max(float(limit_kw.max()), 1.0)
        plot = bar_plot(figure, box, "Power of each station, kW", num_stations, highest_kw, valued=valued)
        width = min(_BAR_SHARE, _BAR_MAX_PX / labels.pitch_px)
        limits = Bars(plot, num_stations, width, facecolor=PAPER, edgecolor=OUTLINE, linewidth=0.8)
        limits.set(0.0, limit_kw)
        self.granted = Bars(plot, num_stations, width, facecolor=GRANTED, edgecolor=GRANTED_EDGE, linewidth=0.8)
        self.requested = LineCollection([], colors=INK, linewidths=1.5, capstyle="butt")
        plot.add_collection(self.requested, autolim=False)
        plot.spines["bottom"].set_zorder(3.0)
        labels.stations.write(plot, "station", MUTED)
        self.vehicles = []
        if labels.shown:
            plot.name_row("PEV", row=1)
            self.vehicles = [plot.add_label(n, "", row=1, upright=labels.upright) for n in range(num_stations)]
        self.values = [plot.text(n, limit_kw[n], "", ha="center", va="bottom") for n in range(num_stations) if valued]
        plot.add_legend(
            swatch("granted", GRANTED, GRANTED_EDGE),
            Line2D([], [], color=INK, linewidth=1.5, label="requested"),
            swatch("station limit", PAPER, OUTLINE),
        )
        self.artists: list[Artist] = [self.granted.collection, self.requested, *self.vehicles, *self.values]

    def update(self, moment: Moment) -> None:
        """Show the step just made."""
        self.granted.set(0.0, np.where(moment.power_kw > 0.0, moment.power_kw, np.nan))
        asked_kw = np.where(moment.request_kw > 0.0, moment.request_kw, np.nan)
        self.requested.set_segments(self.granted.lines_across(asked_kw))
        for text, session in zip(self.vehicles, moment.session, strict=False):
            free = session == NO_SESSION
            text.set_text(_FREE if free else self._names[session])
            text.set_color(MUTED if free else INK)
        for value, power_kw, session in zip(self.values, moment.power_kw, moment.session, strict=False):
            value.set_text("" if session == NO_SESSION else f"{power_kw:.1f}")
