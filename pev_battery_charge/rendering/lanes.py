"""Panels side by side with a lane for each controller, named once left of each row of panels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.layout import BOTTOM_PX, MARGIN_PX, RIGHT_PX, TICKS_PX, TITLE_PX, Box
from pev_battery_charge.rendering.style import GRID, INK, WIDTH_PX, text_width_px

_NAMES_PX = 142


@dataclass(frozen=True)
class LaneGrid:
    """Where so many panels of one picture stand, and their lanes.

    names: of the lanes, from top to bottom, as `lane_names` gives them.
    num_panels: in all.
    columns: so many of them in a row.
    lane_px: height of a lane.
    top_px: room for the picture's head.
    between_px: between the columns.
    beside_px: what is left free in each column, right of the panel.
    """

    names: Sequence[str]
    num_panels: int
    columns: int
    lane_px: int
    top_px: int
    between_px: int
    beside_px: int

    @property
    def column_px(self) -> float:
        """Width of a panel with what is left free beside it."""
        return (WIDTH_PX - _NAMES_PX - RIGHT_PX - (self.columns - 1) * self.between_px) / self.columns

    @property
    def height_px(self) -> int:
        """Height of the whole picture."""
        return self.top_px + -(-self.num_panels // self.columns) * self._row_px + BOTTOM_PX

    @property
    def _row_px(self) -> int:
        return TITLE_PX + self.lane_px * len(self.names) + TICKS_PX

    def add_panel(self, figure: Figure, number: int, title: str) -> Plot:
        """A panel with its lanes, set apart by lines."""
        row, column = divmod(number, self.columns)
        count = len(self.names)
        left = _NAMES_PX + column * (self.column_px + self.between_px)
        top = self.top_px + row * self._row_px + TITLE_PX
        box = Box(left, top, self.column_px - self.beside_px, self.lane_px * count)
        plot = Plot(figure, box, title)
        plot.set_ylim(count - 0.5, -0.5)
        plot.set_yticks(range(count) if column == 0 else [], self.names if column == 0 else [])
        plot.tick_params(axis="y", labelcolor=INK)
        plot.grid(axis="x", color=GRID, linewidth=0.8)
        lines = np.arange(1, count) - 0.5
        plot.hlines(lines, 0.0, 1.0, transform=plot.get_yaxis_transform(), color=GRID, linewidth=0.8)
        return plot


def lane_names(names: Sequence[str]) -> list[str]:
    """The names in at most two lines each; with numbers in front where eliding has left some of them alike."""
    fitted = [_two_lines(name) for name in names]
    return [
        text if fitted.count(text) == 1 else _two_lines(f"{number}. {name}")
        for number, (name, text) in enumerate(zip(names, fitted, strict=True), start=1)
    ]


def _two_lines(name: str) -> str:
    room_px = _NAMES_PX - MARGIN_PX
    if text_width_px(name) <= room_px:
        return name
    most = int(room_px / text_width_px("m"))
    ends = [place for place in range(most // 2, most + 1) if name[place - 1] in " -_,/"]
    cut = ends[-1] if ends else most
    return f"{name[:cut].strip()}\n{elided(name[cut:].strip(), room_px)}"
