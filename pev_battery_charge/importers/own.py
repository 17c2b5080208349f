"""A researcher's own sessions: the columns of a schedule without stations, in minutes from the episode's start."""

from pathlib import Path

import polars as pl

from pev_battery_charge.importers.batteries import note_unserved
from pev_battery_charge.importers.report import ImportedSessions, ImportReport
from pev_battery_charge.importers.stations import assign
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.columns import PLACE
from pev_battery_charge.schedule.files import read_table
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo
from pev_battery_charge.schedule.validation import check_metadata, raise_if


def import_own(path: Path, scenario: Scenario) -> ImportedSessions:
    """The sessions with stations given to them, and the report; raises `InputError` with every problem."""
    table, metadata = read_table(path)
    problems = check_metadata(metadata)
    problems += [f"column {name!r} must not be there: it is found here" for name in PLACE if name in table.columns]
    problems += [] if table.height else ["it has no sessions"]
    raise_if(str(path), problems)
    unplaced = Schedule(table.with_columns(pl.lit(None).alias(name) for name in PLACE), source=str(path))
    sessions = unplaced.to_records()
    assign(sessions, scenario)
    info = ScheduleInfo(
        scenario=scenario.name,
        step_minutes=scenario.step_minutes,
        horizon_steps=scenario.horizon_steps,
        generator="sessions",
        source=path.name,
        start=metadata.get("start"),
        time_zone=metadata.get("time_zone"),
    )
    schedule = Schedule.from_records(sessions, info, unplaced.sessions["pev"])
    on_grid = schedule.on_grid(scenario.step_minutes, scenario.horizon_steps)
    wanted_kwh = (sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]) / sessions["battery"]["efficiency"]
    report = ImportReport(
        source=path.name,
        read=table.height,
        kept=len(schedule),
        energy_kwh=float(wanted_kwh.sum()),
        unserved=note_unserved(on_grid, "PEV " + schedule.sessions["pev"], scenario, scenario.horizon_steps),
    )
    return ImportedSessions(schedule, report)
