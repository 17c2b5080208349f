"""Panels side by side with a lane for each controller, named once left of each row of panels."""

from collections.abc import Sequence

import numpy as np

from pev_battery_charge.rendering.canvas import Canvas
from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import BOTTOM_PX, MARGIN_PX, RIGHT_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.letters import drawable, text_width_px
from pev_battery_charge.rendering.style import GRID, INK, TITLE_PT, WIDTH_PX

_NAMES_PX = 142


def add_lanes(
    names: Sequence[str],
    titles: Sequence[str],
    *,
    columns: int,
    lane_px: int,
    top_px: int,
    between_px: int,
    beside_px: int,
    beside_title_px: float = 0.0,
) -> tuple[Canvas, list[Plot]]:
    """A canvas with a panel for each title, in rows, and in each a lane for each name, set apart by lines.

    names: of the lanes, from top to bottom, as `lane_names` gives them.
    columns: so many panels in a row.
    lane_px: height of a lane.
    top_px: room for the picture's head.
    between_px: between the columns.
    beside_px, beside_title_px: what is left free in each column, right of the panel and of its title.
    """
    column_px = (WIDTH_PX - _NAMES_PX - RIGHT_PX - (columns - 1) * between_px) / columns
    height_px = lane_px * len(names)
    row_px = TITLE_PX + height_px + TICKS_PX
    canvas = Canvas(WIDTH_PX, top_px + -(-len(titles) // columns) * row_px + BOTTOM_PX)
    plots = []
    for number, title in enumerate(titles):
        row, column = divmod(number, columns)
        left, top = _NAMES_PX + column * (column_px + between_px), top_px + row * row_px + TITLE_PX
        box = Box(left, top, column_px - beside_px, height_px)
        plot = Plot(canvas.figure, box, elided(title, column_px - beside_title_px, TITLE_PT))
        plot.set_ylim(len(names) - 0.5, -0.5)
        plot.set_yticks([] if column else range(len(names)), [] if column else names)
        plot.tick_params(axis="y", labelcolor=INK)
        plot.grid(axis="x")
        lines = np.arange(1, len(names)) - 0.5
        plot.hlines(lines, 0.0, 1.0, transform=plot.get_yaxis_transform(), color=GRID, linewidth=0.8)
        plots.append(plot)
    return canvas, plots


def lane_names(names: Sequence[str]) -> list[str]:
    """The names in at most two lines each; with numbers in front where eliding has left some of them alike."""
    names = [drawable(name) for name in names]
    fitted = [_two_lines(name) for name in names]
    return [
        text if fitted.count(text) == 1 else _two_lines(f"{number}. {name}")
        for number, (name, text) in enumerate(zip(names, fitted, strict=True), start=1)
    ]


def _two_lines(name: str) -> str:
    room_px = _NAMES_PX - MARGIN_PX
    if text_width_px(name) <= room_px:
        return name
    most = int(room_px / text_width_px("n"))
    while text_width_px(name[:most]) > room_px:
        most -= 1
    ends = [place for place in range(most // 2, most + 1) if name[place - 1] in " -_,/"]
    cut = ends[-1] if ends else most
    return f"{name[:cut].strip()}\n{elided(name[cut:].strip(), room_px)}"
