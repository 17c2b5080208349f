"""The schedule as a Gantt chart, one row a station: by itself for stills, and as the second panel of a frame."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.chart import Plot, rectangles, swatch
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import round_step, short_names
from pev_battery_charge.rendering.layout import LINE_PX, Box, Lanes
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.stamped_text import StampedText
from pev_battery_charge.rendering.style import px_to_pt

_LABEL_LANE_PX = 11
_LABEL_INSET_PX = 3
_CROSS_ROOM_PX = 7
_SHORT_PX = 4
_ON_PAPER = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.5}


class GanttChart(Plot):
    """What stands still: stays, waiting, and the row of PEVs that found no station.

    y runs in pixels from the top, so that rows and the pixels of their bars meet exactly.

    minute_px: width of a minute.
    signs: for the legend, those that this schedule needs.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, lanes: Lanes, clock: Clock) -> None:
        super().__init__(figure, box, "Schedule")
        self._lanes, self._episode = lanes, episode
        self.minute_px = box.width / episode.scenario.horizon_minutes
        self._rejected = episode.sessions["status"] == Status.REJECTED
        self.set_ylim(lanes.height_px, 0.0)
        self.add_time_axis(clock, episode.scenario.horizon_minutes)
        every = 1 if lanes.lane_px >= _LABEL_LANE_PX else round_step(LINE_PX / lanes.lane_px)
        rows = np.arange(0, lanes.num_stations, every, dtype=np.int32)
        at, names = self.bar_middle(rows).tolist(), [f"station_{row}" for row in rows]
        self.set_yticks(at + [lanes.rejected_px] * lanes.rejected, names + ["no station"] * lanes.rejected)
        self.signs: list[Patch | Line2D] = [swatch("plugged in", style.PALE, style.OUTLINE)]
        self._draw_stays()
        if lanes.rejected:
            self._draw_rejected()

    def _draw_stays(self) -> None:
        """A bar from the plug to the departure; a line in the gap above the row, from the arrival to the plug."""
        sessions = self._episode.sessions[~self._rejected]
        top = self._bar_top(sessions["station"])
        corners = rectangles(sessions["plug_in_min"], sessions["departure_min"], top, top + self._lanes.bar_px)
        edges = 0.6 if self._lanes.bar_px > 3 else 0.0
        stays = PolyCollection(corners, facecolor=style.PALE, edgecolor=style.OUTLINE, linewidth=edges)
        self.add_collection(stays, autolim=False)
        waited = sessions["plug_in_min"] > sessions["arrival_min"]
        if waited.any():
            late, height = sessions[waited], top[waited] - self._lanes.gap_px / 2
            width = px_to_pt(min(max(self._lanes.gap_px - 1, 1), 3))
            self.hlines(height, late["arrival_min"], late["plug_in_min"], style.NO_STATION, linewidth=width)
            self.signs.append(Line2D([], [], color=style.NO_STATION, linewidth=px_to_pt(3), label="waiting"))

    def _draw_rejected(self) -> None:
        """A cross at the arrival, and a thin line for the stay that was wanted."""
        if self._rejected.any():
            self.signs.append(Line2D([], [], label="found no station", **style.CROSS))
        horizon_minutes = self._episode.scenario.horizon_minutes
        shown = np.flatnonzero(self._rejected & (self._episode.sessions["arrival_min"] <= horizon_minutes))
        lost = self._episode.sessions[shown]
        height = self._lanes.rejected_px
        self.hlines(np.full(lost.size, height), lost["arrival_min"], lost["departure_min"], style.NO_STATION, lw=0.8)
        self.plot(lost["arrival_min"], np.full(lost.size, height), clip_on=False, **style.CROSS)
        names = short_names(self._episode.names)
        room_px = np.diff(lost["arrival_min"], append=horizon_minutes) * self.minute_px
        for j, minute, room in zip(shown, lost["arrival_min"], room_px, strict=True):
            if text_width_px(names[j]) + 2 * _CROSS_ROOM_PX <= room:
                x = minute + _CROSS_ROOM_PX / self.minute_px
                self.text(x, height, names[j], color=style.MUTED, va="center_baseline", bbox=_ON_PAPER)

    def write_names(self) -> list[StampedText]:
        """Name the PEVs inside their bars, where bars are high and long enough."""
        if self._lanes.lane_px < _LABEL_LANE_PX:
            return []
        labels = []
        full, short = self._episode.names, short_names(self._episode.names)
        sessions = self._episode.sessions
        for j in np.flatnonzero(~self._rejected):
            begin, end = sessions["plug_in_min"][j], min(sessions["departure_min"][j], self.get_xlim()[1])
            room_px = (end - begin) * self.minute_px - 2 * _LABEL_INSET_PX
            name = next((name for name in (full[j], short[j]) if text_width_px(name) <= room_px), None)
            if name is not None:
                x = begin + _LABEL_INSET_PX / self.minute_px
                y = float(self.bar_middle(sessions["station"][j]))
                labels.append(self.add_stamped_text(x, y, name, va="center_baseline"))
        return labels

    def bar_middle(self, station: npt.NDArray[np.int32]) -> Array:
        """The height of the bars of some stations, in units of the y axis."""
        return self._bar_top(station) + self._lanes.bar_px / 2

    def _bar_top(self, station: npt.NDArray[np.int32]) -> Array:
        return np.asarray(station * float(self._lanes.lane_px) + self._lanes.gap_px)


