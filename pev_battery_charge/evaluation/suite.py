"""The benchmark suite: schedules to measure controllers on, frozen by version so that results stay comparable."""

import hashlib
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Annotated, Any, Final, Self

import polars as pl
import tomli_w
from pydantic import Field

from pev_battery_charge.catalogue import DEFAULT_FEATURES, DEFAULT_TERMS
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.comparison import CHUNK_AREAS
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.models import Part
from pev_battery_charge.populations.stated import with_stated_departures
from pev_battery_charge.scenario import FIRST_KEYS, Scenario, resolve_scenario
from pev_battery_charge.schedule.table import Schedule

SUITE_VERSIONS: Final = (1,)
"""The versions that `load_suite` knows. What a version has frozen never changes; a new suite is a new version."""

_FIRST_KEYS: Final = {
    *("kind", "pevs", "capacity_kwh", "target_soc", "arrival_soc_max", "stay_minutes", "stay_tolerance"),
    *("power_max_kw", "efficiency", "transition_soc", "patience_minutes", "profile", "day", "start_hour"),
    *("sessions_per_day", "pev_models", "target_soc_max"),
}
"""The keys of `[population]` when version 1 was frozen."""

_DIGITS: Final = 6
"""Decimals of a schedule's numbers that the digest sees: other libraries may round the last bits otherwise."""


class Group(Part):
    """Some instances of one scenario: a schedule for each seed.

    name: what tables call it.
    scenario: a named scenario, or a path to a TOML file.
    first_seed, instances: schedules are drawn from the seeds `first_seed`, `first_seed + 1`, ...
    stated_error_hours: drivers state departures that are wrong by so much, the 10, 50 and 90 % points of the error (see
        `pev_battery_charge.populations.stated`, drawn from the instance's seed); None: they leave as stated.
    digest: that of the scenario and the schedules when they were frozen (see `digest_of`); None is not checked.
    """

    name: str
    scenario: str
    first_seed: Annotated[int, Field(ge=0)]
    instances: Annotated[int, Field(ge=1, le=CHUNK_AREAS)]
    stated_error_hours: tuple[float, float, float] | None = None
    digest: str | None = None

    @property
    def seeds(self) -> range:
        """One for each instance."""
        return range(self.first_seed, self.first_seed + self.instances)

    def load(self) -> tuple[Scenario, list[Schedule]]:
        """The scenario, and the schedule of each seed; raises `InputError` if they differ from the frozen ones."""
        scenario, schedules = self._draw()
        if self.digest is not None and digest_of(scenario, schedules) != self.digest:
            problem = f"scenario {self.scenario} or its schedules are no longer what the suite has frozen"
            raise InputError("benchmark suite", [f"group {self.name}: {problem}"])
        return scenario, schedules

    def frozen(self) -> Self:
        """The group with the digest of the scenario and the schedules as they are now."""
        return self.model_copy(update={"digest": digest_of(*self._draw())})

    def _draw(self) -> tuple[Scenario, list[Schedule]]:
        scenario = resolve_scenario(self.scenario)
        schedules = [generate_schedule(scenario, seed) for seed in self.seeds]
        if self.stated_error_hours is not None:
            schedules = [
                with_stated_departures(schedule, self.stated_error_hours, seed)
                for schedule, seed in zip(schedules, self.seeds, strict=True)
            ]
        return scenario, schedules


class Suite(Part):
    """Groups of instances, of one version."""

    version: int
    groups: tuple[Group, ...]

    @property
    def num_instances(self) -> int:
        """Of all groups."""
        return sum(group.instances for group in self.groups)

    def choose(self, names: Sequence[str] | None) -> Self:
        """The suite with only these groups, in its own order, or all; raises `InputError` for none and unknown ones."""
        if names is None:
            return self
        known = [group.name for group in self.groups]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            problem = f"{', '.join(unknown)}: unknown" if unknown else "must be at least one"
            raise InputError("groups", [f"{problem}; there are {', '.join(known)}"])
        return self.model_copy(update={"groups": tuple(group for group in self.groups if group.name in names)})


def load_suite(version: int = 1) -> Suite:
    """The suite of a version; raises `InputError` for an unknown version."""
    if version not in SUITE_VERSIONS:
        known = ", ".join(map(str, SUITE_VERSIONS))
        raise InputError("benchmark suite", [f"version: must be one of {known} (it is {version!r})"])
    file = resources.files("pev_battery_charge") / "evaluation" / f"suite_v{version}.toml"
    return Suite.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def digest_of(scenario: Scenario, schedules: Sequence[Schedule]) -> str:
    """The SHA-256 of a scenario's TOML and of the tables of schedules, their numbers rounded to a millionth.

    Columns in which no session has a value do not count, nor do settings that scenarios have got since version 1, where
    they leave all as it was: so that settings not in use may be added.
    """
    found = hashlib.sha256(_first_text(scenario).encode())
    for schedule in schedules:
        for column in schedule.sessions.iter_columns():
            if column.null_count() < len(schedule):
                whole = (column * 10**_DIGITS).round().cast(pl.Int64) if column.dtype == pl.Float64 else column
                found.update(f"{column.name}: {', '.join(map(str, whole))}\n".encode())
    return found.hexdigest()


def _first_text(scenario: Scenario) -> str:
    """The scenario's TOML by the keys that it had in version 1, and by others whose value is not the default."""
    table = scenario.model_dump(mode="json", exclude_none=True)
    seen, reward = table.pop("observations"), scenario.reward
    extra = seen[len(DEFAULT_FEATURES) :] if tuple(seen[: len(DEFAULT_FEATURES)]) == DEFAULT_FEATURES else seen
    stations: Any = [
        {"power_min_kw": one.pop("least_kw"), **_without_new_defaults(one, station)}
        for one, station in zip(table.pop("stations"), scenario.stations, strict=True)
    ]
    if len(set(scenario.stations)) == 1:
        stations = {"count": scenario.num_stations, **stations[0]}
    terms = {name: numbers for name, numbers in table.pop("reward")["terms"].items() if name not in DEFAULT_TERMS}
    first = {
        **{key: table.pop(key) for key in ("name", "step_minutes", "horizon_steps", "coordinator")},
        "extra_observations": extra,
        "area": {"power_min_kw": scenario.area.power_min_kw} | _without_new_defaults(table.pop("area"), scenario.area),
        "stations": stations,
        "population": _without_new_defaults(table.pop("population"), scenario.population),
        "reward": {
            **{old: reward.literal(*meant) for old, meant in FIRST_KEYS.items()},
            "sharing": reward.sharing,
            **({"terms": terms} if terms else {}),
        },
    }
    return tomli_w.dumps(first | _without_new_defaults(table, scenario))


def _without_new_defaults(table: dict[str, Any], part: Part) -> dict[str, Any]:
    """A part's table without the keys that version 1 had not, where they leave all as it was."""
    fields = type(part).model_fields
    return {
        key: value
        for key, value in table.items()
        if key in _FIRST_KEYS or getattr(part, key) != fields[key].get_default(call_default_factory=True)
    }
