"""Third panel: what each PEV's battery holds, and what is missing."""

from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.rendering.bars import BarNames, Bars, bar_plot
from pev_battery_charge.rendering.chart import CROSS, swatch
from pev_battery_charge.rendering.layout import Box
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.style import (
    CHARGED,
    CHARGED_LEFT,
    INK,
    MISSING,
    NO_STATION,
    OUTLINE,
    PALE,
    PAPER,
    UNMET,
    px_to_pt,
)

_BAR_SHARE, _BAR_MAX_PX = 0.7, 34
_VALUE_PITCH_PX, _VALUE_GAP_PX = 26, 1
_FRAMED_BAR_PX = 5


class _Colours(NamedTuple):
    """Of a PEV's bar."""

    charged: str
    missing: str
    frame: str


_COLOURS = {
    Presence.COMING: _Colours(PALE, PAPER, OUTLINE),
    Presence.WAITING: _Colours(PALE, PAPER, NO_STATION),
    Presence.PLUGGED: _Colours(CHARGED, MISSING, INK),
    Presence.LEFT: _Colours(CHARGED_LEFT, UNMET, OUTLINE),
    Presence.REJECTED: _Colours(PALE, PAPER, OUTLINE),
}


class BatteryPanel:
    """A bar for each PEV, 0 to its capacity: charged part, part missing to the target, a line at the target."""

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: BarNames) -> None:
        self._target_kwh = episode.sessions["energy_target_kwh"]
        capacity_kwh = episode.sessions["battery"]["capacity_kwh"]
        num_pevs = len(episode.names)
        pitch_px = box.width / max(num_pevs, 1)
        valued = pitch_px >= _VALUE_PITCH_PX
        highest_kwh = float(capacity_kwh.max(initial=1.0))
        plot = bar_plot(figure, box, "Battery of each PEV, kWh", num_pevs, highest_kwh, valued=valued)
        width = min(_BAR_SHARE, _BAR_MAX_PX / pitch_px)
        self.charged = Bars(plot, num_pevs, width, linewidth=0.0)
        self.missing = Bars(plot, num_pevs, width, linewidth=0.0)
        self.frames = Bars(plot, num_pevs, width, facecolor="none", linewidth=0.8)
        framed = width * pitch_px >= _FRAMED_BAR_PX
        self.frames.set(0.0, capacity_kwh if framed else np.nan)
        self.targets = LineCollection(self.frames.lines_across(self._target_kwh), colors=INK, linewidths=1.5)
        plot.add_collection(self.targets, autolim=False)
        (self.rejected,) = plot.plot([], [], **CROSS | {"markersize": min(CROSS["markersize"], px_to_pt(pitch_px))})
        over_kwh = _VALUE_GAP_PX / box.height * plot.get_ylim()[1]
        self.values = [
            plot.text(j, capacity_kwh[j] + over_kwh, "", ha="center", va="bottom", color=UNMET)
            for j in range(num_pevs)
            if valued
        ]
        labels.write(plot, "PEV")
        plot.add_legend(
            swatch("charged", CHARGED),
            swatch("missing", MISSING),
            Line2D([], [], color=INK, linewidth=1.5, label="target"),
            swatch("has left", CHARGED_LEFT),
            swatch("missing when it left", UNMET),
            swatch("not here yet", PALE),
        )
        bars = [bars.collection for bars in (self.charged, self.missing, self.frames)]
        self.artists: list[Artist] = [*bars, self.targets, self.rejected, *self.values]

    def update(self, moment: Moment) -> None:
        """Show what the batteries hold now."""
        self.charged.set(0.0, moment.energy_kwh)
        self.missing.set(moment.energy_kwh, np.maximum(self._target_kwh, moment.energy_kwh))
        colours = [_COLOURS[Presence(code)] for code in moment.presence]
        self.charged.collection.set_facecolor([bar.charged for bar in colours])
        self.missing.collection.set_facecolor([bar.missing for bar in colours])
        self.frames.collection.set_edgecolor([bar.frame for bar in colours])
        lost = np.flatnonzero(moment.presence == Presence.REJECTED)
        self.rejected.set_data(lost, moment.energy_kwh[lost])
        for value, unmet_kwh in zip(self.values, moment.unmet_kwh, strict=False):
            value.set_text(f"{unmet_kwh:.1f}" if unmet_kwh else "")
