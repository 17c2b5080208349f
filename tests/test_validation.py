"""Dataclasses whose rules stand in their annotations: what they take, and what they tell."""

import dataclasses
from typing import Annotated, Any, Self

import pytest
from pydantic import model_validator

from pev_battery_charge.errors import InputError
from pev_battery_charge.validation import checked_dataclass, number, rule, whole_number


@checked_dataclass("battery")
class Battery:
    """Something with rules of every kind."""

    capacity_kwh: Annotated[float, number(above=0.0, most=100.0)] = 50.0
    cells: Annotated[int, whole_number(1)] = 96
    powers_kw: tuple[Annotated[float, number(least=0.0)], ...] = (11.0,)
    kind: Annotated[str, rule("must be old or new", ("old", "new").__contains__)] = "new"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.powers_kw) > self.cells:
            raise InputError("battery", ["powers_kw, cells: too few cells", "powers_kw: too many"])
        return self


def test_values_are_taken_as_they_are_by_place_and_by_name() -> None:
    battery = Battery(7, powers_kw=(1, 2.0))
    assert dataclasses.astuple(battery) == (7, 96, (1, 2.0), "new")
    assert isinstance(battery.capacity_kwh, int)
    assert dataclasses.replace(battery, cells=4) == Battery(7, 4, (1, 2.0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        battery.cells = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="volts"):
        Battery(volts=400)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.0,), ("capacity_kwh: must be a finite number, above 0, at most 100 (it is 0.0)",)),
        ((None,), ("capacity_kwh: must be a finite number, above 0, at most 100 (it is None)",)),
        ((1.0, True), ("cells: must be a whole number of at least 1 (it is True)",)),
        ((1.0, 1, (1.0, -1.0)), ("powers_kw[1]: must be a finite number, at least 0 (it is -1.0)",)),
        ((1.0, 1, (1.0, 1.0)), ("powers_kw, cells: too few cells", "powers_kw: too many")),
        ((1.0, 1, 5), ("powers_kw: Input should be a valid tuple (it is 5)",)),
        ((1.0, 1, (), "{old}"), ("kind: must be old or new (it is '{old}')",)),
        ((-1.0, 0), (f"{name}: " for name in ("capacity_kwh", "cells"))),
    ],
)
def test_every_broken_rule_is_told_with_its_place(values: tuple[Any, ...], told: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        Battery(*values)
    assert caught.value.subject == "battery"
    for problem, expected in zip(caught.value.problems, told, strict=True):
        assert problem.startswith(expected)


def test_a_plain_dataclass_of_its_fields_takes_everything() -> None:
    @dataclasses.dataclass(frozen=True)
    class Options(Battery):
        """As a command line reads them."""

    assert Options(-1.0).capacity_kwh == -1.0
