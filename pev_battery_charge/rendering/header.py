"""The head of a frame: the scenario, the area's power, the energy delivered, the PEVs plugged in, and the clock."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from pev_battery_charge.rendering.amounts import energy_unit, most_kwh, power_unit
from pev_battery_charge.rendering.chart import ABOUT_DOWN_PX, HEADLINE_DOWN_PX, add_rule, add_text, fit_text, width_px
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import counted
from pev_battery_charge.rendering.layout import MARGIN_PX, RIGHT_PX
from pev_battery_charge.rendering.moment import Episode, Moment, Presence
from pev_battery_charge.rendering.style import HEADLINE_PT, MUTED, VALUE_PT, WIDTH_PX

_FACTS_AT_PX = (330.0, 484.0, 594.0)
"""Where facts begin if they have room there."""
_NEAR_PX, _APART_PX = 9, 18
"""Between two facts: at least, and where one has been pushed from its usual place."""
_LEAST_PX = 120.0
"""No fact begins further left."""


class Header:
    """Scenario and coordinator, area power (of a site, net power), energy delivered, PEVs plugged in, and the clock.

    Every fact has the room that its longest text of the episode takes, so that nothing moves from frame to frame.
    """

    def __init__(self, figure: Figure, episode: Episode, clock: Clock) -> None:
        self._clock, self._scenario = clock, episode.scenario
        self._power, self._energy = power_unit(episode), energy_unit(episode)
        right = WIDTH_PX - RIGHT_PX
        self._time = add_text(figure, right, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold", ha="right")
        self._step = add_text(figure, right, ABOUT_DOWN_PX, color=MUTED, ha="right")
        self._facts = [add_text(figure, x, HEADLINE_DOWN_PX, size=VALUE_PT) for x in _FACTS_AT_PX]
        words = [
            add_text(figure, x, ABOUT_DOWN_PX, text, color=MUTED)
            for x, text in zip(_FACTS_AT_PX, ("", "delivered so far", "plugged in"), strict=True)
        ]
        self._requested = words[0]
        self.artists: list[Artist] = [*self._facts, self._requested, self._time, self._step]

        most_kw, num_stations = float(episode.limit_kw.sum()), self._scenario.num_stations
        self._metered, self._pev_stations = episode.metered, num_stations - len(self._scenario.store_stations)
        self._stores = episode.stores
        most_kw = -most_kw if self._metered else most_kw  # a minus takes room
        self._write(most_kw, most_kw, most_kwh(episode), self._pev_stations, self._scenario.horizon_steps)
        widths_px = [max(map(width_px, pair)) for pair in zip(self._facts, words, strict=True)]
        places_px = fact_places(widths_px, right - max(width_px(self._time), width_px(self._step)))
        for x_px, *pair in zip(places_px, self._facts, words, strict=True):
            for text in pair:
                text.set_x(x_px)

        stations, rule = counted(num_stations, "station"), self._scenario.coordinator.replace("_", " ")
        about = f"{stations}, {counted(int((~episode.stores).sum()), 'PEV')}, coordinator: {rule}"
        room_px = places_px[0] - 2 * MARGIN_PX
        name = add_text(figure, MARGIN_PX, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold")
        fit_text(name, self._scenario.name, room_px)
        fit_text(add_text(figure, MARGIN_PX, ABOUT_DOWN_PX, color=MUTED), about, room_px)
        add_rule(figure, RIGHT_PX)

    def update(self, moment: Moment) -> None:
        """Show this moment."""
        plugged = int(((moment.presence == Presence.PLUGGED) & ~self._stores).sum())
        power_kw, beside_kw = float(moment.power_kw.sum()), float(moment.request_kw.sum())
        if moment.meter is not None:
            power_kw, beside_kw = float(moment.meter["net_kw"][-1]) if moment.t else 0.0, power_kw
        self._write(power_kw, beside_kw, moment.delivered_kwh, plugged, moment.t)

    def _write(self, power_kw: float, beside_kw: float, delivered_kwh: float, plugged: int, t: int) -> None:
        power, delivered, stations = self._facts
        power.set_text(f"{self._power.text(power_kw)} of {self._power.limit_text(self._scenario.area.power_max_kw)}")
        beside = self._power.text(beside_kw)
        self._requested.set_text(
            f"net power (stations {beside})" if self._metered else f"area power ({beside} requested)"
        )
        delivered.set_text(f"{self._energy.text(delivered_kwh)} {self._energy.name}")
        stations.set_text(f"{plugged} of {self._pev_stations}")
        self._time.set_text(self._clock.text(t * self._scenario.step_minutes))
        self._step.set_text(f"step {t} of {self._scenario.horizon_steps}")


def fact_places(widths_px: Sequence[float], end_px: float) -> list[float]:
    """Where each fact begins: at its usual place, unless it has too little room there.

    What is too wide pushes those right of it; if these would then come too near to the clock, they move to the left,
    each only as far as it must, and at last so far that the scenario's name is left little room.

    widths_px: of the facts.
    end_px: where the clock begins.
    """
    places = [_FACTS_AT_PX[0]]
    for usual, width in zip(_FACTS_AT_PX[1:], widths_px, strict=False):
        end = places[-1] + width
        places.append(usual if end + _NEAR_PX <= usual else end + _APART_PX)
    for number in reversed(range(len(places))):
        end_px -= widths_px[number] + _NEAR_PX
        places[number] = end_px = max(min(places[number], end_px), _LEAST_PX)
    return places
