"""A still that shows schedules side by side, before anything has been charged: a Gantt chart above the occupancy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import CROSS, Plot, write_lines
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
    make_lanes,
)
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.panels.gantt import GanttChart
from pev_battery_charge.rendering.style import MUTED, PALE, WIDTH_PX
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
    episodes = [
        (title, Episode(scenario, schedule), Clock(scenario, schedule)) for title, scenario, schedule in schedules
    ]
    rejected = any((episode.sessions["status"] == Status.REJECTED).any() for _, episode, _ in episodes)
    all_lanes = [make_lanes(episode.scenario.num_stations, rejected=rejected) for _, episode, _ in episodes]
    chart_px = max(lanes.height_px for lanes in all_lanes)
    width_px = max(WIDTH_PX, len(episodes) * _COLUMN_PX)
    occupancy_top = HEAD_PX + TITLE_PX + chart_px + TICKS_PX + TITLE_PX
    canvas = Canvas(width_px, occupancy_top + _OCCUPANCY_PX + TICKS_PX + BOTTOM_PX)
    column_px = width_px / len(episodes)
    for number, ((title, episode, clock), lanes) in enumerate(zip(episodes, all_lanes, strict=True)):
        left = number * column_px + LEFT_PX
        plot_px = column_px - LEFT_PX - RIGHT_PX
        write_lines(canvas.figure, number * column_px + MARGIN_PX, title, _about(episode))
        box = Box(left, HEAD_PX + TITLE_PX, plot_px, lanes.height_px)
        chart = GanttChart(canvas.figure, box, episode, lanes, clock)
        chart.write_names()
        chart.add_legend(*chart.signs())
        _draw_occupancy(canvas.figure, Box(left, occupancy_top, plot_px, _OCCUPANCY_PX), episode, clock)
    return canvas


def _about(episode: Episode) -> str:
    rejected = int((episode.sessions["status"] == Status.REJECTED).sum())
    about = f"{counted(episode.scenario.num_stations, 'station')}, {counted(len(episode.names), 'PEV')}"
    return about + (f", {rejected} found no station" if rejected else ", all found a station")


def _occupancy(episode: Episode) -> tuple[Array, Integers]:
    """The minutes at which PEVs plug in or leave, and how many are plugged from each of them on."""
    stays = episode.sessions[episode.sessions["status"] != Status.REJECTED]
    minutes, place = np.unique(np.concatenate([stays["plug_in_min"], stays["departure_min"]]), return_inverse=True)
    change = np.zeros(minutes.size, np.int64)
    np.add.at(change, place, np.repeat([1, -1], stays.size))
    return minutes, np.cumsum(change)


def _draw_occupancy(figure: Figure, box: Box, episode: Episode, clock: Clock) -> None:
    plot = Plot(figure, box, "PEVs plugged in")
    plot.add_time_axis(clock, episode.scenario.horizon_minutes)
    num_stations = episode.scenario.num_stations
    plot.add_amount_axis(num_stations * (1.0 + _ROOM_ABOVE))
    minutes, plugged = _occupancy(episode)
    if minutes.size:
        plot.add_artist(StepPatch(plugged[:-1], minutes, fill=True, facecolor=PALE, edgecolor=MUTED, linewidth=0.8))
    handles: list[Patch | Line2D] = [plot.add_level(num_stations, counted(num_stations, "station"))]
    came = episode.sessions["arrival_min"][episode.sessions["status"] == Status.REJECTED]
    if came.size:
        height = np.full(came.size, num_stations * (1.0 + _ROOM_ABOVE / 2))
        handles += plot.plot(came, height, label="found no station", **CROSS)
    plot.add_legend(*handles)
