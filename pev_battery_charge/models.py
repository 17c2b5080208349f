"""The base of every part of a scenario file: an immutable pydantic model, and the bounds of its numbers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pev_battery_charge import sizes

NonNegative = Annotated[float, Field(ge=0.0)]
Positive = Annotated[float, Field(gt=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
PositiveFraction = Annotated[float, Field(gt=0.0, le=1.0)]
PowerKw = Annotated[float, Field(gt=0.0, ge=sizes.LEAST_POWER_KW, le=sizes.MOST_POWER_KW)]
DischargeKw = Annotated[float, Field(le=0.0, ge=-sizes.MOST_POWER_KW)]
CapacityKwh = Annotated[float, Field(gt=0.0, ge=sizes.LEAST_ENERGY_KWH, le=sizes.MOST_ENERGY_KWH)]
Efficiency = Annotated[float, Field(gt=0.0, ge=sizes.LEAST_EFFICIENCY, le=1.0)]
Minutes = Annotated[float, Field(ge=0.0, le=sizes.MOST_MINUTES)]
Weight = Annotated[float, Field(ge=0.0, le=sizes.MOST_WEIGHT)]
Exponent = Annotated[float, Field(gt=0.0, le=sizes.MOST_EXPONENT)]


class Part(BaseModel):
    """A table of a scenario file: its fields are the keys; unknown keys and infinite numbers are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
