"""The site: the load area, and the charging stations and batteries in it."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from pev_battery_charge import sizes
from pev_battery_charge.models import CapacityKwh, DischargeKw, Efficiency, Fraction, NonNegative, Part, PowerKw


class Area(Part):
    """The load area and its connection to the grid: what may flow in, the cap, and what may flow out.

    A positive `power_min_kw` is what all stations together should draw at least, in the reward alone.
    """

    power_min_kw: Annotated[float, Field(ge=-sizes.MOST_POWER_KW)] = 0.0
    """Where it is negative, how much may flow out (kW): the export bound."""
    power_max_kw: PowerKw = 31.5
    """How much may flow in (kW): the cap."""
    peak_so_far_kw: NonNegative = 0.0
    """The highest import of the running billing period when an episode begins, for the demand charge."""

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        _check_order("power_min_kw", self.power_min_kw, self.power_max_kw)
        return self


class Store(Part):
    """A battery of the site, which never leaves: the station that has it is an agent like all others."""

    capacity_kwh: CapacityKwh
    energy_start_kwh: NonNegative = 0.0
    """What it holds when an episode begins."""
    energy_min_kwh: NonNegative = 0.0
    """The floor of what it holds."""
    power_min_kw: DischargeKw
    """The limit of what it gives, <= 0, on the grid side."""
    power_max_kw: PowerKw
    """The limit of what it takes, on the grid side."""
    efficiency: Efficiency = 0.95
    """Stored over grid energy."""
    efficiency_out: Efficiency = 0.95
    """Energy given to the grid over energy taken out."""
    transition_soc: Fraction = 1.0

    @model_validator(mode="after")
    def _levels_are_in_order(self) -> Self:
        if not self.energy_min_kwh <= self.energy_start_kwh <= self.capacity_kwh:
            levels = f"{self.energy_min_kwh:g}, {self.energy_start_kwh:g}, {self.capacity_kwh:g}"
            raise ValueError(f"energy_min_kwh <= energy_start_kwh <= capacity_kwh must hold (they are {levels})")
        return self


class Station(Part):
    """A charging point, or with `store` a battery of the site. All powers are on the grid side.

    It gives nothing, or between `least_kw` and `power_max_kw`; where `power_min_kw` is negative, it may also take back
    as much. A positive `power_min_kw` is `least_kw` under its first name, and is read for ever.
    """

    least_kw: NonNegative = 0.0
    """The smallest power that it can give or take, other than 0."""
    power_max_kw: PowerKw = 22.0
    power_min_kw: DischargeKw = 0.0
    store: Store | None = None

    @model_validator(mode="before")
    @classmethod
    def _limits_of_store(cls, given: object) -> object:
        """A station with a store, and without limits of its own, has those of the store."""
        store = given.get("store") if isinstance(given, Mapping) else None
        if not isinstance(given, Mapping) or not isinstance(store, Mapping | Store):
            return given
        limits = store if isinstance(store, Mapping) else store.model_dump()
        own = {name: limits[name] for name in ("power_min_kw", "power_max_kw") if name in limits}
        return own | dict(given)

    @model_validator(mode="before")
    @classmethod
    def _read_first_name(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        least = given.get("power_min_kw")
        if isinstance(least, bool) or not isinstance(least, int | float) or not least > 0.0:
            return given
        if given.get("least_kw", 0.0) != 0.0:
            raise ValueError("power_min_kw: must be at most 0 beside least_kw")
        return {**{key: value for key, value in given.items() if key != "power_min_kw"}, "least_kw": least}

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        _check_order("least_kw", self.least_kw, self.power_max_kw)
        if self.power_min_kw < 0.0:
            _check_order("least_kw", self.least_kw, -self.power_min_kw, "-power_min_kw")
        return self


def repeated(given: Mapping[str, object]) -> tuple[Station, ...]:
    """As many stations of one kind as `count` says; raises `ValueError` for a count that is none."""
    station = dict(given)
    count = station.pop("count")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count must be a whole number of at least 1 (it is {count!r})")
    if count > sizes.MOST_STATIONS:
        raise ValueError(f"count must be at most {sizes.MOST_STATIONS:,}")
    return (Station.model_validate(station),) * count


def _check_order(name: str, least_kw: float, most_kw: float, most: str = "power_max_kw") -> None:
    if least_kw > most_kw:
        raise ValueError(f"{name} ({least_kw:g}) must not be above {most} ({most_kw:g})")
