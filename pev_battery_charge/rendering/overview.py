"""A still that shows schedules side by side, before anything has been charged."""

from collections.abc import Sequence
from pathlib import Path

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.style import house_style
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule


def write_overview(schedules: Sequence[tuple[str, Scenario, Schedule]], path: str | Path) -> None:
    """Write a PNG with a column for each (title, scenario, schedule).

    On top the schedule as a Gantt chart, a row for each station; below the number of plugged PEVs over time against the
    number of stations, with the PEVs that found none marked where they came.

    Raises `InputError` for another ending, for no schedule, and for schedules that do not fit their scenarios.
    """
    problems = []
    if Path(path).suffix.lower() != ".png":
        problems.append(f"path: must end in .png (it is {Path(path).name!r})")
    if not schedules:
        problems.append("schedules: must be at least one")
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.columns import draw_columns  # noqa: PLC0415  matplotlib is slow to import

    episodes = [
        (title, Episode(scenario, schedule), Clock(scenario, schedule)) for title, scenario, schedule in schedules
    ]
    with house_style(), write_beside(path) as beside:
        draw_columns(episodes).write_png(beside)
