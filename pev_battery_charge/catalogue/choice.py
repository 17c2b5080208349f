"""What a scenario chooses from the catalogues: entries with the numbers that it gives them."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_type_hints

from pydantic import create_model

from pev_battery_charge.catalogue.registry import AHEAD, FEATURES, TERMS, Entry, Feature, Term
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.models import Part, Weight

_LOOK_AHEAD: Final = re.compile(r"(?P<name>\w+)@(?P<number>\d+(?:\.\d+)?)(?P<unit>min|h|d)")
_MINUTES: Final = {"min": 1.0, "h": MINUTES_PER_HOUR, "d": MINUTES_PER_HOUR * HOURS_PER_DAY}
_TOLERANCE_STEPS: Final = 1e-9
_LONGEST_DAYS: Final = 366.0

E = TypeVar("E", bound=Entry)


class Choice(NamedTuple, Generic[E]):
    """An entry that a scenario names, with its numbers."""

    entry: E
    numbers: tuple[float, ...]
    """Of a term its weight, then its literals; of a feature how many steps it looks ahead, where it does."""


def choose_feature(name: str, step_minutes: float) -> Choice[Feature]:
    """The feature that a scenario means by `soc` or `buy_price@1h`; raises `ValueError` with what is wrong."""
    plain, minutes = _read_name(name)
    if plain not in FEATURES:
        raise ValueError(FEATURES.unknown(plain))
    entry = FEATURES[plain]
    looks_ahead = AHEAD in entry.literals
    if plain != name and not looks_ahead:
        raise ValueError(f"{plain} is of the present only: {name} means nothing")
    if minutes > _LONGEST_DAYS * _MINUTES["d"]:
        raise ValueError(f"{name} must lie at most {_LONGEST_DAYS:g} days ahead")
    steps = round(minutes / step_minutes)
    if abs(minutes / step_minutes - steps) > _TOLERANCE_STEPS:
        raise ValueError(f"{name} must lie a whole number of steps ahead, of {step_minutes:g} min each")
    return Choice(entry, (float(steps),) if looks_ahead else ())


@cache
def _read_name(name: str) -> tuple[str, float]:
    """The name of a feature, and how many minutes ahead it is meant."""
    ahead = _LOOK_AHEAD.fullmatch(name)
    return (ahead["name"], float(ahead["number"]) * _MINUTES[ahead["unit"]]) if ahead else (name, 0.0)


def look_ahead(features: Sequence[Choice[Feature]]) -> int:
    """How many steps beyond the present the features see."""
    return int(max((one.numbers[0] for one in features if one.numbers), default=0.0))


class TermNumbers(Part, extra="allow"):
    """The numbers that a scenario gives a term: its weight and, as further fields, its literals."""

    weight: Weight


def read_terms(given: Mapping[str, Any]) -> dict[str, TermNumbers]:
    """A scenario's table of terms, checked: of each name a weight, or a table of its weight and its literals.

    Raises `ValueError` for a name that is not registered, and `pydantic.ValidationError` for numbers out of bounds.
    """
    for name in given:
        if name not in TERMS:
            raise ValueError(TERMS.unknown(name))
    models: dict[str, Any] = {name: (_numbers_model(TERMS[name]), ...) for name in given}
    model = create_model("Terms", __base__=Part, **models)
    tables = {
        name: {"weight": one} if isinstance(one, int | float) else dict(one) if isinstance(one, Part) else one
        for name, one in given.items()
    }
    return {name: TermNumbers(**dict(numbers)) for name, numbers in model.model_validate(tables)}


def choose_term(name: str, numbers: TermNumbers) -> Choice[Term]:
    """The term of that name, with its checked numbers."""
    entry = TERMS[name]
    return Choice(entry, tuple(getattr(numbers, one) for one in ("weight", *entry.literals)))


@cache
def _numbers_model(entry: Entry) -> type[Part]:
    """The model of a term's table: its weight, and its literals within the bounds that their annotations tell."""
    bounds = _annotations(entry.plain)
    literals: dict[str, Any] = {name: (bounds.get(name, float), value) for name, value in entry.literals.items()}
    return create_model(entry.name, __base__=Part, weight=(Weight, 1.0), **literals)


def _annotations(function: Callable[..., float]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError):  # of a function whose annotations are not to be found where it stands
        return {}
