"""Validation: rules that stand beside the values, and every broken one told at the door, in one `InputError`."""

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, Final, TypeVar, dataclass_transform

import numpy as np
from pydantic import PlainValidator, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from pev_battery_charge.errors import InputError, whole_number_problems

Kind = TypeVar("Kind")

_RULE: Final = "rule"


@dataclass_transform(frozen_default=True)
def checked_dataclass(subject: str) -> Callable[[type[Kind]], type[Kind]]:
    """A frozen dataclass whose values are held against the rules in their annotations when it is made.

    Rules are those of pydantic, and those below; a rule of several values is a validator that raises `InputError`, the
    problems of which are told as they are. Making one raises `InputError` about the subject with all broken rules.
    """

    def check(kind: type[Kind]) -> type[Kind]:
        made: Any = dataclass(kind, frozen=True)
        validate, arguments = made.__init__, signature(made)

        @wraps(validate)
        def init(self: Kind, *values: Any, **named: Any) -> None:
            with problems_told(subject, brackets=True):
                validate(self, **arguments.bind(*values, **named).arguments)

        made.__init__ = init
        checked: type[Kind] = made
        return checked

    return check


@contextmanager
def problems_told(subject: str, *, brackets: bool = False) -> Iterator[None]:
    """Raise what pydantic finds in the block as an `InputError`; `brackets` as for `problems_of`."""
    try:
        yield
    except ValidationError as error:
        raise InputError(subject, problems_of(error, brackets=brackets)) from None


def problems_of(
    error: ValidationError, *, whole: str = "", tags: Collection[str] = (), brackets: bool = False
) -> list[str]:
    """Each problem of a pydantic error as "place: rule (it is ...)".

    whole: the place of what is wrong with no single value.
    tags: the kinds that pydantic tells apart, which are no part of a place.
    brackets: tell items as `network[0]`, as in Python, not as `network.0`.
    """
    problems: list[str] = []
    for problem in error.errors():
        place = "".join(
            f"[{part}]" if brackets and isinstance(part, int) else f".{part}"
            for part in problem["loc"]
            if part not in tags
        ).removeprefix(".")
        own = problem.get("ctx", {}).get("error")
        if isinstance(own, InputError):
            problems += own.problems
            continue
        value = problem["input"]
        simple = isinstance(value, str | int | float) and problem["type"] not in ("extra_forbidden", _RULE)
        told = problem["msg"].removeprefix("Value error, ") + (f" (it is {value!r})" if simple else "")
        problems.append(f"{place or whole}: {told}")
    return problems


def rule(text: str, holds: Callable[[Any], bool]) -> PlainValidator:
    """A rule in an annotation, in its own words: the value is taken as it is, or refused with them."""

    def check(value: Any) -> Any:
        if not holds(value):
            raise PydanticCustomError(_RULE, "{told}", {"told": f"{text} (it is {value!r})"})
        return value

    return PlainValidator(check)


def whole_number(least: int) -> PlainValidator:
    """The rule of a whole number."""
    text = f"must be a whole number of at least {least}"
    return rule(text, lambda value: not whole_number_problems("", value, least))


def number(*, above: float = -math.inf, least: float = -math.inf, most: float = math.inf) -> PlainValidator:
    """The rule of a finite number between bounds."""
    return rule(*_number(above, least, most))


def number_problems(
    name: str, value: object, *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> list[str]:
    """The problem of a value that must be a finite number between bounds, if it has one."""
    text, holds = _number(above, least, most)
    return [] if holds(value) else [f"{name}: {text} (it is {value!r})"]


def _number(above: float, least: float, most: float) -> tuple[str, Callable[[Any], bool]]:
    bounds = {"above": above, "at least": least, "at most": most}
    told = ["must be a finite number", *(f"{name} {bound:g}" for name, bound in bounds.items() if math.isfinite(bound))]

    def holds(value: Any) -> bool:
        real = isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
        return bool(real and value > above and least <= value <= most)

    return ", ".join(told), holds
