"""Real charging sessions, or a researcher's own, made into a schedule; and an account of what was done to them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from pev_battery_charge.core.records import SESSION, Records
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.schedule.acn import SITE_TIME_ZONE, AcnSessions, read_acn
from pev_battery_charge.schedule.assignment import assign_stations
from pev_battery_charge.schedule.columns import OPTIONAL
from pev_battery_charge.schedule.files import read_table
from pev_battery_charge.schedule.import_batteries import fill_on_arrival, give_batteries, why_unserved
from pev_battery_charge.schedule.import_report import ImportReport, Note, describe_days, describe_span
from pev_battery_charge.schedule.import_stations import place_as_recorded
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo
from pev_battery_charge.schedule.validation import raise_if

Format = Literal["acn", "sessions"]
Energy = Literal["delivered", "requested"]
Stations = Literal["recorded", "assigned"]

_SITE_SCENARIOS: Final = {"jpl": "jpl-52", "caltech": "caltech-54"}
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_STEP_TOLERANCE: Final = 1e-9


class ImportedSessions(NamedTuple):
    """What `import_sessions` gives back."""

    schedule: Schedule
    report: ImportReport


class _Span(NamedTuple):
    """The local days to import."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        return self._midnight(self.last + _DAY)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
