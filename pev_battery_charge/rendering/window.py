"""Frames in a window on the screen, where there is one."""

import os
import sys
import warnings
from typing import Any

from pev_battery_charge.rendering.frame import Image
from pev_battery_charge.rendering.style import DPI

_NO_SCREEN = (
    "there is no screen to open a window on, or matplotlib's backend ({backend}) opens none, so nothing is shown: "
    'use render_mode="rgb_array", or write_gif for a whole episode'
)


class Window:
    """A window that shows one frame after the other; it opens with the first.

    It is matplotlib's, by whatever interactive backend the user has chosen or matplotlib finds. Where there is none, the
    first frame gives one `UserWarning` and nothing is shown. A window that its user has closed stays closed.

    frame_ms: how long `show` waits after each frame, in ms, so that it can be seen; the window reacts meanwhile.
    """

    def __init__(self, frame_ms: int = 50) -> None:
        self._frame_ms = frame_ms
        self._figure: Any = None
        self._picture: Any = None
        self._dark = False

    def show(self, frame: Image) -> None:
        """Show a frame, `[H, W, 3]`."""
        ...
