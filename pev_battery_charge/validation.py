"""Validation: rules beside the values, and all violations reported at once, in one `InputError`."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, Final, TypeVar, cast, dataclass_transform

import numpy as np
from pydantic import PlainValidator, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from pev_battery_charge.errors import InputError, shown, whole_number_problems

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
        return cast("type[Kind]", made)

    return check


@contextmanager
def problems_told(subject: str, *, brackets: bool = False) -> Iterator[None]:
    """Raise what pydantic finds in the block as an `InputError`; `brackets` as for `problems_of`."""
    try:
        yield
    except ValidationError as error:
        raise InputError(subject, problems_of(error, brackets=brackets)) from None


def problems_of(error: ValidationError, *, whole: str = "", brackets: bool = False) -> list[str]:
    """Each problem of a pydantic error as "place: rule (it is ...)".

    whole: the place of what is wrong with no single value.
    brackets: tell items as `network[0]`, as in Python, not as `network.0`.
    """
    problems: list[str] = []
    for problem in error.errors():
        parts = [f"[{part}]" if brackets and isinstance(part, int) else f".{part}" for part in problem["loc"]]
        place = "".join(parts).removeprefix(".")
        own = problem.get("ctx", {}).get("error")
        if isinstance(own, InputError):
            problems += own.problems
            continue
        value = problem["input"]
        simple = isinstance(value, str | int | float) and problem["type"] not in ("extra_forbidden", _RULE)
        told = problem["msg"].removeprefix("Value error, ") + (f" (it is {shown(value)})" if simple else "")
        problems.append(f"{place or whole}: {told}")
    return problems


def rule(text: str, holds: Callable[[Any], bool]) -> PlainValidator:
    """A rule in an annotation, in its own words: the value is taken as it is, or refused with them."""
    return _refusing(lambda value: [] if holds(value) else [f": {text} (it is {shown(value)})"])


def whole_number(least: int, most: int | None = None) -> PlainValidator:
    """The rule of a whole number, of any size above `least` unless told otherwise."""
    return _refusing(lambda value: whole_number_problems("", value, least, most))


def number(*, above: float = -math.inf, least: float = -math.inf, most: float = math.inf) -> PlainValidator:
    """The rule of a finite number between bounds."""
    return _refusing(lambda value: number_problems("", value, above=above, least=least, most=most))


def number_problems(
    name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> list[str]:
    """The problem of a value that must be a finite number between bounds, if it has one."""
    plain = value.item() if isinstance(value, np.integer | np.floating) else value
    real = isinstance(plain, int | float) and not isinstance(plain, bool)
    if real and abs(plain) <= sys.float_info.max and plain > above and least <= plain <= most:
        return []
    bounds = {"above": above, "at least": least, "at most": most}
    told = ["must be a finite number", *(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))]
    return [f"{name}: {', '.join(told)} (it is {shown(value)})"]


def _refusing(problems: Callable[[Any], list[str]]) -> PlainValidator:
    """A rule that takes a value without problems as it is, and reports the problem, ": rule", of another."""

    def check(value: Any) -> Any:
        for told in problems(value):
            raise PydanticCustomError(_RULE, "{told}", {"told": told.removeprefix(": ")})
        return value

    return PlainValidator(check)
