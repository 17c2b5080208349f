"""One picture of one moment: a header and four panels, made once and updated."""

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.canvas import Animation, house_style
from pev_battery_charge.rendering.chart import ABOUT_DOWN_PX, HEADLINE_DOWN_PX, add_rule, add_text, write_lines
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import counted
from pev_battery_charge.rendering.layout import MARGIN_PX, PLOT_WIDTH_PX, RIGHT_PX, Lanes, Layout
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.panels.area import AreaPanel
from pev_battery_charge.rendering.panels.bars import BarNames, BatteryPanel, PowerLabels, PowerPanel
from pev_battery_charge.rendering.panels.gantt import GanttPanel
from pev_battery_charge.rendering.style import HEADLINE_PT, MUTED, VALUE_PT, WIDTH_PX, text_width_px
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.trace import Trace

_FACTS_AT_PX = (330, 484, 594)


class Board(Animation[Moment]):
    """A canvas with everything on it that a frame shows.

    layout: where the panels stand.
    power, schedule, batteries, area: the panels below the header, from top to bottom.
    """

    def __init__(self, episode: Episode, clock: Clock) -> None:
        rejected = bool((episode.sessions["status"] == Status.REJECTED).any())
        lanes = Lanes(episode.scenario.num_stations, rejected=rejected)
        power_labels = PowerLabels(episode, PLOT_WIDTH_PX)
        battery_labels = BarNames(episode.names, PLOT_WIDTH_PX / max(len(episode.names), 1))
        self.layout = layout = Layout(lanes, power_labels.height_px, battery_labels.height_px)
        super().__init__(WIDTH_PX, layout.height_px)
        figure = self.figure
        self.power = PowerPanel(figure, layout.power, episode, power_labels)
        self.schedule = GanttPanel(figure, layout.schedule, episode, lanes, clock)
        self.batteries = BatteryPanel(figure, layout.batteries, episode, battery_labels)
        self.area = AreaPanel(figure, layout.area, episode, clock)
        self.hold([Header(figure, episode, clock), self.power, self.schedule, self.batteries, self.area])


class Header:
    """Scenario and coordinator, area power, energy delivered, PEVs plugged in, and the clock."""

    def __init__(self, figure: Figure, episode: Episode, clock: Clock) -> None:
        self._clock, self._scenario = clock, episode.scenario
        stations, rule = counted(self._scenario.num_stations, "station"), self._scenario.coordinator.replace("_", " ")
        name, room_px = self._scenario.name, _FACTS_AT_PX[0] - 2 * MARGIN_PX
        while text_width_px(name, HEADLINE_PT) > room_px:
            name = name.removesuffix("…")[:-1] + "…"
        write_lines(figure, MARGIN_PX, name, f"{stations}, {counted(len(episode.names), 'PEV')}, coordinator: {rule}")
        self._facts = [add_text(figure, x, HEADLINE_DOWN_PX, size=VALUE_PT) for x in _FACTS_AT_PX]
        words = zip(_FACTS_AT_PX, ("", "delivered so far", "plugged in"), strict=True)
        self._requested, *_ = [add_text(figure, x, ABOUT_DOWN_PX, text, color=MUTED) for x, text in words]
        right = WIDTH_PX - RIGHT_PX
        self._time = add_text(figure, right, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold", ha="right")
        self._step = add_text(figure, right, ABOUT_DOWN_PX, color=MUTED, ha="right")
        add_rule(figure, RIGHT_PX)
        self.artists: list[Artist] = [*self._facts, self._requested, self._time, self._step]

    def update(self, moment: Moment) -> None:
        """Show this moment."""
        power, delivered, plugged = self._facts
        power.set_text(f"{moment.power_kw.sum():.1f} of {self._scenario.area.power_max_kw:g} kW")
        self._requested.set_text(f"area power ({moment.request_kw.sum():.1f} requested)")
        delivered.set_text(f"{moment.delivered_kwh:.1f} kWh")
        plugged.set_text(f"{(moment.presence == Presence.PLUGGED).sum()} of {self._scenario.num_stations}")
        self._time.set_text(self._clock.text(moment.minute))
        self._step.set_text(f"step {moment.t} of {self._scenario.horizon_steps}")


class FrameRenderer:
    """Draws moments of the traces of one scenario and schedule, again and again.

    From top to bottom: each station's power against its limit, and the PEV it serves; the schedule with a cursor at
    now; each PEV's battery; the area's power over time against the cap. What does not move is drawn once and kept; a
    frame moves the rest, in a few tens of milliseconds. No window and no setting of matplotlib is touched.

    scenario, schedule: as the traces have them. A trace may still be growing.

    Raises `InputError` if the schedule does not fit the scenario.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        self.scenario = scenario
        self.schedule = schedule
        self._episode = Episode(scenario, schedule)
        with house_style():
            self._board = Board(self._episode, Clock(scenario, schedule))

    def draw(self, trace: Trace, t: int) -> Image:
        """The moment after t steps of a trace, `[H, W, 3]`: a new array; W is 900, H grows with stations and PEVs.

        t: 0 is the start, `trace.num_steps` the end. Power is that of the step just made, 0 at the start.

        Raises `InputError` if the trace has another scenario or schedule, or fewer than t steps.
        """
        moment = self._episode.moment(trace, t)
        with house_style():
            return self._board.draw(moment)


def render_frame(trace: Trace, t: int) -> Image:
    """The moment after t steps of a trace as a picture, `[H, W, 3]`, W = 900; see `FrameRenderer.draw`.

    For many moments, make one `FrameRenderer` and keep it.
    """
    return FrameRenderer(trace.scenario, trace.schedule).draw(trace, t)
