"""Pictures without a window: the canvas, what moves on it, the settings it is drawn under, and the file it becomes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.errors import raise_if
from pev_battery_charge.files import write_beside
from pev_battery_charge.reading import ending
from pev_battery_charge.rendering.style import DPI, GRID, INK, PAPER, SMALL_PT

Shown_contra = TypeVar("Shown_contra", contravariant=True)

_settings_lock = threading.RLock()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw under matplotlib's own defaults, whatever the user's settings are; they are back when the block ends."""
    settings: dict[Any, Any] = {name: value for name, value in rcParamsDefault.items() if name != "backend"}
    settings |= {"font.family": ["DejaVu Sans"], "font.size": SMALL_PT, "text.color": INK, "text.parse_math": False}
    settings |= {"grid.color": GRID, "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False}
    with _settings_lock, rc_context(settings):
        yield


class Canvas:
    """A picture, its `figure`, that no window and no global state of matplotlib knows of."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.figure = Figure(figsize=(width_px / DPI, height_px / DPI), dpi=DPI, facecolor=PAPER)
        self._agg: Any = FigureCanvasAgg(self.figure)  # Any: its methods carry no types


class Panel(Protocol[Shown_contra]):
    """A part of a picture whose moving `artists`, in the order they are drawn, are made once and updated."""

    artists: list[Artist]

    def update(self, moment: Shown_contra) -> None:
        """Show this moment."""


class Animation(Canvas, Generic[Shown_contra]):
    """A canvas with panels, of which what stands still is drawn once."""

    def hold(self, panels: Sequence[Panel[Shown_contra]]) -> None:
        """Draw all but the panels' moving artists, and keep it."""
        self._panels = panels
        self._moving = [artist for panel in panels for artist in panel.artists]
        for artist in self._moving:
            artist.set_animated(True)
        self._agg.draw()
        self._background = self._agg.copy_from_bbox(self.figure.bbox)

    def draw(self, moment: Shown_contra) -> Image:
        """The moment as a new array: what stands still, and the moving artists on it in their order."""
        for panel in self._panels:
            panel.update(moment)
        self._agg.restore_region(self._background)
        renderer = self._agg.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)
        return np.asarray(self._agg.buffer_rgba())[..., :3].copy()


def write_still(path: str | Path, problems: Sequence[str], draw: Callable[[], Canvas]) -> None:
    """Draw a still and write it as a PNG; an existing file is replaced whole or not at all.

    Raises `InputError` for another ending and for the problems found before.
    """
    if ending(path) != ".png":
        problems = [f"path: must end in .png (it is {Path(path).name!r})", *problems]
    raise_if(str(path), problems)
    with house_style(), write_beside(path) as beside:
        draw().figure.savefig(beside, format="png")
