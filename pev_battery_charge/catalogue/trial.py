"""A trial of a function before it is registered: played as plain Python on small records, where indices are checked.

Compiled code checks no index and would read, or write, whatever stands beside an array.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from numbers import Real
from typing import Final, Literal

import numpy as np

from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.records import KNOWN_STATION, MOMENT, NO_SESSION, make_areas, make_moments, make_stations

When = Literal["seen", "earned", "ranked"]

_STEPS: Final = 4
_BATTERY: Final = {
    **{"capacity_kwh": 40.0, "power_max_kw": 11.0, "efficiency": 0.9, "transition_soc": 0.8},
    **{"power_min_kw": -11.0, "efficiency_out": 0.9, "energy_min_kwh": 4.0, "energy_max_kwh": 40.0},
}
_AHEAD_STEPS: Final = 3


def problems_of(
    function: Callable[..., float],
    literals: Mapping[str, float],
    when: When,
    low: float = -math.inf,
    high: float = math.inf,
) -> list[str]:
    """What is wrong with a function of the catalogues' signature: nothing, or one thing with the place it showed at.

    literals: its further parameters; a look-ahead is tried at its longest.
    when: "seen": at any time, at any station; "earned": after a step, where a PEV was served in it; "ranked": in a
        step, where a PEV claims power.
    low, high: the bounds of what it may return.
    """
    ahead = "ahead_steps" in literals
    values = (float(_AHEAD_STEPS),) if ahead else tuple(literals.values())
    numbers = (int(values[0]),) if ahead else values
    for place, area, station, moments in _samples(when, _AHEAD_STEPS if ahead else 0):
        try:
            with np.errstate(all="ignore"):
                value = function(area, station, moments, *numbers)
        except IndexError as error:
            problem = f"reads beyond the series: {error}"
        except Exception as error:  # whatever foreign code raises is reported as its problem
            writes = "read-only" in str(error)
            problem = "writes into the records" if writes else f"fails: {type(error).__name__}: {error}"
        else:
            finite = isinstance(value, Real) and not isinstance(value, bool | np.bool_) and math.isfinite(value)
            problem = "" if finite else f"must return a finite number: it returns {value!r}"
            if finite and not low <= value <= high:
                problem = f"must return a number from {low:g} to {high:g}, its bounds: it returns {float(value):g}"
        if problem:
            return [f"{problem} {place}"]
    return []


def _samples(when: When, ahead_steps: int) -> Iterator[tuple[str, Record, Record, Records]]:
    """Records of an area with an empty station, one that charges, and one whose PEV has just left, at every step."""
    areas = make_areas(1, power_max_kw=20.0, step_minutes=15.0, horizon_steps=_STEPS)
    stations = make_stations(1, np.zeros(3), np.array([11.0, 22.0, 7.4]))[0]
    moments = make_moments(_STEPS + 1 + ahead_steps)
    for name in MOMENT.names or ():
        moments[name] = np.linspace(0.1, 0.4, moments.size)
    for name, value in _BATTERY.items():
        stations["battery"][name] = value
    stations["energy_kwh"], stations["target_kwh"] = 20.0, 36.0
    stations["session"][1] = 0
    stations["depart_stated_step"] = 3
    made = stations["made"]
    made["asked_kw"] = made["request_kw"] = made["acceptance_kw"] = 9.0
    made["power_kw"] = [0.0, 8.0, 7.0]
    made["energy_kwh"], made["target_kwh"] = [0.0, 20.0, 30.0], [0.0, 36.0, 36.0]
    made["session"] = [NO_SESSION, 0, 1]
    made["departed"][2] = 1
    areas["request_kw"], areas["power_kw"] = 18.0, 15.0
    stations = stations[list(KNOWN_STATION.names or ())]
    for array in (areas, stations, moments):
        array.flags.writeable = False
    steps = {"seen": range(_STEPS + 1), "earned": range(1, _STEPS + 1), "ranked": range(_STEPS)}[when]
    for step in steps:
        now = areas.copy()
        now["step"] = step
        now.flags.writeable = False
        for number, what in enumerate(("an empty station", "a charging PEV", "a PEV that has just left")):
            if when == "seen" or (number > 0 and (when == "earned" or number == 1)):
                yield f"(at step {step} of {_STEPS}, {what})", now[0], stations[number], moments