class GanttPanel:
    """The Gantt chart with what has happened: power inside each bar, PEVs that left short, and the cursor at now.

    Where a station may be discharged, 0 is a line inside its lane, and what is given back is below it.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, lanes: Lanes, clock: Clock) -> None:
        self._episode, self._lanes = episode, lanes
        self._chart = chart = GanttChart(figure, box, episode, lanes, clock)
        num_stations, horizon_steps = episode.scenario.num_stations, episode.scenario.horizon_steps
        self._pixels = np.zeros((num_stations, lanes.lane_px, horizon_steps, 4), np.uint8)
        self._pixels[..., :3] = style.red_green_blue(style.GRANTED)
        # How high each pixel's row is above the line at 0 of its station; 0 and less below it.
        span_kw = np.maximum(episode.limit_kw - episode.lower_kw, 1e-9)
        self._zero_px = np.round(lanes.bar_px * -episode.lower_kw / span_kw).astype(np.int64)
        self._depth_px = (np.arange(lanes.bar_px, 0, -1) - self._zero_px[:, None])[..., None]
        bars = self._pixels[:, lanes.gap_px :]
        bars[..., :3] = np.where(
            self._depth_px[..., None] > 0, style.red_green_blue(style.GRANTED), style.red_green_blue(style.GIVEN)
        )
        self._image = self._pixels.reshape(-1, horizon_steps, 4)
        look: dict[str, Any] = {"aspect": "auto", "interpolation": "nearest", "zorder": 2.0}
        extent = 0.0, episode.scenario.horizon_minutes, num_stations * lanes.lane_px, 0.0
        self.power = chart.imshow(self._image, extent=extent, **look)
        chart.set_ylim(lanes.height_px, 0.0)
        split = np.flatnonzero(episode.lower_kw < 0.0).astype(np.int32)
        at = chart.bar_middle(split) + lanes.bar_px / 2 - self._zero_px[split]
        chart.hlines(at, 0.0, episode.scenario.horizon_minutes, style.OUTLINE, linewidth=0.6, zorder=1.5)
        high, wide = px_to_pt(lanes.bar_px), px_to_pt(_SHORT_PX)
        (self.short,) = chart.plot([], [], "|", color=style.UNMET, markersize=high, markeredgewidth=wide)
        self.cursor = chart.add_cursor()
        now = Line2D([], [], color=style.INK, marker="|", linestyle="", markersize=8, label="now")
        filled, short = swatch("power granted", style.GRANTED), swatch("left short of its target", style.UNMET)
        given = [swatch("given back", style.GIVEN)] if episode.both_ways else []
        chart.add_legend(*chart.signs, filled, *given, short, now)
        self.artists: list[Artist] = [self.power, *chart.write_names(), self.short, self.cursor]

    def update(self, moment: Moment) -> None:
        """Show what has happened until now."""
        power_kw = moment.history["power_kw"].T
        up_px, down_px = self._lanes.bar_px - self._zero_px, self._zero_px
        share = np.maximum(power_kw, 0.0) / np.maximum(self._episode.limit_kw, 1e-9)[:, None]
        back = np.maximum(-power_kw, 0.0) / np.maximum(-self._episode.lower_kw, 1e-9)[:, None]
        high_px = np.ceil(share * up_px[:, None] - 1e-9)[:, None, :]
        low_px = np.ceil(back * down_px[:, None] - 1e-9)[:, None, :]
        filled = (self._depth_px > 0) & (high_px >= self._depth_px) | (self._depth_px <= 0) & (low_px > -self._depth_px)
        bars = self._pixels[:, self._lanes.gap_px :, :, 3]
        bars[:, :, moment.t :] = 0
        bars[:, :, : moment.t] = filled * np.uint8(255)
        self.power.set_data(self._image)
        short = np.flatnonzero(moment.unmet_kwh > 0.0)
        sessions = self._episode.sessions[short]
        inside = sessions["departure_min"] - _SHORT_PX / 2 / self._chart.minute_px
        self.short.set_data(inside, self._chart.bar_middle(sessions["station"]))
        self.cursor.set_xdata([moment.minute, moment.minute])
