"""Catalogues of reward terms, observation features and coordination rules: what an entry is, how one is registered.

Every entry is a function of one signature, `(area, station, moments, *literals) -> float`, that reads a few named
numbers of the records and writes nothing:

    area      one `AREA`
    station   one `STATION`; `station["made"]` is the step just made
    moments   `MOMENT[T + 1 + look-ahead]`; `moments[area["step"]]` is the present one, that of the step just made
              stands before it
    literals  numbers that a scenario gives, each with a default: `exponent=1.0`. A feature may have one, `ahead_steps`:
              `"buy_price@1h"` in a scenario calls it with the number of steps in an hour

The name of the function is the name in the scenario.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import ClassVar, Final, Literal, NamedTuple, TypeVar, cast

import numpy as np

from pev_battery_charge.catalogue.trial import When, problems_of
from pev_battery_charge.core.arrays import Float32
from pev_battery_charge.core.compile import kernel, kernel_part
from pev_battery_charge.errors import InputError
from pev_battery_charge.models import Part
from pev_battery_charge.registry import Registry

AHEAD: Final = "ahead_steps"
"""The literal of a feature that looks ahead."""

Function = TypeVar("Function", bound=Callable[..., float])
Scale = float | Callable[[Float32, Float32, Float32], Float32]
"""How a network is shown a feature: divided by a number, or by a function of what was seen and of the power limits of
station and area, `[...]` each, in kW."""


class Limits(NamedTuple):
    """What bounds the numbers that are seen at one station of a scenario."""

    power_max_kw: float
    """The station's upper limit."""
    stations_kw: float
    """The upper limits of all stations of the area together."""
    cap_kw: float
    """The area's cap."""
    battery_kwh: float
    """The capacity of the largest battery that comes; infinite where that is not known."""
    power_min_kw: float = 0.0
    """The station's lower limit, at most 0: what it may give."""
    stations_min_kw: float = 0.0
    """The lower limits of all stations of the area together."""
    export_kw: float = 0.0
    """The least net power of the area, at most 0."""


