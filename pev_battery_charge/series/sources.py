"""Where an episode's prices, base load and sun come from: the table `[series]` of a scenario's file.

Each column is a number or a table: `{value = 0.3}`, `{of = "spot", factor = 0.8}`, `{synthetic = "sun", peak_kw = 4}`.
What it is taken from is x factor + add, and that x then_factor. `spot` is the synthetic price of `series.synthetic`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.records import MOMENT, make_moments
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.models import NonNegative, Part
from pev_battery_charge.series.synthetic import DAYS_PER_YEAR, Drawn, at_steps, draw_days
from pev_battery_charge.series.table import NEVER_NEGATIVE
from pev_battery_charge.sizes import MOST_MOMENT

SPOT: Final = "spot"
Number = Annotated[float, Field(ge=-MOST_MOMENT, le=MOST_MOMENT)]


class Source(Part):
    """Where a column comes from: one of a constant value, another column or `spot`, and a synthetic series."""

    value: Number | None = None
    of: str | None = None
    synthetic: Literal["sun", "office", "household"] | None = None
    peak_kw: NonNegative = 1.0
    """Of a synthetic series: the power installed, or the highest load of a mean day."""
    factor: Number = 1.0
    add: Number = 0.0
    then_factor: Number = 1.0

    @model_validator(mode="before")
    @classmethod
    def _read_number(cls, given: object) -> object:
        return {"value": given} if isinstance(given, int | float) and not isinstance(given, bool) else given

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(one is not None for one in (self.value, self.of, self.synthetic)) != 1:
            raise ValueError("must have one of value, of and synthetic")
        return self


_PRESETS: Final = {
    "tariff": {
        "buy_price": Source(of=SPOT, add=0.01, then_factor=1.5),
        "sell_price": Source(value=0.0602, factor=0.75),
    },
    "arbitrage": {"buy_price": Source(of=SPOT), "sell_price": Source(of=SPOT)},
}
"""Prices as FleetRL's two scenarios have them, per kWh: (spot + 0.01) x 1.5 and three quarters of a feed-in of 0.0602;
and spot for both."""


class SeriesSources(Part):
    """The columns of an episode's series; one that is missing is 0, and `cap_kw` no further limit.

    Sun, caps, carbon and demand prices below 0 are 0.

    Moments are drawn with the instance, after its sessions.
    """

    buy_price: Source | None = None
    sell_price: Source | None = None
    load_kw: Source | None = None
    solar_kw: Source | None = None
    carbon_kg_per_kwh: Source | None = None
    target_kw: Source | None = None
    cap_kw: Source | None = None
    demand_price: Source | None = None
    prices: Literal["tariff", "arbitrage"] | None = None
    """A preset of both prices, where they are not given."""
    billing: Literal["episode", "day"] = "episode"
    """How long a billing period of the demand charge is."""
    day_of_year: Annotated[int, Field(ge=1, le=DAYS_PER_YEAR)] | None = None
    """Of synthetic series: the day that an episode begins on; None draws one for each instance."""
    weekend: bool = False
    """Of synthetic series: whether prices are those of weekends."""

    @property
    def columns(self) -> dict[str, Source]:
        """Each column that has a source, presets included."""
        own = {name: getattr(self, name) for name in _COLUMNS}
        preset = _PRESETS[self.prices] if self.prices else {}
        return {**preset, **{name: source for name, source in own.items() if source is not None}}

    @model_validator(mode="after")
    def _sources_are_found(self) -> Self:
        columns = self.columns
        if not columns:
            raise ValueError("must have at least one column")
        for name, source in columns.items():
            if source.of not in (None, SPOT) and source.of not in columns:
                known = ", ".join((SPOT, *columns))
                raise ValueError(f"{name}.of: {source.of!r} is unknown; there are {known}")
        list(self._in_order())
        return self

    def _in_order(self) -> Iterator[tuple[str, Source]]:
        """The columns, each after the one that it is taken from; raises `ValueError` for a circle."""
        left = self.columns
        while left:
            ready = [name for name, source in left.items() if source.of not in left]
            if not ready:
                raise ValueError(f"{', '.join(left)}: are taken from one another in a circle")
            for name in ready:
                yield name, left.pop(name)

    def draw(
        self, random: Sequence[np.random.Generator], start_hour: float, step_minutes: float, steps: int
    ) -> Records:
        """Moments for each of the B random generators, `MOMENT[B, steps]`, or `[1, steps]` where nothing is drawn."""
        drawn = None
        if any(source.synthetic or source.of == SPOT for source in self.columns.values()):
            days = math.ceil((start_hour + steps * step_minutes / MINUTES_PER_HOUR) / HOURS_PER_DAY)
            drawn = draw_days(random, days, self.day_of_year, weekend=self.weekend)
        moments = np.tile(make_moments(steps), (len(random) if drawn else 1, 1))
        when = start_hour, step_minutes, steps
        for name, source in self._in_order():
            values = _values(source, moments, drawn, when)
            values = (values * source.factor + source.add) * source.then_factor
            moments[name] = np.maximum(values, 0.0) if name in NEVER_NEGATIVE else values
        if self.billing == "day":
            hours = start_hour + np.arange(steps) * step_minutes / MINUTES_PER_HOUR
            moments["billing_period"] = hours // HOURS_PER_DAY
        return moments


_COLUMNS: Final = tuple(name for name in MOMENT.names or () if name != "billing_period")


def _values(source: Source, moments: Records, drawn: Drawn | None, when: tuple[float, float, int]) -> Array | float:
    if source.value is not None:
        return source.value
    if source.of is not None and source.of != SPOT:
        values: Array = moments[source.of]
        return values
    assert drawn is not None  # noqa: S101  it is drawn where a source needs it
    if source.synthetic is None:
        return at_steps(drawn.spot, 1, *when)
    found: Mapping[str, Array] = {"sun": drawn.sun, "office": drawn.office, "household": drawn.household}
    return source.peak_kw * at_steps(found[source.synthetic], 4, *when)
