"""One picture of one moment: a header and four panels, made once and updated."""

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.style import house_style
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.trace import Trace


class FrameRenderer:
    """Draws moments of the traces of one scenario and schedule, again and again.

    From top to bottom: each station's power against its limit, and the PEV it serves; the schedule with a cursor at
    now; each PEV's battery; the area's power over time against the cap. What does not move is drawn once and kept; a
    frame moves the rest, in a few tens of milliseconds. No window and no setting of matplotlib is touched.

    scenario, schedule: as the traces have them. A trace may still be growing.

    Raises `InputError` if the schedule does not fit the scenario.
    """

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        from pev_battery_charge.rendering.board import Board  # noqa: PLC0415  matplotlib takes half a second to import

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

    Who draws many moments makes one `FrameRenderer` and keeps it.
    """
    return FrameRenderer(trace.scenario, trace.schedule).draw(trace, t)
