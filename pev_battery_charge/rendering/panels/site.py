"""Fourth panel of a site: its net power over time, against what may be imported and exported."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.rendering.amounts import power_unit
from pev_battery_charge.rendering.chart import Plot, swatch
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.layout import Box
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.panels.area import highest_kw
from pev_battery_charge.rendering.style import GIVEN, GRANTED, GRANTED_EDGE, INK, MUTED, SUN, UNMET

_ROOM = 0.08
_SUN_EDGE = "#D9CB3C"


class SitePanel:
    """Net power as a filled step line, import above the axis and export below it; base load and sun behind it.

    What may be imported and exported is dashed. The axis is fixed before anything has happened; what would leave the
    plot runs along its edge.
    """

    def __init__(self, figure: Figure, box: Box, episode: Episode, clock: Clock) -> None:
        scenario, moments, area = episode.scenario, episode.moments, episode.scenario.area
        unit = power_unit(episode)
        plot = Plot(figure, box, f"Net power of the area, {unit.name}")
        plot.add_time_axis(clock, scenario.horizon_minutes)
        self._num_steps = scenario.horizon_steps
        edges = np.arange(self._num_steps + 1) * scenario.step_minutes
        import_kw = np.minimum(moments["cap_kw"], area.power_max_kw)
        export_kw = min(area.power_min_kw, 0.0)
        load_kw, sun_kw = moments["load_kw"], moments["solar_kw"]
        most_kw = max(area.power_max_kw, float(load_kw.max()), float(sun_kw.max()))
        if scenario.rule.by == "nothing":
            most_kw = max(most_kw, highest_kw(episode) + float(load_kw.max()))
        room_kw = _ROOM * (most_kw - export_kw)
        self._range_kw = min(export_kw, float(load_kw.min())), most_kw
        plot.add_amount_axis(most_kw + room_kw, self._range_kw[0] - room_kw * (self._range_kw[0] < 0.0))
        if unit.kilos > 1.0:
            plot.yaxis.set_major_formatter(lambda kw, _: f"{kw / unit.kilos:.10g}")
        nothing = np.full(self._num_steps, np.nan)
        behind: list[StepPatch] = []
        signs: list[Patch | Line2D] = []
        if sun_kw.any():
            sun = StepPatch(sun_kw, edges, fill=True, facecolor=SUN, edgecolor=_SUN_EDGE, linewidth=0.6, zorder=1.2)
            behind.append(sun)
            signs.append(swatch("sun", SUN, _SUN_EDGE))
        self.imported = StepPatch(nothing, edges, fill=True, facecolor=GRANTED, edgecolor=GRANTED_EDGE, linewidth=0.8)
        self.exported = StepPatch(nothing, edges, fill=True, facecolor=GIVEN, edgecolor=UNMET, linewidth=0.8)
        for patch in (*behind, self.imported, self.exported):
            plot.add_artist(patch)
        lines: list[Artist] = []
        if load_kw.any():
            lines.append(plot.stairs(load_kw, edges, baseline=None, edgecolor=MUTED, linewidth=1.1, zorder=2.2))
            signs.append(Line2D([], [], color=MUTED, linewidth=1.1, label="base load"))
        signs = [swatch("import", GRANTED, GRANTED_EDGE), swatch("export", GIVEN, UNMET), *signs]
        lines.append(plot.stairs(import_kw, edges, baseline=None, edgecolor=INK, linewidth=1.2, linestyle="--"))
        told = unit.limit_text(area.power_max_kw)
        label = f"cap {told}" if (import_kw == area.power_max_kw).all() else f"cap, at most {told}"
        signs.append(Line2D([], [], color=INK, linewidth=1.2, linestyle="--", label=label))
        if export_kw < 0.0:
            name = f"export bound {unit.limit_text(-export_kw)}"
            line = plot.add_level(export_kw, name, ":")
            lines.append(line)
            signs.append(line)
        self.cursor = plot.add_cursor()
        plot.add_legend(*signs)
        self.artists: list[Artist] = [self.imported, self.exported, *lines, self.cursor]

    def update(self, moment: Moment) -> None:
        """Show the steps made until now."""
        net_kw: Array = np.full(self._num_steps, np.nan)
        if moment.meter is not None:
            net_kw[: moment.t] = np.clip(moment.meter["net_kw"], *self._range_kw)
        self.imported.set_data(np.where(net_kw >= 0.0, net_kw, np.nan))
        self.exported.set_data(np.where(net_kw < 0.0, net_kw, np.nan))
        self.cursor.set_xdata([moment.minute, moment.minute])
