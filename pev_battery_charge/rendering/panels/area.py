"""Fourth panel: the area's power over time, against its cap."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.amounts import power_unit
from pev_battery_charge.rendering.chart import Plot, swatch
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.layout import Box
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.style import GRANTED, GRANTED_EDGE, INK

_HIGHEST_OVER_CAP = 2.5
_ROOM_ABOVE_CAP, _ROOM_ABOVE = 1.15, 1.05


class AreaPanel:
    """Granted power as a filled step line, requested power as a thin one, the cap dashed.

    The axis is fixed before anything has happened, and a request may be far above the cap: what would leave the plot
    runs along its upper edge.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, clock: Clock) -> None:
        scenario = episode.scenario
        unit = power_unit(episode)
        plot = Plot(figure, box, f"Power of the area, {unit.name}")
        plot.add_time_axis(clock, scenario.horizon_minutes)
        self._highest_kw = highest_kw(episode)
        plot.add_amount_axis(self._highest_kw)
        if unit.kilos > 1.0:
            plot.yaxis.set_major_formatter(lambda kw, _: f"{kw / unit.kilos:.10g}")
        self._num_steps = scenario.horizon_steps
        edges = np.arange(self._num_steps + 1) * scenario.step_minutes
        nothing = np.full(self._num_steps, np.nan)
        self.granted = StepPatch(nothing, edges, fill=True, facecolor=GRANTED, edgecolor=GRANTED_EDGE, linewidth=0.8)
        plot.add_artist(self.granted)
        self.requested = plot.stairs(nothing, edges, baseline=None, edgecolor=INK, linewidth=0.9)
        area = scenario.area
        limits = [plot.add_level(area.power_max_kw, f"cap {unit.limit_text(area.power_max_kw)}")]
        if area.power_min_kw > 0.0:
            limits.append(plot.add_level(area.power_min_kw, f"minimum {unit.limit_text(area.power_min_kw)}", ":"))
        self.cursor = plot.add_cursor()
        requested = Line2D([], [], color=INK, linewidth=0.9, label="requested")
        plot.add_legend(swatch("granted", GRANTED, GRANTED_EDGE), requested, *limits)
        self.artists: list[Artist] = [self.granted, *limits, self.requested, self.cursor]

    def update(self, moment: Moment) -> None:
        """Show the steps made until now."""
        for patch, name in ((self.granted, "power_kw"), (self.requested, "request_kw")):
            values = np.full(self._num_steps, np.nan)
            values[: moment.t] = np.minimum(moment.history[name].sum(axis=1), self._highest_kw)
            patch.set_data(values)
        self.cursor.set_xdata([moment.minute, moment.minute])


def highest_kw(episode: Episode) -> float:
    """The top of the axis: what the plugged stations can draw at most; where the cap is kept, not too far above it."""
    served = episode.sessions[episode.sessions["status"] == Status.SERVED]
    change_kw = np.zeros(episode.scenario.horizon_steps + 1)
    limit_kw = episode.limit_kw[served["station"]]
    np.add.at(change_kw, served["plug_step"], limit_kw)
    np.add.at(change_kw, np.minimum(served["depart_step"], episode.scenario.horizon_steps), -limit_kw)
    most_kw = float(np.cumsum(change_kw).max())
    cap_kw = episode.scenario.area.power_max_kw
    top_kw = max(_ROOM_ABOVE * most_kw, _ROOM_ABOVE_CAP * cap_kw)
    return top_kw if episode.scenario.rule.by == "nothing" else min(top_kw, _HIGHEST_OVER_CAP * cap_kw)
