"""A still that shows schedules side by side, before anything has been charged: a Gantt chart above the occupancy."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch

from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering import style
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, write_lines
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.labels import counted
from pev_battery_charge.rendering.layout import (
    BOTTOM_PX,
    HEAD_PX,
    LEFT_PX,
    MARGIN_PX,
    RIGHT_PX,
    TICKS_PX,
    TITLE_PX,
    Box,
    Lanes,
)
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.panels.gantt import GanttChart
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule

_COLUMN_PX = 450
_OCCUPANCY_PX = 110
_ROOM_ABOVE = 0.2


def write_overview(schedules: Sequence[tuple[str, Scenario, Schedule]], path: str | Path) -> None:
    """Write a PNG with a column for each (title, scenario, schedule).

    On top the schedule as a Gantt chart, a row for each station; below the number of plugged PEVs over time against the
    number of stations, with the PEVs that found none marked where they came.

    Raises `InputError` for another ending, for no schedule, and for schedules that do not fit their scenarios.
    """
    problems = [] if schedules else ["schedules: must be at least one"]
    write_still(path, problems, lambda: draw_overview(schedules))


def draw_overview(schedules: Sequence[tuple[str, Scenario, Schedule]]) -> Canvas:
    """A canvas with a column for each (title, scenario, schedule)."""
    episodes = [Episode(scenario, schedule) for _, scenario, schedule in schedules]
    rejected = [int((episode.sessions["status"] == Status.REJECTED).sum()) for episode in episodes]
    all_lanes = [Lanes(episode.scenario.num_stations, rejected=any(rejected)) for episode in episodes]
    chart_px = max(lanes.height_px for lanes in all_lanes)
    width_px = max(style.WIDTH_PX, len(episodes) * _COLUMN_PX)
    occupancy_top = HEAD_PX + TITLE_PX + chart_px + TICKS_PX + TITLE_PX
    canvas = Canvas(width_px, occupancy_top + _OCCUPANCY_PX + TICKS_PX + BOTTOM_PX)
    column_px = width_px / len(episodes)
    columns = zip(schedules, episodes, rejected, all_lanes, strict=True)
    for number, ((title, scenario, schedule), episode, lost, lanes) in enumerate(columns):
        about = f"{counted(scenario.num_stations, 'station')}, {counted(len(episode.names), 'PEV')}"
        about += f", {lost} found no station" if lost else ", all found a station"
        room_px = column_px - 2 * MARGIN_PX
        write_lines(canvas.figure, number * column_px + MARGIN_PX, title, about, room_px, room_px)
        box = Box(number * column_px + LEFT_PX, HEAD_PX + TITLE_PX, column_px - LEFT_PX - RIGHT_PX, lanes.height_px)
        clock = Clock(scenario, schedule)
        chart = GanttChart(canvas.figure, box, episode, lanes, clock)
        chart.write_names()
        chart.add_legend(*chart.signs)
        _draw_occupancy(canvas.figure, replace(box, top=occupancy_top, height=_OCCUPANCY_PX), episode, clock)
    return canvas


def _draw_occupancy(figure: Figure, box: Box, episode: Episode, clock: Clock) -> None:
    plot = Plot(figure, box, "PEVs plugged in")
    plot.add_time_axis(clock, episode.scenario.horizon_minutes)
    num_stations = episode.scenario.num_stations
    plot.add_amount_axis(num_stations * (1.0 + _ROOM_ABOVE))
    rejected = episode.sessions["status"] == Status.REJECTED
    stays = episode.sessions[~rejected]
    minutes, place = np.unique(np.concatenate([stays["plug_in_min"], stays["departure_min"]]), return_inverse=True)
    if minutes.size:
        plugged = np.cumsum(np.bincount(place[: stays.size], minlength=minutes.size) - np.bincount(place[stays.size :]))
        look: dict[str, Any] = {"facecolor": style.PALE, "edgecolor": style.MUTED, "linewidth": 0.8}
        plot.add_artist(StepPatch(plugged[:-1], minutes, fill=True, **look))
    handles: list[Patch | Line2D] = [plot.add_level(num_stations, counted(num_stations, "station"))]
    came = episode.sessions["arrival_min"][rejected]
    if came.size:
        height = np.full(came.size, num_stations * (1.0 + _ROOM_ABOVE / 2))
        handles += plot.plot(came, height, label="found no station", **style.CROSS)
    plot.add_legend(*handles)
