"""One picture of one moment: a header and four panels, made once and updated."""

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.canvas import Animation, Panel, house_style
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.header import Header
from pev_battery_charge.rendering.layout import PLOT_WIDTH_PX, Lanes, Layout
from pev_battery_charge.rendering.moment import Episode, Moment
from pev_battery_charge.rendering.panels.area import AreaPanel
from pev_battery_charge.rendering.panels.bars import BarNames, BatteryPanel, PowerLabels, PowerPanel
from pev_battery_charge.rendering.panels.gantt import GanttPanel
from pev_battery_charge.rendering.panels.prices import PricePanel, told_series
from pev_battery_charge.rendering.panels.site import SitePanel
from pev_battery_charge.rendering.style import WIDTH_PX
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.series import Series
from pev_battery_charge.trace import Trace


class Board(Animation[Moment]):
    """A canvas with everything on it that a frame shows.

    layout: where the panels stand.
    power, schedule, batteries, area, prices: the panels below the header, from top to bottom; the last one of a site.
    """

    def __init__(self, episode: Episode, clock: Clock) -> None:
        rejected = bool((episode.sessions["status"] == Status.REJECTED).any())
        lanes = Lanes(episode.scenario.num_stations, rejected=rejected)
        power_labels = PowerLabels(episode, PLOT_WIDTH_PX)
        battery_labels = BarNames(episode.names, PLOT_WIDTH_PX / max(len(episode.names), 1))
        told = told_series(episode)
        self.layout = layout = Layout(
            lanes,
            power_labels.height_px,
            battery_labels.height_px,
            both_ways=episode.both_ways,
            metered=episode.metered,
            priced=told is not None,
        )
        super().__init__(WIDTH_PX, layout.height_px)
        figure = self.figure
        self.power = PowerPanel(figure, layout.power, episode, power_labels)
        self.schedule = GanttPanel(figure, layout.schedule, episode, lanes, clock)
        self.batteries = BatteryPanel(figure, layout.batteries, episode, battery_labels)
        self.area: AreaPanel | SitePanel = (SitePanel if episode.metered else AreaPanel)(
            figure, layout.area, episode, clock
        )
        panels: list[Panel[Moment]] = [
            Header(figure, episode, clock),
            self.power,
            self.schedule,
            self.batteries,
            self.area,
        ]
        self.prices: PricePanel | None = None
        if told is not None and layout.prices is not None:
            self.prices = PricePanel(figure, layout.prices, episode, clock, told)
            panels.append(self.prices)
        self.hold(panels)


class FrameRenderer:
    """Pictures of moments of the traces of one scenario, schedule and series, again and again.

    From top to bottom: each station's power against its limit, and the PEV it serves; the schedule with a cursor at
    now; each PEV's battery; the area's power over time against the cap. Of a site: what is discharged below the axis,
    the area's net power against its bounds, beside base load and sun, and the prices. What does not move is drawn once
    and kept; a frame moves the rest, in a few tens of milliseconds. No window and no setting of matplotlib is touched.

    scenario, schedule, series: as the traces have them. A trace may still be growing.

    Raises `InputError` if the schedule does not fit the scenario.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule, series: Series | None = None) -> None:
        self.scenario = scenario
        self.schedule = schedule
        self.series = series
        self._episode = Episode(scenario, schedule, series)
        with house_style():
            self._board = Board(self._episode, Clock(scenario, schedule))

    def draw(self, trace: Trace, t: int) -> Image:
        """The moment after t steps of a trace, `[H, W, 3]`: a new array; W is 900, H grows with stations and PEVs.

        t: 0 is the start, `trace.num_steps` the end. Power is that of the step just made, 0 at the start.

        Raises `InputError` if the trace has another scenario, schedule or series, or fewer than t steps.
        """
        moment = self._episode.moment(trace, t)
        with house_style():
            return self._board.draw(moment)


def render_frame(trace: Trace, t: int) -> Image:
    """The moment after t steps of a trace as a picture, `[H, W, 3]`, W = 900; see `FrameRenderer.draw`.

    For many moments, make one `FrameRenderer` and keep it.
    """
    return FrameRenderer(trace.scenario, trace.schedule, trace.series).draw(trace, t)
