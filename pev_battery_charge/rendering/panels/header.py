"""The head of a frame: which episode, how far, and three numbers."""

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from pev_battery_charge.rendering.chart import ABOUT_DOWN_PX, HEADLINE_DOWN_PX, add_rule, add_text, write_lines
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import counted
from pev_battery_charge.rendering.layout import MARGIN_PX, RIGHT_PX
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.style import HEADLINE_PT, MUTED, VALUE_PT, WIDTH_PX, text_width_px

_FACTS_AT_PX = (330, 484, 594)
_TITLE_ROOM_PX = _FACTS_AT_PX[0] - 2 * MARGIN_PX


class Header:
    """Scenario and coordinator, area power, energy delivered, PEVs plugged in, and the clock."""

    def __init__(self, figure: Figure, episode: Episode, clock: Clock) -> None:
        self._clock = clock
        scenario = episode.scenario
        self._cap_kw = scenario.area.power_max_kw
        self._num_stations = scenario.num_stations
        self._horizon_steps = scenario.horizon_steps
        rule = scenario.coordinator.replace("_", " ")
        about = f"{counted(self._num_stations, 'station')}, {counted(len(episode.names), 'PEV')}, coordinator: {rule}"
        write_lines(figure, MARGIN_PX, _shortened(scenario.name, HEADLINE_PT), about)
        add_text(figure, _FACTS_AT_PX[1], ABOUT_DOWN_PX, "delivered so far", color=MUTED)
        add_text(figure, _FACTS_AT_PX[2], ABOUT_DOWN_PX, "plugged in", color=MUTED)
        self._requested = add_text(figure, _FACTS_AT_PX[0], ABOUT_DOWN_PX, color=MUTED)
        self._facts = [add_text(figure, x, HEADLINE_DOWN_PX, size=VALUE_PT) for x in _FACTS_AT_PX]
        right = WIDTH_PX - RIGHT_PX
        self._time = add_text(figure, right, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold", ha="right")
        self._step = add_text(figure, right, ABOUT_DOWN_PX, color=MUTED, ha="right")
        add_rule(figure, RIGHT_PX)
        self.artists: list[Artist] = [*self._facts, self._requested, self._time, self._step]

    def update(self, moment: Moment) -> None:
        """Show this moment."""
        power, delivered, plugged = self._facts
        power.set_text(f"{moment.power_kw.sum():.1f} of {self._cap_kw:g} kW")
        self._requested.set_text(f"area power ({moment.request_kw.sum():.1f} requested)")
        delivered.set_text(f"{moment.delivered_kwh:.1f} kWh")
        plugged.set_text(f"{(moment.presence == Presence.PLUGGED).sum()} of {self._num_stations}")
        self._time.set_text(self._clock.text(moment.minute))
        self._step.set_text(f"step {moment.t} of {self._horizon_steps}")


def _shortened(name: str, size_pt: float) -> str:
    while text_width_px(name, size_pt) > _TITLE_ROOM_PX:
        name = name.removesuffix("…")[:-1] + "…"
    return name
