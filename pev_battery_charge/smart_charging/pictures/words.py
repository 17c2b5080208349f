"""Times, amounts and rates of the smart-charging problem, as its pictures write and colour them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.rendering.style import GRANTED, GRANTED_EDGE, INK, PALE, PAPER, red_green_blue

_MIDNIGHT: Final = datetime(2001, 1, 1)
"""Of any day; never shown."""
_RAMP: Final = (PALE, GRANTED, GRANTED_EDGE)
"""Falls evenly in lightness, so that it also tells rates apart in grey."""
_DARK: Final = 0.25
"""Relative luminance below which white stands out better than ink."""
_ROUND_MINUTES: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
_GAP_PX: Final = 8
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def rate_colours(rates_kw: Sequence[float]) -> list[str]:
    """A colour for each rate, from pale to dark; a single rate is pale when it is no power at all."""
    if len(rates_kw) == 1:
        return [GRANTED_EDGE if rates_kw[0] > 0.0 else PALE]
    places = np.linspace(0.0, 1.0, len(rates_kw))
    ramp = np.array([red_green_blue(colour) for colour in _RAMP])
    channels = [np.interp(places, np.linspace(0.0, 1.0, len(_RAMP)), channel) for channel in ramp.T]
    return ["#{:02X}{:02X}{:02X}".format(*colour) for colour in np.transpose(channels).round().astype(int)]


def ink_on(colour: str) -> str:
    """The colour of text that can be read on a colour."""
    weights = (0.2126, 0.7152, 0.0722)  # of red, green and blue in luminance, ITU-R BT.709
    parts = ((part / 255.0) ** 2.2 for part in red_green_blue(colour))
    luminance = sum(weight * part for weight, part in zip(weights, parts, strict=True))
    return PAPER if luminance < _DARK else INK


def clock_text(minute: float) -> str:
    """Minutes after midnight as "14:00", with seconds where they are not whole."""
    moment = _MIDNIGHT + timedelta(seconds=round(timedelta(minutes=minute).total_seconds()))
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def edge_ticks(start_min: float, slot_minutes: float, num_slots: int, pitch_px: float) -> list[tuple[int, str]]:
    """Slot edges to label, as (number of the edge, clock time): all, or evenly so many as there is room for.

    start_min: minutes after midnight when the first slot begins.
    pitch_px: width of a slot.
    """
    from pev_battery_charge.rendering.labels import longest_px  # noqa: PLC0415  slow to import: it measures letters

    texts = [clock_text(start_min + edge * slot_minutes) for edge in range(num_slots + 1)]
    apart_px = {every: longest_px(texts[::every]) + _GAP_PX for every in range(1, num_slots + 1)}
    fitting = [every for every, least_px in apart_px.items() if least_px <= every * pitch_px] or [num_slots]
    rounds = [k for k in fitting if k * slot_minutes in _ROUND_MINUTES or k * slot_minutes % MINUTES_PER_HOUR == 0.0]
    rounds = rounds or fitting
    ending = [every for every in rounds if num_slots % every == 0 and every <= 2 * rounds[0]]  # labels departure too
    every = (ending or rounds)[0]
    return [(edge, texts[edge]) for edge in range(0, num_slots + 1, every)]


def amount(value: float, digits: int = 3) -> str:
    """A number with so many significant digits: "0", "1.25", "3,600", "3.4·10⁻⁴"."""
    if value == 0.0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 < power < max(digits, 4):
        return _trimmed(f"{value:,.{max(digits - 1 - power, 0)}f}")
    return f"{_trimmed(mantissa)}·{power_of_ten(power)}"


def _trimmed(number: str) -> str:
    """Without zeros at the end of its decimals."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def power_of_ten(power: int) -> str:
    """As "10⁹" or "10⁻⁴"."""
    return f"10{str(power).translate(_SUPERSCRIPTS)}"


def cost_text(cost: float) -> str:
    """A cost with up to four decimals, or with four digits where it is very small or large."""
    if 0.1 <= cost < 1e6:
        return _trimmed(f"{cost:,.4f}")
    return amount(cost, 4)


def energy_text(energy_kwh: float) -> str:
    """An energy in kWh with a decimal, or with so many that it is not told as 0."""
    if energy_kwh and abs(energy_kwh) < 0.05:
        return f"{amount(energy_kwh, 1)} kWh"
    return f"{energy_kwh:.1f} kWh"


def share_text(share: float) -> str:
    """A probability or share as a percentage that says 0 or 100 only when it is."""
    percent = 100.0 * share
    if 0.0 < percent < 0.1:
        return "less than 0.1 %"
    if 99.9 < percent < 100.0:
        return "more than 99.9 %"
    near_an_end = 0.0 < percent < 1.0 or 99.0 < percent < 100.0
    return f"{percent:.1f} %" if near_an_end else f"{percent:.0f} %"
