"""What every kind of population is, and the registry of kinds, open to kinds of one's own.

A kind is one class in one file. Its fields are the keys of a scenario's `[population]`::

    @pbc.population("depot")
    class Depot(pbc.Population):
        vans: int = 10

        def draw(self, random, site):
            ...  # from the given random generator only
            return pbc.Instance(pbc.Schedule(sessions))

A kind that draws a whole batch at once, into records, overrides `generator` instead (see `spread.py`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, TypeVar

import numpy as np
from pydantic import field_validator

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import SESSION
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.instance import Instance, InstanceRecords, to_records
from pev_battery_charge.models import DischargeKw, Efficiency, Fraction, Part, PositiveFraction
from pev_battery_charge.registry import Registry, same_definition
from pev_battery_charge.schedule.assignment import all_free, assign_areas, take
from pev_battery_charge.schedule.validation import Site
from pev_battery_charge.sizes import bytes_problems, parts

StayStart = Literal["arrival", "plug_in"]
"""From when a PEV's stay is counted. "arrival": a PEV that waits for a station leaves when it would have left anyway,
and drives on if none comes free before. "plug_in": it leaves later by its wait, so that no wait cuts a stay short."""


class Generator(Protocol):
    """A source of instances for a batch of areas."""

    def draw(self, random: Sequence[np.random.Generator]) -> InstanceRecords:
        """New records, one instance for each of the B random generators.

        Sessions stand in order of arrival and have their stations (see `schedule.assignment`).
        """


_UNLESS_TOLD: Final = {
    "start_hour": 0.0,
    "source": None,
    "patience_minutes": 0.0,
    "stay_counts_from": "arrival",
    "efficiency": 0.9,
    "transition_soc": 0.8,
    "capacity_max_kwh": math.inf,
}
"""What holds for a population whose class has no field or property of the name."""


class Population(Part):
    """The base class of every kind of population: a pydantic model whose fields are the keys of `[population]`.

    A kind defines `draw`, which makes one schedule and is simple, or `generator`, which draws a batch and is fast.
    A kind may have fields or properties of these names; what holds where it has not:

    - start_hour = 0.0: hour of the day at which an episode starts.
    - source = None: the statistics or the file that is drawn from, for the schedules' `info`.
    - patience_minutes = 0.0 and stay_counts_from = "arrival": how long a PEV waits for a station, and what that does to
      its departure, where imported sessions are given stations.
    - capacity_max_kwh = inf: the capacity of the largest battery that is drawn, which bounds what stations see.
    - efficiency = 0.9 and transition_soc = 0.8: those of the batteries of imported sessions.
    """

    kind: str = ""
    """The name under which the class is registered."""

    registered_kind: ClassVar[str] = ""

    if TYPE_CHECKING:  # at run time they must not be fields: fields are keys, and part of every scenario file
        start_hour: float = 0.0
        patience_minutes: float = 0.0
        stay_counts_from: StayStart = "arrival"
        efficiency: float = 0.9
        transition_soc: float = 0.8

        @property
        def capacity_max_kwh(self) -> float:
            """Infinite unless a kind sets it."""

        @property
        def source(self) -> str | None:
            """None unless a kind sets it."""
    else:

        def __getattr__(self, name: str) -> Any:
            return _UNLESS_TOLD[name] if name in _UNLESS_TOLD else super().__getattr__(name)

    @field_validator("kind")
    @classmethod
    def _is_registered_kind(cls, kind: str) -> str:
        if kind not in ("", cls.registered_kind):
            raise ValueError(f"must be {cls.registered_kind!r}, the name of {cls.__name__}")
        return cls.registered_kind

    def check_fit(self, site: Site) -> None:
        """A check of the site; raises `ValueError` where schedules of this population cannot fit it."""

    def draw(self, random: np.random.Generator, site: Site) -> Instance:
        """One instance of the site; all randomness comes from `random`."""
        raise NotImplementedError

    def generator(self, site: Site) -> Generator:
        """What draws the instances of a batch of areas; by default by `draw`, one area after another."""
        return _AreaByArea(self, site)


@dataclass(frozen=True)
class _AreaByArea:
    """Instances that `Population.draw` makes, checked and turned into records."""

    population: Population
    site: Site

    def draw(self, random: Sequence[np.random.Generator]) -> InstanceRecords:
        drawn: list[Instance] = []
        for generator in random:
            drawn.append(self._draw_one(generator))
            room = len(random) * len(drawn[-1].schedule)  # told as soon as it is known, not once all is in memory
            problems = bytes_problems(sessions=room * SESSION.itemsize)
            raise_if(f"population {self.population.kind!r}", problems)
        return to_records(drawn, self.site.num_moments)

    def _draw_one(self, generator: np.random.Generator) -> Instance:
        subject = f"population {self.population.kind!r}"
        try:
            instance = self.population.draw(generator, self.site)
            if not isinstance(instance, Instance):
                raise InputError("what it draws", [f"must be an Instance (it is {instance!r})"])
            instance.validate(self.site)
        except InputError as error:
            raise InputError(f"{subject}, {error.subject}", error.problems) from None
        return instance


class BothWays(Part):
    """The fields of a population whose PEVs may be discharged; by default none is, and it is filled to its target."""

    power_min_kw: DischargeKw = 0.0
    """The limit of what a PEV gives (kW, at most 0, on the grid side), and never more than it can take."""
    efficiency_out: Efficiency | None = None
    """Energy given to the grid over energy taken out; None is as `efficiency`."""
    floor_soc: Fraction = 0.0
    """The state of charge down to which a PEV is discharged."""
    ceiling_soc: PositiveFraction | None = None
    """The state of charge up to which it may be charged, where that is above its target; None is the target."""


def set_both_ways(sessions: Records, population: BothWays) -> None:
    """Write what batteries give, and what they may hold, into `SESSION[B, S]`, whose other fields are set."""
    batteries = sessions["battery"]
    efficiency_out = population.efficiency_out
    batteries["efficiency_out"] = batteries["efficiency"] if efficiency_out is None else efficiency_out
    if population.power_min_kw < 0.0:
        batteries["power_min_kw"] = np.maximum(population.power_min_kw, -batteries["power_max_kw"])
    if population.floor_soc > 0.0:
        floor_kwh = population.floor_soc * batteries["capacity_kwh"]
        batteries["energy_min_kwh"] = np.minimum(floor_kwh, sessions["energy_target_kwh"])
    if population.ceiling_soc is not None:
        ceiling_kwh = population.ceiling_soc * batteries["capacity_kwh"]
        batteries["energy_max_kwh"] = np.maximum(ceiling_kwh, sessions["energy_target_kwh"])


def give_stations(sessions: Records, population: Population, site: Site) -> None:
    """Give `sessions[B, S]`, each row in order of arrival, the site's stations; PEVs wait as the population's do."""
    stays_from_plug_in = population.stay_counts_from == "plug_in"
    num_areas, room = sessions.shape
    for part in parts(num_areas, max(room, site.num_stations)):
        areas = sessions[part]
        free = all_free(site.num_stations)
        for station in site.store_stations:
            take(free, station, math.inf)
        free_at = np.tile(free, (len(areas), 1))
        for turn in parts(room, len(areas)):  # of a single area, where that is much work
            assign_areas(areas[:, turn], free_at, population.patience_minutes, stays_from_plug_in)


_KINDS: Registry[type[Population]] = Registry("population")

P = TypeVar("P", bound=Population)


def population(kind: str) -> Callable[[type[P]], type[P]]:
    """A decorator that registers a subclass of `Population` as what scenarios call `kind`; see `Registry.register`.

    Raises `InputError` for a bad or taken name, and for a class that is no population or draws nothing.
    """

    def register(model: type[P]) -> type[P]:
        _KINDS.register(kind, model, _problems(kind, model))
        model.registered_kind = kind
        return model

    return register


def _problems(kind: str, model: object) -> list[str]:
    """Why a class cannot be a kind of population."""
    if not isinstance(model, type) or not issubclass(model, Population):
        return [f"must be a subclass of Population (it is {model!r})"]
    problems = []
    if model.model_fields["kind"].default not in ("", kind):
        problems.append("has a field 'kind' of its own: leave it out, the name is given by the registration")
    if (model.draw, model.generator) == (Population.draw, Population.generator):
        problems.append("must define draw, or generator")
    if model.__dict__.get("registered_kind", kind) != kind:
        problems.append(f"is already registered as {model.registered_kind!r}")
    return problems


def read_population(given: object) -> object:
    """The population of a scenario's table by its `kind`, "spread" or with a `profile` "site" without one.

    Populations are given back, and so is what is no table, for pydantic to refuse. Raises `ValueError` for a kind that
    is not registered.
    """
    if isinstance(given, Population):
        if not same_definition(type(given), _KINDS.get(given.kind, object)):
            raise ValueError(f"{type(given).__name__} must be registered first: @population(...)")
        return given
    if not isinstance(given, Mapping):
        return given
    kind = given.get("kind", "site" if "profile" in given else "spread")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(_KINDS.unknown(kind))
    return _KINDS[kind].model_validate({**given, "kind": kind})
