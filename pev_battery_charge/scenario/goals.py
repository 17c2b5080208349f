"""What is rewarded: terms of the catalogue, with the numbers that a scenario gives them."""

from collections.abc import Mapping
from typing import Final

from pydantic import Field, field_validator, model_validator

from pev_battery_charge.catalogue import DEFAULT_TERMS, TERMS, Choice, Term
from pev_battery_charge.catalogue.choice import TermNumbers, choose_term, read_terms
from pev_battery_charge.errors import InputError
from pev_battery_charge.models import Exponent, Fraction, Part, Weight

FIRST_KEYS: Final = {
    "soc": ("missing", "weight"),
    "local": ("out_of_bounds", "weight"),
    "area": ("overload", "weight"),
    "departure": ("departure", "weight"),
    "exponent": ("missing", "exponent"),
}
"""The term and the number of it that each of a reward's first keys means."""


class _FirstKeys(Part):
    """The keys that a reward had at first: read for ever."""

    soc: Weight = 1.0
    local: Weight = 2.0
    area: Weight = 2.0
    departure: Weight = 0.0
    exponent: Exponent = 1.0


class Reward(Part):
    """What a station earns: terms of the catalogue by name, each with its weight and its literals.

    In a file `[reward.terms]` with `departure = 2.0` or `missing = {weight = 1.0, exponent = 2.0}`; without it
    `DEFAULT_TERMS`. `pev_battery_charge.catalogue.terms` has the formulas.
    """

    terms: dict[str, TermNumbers] = Field(default_factory=lambda: dict(DEFAULT_TERMS), validate_default=True)
    sharing: Fraction = 0.0
    """0: a station earns its own reward; 1: the mean of all plugged stations of the area."""

    def __hash__(self) -> int:
        return hash((tuple(self.terms.items()), self.sharing))

    @model_validator(mode="before")
    @classmethod
    def _read_first_keys(cls, given: object) -> object:
        """`soc`, `local`, `area`, `departure` and `exponent` change the terms that they meant."""
        if not isinstance(given, Mapping) or not (old := {key: given[key] for key in FIRST_KEYS if key in given}):
            return given
        _FirstKeys.model_validate(old)
        terms = {
            name: dict(numbers) if isinstance(numbers, Mapping | TermNumbers) else {"weight": numbers}
            for name, numbers in given.get("terms", DEFAULT_TERMS).items()
        }
        for key, value in old.items():
            name, number = FIRST_KEYS[key]
            terms.setdefault(name, {})[number] = value
        return {key: value for key, value in given.items() if key not in old} | {"terms": terms}

    @field_validator("terms", mode="before")
    @classmethod
    def _of_the_catalogue(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            raise ValueError("must be a table of weights by the names of reward terms")
        return read_terms(given)

    @property
    def choices(self) -> list[Choice[Term]]:
        """The terms as the kernels are composed of them."""
        return [choose_term(name, numbers) for name, numbers in self.terms.items()]

    def require_linear(self) -> None:
        """Raise `InputError` that names every term with a weight that a linear program cannot hold."""
        foreign = [name for name, numbers in self.terms.items() if numbers.weight > 0.0 and not TERMS[name].linear]
        if foreign:
            known = ", ".join(name for name, term in TERMS.items() if term.linear)
            raise InputError("reward", [f"terms.{name}: has no linear form; only {known} have one" for name in foreign])

    def weight(self, name: str) -> float:
        """The weight of a term; 0 of one that is not named."""
        return self.literal(name, "weight")

    def literal(self, name: str, literal: str) -> float:
        """A number of a term; of one that is not named its default, and 0 for its weight."""
        value: float = getattr(self.terms.get(name), literal, TERMS[name].literals.get(literal, 0.0))
        return value
