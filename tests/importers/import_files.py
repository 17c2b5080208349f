"""Small files of charging sessions for the tests of the importers, JSON and CSV, with the same sessions in them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from pev_battery_charge import Scenario, Schedule, Simulation

DATA = Path(__file__).parents[1] / "data" / "imports"

CSV_HEAD = (
    "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id,estimated_departure,claimed"
)


class Visit(NamedTuple):
    """One session, its times as "2021-05-03 08:00:00-07:00"."""

    arrival: str
    departure: str
    delivered: Any = 5.0
    requested: Any = 8.0
    station: str = "CA-303"
    name: str | None = None
    stated: str | None = None
    """The departure that the driver has stated; None for a session that nobody has claimed (of the CSV file)."""


def write_csv(path: Path, visits: Sequence[Visit]) -> Path:
    """A file as ACN-Data's CSV; sessions without a name are called s1, s2, ... by their row."""
    lines = [
        f"{visit.arrival},{visit.departure},{'' if visit.requested is None else visit.requested},{visit.delivered},"
        f"{visit.station},{_name(visit, row)},{visit.stated or visit.departure},{visit.stated is not None}"
        for row, visit in enumerate(visits, start=1)
    ]
    path.write_text("\n".join([CSV_HEAD, *lines, ""]), encoding="utf-8")
    return path


def write_json(path: Path, visits: Sequence[Visit], **item_changes: Any) -> Path:
    """A file as the ACN-Data API answers, every item with `item_changes`."""
    items = [{**json_item(visit, row), **item_changes} for row, visit in enumerate(visits, start=1)]
    return write_items(path, items)


def write_items(path: Path, items: Sequence[Any]) -> Path:
    path.write_text(json.dumps({"_items": items, "_meta": {"page": 1}}), encoding="utf-8")
    return path


def json_item(visit: Visit, row: int = 1) -> dict[str, Any]:
    inputs = [{"kWhRequested": visit.requested, "modifiedAt": rfc_1123(visit.arrival)}]
    if visit.stated is not None:
        inputs[0]["requestedDeparture"] = rfc_1123(visit.stated)
    return {
        "connectionTime": rfc_1123(visit.arrival),
        "disconnectTime": rfc_1123(visit.departure),
        "doneChargingTime": None,
        "kWhDelivered": visit.delivered,
        "sessionID": _name(visit, row),
        "siteID": "0002",
        "spaceID": visit.station,
        "stationID": f"2-39-90-{visit.station[-3:]}",
        "timezone": "America/Los_Angeles",
        "userInputs": None if visit.requested is None else inputs,
    }


def rfc_1123(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)


def charge_at_full_power(scenario: Scenario, schedule: Schedule) -> pl.DataFrame:
    """What becomes of each session when every station asks for all it can and nothing cuts it."""
    scenario = scenario.replace(horizon_steps=schedule.info.horizon_steps, coordinator="none")
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=schedule)
    limits_kw = np.array([[station.power_max_kw for station in scenario.stations]])
    while not simulation.over:
        simulation.step(limits_kw)
    return simulation.trace().session_frame()


def _name(visit: Visit, row: int) -> str:
    return visit.name or f"s{row}"
