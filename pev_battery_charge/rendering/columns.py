"""The picture of `write_overview`: for each schedule a column, Gantt chart above occupancy."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.core.records import Status
from pev_battery_charge.rendering.chart import (
    CROSS,
    Canvas,
    add_amount_axis,
    add_axes,
    add_legend,
    add_time_axis,
)
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.gantt import GanttChart
from pev_battery_charge.rendering.layout import (
    LEFT_PX,
    MARGIN_PX,
    RIGHT_PX,
    TICKS_PX,
    TITLE_PX,
    Box,
    make_lanes,
)
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.names import counted
from pev_battery_charge.rendering.style import (
    DPI,
    HEADLINE_PT,
    INK,
    MUTED,
    PALE,
    WIDTH_PX,
)

_COLUMN_PX = 450
_HEAD_PX = 58
_OCCUPANCY_PX = 110
_BOTTOM_PX = 10
_ROOM_ABOVE = 0.2


def draw_columns(episodes: Sequence[tuple[str, Episode, Clock]]) -> Canvas:
    """A canvas with one column for each (title, episode, clock)."""
    rejected = any((episode.sessions["status"] == Status.REJECTED).any() for _, episode, _ in episodes)
    all_lanes = [make_lanes(episode.scenario.num_stations, rejected=rejected) for _, episode, _ in episodes]
    chart_px = max(lanes.height_px for lanes in all_lanes)
    width_px = max(WIDTH_PX, len(episodes) * _COLUMN_PX)
    occupancy_top = _HEAD_PX + TITLE_PX + chart_px + TICKS_PX + TITLE_PX
    canvas = Canvas(width_px, occupancy_top + _OCCUPANCY_PX + TICKS_PX + _BOTTOM_PX)
    column_px = width_px / len(episodes)
    for number, ((title, episode, clock), lanes) in enumerate(zip(episodes, all_lanes, strict=True)):
        left = number * column_px + LEFT_PX
        plot_px = column_px - LEFT_PX - RIGHT_PX
        _write_head(canvas.figure, number * column_px + MARGIN_PX, title, episode)
        box = Box(left, _HEAD_PX + TITLE_PX, plot_px, lanes.height_px)
        chart = GanttChart(canvas.figure, box, episode, lanes, clock, "Schedule")
        chart.write_names()
        add_legend(chart.axes, box, chart.legend())
        _draw_occupancy(canvas.figure, Box(left, occupancy_top, plot_px, _OCCUPANCY_PX), episode, clock)
    return canvas


def _write_head(figure: Figure, left_px: float, title: str, episode: Episode) -> None:
    width_px, height_px = figure.get_figwidth() * DPI, figure.get_figheight() * DPI
    rejected = int((episode.sessions["status"] == Status.REJECTED).sum())
    about = f"{counted(episode.scenario.num_stations, 'station')}, {counted(len(episode.names), 'PEV')}"
    about += f", {rejected} found no station" if rejected else ", all found a station"
    figure.text(left_px / width_px, 1.0 - 31 / height_px, title, size=HEADLINE_PT, weight="bold")
    figure.text(left_px / width_px, 1.0 - 49 / height_px, about, color=MUTED)


def _occupancy(episode: Episode) -> tuple[Array, Integers]:
    """The minutes at which PEVs plug in or leave, and how many are plugged from each of them on."""
    stays = episode.sessions[episode.sessions["status"] != Status.REJECTED]
    minutes, place = np.unique(np.concatenate([stays["plug_in_min"], stays["departure_min"]]), return_inverse=True)
    change = np.zeros(minutes.size, np.int64)
    np.add.at(change, place, np.repeat([1, -1], stays.size))
    return minutes, np.cumsum(change)


def _draw_occupancy(figure: Figure, box: Box, episode: Episode, clock: Clock) -> None:
    axes = add_axes(figure, box, "PEVs plugged in")
    add_time_axis(axes, box, clock, episode.scenario.horizon_minutes)
    num_stations = episode.scenario.num_stations
    add_amount_axis(axes, num_stations * (1.0 + _ROOM_ABOVE))
    minutes, plugged = _occupancy(episode)
    if minutes.size:
        axes.add_artist(StepPatch(plugged[:-1], minutes, fill=True, facecolor=PALE, edgecolor=MUTED, linewidth=0.8))
    stations = axes.axhline(
        num_stations, color=INK, linewidth=1.2, linestyle="--", label=counted(num_stations, "station")
    )
    handles: list[Patch | Line2D] = [stations]
    came = episode.sessions["arrival_min"][episode.sessions["status"] == Status.REJECTED]
    if came.size:
        height = np.full(came.size, num_stations * (1.0 + _ROOM_ABOVE / 2))
        handles += axes.plot(came, height, label="found no station", **CROSS)
    add_legend(axes, box, handles)
