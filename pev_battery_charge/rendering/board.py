"""The picture itself: header and panels on one canvas, what stands still drawn once."""

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.area import AreaPanel
from pev_battery_charge.rendering.batteries import BatteryPanel
from pev_battery_charge.rendering.chart import Canvas, ColumnLabels, Panel
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.gantt import GanttPanel
from pev_battery_charge.rendering.header import Header
from pev_battery_charge.rendering.layout import PLOT_WIDTH_PX, make_lanes, make_layout
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.power import PowerLabels, PowerPanel
from pev_battery_charge.rendering.style import WIDTH_PX


class Board:
    """A canvas with everything on it that a frame shows.

    layout: where the panels stand.
    figure: what holds their artists.
    header, power, schedule, batteries, area: the panels, from top to bottom.
    """

    def __init__(self, episode: Episode, clock: Clock) -> None:
        rejected = bool((episode.sessions["status"] == Status.REJECTED).any())
        lanes = make_lanes(episode.scenario.num_stations, rejected=rejected)
        power_labels = PowerLabels(episode, PLOT_WIDTH_PX)
        battery_labels = ColumnLabels(episode.names, PLOT_WIDTH_PX / max(len(episode.names), 1))
        self.layout = layout = make_layout(lanes, power_labels.height_px, battery_labels.height_px)
        self._canvas = Canvas(WIDTH_PX, layout.height_px)
        self.figure = figure = self._canvas.figure
        self.header = Header(figure, episode, clock)
        self.power = PowerPanel(figure, layout.power, episode, power_labels)
        self.schedule = GanttPanel(figure, layout.schedule, episode, lanes, clock)
        self.batteries = BatteryPanel(figure, layout.batteries, episode, battery_labels)
        self.area = AreaPanel(figure, layout.area, episode, clock)
        self._panels: list[Panel] = [self.header, self.power, self.schedule, self.batteries, self.area]
        self._artists = [artist for panel in self._panels for artist in panel.artists]
        for artist in self._artists:
            artist.set_animated(True)
        self._canvas.draw_background()

    def draw(self, moment: Moment) -> Image:
        """Show the moment: `[H, W, 3]`."""
        for panel in self._panels:
            panel.update(moment)
        return self._canvas.draw(self._artists)
