"""Names that stand for several features: vectors as `buy_price[1h..24h]`, and presets."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from pev_battery_charge.catalogue.presets import PRESETS
from pev_battery_charge.catalogue.registry import FEATURES
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_HOUR

MOST_LEADS: Final = 500
"""How many numbers one vector may have."""

_MINUTES: Final = {"min": 1.0, "h": MINUTES_PER_HOUR, "d": MINUTES_PER_HOUR * HOURS_PER_DAY}
_SPAN: Final = r"(\d+(?:\.\d+)?)(min|h|d)"
_VECTOR: Final = re.compile(rf"(\w+)\[{_SPAN}\.\.{_SPAN}(?:/{_SPAN})?\]")
_TOLERANCE: Final = 1e-9


def expand_features(names: Sequence[str]) -> tuple[str, ...]:
    """A scenario's `observations` with each vector and preset replaced by the features that it stands for, in order.

    `buy_price[1h..24h]` is `buy_price@1h` to `buy_price@24h`, every hour; `[15min..2h/15min]` every quarter of one.
    Raises `ValueError` for what is no such range.
    """
    expanded: list[str] = []
    for name in names:
        if name in PRESETS:
            expanded += expand_features(PRESETS[name])
        elif "[" in name or "]" in name or ".." in name:
            expanded += _leads(name)
        elif name not in FEATURES and (near := get_close_matches(name, PRESETS, cutoff=0.75)):
            raise ValueError(f"unknown observation or preset {name!r}; the presets most like it: {', '.join(near)}")
        else:
            expanded.append(name)
    return tuple(expanded)


def _leads(name: str) -> list[str]:
    read = _VECTOR.fullmatch(name)
    if read is None:
        raise ValueError(f"{name} is no range of leads, such as buy_price[1h..24h] or buy_price[15min..2h/15min]")
    plain, first, first_unit, last, last_unit, by, by_unit = read.groups()
    if plain not in FEATURES:
        raise ValueError(FEATURES.unknown(plain))
    start, end = float(first) * _MINUTES[first_unit], float(last) * _MINUTES[last_unit]
    step = float(by) * _MINUTES[by_unit] if by else MINUTES_PER_HOUR
    if step <= 0.0 or end < start:
        raise ValueError(f"{name}: a range goes up, in steps above 0")
    count = (end - start) / step
    if count >= MOST_LEADS:
        raise ValueError(f"{name}: a range may have at most {MOST_LEADS} numbers")
    if abs(count - round(count)) > _TOLERANCE:
        raise ValueError(f"{name}: from its first to its last must be a whole number of steps of {step:g} min")
    return [_lead(plain, start + k * step) for k in range(round(count) + 1)]


def _lead(name: str, minutes: float) -> str:
    if minutes == 0.0:
        return name
    hours = minutes / MINUTES_PER_HOUR
    return f"{name}@{hours:.0f}h" if hours == int(hours) else f"{name}@{minutes!r}min".replace(".0min", "min")
