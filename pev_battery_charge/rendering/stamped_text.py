"""Moving text that is set in type once for each thing it says."""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

from pev_battery_charge.core.arrays import Image

_MOST_STAMPS = 64


class StampedText(Text):
    """A text that is set in type once for each thing it says, and stamped from then on.

    Setting type is most of a frame's time. The text must stay where it is: a stamp belongs to its place.
    """

    def __init__(self, *args: Any, **style: Any) -> None:
        super().__init__(*args, **style)
        self._stamps: dict[tuple[str, Any], tuple[int, int, Image]] = {}

    def draw(self, renderer: Any) -> None:
        """Draw it."""
        if not self.get_text():
            return
        key = (self.get_text(), self.get_color())
        if key not in self._stamps:
            if len(self._stamps) == _MOST_STAMPS:
                self._stamps.clear()
            self._stamps[key] = self._make_stamp(renderer)
        left, bottom, image = self._stamps[key]
        context = renderer.new_gc()
        renderer.draw_image(context, left, bottom, image)
        context.restore()

    def _make_stamp(self, renderer: Any) -> tuple[int, int, Image]:
        """Where its lower left corner stands, and its pixels, from the lowest row up."""
        sheet = _empty_sheet(int(renderer.width), int(renderer.height), renderer.dpi)
        sheet.clear()
        super().draw(sheet)
        pixels = np.asarray(sheet.buffer_rgba())
        inked = pixels[..., 3] > 0
        rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        if not rows.size:
            return 0, 0, np.zeros((1, 1, 4), np.uint8)
        stamp = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return int(columns[0]), pixels.shape[0] - 1 - int(rows[-1]), stamp[::-1].copy()


@lru_cache(maxsize=1)
def _empty_sheet(width: int, height: int, dpi: float) -> Any:
    """Where stamps are cut from; one for all texts of a picture."""
    make: Any = RendererAgg  # carries no types
    return make(width, height, dpi)
