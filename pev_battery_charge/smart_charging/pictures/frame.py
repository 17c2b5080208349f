"""The picture of a moment of the smart-charging problem: head, panels and a line in words, on one canvas."""

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.rendering.canvas import Animation, house_style
from pev_battery_charge.rendering.chart import ABOUT_DOWN_PX, HEADLINE_DOWN_PX, add_rule, add_text
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import MARGIN_PX, Box
from pev_battery_charge.rendering.style import CHARGED, HEADLINE_PT, INK, MUTED, TITLE_PT, UNMET, VALUE_PT
from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment
from pev_battery_charge.smart_charging.pictures.panels import EnergyPanel, PricePanel, SlotPanel, energy_top_kwh
from pev_battery_charge.smart_charging.pictures.words import clock_text, cost_text, energy_text, share_text

_WIDTH_PX, _HEIGHT_PX = 640, 360
_WORDS_DOWN_PX = 345
_COST_AT_PX = 190
_ENERGY = Box(40.0, 90.0, 406.0, 180.0)
_PRICES = Box(470.0, 90.0, 156.0, 214.0)
_SLOTS_TOP_PX, _SLOTS_PX = 280, 22


class TaxiRenderer:
    """Draws moments of one smart-charging problem, again and again.

    From left to right: the battery, its energy over time until departure and, there, the bell curve of the demand, all
    along one energy axis; the price of each rate. Below, the rate chosen in each slot. What does not move is drawn
    once and kept. No window and no setting of matplotlib is touched.
    """

    def __init__(self) -> None:
        self._standing: object = None
        self._board: TaxiBoard

    def draw(self, moment: TaxiMoment) -> Image:
        """The moment as a picture, `[360, 640, 3]`: a new array."""
        standing = moment.problem, energy_top_kwh(moment)
        with house_style():
            if standing != self._standing:
                self._board, self._standing = TaxiBoard(moment), standing
            return self._board.draw(moment)


class TaxiBoard(Animation[TaxiMoment]):
    """A canvas with everything on it that a moment shows; for moments of one problem."""

    def __init__(self, moment: TaxiMoment) -> None:
        super().__init__(_WIDTH_PX, _HEIGHT_PX)
        head, energy = _Head(self.figure), EnergyPanel(self.figure, _ENERGY, moment)
        slots_box = Box(energy.times.left, _SLOTS_TOP_PX, energy.times.width, _SLOTS_PX)
        slots, prices = SlotPanel(self.figure, slots_box, moment), PricePanel(self.figure, _PRICES, moment)
        self.hold([head, energy, slots, prices])


class _Head:
    """Energy, cost so far and the clock on top; whether the energy is enough, in words, at the foot."""

    def __init__(self, figure: Figure) -> None:
        left, right = float(MARGIN_PX), float(_WIDTH_PX - MARGIN_PX)
        self._energy = add_text(figure, left, HEADLINE_DOWN_PX, size=VALUE_PT)
        self._soc = add_text(figure, left, ABOUT_DOWN_PX, color=MUTED)
        self._cost = add_text(figure, _COST_AT_PX, HEADLINE_DOWN_PX, size=VALUE_PT)
        self._unit = add_text(figure, _COST_AT_PX, ABOUT_DOWN_PX, color=MUTED)
        self._time = add_text(figure, right, HEADLINE_DOWN_PX, size=HEADLINE_PT, weight="bold", ha="right")
        self._slot = add_text(figure, right, ABOUT_DOWN_PX, color=MUTED, ha="right")
        self._words = add_text(figure, left, _WORDS_DOWN_PX, size=TITLE_PT)
        add_rule(figure, MARGIN_PX)
        self.artists: list[Artist] = [self._energy, self._soc, self._cost, self._unit]
        self.artists += [self._time, self._slot, self._words]

    def update(self, moment: TaxiMoment) -> None:
        """Show this moment."""
        self._energy.set_text(energy_text(moment.energy_kwh))
        soc = share_text(moment.energy_kwh / moment.problem.capacity_kwh)
        self._soc.set_text(f"{soc} of {moment.problem.capacity_kwh:g} kWh")
        self._cost.set_text(cost_text(moment.cost))
        what = "cost of the episode" if moment.departed else "cost so far"
        self._unit.set_text(elided(f"{what}, {moment.problem.cost_unit}" if moment.problem.cost_unit else what, 300.0))
        self._time.set_text(clock_text(moment.problem.start_min + moment.t * moment.problem.slot_minutes))
        self._slot.set_text("departed" if moment.departed else f"slot {moment.t + 1} of {moment.problem.num_slots}")
        words, colour = _verdict(moment)
        self._words.set_text(words)
        self._words.set_color(colour)
        self._words.set_fontweight("bold" if moment.departed else "normal")


def _verdict(moment: TaxiMoment) -> tuple[str, str]:
    """Whether the energy is, or will probably be, enough for the demand, and the colour to say it in."""
    have, mean, std = moment.energy_kwh, moment.problem.demand_mean_kwh, moment.problem.demand_std_kwh
    if moment.demand_kwh is not None:
        more = have - moment.demand_kwh
        asked = f"Demand {energy_text(moment.demand_kwh)}: "
        if more >= 0.0:
            return f"{asked}enough, {energy_text(more)} left", CHARGED
        return f"{asked}not enough, {energy_text(-more)} short", UNMET
    if std == 0.0:
        lack = mean - have
        enough = "what the battery holds is enough" if lack <= 0.0 else f"{energy_text(lack)} more to charge"
        return f"The demand will be {energy_text(mean)}: {enough}", INK
    chance = share_text(1.0 - moment.shortage_probability)
    words = f"what the battery holds is enough with a probability of {chance}"
    return f"Demand {mean:.6g} ± {std:.6g} kWh: {words}", INK
