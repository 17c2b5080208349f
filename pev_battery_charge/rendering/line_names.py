"""Names right of a plot, each beside the end of its line, so that no two of them overlap."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.labels import elided, longest_px
from pev_battery_charge.rendering.layout import LINE_PX, MARGIN_PX
from pev_battery_charge.rendering.style import INK, MUTED, SMALL_PT, text_width_px

LEADER_PX, GAP_PX = 22, 4
_NAMES_PX = 196
_EDGE_PX = 6


class LineName(NamedTuple):
    """What is written beside a line, at which y the line ends, and whether it lies below the axis."""

    text: str
    end: float
    colour: str
    below: bool = False


def names_room_px(names: Sequence[LineName]) -> float:
    """The room that names, their leaders and the margin take right of a plot."""
    return min(longest_px([name.text for name in names]), _NAMES_PX) + LEADER_PX + GAP_PX + MARGIN_PX


def named(name: str, value: str) -> str:
    """A name with a value behind it, the name elided so that both fit."""
    return elided(name, _NAMES_PX - text_width_px(value)) + value


def write_names(axes: Plot, names: Sequence[LineName]) -> None:
    """Right of the plot, each with a leader from the end of its line, or an arrow that points down.

    names: from the lowest up.
    """
    box, least = axes.box, axes.get_ylim()[0]
    to_share = axes.transScale + axes.transLimits  # also where the axis is not linear
    ends = [box.height * float(to_share.transform((1.0, max(name.end, least)))[1]) for name in names]
    heights = spread(ends, LINE_PX, _EDGE_PX, box.height)
    leader = LEADER_PX / box.width
    outside: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
    for name, end, height in zip(names, ends, heights, strict=True):
        y, style = height / box.height, {**outside, "va": "center_baseline", "size": SMALL_PT, "color": name.colour}
        axes.text(1.0 + leader + GAP_PX / box.width, y, name.text, **style)
        if name.below:
            axes.text(1.0 + leader / 2, y, "↓", ha="center", **style)
            continue
        way = [1.0 + leader / 5, 1.0 + leader / 3, 1.0 + leader], [end / box.height, end / box.height, y]
        axes.plot(*way, color=MUTED if name.colour == INK else name.colour, linewidth=0.7, **outside)


def spread(places: Sequence[float], apart: float, least: float, most: float) -> list[float]:
    """Places as near as can be to the given ones (in rising order), at least `apart` from each other.

    They lie between `least` and `most` if there is room for all of them.
    """
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  slow to import

    offsets = apart * np.arange(len(places))
    firsts = np.minimum(isotonic_regression(np.asarray(places) - offsets).x, most - offsets[-1])
    spread_places: list[float] = (np.maximum(firsts, least) + offsets).tolist()
    return spread_places
