"""The site: the load area, and the charging stations in it."""

from typing import Self

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from pev_battery_charge.models import NonNegative, Part, PowerKw


class Area(Part):
    """The load area: what all stations together should draw at least, and may draw at most (the cap)."""

    power_min_kw: NonNegative = 0.0
    power_max_kw: PowerKw = 31.5

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        _check_order("power_min_kw", self.power_min_kw, self.power_max_kw)
        return self


class Station(Part):
    """A charging point: it gives nothing, or between `least_kw` and `power_max_kw`, on the grid side.

    `least_kw` was called `power_min_kw` at first; that key is read for ever.
    """

    model_config = ConfigDict(populate_by_name=True)

    least_kw: NonNegative = Field(0.0, validation_alias=AliasChoices("power_min_kw", "least_kw"))
    power_max_kw: PowerKw = 22.0

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        _check_order("least_kw", self.least_kw, self.power_max_kw)
        return self


def _check_order(name: str, least_kw: float, most_kw: float) -> None:
    if least_kw > most_kw:
        raise ValueError(f"{name} ({least_kw:g}) must not be above power_max_kw ({most_kw:g})")
