"""A scenario: everything that is fixed before an episode begins. Validated, immutable, TOML in and out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import Field, SerializeAsAny, ValidationError, ValidationInfo, field_validator, model_validator

from pev_battery_charge import sizes
from pev_battery_charge.catalogue import (
    COORDINATORS,
    DEFAULT_FEATURES,
    Choice,
    Feature,
    Rule,
    choose_feature,
    expand_features,
    look_ahead,
)
from pev_battery_charge.core.units import MINUTES_PER_DAY
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.models import Part
from pev_battery_charge.populations import Population, SpreadPopulation
from pev_battery_charge.populations.base import read_population
from pev_battery_charge.reading import parse_toml, read_text
from pev_battery_charge.scenario.goals import Reward
from pev_battery_charge.scenario.site import Area, Station, repeated
from pev_battery_charge.series import SeriesSources
from pev_battery_charge.validation import problems_of


class Scenario(Part):
    """Everything that is fixed before an episode: area, stations, PEV population, step length, horizon, reward.

    Immutable. The defaults are those of `paper-5x20`: five stations, twenty PEVs, sixteen hours. `stations` is a
    tuple of `Station`; from a mapping `{"count": ..., "power_max_kw": ...}` it makes that many of one kind.

    Raises `pydantic.ValidationError` (a `ValueError`) that lists every broken rule.
    """

    name: str = "paper-5x20"
    step_minutes: Annotated[float, Field(gt=0.0, ge=sizes.SHORTEST_STEP_MINUTES)] = 5.0
    horizon_steps: Annotated[int, Field(ge=1, le=sizes.MOST_STEPS)] = 192
    coordinator: str = "proportional"
    """The rule by which the area cuts claims down to its cap; see `pev_battery_charge.catalogue.rules`."""
    observations: tuple[str, ...] = DEFAULT_FEATURES
    area: Area = Area()
    stations: tuple[Station, ...] = (Station(),) * 5
    population: SerializeAsAny[Population] = SpreadPopulation()
    series: SeriesSources | None = None
    """Prices, base load, sun and so on, drawn with each instance; None is a world without them."""
    reward: Reward = Reward()
    currency: Annotated[str, Field(min_length=1, max_length=12)] = "EUR"
    """Of prices and costs, as tables and pictures write it."""

    @field_validator("stations", mode="before")
    @classmethod
    def _repeat(cls, stations: object) -> object:
        if isinstance(stations, Mapping):
            return repeated({"count": None, **stations})
        if not isinstance(stations, Sequence):
            return stations
        if not stations:
            raise ValueError("there must be at least one station")
        each = [repeated(one) if isinstance(one, Mapping) and "count" in one else (one,) for one in stations]
        if sum(map(len, each)) > sizes.MOST_STATIONS:
            raise ValueError(f"there must be at most {sizes.MOST_STATIONS:,} stations")
        return tuple(station for some in each for station in some)

    @field_validator("coordinator")
    @classmethod
    def _known_rule(cls, name: str) -> str:
        if name not in COORDINATORS:
            raise ValueError(COORDINATORS.unknown(name))
        return name

    @field_validator("population", mode="before")
    @classmethod
    def _of_its_kind(cls, population: object) -> object:
        return read_population(population)

    @model_validator(mode="before")
    @classmethod
    def _read_extra_observations(cls, given: object) -> object:
        """`extra_observations`, the key of at first, follow the eight; read for ever."""
        if not isinstance(given, Mapping) or not isinstance(given.get("extra_observations"), Sequence):
            return given
        others = {key: value for key, value in given.items() if key not in ("extra_observations", "observations")}
        return others | {"observations": (*DEFAULT_FEATURES, *given["extra_observations"])}

    @field_validator("observations", mode="before")
    @classmethod
    def _one_name(cls, given: object) -> object:
        """A single name, as that of a preset."""
        return (given,) if isinstance(given, str) else given

    @field_validator("observations")
    @classmethod
    def _no_feature_twice(cls, names: tuple[str, ...], given: ValidationInfo) -> tuple[str, ...]:
        names = expand_features(names)
        if not names or len(set(names)) < len(names):
            raise ValueError("there must be at least one feature, and each may be named once")
        for name in names:
            choose_feature(name, given.data.get("step_minutes", 1.0))
        return names

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if self.horizon_minutes > sizes.MOST_HORIZON_MINUTES:
            lengths = f"{sizes.MOST_HORIZON_MINUTES:,.0f} min (they are {self.horizon_minutes:,.0f} min)"
            raise ValueError(f"step_minutes x horizon_steps must be at most {lengths}")
        if self.num_moments > sizes.MOST_MOMENTS:
            told = f"must need at most {sizes.MOST_MOMENTS:,} steps (they need {self.num_moments:,})"
            raise ValueError(f"horizon_steps and the look-ahead of observations {told}")
        return self

    @model_validator(mode="after")
    def _population_fits(self) -> Self:
        self.population.check_fit(self)
        return self

    @property
    def num_stations(self) -> int:
        """How many stations the area contains."""
        return len(self.stations)

    @property
    def store_stations(self) -> list[int]:
        """The stations that are batteries of the site."""
        return [n for n, station in enumerate(self.stations) if station.store is not None]

    @property
    def is_site(self) -> bool:
        """Whether there is more than charging under one cap: discharging, export, a battery of the site, series."""
        both_ways = any(one.power_min_kw < 0.0 or one.store is not None for one in self.stations)
        metered = any(one.entry.metered for one in self.reward.choices)
        metered |= any(one.entry.metered for one in self.feature_choices())
        return both_ways or metered or self.series is not None or self.area.power_min_kw < 0.0

    def require_one_way(self) -> None:
        """Raise `InputError` where there is more than charging under one cap, for what plans that alone."""
        if self.is_site:
            told = "plans are of charging under one cap: without discharging, export, batteries of the site, a meter"
            raise InputError(f"scenario {self.name!r}", [told])

    @property
    def horizon_minutes(self) -> float:
        """Length of an episode in minutes."""
        return self.step_minutes * self.horizon_steps

    @property
    def num_moments(self) -> int:
        """How many moments an episode needs: one a step, one after the last, and as far as stations look ahead."""
        return self.horizon_steps + 1 + look_ahead(self.feature_choices())

    @property
    def horizon_days(self) -> float:
        """Length of an episode in days."""
        return self.horizon_minutes / MINUTES_PER_DAY

    def feature_choices(self, names: Sequence[str] | None = None) -> list[Choice[Feature]]:
        """The scenario's `observations`, or the given features, as the kernels are composed of them.

        Raises `InputError` for a name that is not registered.
        """
        try:
            return [choose_feature(name, self.step_minutes) for name in expand_features(names or self.observations)]
        except ValueError as error:
            raise InputError("observations", [str(error)]) from None

    @property
    def rule(self) -> Rule:
        """The coordinator's entry in the catalogue."""
        return COORDINATORS[self.coordinator]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The scenario in a TOML file; raises `InputError` with every problem."""
        return cls.from_toml(read_text(path), source=str(path))

    @classmethod
    def from_toml(cls, text: str, source: str = "scenario") -> Self:
        """The scenario in TOML text; `source` names it in errors (`InputError`)."""
        try:
            return cls.model_validate(parse_toml(text, source))
        except ValidationError as error:
            raise InputError(source, problems_of(error, whole="scenario")) from None

    def to_toml(self) -> str:
        """The scenario as TOML text; `from_toml` gives it back."""
        table = self.model_dump(mode="json", exclude_none=True)
        if len(set(self.stations)) == 1:
            table["stations"] = {"count": len(self.stations), **table["stations"][0]}
        return tomli_w.dumps(table)

    def save(self, path: str | Path) -> None:
        """The scenario as a TOML file; an existing file is replaced whole or not at all."""
        with write_beside(path) as beside:
            beside.write_text(self.to_toml(), encoding="utf-8")

    def replace(self, **changes: Any) -> Self:
        """A copy with some values changed, validated again.

        A mapping changes single values of a part: `scenario.replace(area={"power_max_kw": 20.0})`.
        Raises `InputError` with every problem.
        """
        table = self.model_dump()
        for key, value in changes.items():
            part = table.get(key)
            if isinstance(part, dict) and isinstance(value, Mapping) and value.get("kind") in (None, part.get("kind")):
                table[key] = {**part, **value}
            else:
                table[key] = value
        try:
            return type(self).model_validate(table)
        except ValidationError as error:
            raise InputError(f"scenario {self.name!r} with changes", problems_of(error, whole="scenario")) from None
