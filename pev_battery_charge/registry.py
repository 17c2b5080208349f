"""Registries: named things of one kind, to which a researcher's own may be added by a decorator."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pev_battery_charge.errors import InputError, raise_if

T = TypeVar("T")


class Registry(dict[str, T]):
    """Classes, functions, or entries made of one (`plain`) by their names, in the order of their registration.

    what: what one of them is called in errors.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def register(self, name: str, made: T, problems: Iterable[str] = ()) -> None:
        """Add `made` under a name of at most 32 lower-case letters, digits, "-" and "_".

        The same class or function defined again, as when a notebook's cell runs again, replaces the one before.
        Raises `InputError` for another name, for one that something else has, and for the `problems` given.
        """
        problems = list(problems)
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
            problems.append("the name must be at most 32 lower-case letters, digits, '-' and '_', the first a letter")
        elif name in self and not same_definition(self[name], made):
            problems.append(f"the name is already that of {_home(self[name])}")
        raise_if(f"{self.what} {name!r}", problems)
        self[name] = made

    def __missing__(self, name: object) -> T:
        """Raise `InputError`: as where a scenario goes to a process in which what it names was never registered."""
        raise InputError(f"{self.what} {name!r}", [self.unknown(name)])

    def nearest_first(self, name: object) -> list[str]:
        """All names, the ones most like an unknown one first, for a message that lists them."""
        near = get_close_matches(str(name), self)
        return near + [known for known in self if known not in near]

    def unknown(self, name: object) -> str:
        """What is said of a name that nothing is registered under."""
        return (
            f"unknown {self.what} {name!r}; there are {', '.join(self.nearest_first(name))}. One of your own must be "
            "registered first: import its module, or pev --plugin MODULE"
        )


def same_definition(one: object, other: object) -> bool:
    """Whether two classes or functions are one, or the same one defined again."""
    return _home(one) == _home(other)


def _home(made: Any) -> str:
    made = getattr(made, "plain", made)
    return f"{made.__module__}.{getattr(made, '__qualname__', made)}"
