"""Units in which the power and the energy of an area are short to read: kW and kWh, or from some size on MW and MWh."""

from typing import NamedTuple

from pev_battery_charge.core.units import KILO_PER_MEGA
from pev_battery_charge.rendering.moment import Episode

_LONG_KW, _LONG_KWH = KILO_PER_MEGA, 10.0 * KILO_PER_MEGA
"""From here on kW and kWh take more room in a head than there is."""
_DIGITS = 4


class Unit(NamedTuple):
    """A unit of power or energy.

    name: as it is written, "kW".
    kilos: how many kW or kWh it has.
    decimals: with how many its amounts are written.
    """

    name: str
    kilos: float
    decimals: int

    def text(self, kilos: float) -> str:
        """An amount that is given in kW or kWh, without the name of the unit."""
        return f"{kilos / self.kilos:.{self.decimals}f}"

    def limit_text(self, kilos: float) -> str:
        """A limit that is given in kW or kWh, with no more decimals than it has, and the name of the unit."""
        return f"{kilos / self.kilos:g} {self.name}"


def power_unit(episode: Episode) -> Unit:
    """The unit for the power of the area: that of the most that can flow."""
    return _unit("W", min(float(episode.limit_kw.sum()), episode.scenario.area.power_max_kw), _LONG_KW)


def energy_unit(episode: Episode) -> Unit:
    """The unit for the energy that is delivered: that of all that the PEVs want."""
    return _unit("Wh", most_kwh(episode), _LONG_KWH)


def most_kwh(episode: Episode) -> float:
    """The energy that the batteries lack on arrival, of all PEVs together."""
    lacking_kwh = episode.sessions["energy_target_kwh"] - episode.sessions["energy_arrival_kwh"]
    return float(lacking_kwh.clip(min=0.0)[~episode.stores].sum())


def _unit(name: str, most: float, long: float) -> Unit:
    if most < long:
        return Unit(f"k{name}", 1.0, 1)
    kilos, prefixes = KILO_PER_MEGA, iter("MGTPE")
    prefix = next(prefixes)
    while most >= kilos * KILO_PER_MEGA and (greater := next(prefixes, None)):
        kilos, prefix = kilos * KILO_PER_MEGA, greater
    return Unit(f"{prefix}{name}", kilos, max(_DIGITS - len(f"{int(most / kilos)}"), 1))
