"""First panel: what each station draws, against its limit, and for which PEV."""

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.rendering.chart import (
    ColumnLabels,
    Columns,
    add_amount_axis,
    add_axes,
    add_legend,
    add_row_name,
    row_text,
    swatch,
)
from pev_battery_charge.rendering.layout import LINE_PX, Box
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.names import fitting_names, short_names
from pev_battery_charge.rendering.style import (
    GRANTED,
    GRANTED_EDGE,
    INK,
    MUTED,
    OUTLINE,
    PAPER,
    text_width_px,
)

_BAR_SHARE, _BAR_MAX_PX = 0.66, 64
_VALUE_PITCH_PX, _NAME_PITCH_PX = 34, 11
_FREE = "-"


class PowerLabels:
    """The two rows below the bars, stations and PEVs, as there is room for them."""

    def __init__(self, episode: Episode, width_px: float) -> None:
        num_stations = episode.scenario.num_stations
        self.pitch_px = width_px / num_stations
        self.stations = ColumnLabels([f"station_{n}" for n in range(num_stations)], self.pitch_px)
        fitting = fitting_names(episode.names, self.pitch_px - 1)
        self.upright = fitting is None
        self.shown = not self.upright or self.pitch_px >= _NAME_PITCH_PX
        self.names = short_names(episode.names) if fitting is None else fitting
        longest_px = max((text_width_px(name) for name in self.names), default=0.0)
        self.height_px = self.stations.height_px + (longest_px if self.upright else LINE_PX) * self.shown


class PowerPanel:
    """A bar for each station: its limit as the frame, granted power as the filling, the request as a line across."""

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: PowerLabels) -> None:
        self._names = labels.names
        num_stations = episode.scenario.num_stations
        limit_kw = episode.limit_kw
        highest_kw = max(float(limit_kw.max()), 1.0)
        valued = labels.pitch_px >= _VALUE_PITCH_PX
        axes = add_axes(figure, box, "Power of each station, kW")
        axes.set_xlim(-0.5, num_stations - 0.5)
        add_amount_axis(axes, highest_kw * (1.0 + (LINE_PX if valued else 4) / box.height))
        axes.set_xticks([])
        places = np.arange(num_stations, dtype=np.float64)
        width = min(_BAR_SHARE, _BAR_MAX_PX / labels.pitch_px)
        self._centres, self._width = places, width
        limits = Columns(axes, places, width, facecolor=PAPER, edgecolor=OUTLINE, linewidth=0.8)
        limits.set(0.0, limit_kw)
        self.granted = Columns(axes, places, width, facecolor=GRANTED, edgecolor=GRANTED_EDGE, linewidth=0.8)
        self.requested = LineCollection([], colors=INK, linewidths=1.5, capstyle="butt")
        axes.add_collection(self.requested, autolim=False)
        axes.spines["bottom"].set_zorder(3.0)
        for place in range(0, num_stations, labels.stations.every):
            name = labels.stations.names[place]
            row_text(axes, box, place, name, row=0, upright=labels.stations.upright, colour=MUTED)
        add_row_name(axes, box, "station", row=0)
        self.vehicles = []
        if labels.shown:
            add_row_name(axes, box, "PEV", row=1)
            self.vehicles = [row_text(axes, box, place, "", row=1, upright=labels.upright) for place in places]
        self.values = [axes.text(n, limit_kw[n], "", ha="center", va="bottom") for n in range(num_stations) if valued]
        add_legend(
            axes,
            box,
            [
                swatch("granted", GRANTED, GRANTED_EDGE),
                Line2D([], [], color=INK, linewidth=1.5, label="requested"),
                swatch("station limit", PAPER, OUTLINE),
            ],
        )
        self.artists: list[Artist] = [
            self.granted.collection,
            self.requested,
            *self.vehicles,
            *self.values,
        ]

    def update(self, moment: Moment) -> None:
        """Show the step just made."""
        self.granted.set(0.0, np.where(moment.power_kw > 0.0, moment.power_kw, np.nan))
        asking = np.flatnonzero(moment.request_kw > 0.0)
        self.requested.set_segments(list(self._across(asking, moment.request_kw[asking])))
        for text, session in zip(self.vehicles, moment.session, strict=False):
            free = session == NO_SESSION
            text.set_text(_FREE if free else self._names[session])
            text.set_color(MUTED if free else INK)
        for value, power_kw, session in zip(self.values, moment.power_kw, moment.session, strict=False):
            value.set_text("" if session == NO_SESSION else f"{power_kw:.1f}")

    def _across(self, stations: npt.NDArray[np.intp], height_kw: Array) -> Array:
        """Lines across the bars at the given heights, `[n, 2, 2]`."""
        lines = np.empty((stations.size, 2, 2))
        lines[:, 0, 0] = self._centres[stations] - self._width / 2
        lines[:, 1, 0] = self._centres[stations] + self._width / 2
        lines[:, :, 1] = height_kw[:, None]
        return lines