_OWN: Final = "pev_battery_charge.catalogue."


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry of a catalogue.

    function: the compiled function.
    unit: of its value; "1" for shares.
    literals: its further parameters, with their defaults.
    """

    what: ClassVar[str] = "entry"
    """What one is called in errors."""

    function: Callable[..., float]
    unit: str
    literals: Mapping[str, float]

    @property
    def plain(self) -> Callable[..., float]:
        """The function as Python runs it."""
        plain: Callable[..., float] = getattr(self.function, "py_func", self.function)
        return plain

    @property
    def name(self) -> str:
        """What scenarios call it."""
        return self.plain.__name__

    @property
    def meaning(self) -> str:
        """The first paragraph of its docstring."""
        return " ".join((inspect.getdoc(self.plain) or "").split("\n\n")[0].split())


@dataclass(frozen=True, eq=False)
class Term(Entry):
    """A part of a station's reward, before its weight; evaluated where a PEV was served in the step just made.

    label: what it is for, in tables of results.
    linear: whether the optimum can hold it in a linear program.
    metered: whether it reads what the meter tells, so that there must be one.
    at_empty: whether a station earns it also without a PEV.
    """

    what: ClassVar[str] = "reward term"

    label: str
    linear: bool
    metered: bool = False
    at_empty: bool = False


@dataclass(frozen=True, eq=False)
class Feature(Entry):
    """A number that a station sees.

    low, high: its bounds, whatever the scenario.
    limit: its upper bound in one scenario, where it has one there.
    lower_limit: its lower bound in one scenario, where that is below `low`.
    metered: whether it reads what the meter tells, or the series, so that there must be a meter.
    """

    what: ClassVar[str] = "observation"

    low: float
    high: float
    scale: Scale
    limit: Callable[[Limits], float] | None = None
    lower_limit: Callable[[Limits], float] | None = None
    metered: bool = False

    def lowest(self, limits: Limits) -> float:
        """Its lower bound at a station with these limits; infinite where it has none."""
        return self.low if self.lower_limit is None else min(self.low, self.lower_limit(limits))

    def highest(self, limits: Limits) -> float:
        """Its upper bound at a station with these limits; infinite where it has none."""
        return self.high if self.limit is None else min(self.high, self.limit(limits))


@dataclass(frozen=True, eq=False)
class Rule(Entry):
    """How an area cuts claims down to its cap: the weight or the place in line of a station that claims.

    by: "weight": all are raised together, each by its weight, until the cap is filled. "place": lowest place first,
        each as far as the cap reaches. "nothing": no cut.
    """

    what: ClassVar[str] = "coordinator"

    by: Literal["weight", "place", "nothing"]


TERMS: Final[Registry[Term]] = Registry(Term.what)
FEATURES: Final[Registry[Feature]] = Registry(Feature.what)
COORDINATORS: Final[Registry[Rule]] = Registry(Rule.what)


def reward_term(
    function: None = None,
    /,
    *,
    unit: str = "",
    label: str = "",
    linear: bool = False,
    metered: bool = False,
    at_empty: bool = False,
) -> Callable[[Function], Function]:
    """A decorator for a part of rewards: `@pbc.reward_term(unit="EUR")`.

    unit: of what it returns; the scenario's weight multiplies that.
    label: what it is for, in tables of results; by default its name.
    linear: for terms of the package, which the optimum knows.
    metered: whether it reads `area["meter"]` or `station["served"]`.
    at_empty: whether it is earned also in steps in which the station served no PEV.

    Rewards are to be made large: a cost is returned with a minus. Raises `InputError` for a wrong signature, a missing
    unit, a name that another function has, and for what a trial of it finds (see `catalogue.trial`).
    """

    def register(function: Function) -> Function:
        function = _plain(function)
        compiled, literals, problems = _examined(function, unit, "earned")
        if linear and not _is_own(function):
            problems.append("linear: is for the package's own terms, which the optimum knows")
        entry = Term(compiled, unit, literals, label or function.__name__, linear, metered, at_empty)
        TERMS.register(function.__name__, entry, problems)
        return compiled

    return register if function is None else register(function)


def feature(
    function: None = None,
    /,
    *,
    unit: str = "",
    low: float = -np.inf,
    high: float = np.inf,
    scale: Scale = 1.0,
    limit: Callable[[Limits], float] | None = None,
    lower_limit: Callable[[Limits], float] | None = None,
    metered: bool = False,
) -> Callable[[Function], Function]:
    """A decorator for a feature that stations may see: `@pbc.feature(unit="EUR/kWh", scale=0.3)`.

    unit, low, high: unit and bounds of what it returns.
    scale: what networks see it in units of, or how they see it.
    limit: an upper bound, from what bounds a station's numbers in a scenario, where `high` cannot.
    lower_limit: likewise a lower bound, where that may be below `low`.
    metered: whether it reads `area["meter"]`, `area["stations_occupied"]` or the series.

    Raises `InputError` for a wrong signature, a missing unit, a name that another function has, and for what a trial of
    it finds (see `catalogue.trial`).
    """

    def register(function: Function) -> Function:
        function = _plain(function)
        compiled, literals, problems = _examined(function, unit, "seen", low, high)
        if not low <= high:
            problems.append(f"low: must not be above high (they are {low!r} and {high!r})")
        if not callable(scale) and not 0.0 < scale < np.inf:
            problems.append(f"scale: must be a number above 0, or a function (it is {scale!r})")
        entry = Feature(compiled, unit, literals, low, high, scale, limit, lower_limit, metered)
        FEATURES.register(function.__name__, entry, problems)
        return compiled

    return register if function is None else register(function)


def coordinator(
    function: None = None, /, *, by: Literal["weight", "place", "nothing"] | None = None, unit: str = "1"
) -> Callable[[Function], Function]:
    """A decorator for a rule by which an area cuts claims to its cap: `@pbc.coordinator(by="place")`.

    by: what it returns, see `Rule`. Weights below 0 count as 0, and a station without weight gets nothing.
    unit: of what it returns.

    It is asked in every step in which the cap binds, of every station that claims power;
    `station["made"]["acceptance_kw"]` is the claim. Raises `InputError` for a wrong signature, a missing `by`, a name
    that another function has, and for what a trial of it finds (see `catalogue.trial`).
    """

    def register(function: Function) -> Function:
        function = _plain(function)
        compiled, literals, problems = _examined(function, unit, "ranked")
        if by not in ("weight", "place", "nothing"):
            problems.append(f"by: must be 'weight' or 'place' (it is {by!r})")
        COORDINATORS.register(function.__name__, Rule(compiled, unit, literals, by or "nothing"), problems)
        return compiled

    return register if function is None else register(function)


def _plain(function: Function) -> Function:
    """The function as Python runs it, also of one that Numba has compiled already."""
    plain = getattr(function, "py_func", function)
    if not isinstance(plain, FunctionType):
        raise InputError("a catalogue's entry", [f"must be a function (it is {function!r})"])
    return cast(Function, plain)


def _is_own(function: Callable[..., float]) -> bool:
    return (function.__module__ or "").startswith(_OWN)


def _examined(
    function: Function, unit: object, when: When, low: float = -np.inf, high: float = np.inf
) -> tuple[Function, dict[str, float], list[str]]:
    """The function compiled, its literals, and what is wrong: its signature, its unit, or what a trial finds."""
    problems = _signature_problems(function, when)
    literals = {} if problems else _literals(function)
    if not isinstance(unit, str) or not unit.strip():
        problems.append('unit: must be given ("1" for a share)')
    if _is_own(function):
        return kernel(function), literals, problems
    if not problems:
        problems = problems_of(function, literals, when, low, high)
    return kernel_part(function), literals, problems


def _literals(function: Callable[..., float]) -> dict[str, float]:
    further = list(inspect.signature(function).parameters.values())[3:]
    return {one.name: 0.0 if one.name == AHEAD else float(one.default) for one in further}


def _signature_problems(function: Callable[..., float], when: When) -> list[str]:
    parameters = list(inspect.signature(function).parameters.values())
    names = [one.name for one in parameters]
    if names[:3] != ["area", "station", "moments"] or any(one.kind != one.POSITIONAL_OR_KEYWORD for one in parameters):
        return [f"signature: must begin with (area, station, moments) (it is ({', '.join(names)}))"]
    further = parameters[3:]
    if when != "earned":
        wrong = [one.name for one in further if when == "ranked" or one.name != AHEAD]
        may_have = "a rule has no literals" if when == "ranked" else f"a feature's only literal is {AHEAD}"
        return [f"signature: {may_have} (it has {', '.join(wrong)})"] if wrong else []
    problems = [
        f"signature: {one.name} must have a number as its default"
        for one in further
        if isinstance(one.default, bool) or not isinstance(one.default, int | float) or not math.isfinite(one.default)
    ]
    for one in further:
        if one.name == AHEAD:
            problems.append(f"signature: {AHEAD} is for features: a term is of the step just made")
        elif one.name == "weight" or one.name.startswith("_") or hasattr(Part, one.name):
            problems.append(f"signature: {one.name} cannot be a literal's name")
    return problems
