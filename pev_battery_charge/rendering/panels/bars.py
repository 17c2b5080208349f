"""First and third panel: bars side by side, one for each station or PEV, with names below them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.chart import Plot, rectangles, swatch
from pev_battery_charge.rendering.labels import fitting_names, longest_px, round_step, short_names
from pev_battery_charge.rendering.layout import LABEL_GAP_PX, LINE_PX, Box
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.style import number_width_px

_ROOM_ABOVE_PX, _VALUE_GAP_PX, _APART_PX = 4, 1, 2
_NAME_PITCH_PX = 11
_FRAMED_BAR_PX = 5
_FREE = "-"
_COLOURS = {
    Presence.COMING: (style.PALE, style.PAPER, style.OUTLINE),
    Presence.WAITING: (style.PALE, style.PAPER, style.NO_STATION),
    Presence.PLUGGED: (style.CHARGED, style.MISSING, style.INK),
    Presence.LEFT: (style.CHARGED_LEFT, style.UNMET, style.OUTLINE),
    Presence.REJECTED: (style.PALE, style.PAPER, style.OUTLINE),
}
"""Of a PEV's bar: what is charged, what is missing, and the frame."""


class BarNames:
    """How names fit below bars: in full, shortened, only every so many, or upright.

    names: what to write.
    height_px: the room they take.
    """

    def __init__(self, names: Sequence[str], pitch_px: float) -> None:
        fitting = fitting_names(names, pitch_px - 1)
        self.names: list[str] = fitting or short_names(names)
        room_px = longest_px(self.names) + LABEL_GAP_PX
        self._upright = fitting is None and not all(name.isdecimal() for name in self.names)
        self.height_px = room_px if self._upright else float(LINE_PX)
        self._every = 1 if fitting is not None else round_step((LINE_PX if self._upright else room_px) / pitch_px)

    def write(self, plot: Plot, what: str, colour: str = style.INK) -> None:
        """Write them, and in the margin what they name."""
        for place in range(0, len(self.names), self._every):
            plot.add_label(place, self.names[place], upright=self._upright, colour=colour)
        plot.name_row(what)


class PowerLabels:
    """The two rows below the bars, stations and PEVs, as there is room for them."""

    def __init__(self, episode: Episode, width_px: float) -> None:
        num_stations = episode.scenario.num_stations
        pitch_px = width_px / num_stations
        self.stations = BarNames([f"station_{n}" for n in range(num_stations)], pitch_px)
        fitting = fitting_names(episode.names, pitch_px - 1)
        self.upright = fitting is None
        self.shown = not self.upright or pitch_px >= _NAME_PITCH_PX
        self.names = short_names(episode.names) if fitting is None else fitting
        pevs_px = longest_px(self.names) if self.upright else LINE_PX
        self.height_px = self.stations.height_px + pevs_px * self.shown


class BarPlot(Plot):
    """A plot with places for upright bars around 0, 1, 2 and so on of its x axis.

    bar_px: width of a bar.
    values: a moving text above each place, if a place is `valued_px` wide.
    """

    def __init__(
        self,
        figure: Figure,
        box: Box,
        title: str,
        tops: Array,
        *,
        share: float,
        most_px: float,
        valued_px: float,
        least: float = 0.0,
    ) -> None:
        super().__init__(figure, box, title)
        places = np.arange(tops.size, dtype=np.float64)
        pitch_px = box.width / max(tops.size, 1)
        valued = pitch_px >= valued_px
        width = min(share, most_px / pitch_px)
        self.bar_px = width * pitch_px
        self._left, self._right = places - width / 2, places + width / 2
        self.set_xlim(-0.5, max(tops.size, 1) - 0.5)
        above = (LINE_PX if valued else _ROOM_ABOVE_PX) / box.height
        most = float(tops.max(initial=1.0))
        below = _ROOM_ABOVE_PX / box.height if least < 0.0 else 0.0
        self.add_amount_axis(most * (1.0 + above) - least * above, least - (most - least) * below)
        self.set_xticks([])
        self.values = [self.text(n, tops[n], "", ha="center", va="bottom") for n in range(tops.size) if valued]

    def add_bars(self, **look: Any) -> "Bars":
        """A bar at each place."""
        return Bars(self, self._left, self._right, **look)

    def lines_across(self, heights: Array) -> list[Array]:
        """Segments across the bars at these heights; none where a height is NaN."""
        ends = zip(self._left, self._right, heights, strict=True)
        return [np.array([[left, y], [right, y]]) for left, right, y in ends if not np.isnan(y)]


