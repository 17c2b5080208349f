"""The site: the load area, and the charging stations in it."""

from typing import Self

from pydantic import model_validator

from pev_battery_charge.models import NonNegative, Part, Positive


class _Limits(Part):
    power_min_kw: NonNegative = 0.0
    power_max_kw: Positive

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        if self.power_min_kw > self.power_max_kw:
            raise ValueError(
                f"power_min_kw ({self.power_min_kw:g}) must not be above power_max_kw ({self.power_max_kw:g})"
            )
        return self


class Area(_Limits):
    """The load area: what all stations together should draw at least, and may draw at most (the cap)."""

    power_max_kw: Positive = 31.5


class Station(_Limits):
    """A charging point: it gives nothing, or between `power_min_kw` and `power_max_kw`, on the grid side."""

    power_max_kw: Positive = 22.0
