"""The head of a frame: which episode, how far, and three numbers."""

from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.layout import MARGIN_PX, RIGHT_PX
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.names import counted
from pev_battery_charge.rendering.style import (
    DPI,
    HEADLINE_PT,
    INK,
    MUTED,
    OUTLINE,
    SMALL_PT,
    VALUE_PT,
    WIDTH_PX,
    text_width_px,
)

_BIG_PX, _SMALL_PX, _RULE_PX = 31, 49, 59
_FACTS_AT_PX = (330, 484, 594)
_TITLE_ROOM_PX = _FACTS_AT_PX[0] - 2 * MARGIN_PX


class Header:
    """Scenario and coordinator, area power, energy delivered, PEVs plugged in, and the clock."""

    def __init__(self, figure: Figure, episode: Episode, clock: Clock) -> None:
        self._figure = figure
        self._clock = clock
        scenario = episode.scenario
        self._cap_kw = scenario.area.power_max_kw
        self._num_stations = scenario.num_stations
        self._horizon_steps = scenario.horizon_steps
        left, right = float(MARGIN_PX), float(WIDTH_PX - RIGHT_PX)
        self._text(left, _BIG_PX, _shortened(scenario.name, HEADLINE_PT), size=HEADLINE_PT, weight="bold")
        rule = scenario.coordinator.replace("_", " ")
        about = f"{counted(self._num_stations, 'station')}, {counted(len(episode.names), 'PEV')}, coordinator: {rule}"
        self._text(left, _SMALL_PX, about, color=MUTED)
        self._text(_FACTS_AT_PX[1], _SMALL_PX, "delivered so far", color=MUTED)
        self._text(_FACTS_AT_PX[2], _SMALL_PX, "plugged in", color=MUTED)
        self._requested = self._text(_FACTS_AT_PX[0], _SMALL_PX, "", color=MUTED)
        self._facts = [self._text(x, _BIG_PX, "", size=VALUE_PT) for x in _FACTS_AT_PX]
        self._time = self._text(right, _BIG_PX, "", size=HEADLINE_PT, weight="bold", ha="right")
        self._step = self._text(right, _SMALL_PX, "", color=MUTED, ha="right")
        height = 1.0 - _RULE_PX / (figure.get_figheight() * DPI)
        figure.add_artist(Line2D([left / WIDTH_PX, right / WIDTH_PX], [height, height], color=OUTLINE, linewidth=0.8))
        self.artists: list[Artist] = [*self._facts, self._requested, self._time, self._step]

    def _text(self, x_px: float, baseline_px: float, text: str, *, size: float = SMALL_PT, **style: Any) -> Text:
        x, y = x_px / WIDTH_PX, 1.0 - baseline_px / (self._figure.get_figheight() * DPI)
        return self._figure.text(x, y, text, size=size, va="baseline", **{"color": INK, **style})

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