class Bars:
    """Upright rectangles whose ends and colours can be moved."""

    def __init__(self, plot: Plot, left: Array, right: Array, **look: Any) -> None:
        self._left, self._right = left, right
        self.collection = PolyCollection([], **look)
        plot.add_collection(self.collection, autolim=False)

    def set(self, bottom: npt.ArrayLike, top: npt.ArrayLike) -> None:
        """Move the lower and upper ends, in units of the y axis."""
        self.collection.set_verts(rectangles(self._left, self._right, bottom, top))


class PowerPanel:
    """A bar for each station: its limits as the frame, granted power as the filling, the request as a line across.

    Power out of a battery is below the axis.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: PowerLabels) -> None:
        self._names, limit_kw = labels.names, episode.limit_kw
        lower_kw, self._both_ways = episode.lower_kw, episode.both_ways
        title = "Power of each station, kW"
        longest = max((f"{kw:.1f}" for kw in (limit_kw.max(), lower_kw.min())), key=len)
        valued_px = max(34.0, number_width_px(longest) + _APART_PX)
        least_kw = float(lower_kw.min())
        self._plot = plot = BarPlot(
            figure, box, title, limit_kw, share=0.66, most_px=64, valued_px=valued_px, least=least_kw
        )
        plot.add_bars(facecolor=style.PAPER, edgecolor=style.OUTLINE, linewidth=0.8).set(lower_kw, limit_kw)
        self.given = plot.add_bars(facecolor=style.GIVEN, edgecolor=style.UNMET, linewidth=0.8)
        self.granted = plot.add_bars(facecolor=style.GRANTED, edgecolor=style.GRANTED_EDGE, linewidth=0.8)
        self.requested = LineCollection([], colors=style.INK, linewidths=1.5, capstyle="butt")
        plot.add_collection(self.requested, autolim=False)
        plot.spines["bottom"].set_zorder(3.0)
        plot.spines["bottom"].set_visible(not episode.both_ways)
        labels.stations.write(plot, "station", style.MUTED)
        self.vehicles = []
        if labels.shown:
            plot.name_row("PEV", row=1)
            self.vehicles = [plot.add_label(n, "", row=1, upright=labels.upright) for n in range(limit_kw.size)]
        plot.add_legend(
            swatch("granted", style.GRANTED, style.GRANTED_EDGE),
            *([swatch("given back", style.GIVEN, style.UNMET)] if episode.both_ways else []),
            Line2D([], [], color=style.INK, label="requested"),
            swatch("station limit", style.PAPER, style.OUTLINE),
        )
        self.artists: list[Artist] = [
            self.granted.collection,
            self.given.collection,
            self.requested,
            *self.vehicles,
            *plot.values,
        ]

    def update(self, moment: Moment) -> None:
        """Show the step just made."""
        into, out = moment.power_kw > 0.0, moment.power_kw < 0.0
        bottom_kw = np.where(into, 0.0, np.nan) if self._both_ways else 0.0
        self.granted.set(bottom_kw, np.where(into, moment.power_kw, np.nan))
        self.given.set(np.where(out, moment.power_kw, np.nan), np.where(out, 0.0, np.nan))
        asked_kw = np.where(moment.request_kw != 0.0, moment.request_kw, np.nan)
        self.requested.set_segments(self._plot.lines_across(asked_kw))
        for text, session in zip(self.vehicles, moment.session, strict=False):
            free = session == NO_SESSION
            text.set_text(_FREE if free else self._names[session])
            text.set_color(style.MUTED if free else style.INK)
        for value, power_kw, session in zip(self._plot.values, moment.power_kw, moment.session, strict=False):
            value.set_text("" if session == NO_SESSION else f"{power_kw:.1f}")


class BatteryPanel:
    """A bar for each PEV, 0 to its capacity: charged part, part missing to the target, a line at the target.

    Batteries of the site have no target; where batteries may be discharged, dotted lines are at floors and ceilings.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: BarNames) -> None:
        self._target_kwh = np.where(episode.stores, 0.0, episode.sessions["energy_target_kwh"])
        capacity_kwh = episode.sessions["battery"]["capacity_kwh"]
        title = "Battery of each PEV, kWh"
        valued_px = max(26.0, number_width_px(f"{self._target_kwh.max(initial=0.0):.1f}") + _APART_PX)
        plot = BarPlot(figure, box, title, capacity_kwh, share=0.7, most_px=34, valued_px=valued_px)
        self.charged, self.missing = plot.add_bars(linewidth=0.0), plot.add_bars(linewidth=0.0)
        self.frames = plot.add_bars(facecolor="none", linewidth=0.8)
        self.frames.set(0.0, capacity_kwh if plot.bar_px >= _FRAMED_BAR_PX else np.nan)
        shown_kwh = np.where(episode.stores, np.nan, self._target_kwh)
        self.targets = LineCollection(plot.lines_across(shown_kwh), colors=style.INK, linewidths=1.5)
        plot.add_collection(self.targets, autolim=False)
        self.bounds = LineCollection([], colors=style.INK, linewidths=1.2, linestyles=":")
        if episode.both_ways:
            battery = episode.sessions["battery"]
            floor_kwh = np.where(battery["energy_min_kwh"] > 0.0, battery["energy_min_kwh"], np.nan)
            above = (battery["energy_max_kwh"] > self._target_kwh) & (battery["energy_max_kwh"] < capacity_kwh)
            ceiling_kwh = np.where(above, battery["energy_max_kwh"], np.nan)
            self.bounds.set_segments([*plot.lines_across(floor_kwh), *plot.lines_across(ceiling_kwh)])
        plot.add_collection(self.bounds, autolim=False)
        pitch_pt = style.px_to_pt(box.width / max(capacity_kwh.size, 1))
        (self.rejected,) = plot.plot([], [], **style.CROSS | {"markersize": min(style.CROSS["markersize"], pitch_pt)})
        over_kwh = _VALUE_GAP_PX / box.height * plot.get_ylim()[1]
        self.values = plot.values
        for value, top_kwh in zip(self.values, capacity_kwh, strict=False):
            value.set(y=top_kwh + over_kwh, color=style.UNMET)
        labels.write(plot, "PEV")
        plot.add_legend(
            swatch("charged", style.CHARGED),
            swatch("missing", style.MISSING),
            Line2D([], [], color=style.INK, label="target"),
            *([Line2D([], [], color=style.INK, linestyle=":", label="floor")] if episode.both_ways else []),
            swatch("has left", style.CHARGED_LEFT),
            swatch("missing when it left", style.UNMET),
            swatch("not here yet", style.PALE),
        )
        bars = [bars.collection for bars in (self.charged, self.missing, self.frames)]
        self.artists: list[Artist] = [*bars, self.targets, self.bounds, self.rejected, *self.values]

    def update(self, moment: Moment) -> None:
        """Show what the batteries hold now."""
        self.charged.set(0.0, moment.energy_kwh)
        self.missing.set(moment.energy_kwh, np.maximum(self._target_kwh, moment.energy_kwh))
        colours = [_COLOURS[Presence(code)] for code in moment.presence]
        self.charged.collection.set_facecolor([charged for charged, _, _ in colours])
        self.missing.collection.set_facecolor([missing for _, missing, _ in colours])
        self.frames.collection.set_edgecolor([frame for _, _, frame in colours])
        lost = np.flatnonzero(moment.presence == Presence.REJECTED)
        self.rejected.set_data(lost, moment.energy_kwh[lost])
        for value, unmet_kwh in zip(self.values, moment.unmet_kwh, strict=False):
            value.set_text(f"{unmet_kwh:.1f}" if unmet_kwh else "")
