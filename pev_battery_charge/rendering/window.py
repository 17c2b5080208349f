"""Frames in a window on the screen, where there is one."""

import os
import sys
import warnings
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.backends.registry import backend_registry

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.style import DPI

_NO_WINDOW = (
    "no window can be opened here: there is no screen, or matplotlib's backend opens none; nothing is shown. "
    'Use render_mode="rgb_array", or write_gif for a whole episode.'
)


class Window:
    """A window that shows one frame after the other; it opens with the first.

    It is matplotlib's, by the interactive backend that the user has chosen or that matplotlib finds. Where there is
    none, the first frame gives one `UserWarning`, and nothing is shown. A window that its user has closed stays closed.

    frame_ms: how long `show` waits after each frame, in ms; the window reacts meanwhile.
    """

    def __init__(self, frame_ms: float = 50.0) -> None:
        self._frame_ms = frame_ms
        self._figure: Any = None
        self._picture: Any = None
        self._over = False

    def show(self, frame: Image) -> None:
        """Show a frame, `[H, W, 3]`, in place of the one before."""
        if self._over:
            return
        if self._figure is None:
            if not can_open_window():
                self._over = True
                warnings.warn(_NO_WINDOW, UserWarning, stacklevel=2)
                return
            height, width, _ = frame.shape
            size = width / DPI, height / DPI
            with house_style():
                self._figure = pyplot.figure("PEV battery charge", figsize=size, dpi=DPI, clear=True)
                axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
                axes.set_axis_off()
                self._picture = axes.imshow(frame)
            self._figure.canvas.mpl_connect("close_event", self._on_close)
            self._figure.canvas.manager.show()
        self._picture.set_data(frame)
        self._figure.canvas.draw_idle()
        self._figure.canvas.start_event_loop(self._frame_ms / MILLISECONDS_PER_SECOND)

    def _on_close(self, _event: object) -> None:
        self._over = True

    def close(self) -> None:
        """Close the window; without one, nothing happens."""
        self._over = True
        if self._figure is not None:
            pyplot.close(self._figure)
            self._figure = None


def can_open_window() -> bool:
    """Whether matplotlib can open a window here. Asking makes it choose no backend where there is no screen."""
    backend = mpl.get_backend(auto_select=False)
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("win32", "darwin")
    if backend is None and not screen:
        return False
    registry: Any = backend_registry  # its methods carry no types
    return registry.resolve_backend(backend or mpl.get_backend())[1] is not None
