"""Real charging sessions, or a researcher's own, made into a schedule; and an account of what was done to them."""

import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from pev_battery_charge.core.arrays import Booleans
from pev_battery_charge.core.clock import put_on_grid
from pev_battery_charge.core.records import SESSION, Status
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.importers import acn  # noqa: F401  registers its reader
from pev_battery_charge.importers.batteries import fill_on_arrival, give_batteries, note_unserved
from pev_battery_charge.importers.days import Chosen, choose_days, note
from pev_battery_charge.importers.recorded import OWN, READERS, RecordedSessions, read_recorded
from pev_battery_charge.importers.report import ImportedSessions, ImportReport
from pev_battery_charge.importers.stations import place_as_recorded
from pev_battery_charge.populations.base import give_stations
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.schedule.columns import COLUMNS, PLACE
from pev_battery_charge.schedule.files import read_table
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo, read_info
from pev_battery_charge.schedule.validation import examine
from pev_battery_charge.schedule.years import FIRST_YEAR, LAST_YEAR, YEARS_RULE

Energy = Literal["delivered", "requested"]
Stations = Literal["recorded", "assigned"]

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_STEP_TOLERANCE: Final = 1e-9


def import_sessions(
    path: str | Path,
    format: str = "acn",
    *,
    scenario: Scenario | str | Path | None = None,
    day: date | str | None = None,
    last_day: date | str | None = None,
    energy: Energy = "delivered",
    stations: Stations = "recorded",
    time_zone: str | None = None,
) -> ImportedSessions:
    """A schedule from a file of charging sessions, and the report of what was read, mended and set aside, and why.

    path: the file.
    format: "acn" is ACN-Data, JSON or CSV, plain or gzipped, known by content (see `importers.acn`); others may be
        added (see `importers.recorded`). "sessions" is a CSV or Parquet file with the columns of a `Schedule` but
        `station` and `plug_in_min`, in minutes from the episode's start; its PEVs are given stations, and the
        arguments after `scenario` are not for it.
    scenario: a Scenario, a name, or a path to a TOML file, which gives the stations, the step, the efficiency and the
        battery's `transition_soc`. By default "jpl-52" or "caltech-54", where ACN-Data comes from these garages.
    day, last_day: the local days of the site, first and last, "YYYY-MM-DD"; by default the first that has sessions, and
        no more than one. A session belongs to the day on which it arrives; one that is still plugged when the first day
        begins is set aside; one that stays beyond the last day is kept.
    energy: "delivered" is what the meter says; "requested" is what the driver asked for at last, or the delivered
        energy where that is nothing.
    stations: "recorded" keeps the file's stations, sorted by name and numbered from 0; "assigned" gives the PEVs
        stations in order of arrival, with the patience of the scenario's population, which also tells whether a wait
        puts off the departure (`stay_counts_from`); a recorded stay keeps its own departure.
    time_zone: name of the site's time zone; by default the one that the file names, or the one of the known garages.

    Minute 0 is local midnight of `day`, and minutes are real ones. The horizon ends at the local midnight after
    `last_day`, so that every session arrives inside it: a day on which clocks change has 23 or 25 hours. Simulate with
    `scenario.replace(horizon_steps=schedule.info.horizon_steps)`.

    Metered energy is grid energy: what is stored is that times the efficiency. Batteries are not recorded; see
    `importers.batteries` for how they are inferred. A departure that a driver has stated goes into
    `departure_stated_min`; one that cannot be read, or is not after the arrival, counts as not stated.

    Raises `InputError` that names the file and every row and rule.
    """
    path = Path(path)
    first, last = _check_choices(format, energy, stations, day=day, last_day=last_day, time_zone=time_zone)
    if format == OWN:
        if scenario is None:
            raise InputError(str(path), ["tells nothing of the stations: give the scenario"])
        return _import_own(path, resolve_scenario(scenario))
    found = read_recorded(path, format)
    scenario = _find_scenario(scenario, found, str(path))
    chosen = choose_days(found.sessions, first, last, _find_zone(time_zone, found, str(path)), str(path))
    return _import_recorded(path, format, found, scenario, chosen, energy, stations)


def _import_own(path: Path, scenario: Scenario) -> ImportedSessions:
    """A researcher's own sessions, the columns of a schedule without stations, with stations given to them."""
    table = read_table(path)
    told, problems = read_info(table.metadata, str(path))
    given = table.sessions
    problems += [f"column {name!r} must not be there: it is found here" for name in PLACE if name in given.columns]
    problems += table.problems or ([] if given.height else ["it has no sessions"])
    rows, broken = examine(given.with_columns(pl.lit(None).alias(name) for name in PLACE), table.places)
    problems += broken
    if rows.height == 0:
        raise_if(str(path), problems)
    unplaced = Schedule(rows.select(COLUMNS.keys()), source=str(path))
    sessions, pevs = unplaced.to_records(), unplaced.sessions["pev"]
    give_stations(sessions[np.newaxis], scenario.population, scenario)
    put_on_grid(sessions, scenario.step_minutes, scenario.horizon_steps)
    wanted_kwh = (sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]) / sessions["battery"]["efficiency"]
    grid = scenario.name, scenario.step_minutes, scenario.horizon_steps
    info = ScheduleInfo(*grid, generator=OWN, source=path.name, start=told.start, time_zone=told.time_zone)
    report = ImportReport(
        source=path.name,
        read=given.height,
        kept=given.height,
        energy_kwh=float(wanted_kwh.sum()),
        unserved=note_unserved(sessions, "PEV " + pevs, scenario, scenario.horizon_steps),
    )
    # With stations given, sessions of one PEV may overlap; those of rows that are right are told with all else.
    places = rows.drop(COLUMNS.keys())
    schedule = Schedule.from_records(sessions, info, pevs, places=places, problems=problems, source=str(path))
    return ImportedSessions(schedule, report)


