"""Third panel: what each PEV's battery holds, and what is missing."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pev_battery_charge.rendering.chart import (
    CROSS,
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

_CHARGED_COLOURS = {
    Presence.COMING: PALE,
    Presence.WAITING: PALE,
    Presence.PLUGGED: CHARGED,
    Presence.LEFT: CHARGED_LEFT,
    Presence.REJECTED: PALE,
}
_MISSING_COLOURS = {
    Presence.COMING: PAPER,
    Presence.WAITING: PAPER,
    Presence.PLUGGED: MISSING,
    Presence.LEFT: UNMET,
    Presence.REJECTED: PAPER,
}
_EDGE_COLOURS = {
    Presence.COMING: OUTLINE,
    Presence.WAITING: NO_STATION,
    Presence.PLUGGED: INK,
    Presence.LEFT: OUTLINE,
    Presence.REJECTED: OUTLINE,
}


class BatteryPanel:
    """A bar for each PEV, 0 to its capacity: charged part, part missing to the target, a line at the target."""

    def __init__(self, figure: Figure, box: Box, episode: Episode, labels: ColumnLabels) -> None:
        self._target_kwh = episode.sessions["energy_target_kwh"]
        capacity_kwh = episode.sessions["battery"]["capacity_kwh"]
        num_pevs = len(episode.names)
        pitch_px = box.width / max(num_pevs, 1)
        axes = add_axes(figure, box, "Battery of each PEV, kWh")
        axes.set_xlim(-0.5, max(num_pevs, 1) - 0.5)
        highest_kwh = float(capacity_kwh.max(initial=1.0))
        valued = pitch_px >= _VALUE_PITCH_PX
        top_kwh = highest_kwh * (1.0 + (LINE_PX if valued else 4) / box.height)
        add_amount_axis(axes, top_kwh)
        axes.set_xticks([])
        places = np.arange(num_pevs, dtype=np.float64)
        width = min(_BAR_SHARE, _BAR_MAX_PX / pitch_px)
        self.charged = Columns(axes, places, width, linewidth=0.0)
        self.missing = Columns(axes, places, width, linewidth=0.0)
        self.frames = Columns(axes, places, width, facecolor="none", linewidth=0.8)
        framed = width * pitch_px >= _FRAMED_BAR_PX
        self.frames.set(0.0, capacity_kwh if framed else np.nan)
        ends = np.stack([places - width / 2, places + width / 2], axis=1)
        self.targets = LineCollection(
            list(np.stack([ends, np.repeat(self._target_kwh[:, None], 2, axis=1)], axis=2)), colors=INK, linewidths=1.5
        )
        axes.add_collection(self.targets, autolim=False)
        (self.rejected,) = axes.plot([], [], **CROSS | {"markersize": min(CROSS["markersize"], px_to_pt(pitch_px))})
        over_kwh = _VALUE_GAP_PX / box.height * top_kwh
        self.values = [
            axes.text(j, capacity_kwh[j] + over_kwh, "", ha="center", va="bottom", color=UNMET)
            for j in range(num_pevs)
            if valued
        ]
        for place in range(0, num_pevs, labels.every):
            row_text(axes, box, place, labels.names[place], row=0, upright=labels.upright)
        add_row_name(axes, box, "PEV", row=0)
        self._add_legend(axes, box)
        self.artists: list[Artist] = [
            self.charged.collection,
            self.missing.collection,
            self.frames.collection,
            self.targets,
            self.rejected,
            *self.values,
        ]

    def _add_legend(self, axes: Axes, box: Box) -> None:
        add_legend(
            axes,
            box,
            [
                swatch("charged", CHARGED),
                swatch("missing", MISSING),
                Line2D([], [], color=INK, linewidth=1.5, label="target"),
                swatch("has left", CHARGED_LEFT),
                swatch("missing when it left", UNMET),
                swatch("not here yet", PALE),
            ],
        )

    def update(self, moment: Moment) -> None:
        """Show what the batteries hold now."""
        self.charged.set(0.0, moment.energy_kwh)
        self.missing.set(moment.energy_kwh, np.maximum(self._target_kwh, moment.energy_kwh))
        presence = [Presence(code) for code in moment.presence]
        self.charged.collection.set_facecolor([_CHARGED_COLOURS[code] for code in presence])
        self.missing.collection.set_facecolor([_MISSING_COLOURS[code] for code in presence])
        self.frames.collection.set_edgecolor([_EDGE_COLOURS[code] for code in presence])
        lost = np.flatnonzero(moment.presence == Presence.REJECTED)
        self.rejected.set_data(lost, moment.energy_kwh[lost])
        for value, unmet_kwh in zip(self.values, moment.unmet_kwh, strict=False):
            value.set_text(f"{unmet_kwh:.1f}" if unmet_kwh else "")