def _import_recorded(
    path: Path,
    format: str,
    found: RecordedSessions,
    scenario: Scenario,
    chosen: Chosen,
    energy: Energy,
    stations: Stations,
) -> ImportedSessions:
    kept = chosen.kept
    asked = (kept["requested_kwh"] > 0).fill_null(False) | (energy == "delivered")
    wanted_kwh = kept[f"{energy}_kwh"].zip_with(asked, kept["delivered_kwh"]).to_numpy()
    states = (kept["stated"] > kept["arrival"]).fill_null(False)
    misstates = kept["stated"].is_not_null() & ~states
    sessions = np.zeros(kept.height, SESSION)
    sessions["status"] = Status.SERVED
    sessions["arrival_min"] = (kept["arrival"] - chosen.begin) / _MINUTE
    sessions["departure_min"] = (kept["departure"] - chosen.begin) / _MINUTE
    sessions["departure_stated_min"] = (kept["stated"].zip_with(states, kept["departure"]) - chosen.begin) / _MINUTE
    average_kw = kept["delivered_kwh"] / ((kept["departure"] - kept["arrival"]) / _HOUR)
    made_up = give_batteries(sessions, wanted_kwh, average_kw.to_numpy(), scenario)
    moved = np.zeros(kept.height, np.bool_)
    if stations == "recorded":
        moved = place_as_recorded(sessions, kept["station_id"], found.sessions["station_id"], scenario, str(path))
    else:
        give_stations(sessions[np.newaxis], scenario.population, scenario)
    horizon_steps = math.ceil((chosen.end - chosen.begin) / _MINUTE / scenario.step_minutes - _STEP_TOLERANCE)
    put_on_grid(sessions, scenario.step_minutes, horizon_steps)
    fill_on_arrival(sessions, scenario)
    mended: dict[str, pl.Series | Booleans] = {
        "it has no request above 0: it wants what it was delivered": ~asked,
        "its stated departure cannot be read: it counts as not stated": kept["unread"],
        "its stated departure is not after its arrival: it counts as not stated": misstates,
        "no PEV model stores its energy below the taper: its capacity is made up": made_up,
        "its recorded station is taken: it is moved to another": moved,
    }
    report = ImportReport(
        source=path.name,
        read=found.sessions.height + len(found.set_aside),
        kept=kept.height,
        energy_kwh=float(wanted_kwh.sum()),
        first_day=chosen.first,
        last_day=chosen.last,
        time_zone=chosen.zone.key,
        other_days=chosen.other_days,
        mended=tuple(one for why, holds in mended.items() for one in note(kept.filter(holds), why)),
        unserved=note_unserved(sessions, kept["name"], scenario, horizon_steps),
        set_aside=found.set_aside + chosen.set_aside,
        remarks=found.remarks,
    )
    grid = scenario.name, scenario.step_minutes, horizon_steps
    start, zone = f"{chosen.first} 00:00", chosen.zone.key
    info = ScheduleInfo(*grid, generator=format, source=path.name, start=start, time_zone=zone)
    return ImportedSessions(Schedule.from_records(sessions, info, kept["session_id"]), report)


def _find_scenario(scenario: Scenario | str | Path | None, found: RecordedSessions, source: str) -> Scenario:
    if scenario is None and found.scenario is None:
        raise InputError(source, [f"{found.no_scenario}: give the scenario"])
    scenario = resolve_scenario(found.scenario if scenario is None else scenario)
    if scenario.population.transition_soc == 0:
        problem = "population.transition_soc must be above 0 (it is 0): energies must fit below the taper"
        raise InputError(f"scenario {scenario.name!r}", [problem])
    return scenario


def _find_zone(time_zone: str | None, found: RecordedSessions, source: str) -> ZoneInfo:
    names = found.time_zones
    if time_zone is not None:
        source, names = "import_sessions", (time_zone,)
    if len(names) > 1:
        raise InputError(source, [f"names several time zones ({', '.join(names)}): give time_zone"])
    if not names:
        raise InputError(source, ["does not tell the site's time zone: give time_zone"])
    try:
        return ZoneInfo(names[0])
    except (LookupError, ValueError, OSError):
        told = f"time zone must be a name such as 'Europe/Amsterdam' (it is {names[0]!r})"
        raise InputError(source, [told]) from None


def _check_choices(format: str, energy: str, stations: str, **calendar: date | str | None) -> list[date | None]:
    """The days as dates; raises `InputError` with every wrong argument."""
    problems = [
        f"{name} must be one of {', '.join(choices)} (it is {value!r})"
        for name, value, choices in (
            ("format", format, [*READERS.nearest_first(format), OWN]),
            ("energy", energy, get_args(Energy)),
            ("stations", stations, get_args(Stations)),
        )
        if value not in choices
    ]
    days: list[date | None] = []
    for name in ("day", "last_day"):
        value = calendar[name]
        try:
            days.append(date.fromisoformat(value) if isinstance(value, str) else value)
        except ValueError:
            days.append(None)
            problems.append(f"{name} must be a date YYYY-MM-DD (it is {value!r})")
        if isinstance(value, datetime):
            problems.append(f"{name} must be a date without a time (it is {value!r})")
        if days[-1] is not None and not FIRST_YEAR <= days[-1].year <= LAST_YEAR:
            problems.append(f"{name} {YEARS_RULE} (it is {days[-1]})")
    if format == OWN:
        problems += [
            f"{name} must not be given: the minutes of format 'sessions' have no calendar"
            for name, value in calendar.items()
            if value is not None
        ]
    raise_if("import_sessions", problems)
    return days
