"""Names right of a plot, each beside the end of its line, so that no two of them overlap."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pev_battery_charge.rendering.chart import Plot
from pev_battery_charge.rendering.labels import elided, longest_px
from pev_battery_charge.rendering.layout import LEFT_PX, LINE_PX, MARGIN_PX, Box
from pev_battery_charge.rendering.letters import text_width_px
from pev_battery_charge.rendering.style import INK, MUTED, WIDTH_PX

LEADER_PX, GAP_PX = 22, 4
_NAMES_PX = 196
_EDGE_PX = 6


class LineName(NamedTuple):
    """What is written beside a line, at which y the line ends, and whether it lies below the axis."""

    text: str
    end: float
    colour: str
    below: bool = False


def box_beside(names: Sequence[LineName], top_px: float, height_px: float, least_px: float = 0.0) -> Box:
    """Where a plot stands that leaves room on its right, `least_px` or more, for names and their leaders."""
    room_px = min(longest_px([name.text for name in names]), _NAMES_PX) + LEADER_PX + GAP_PX + MARGIN_PX
    return Box(LEFT_PX, top_px, WIDTH_PX - LEFT_PX - max(room_px, least_px), height_px)


def named(name: str, value: str) -> str:
    """A name with a value behind it, the name elided so that both fit."""
    return elided(name, _NAMES_PX - text_width_px(value)) + value


def write_names(axes: Plot, names: Sequence[LineName]) -> None:
    """Names, the lowest first, right of the plot: each with a leader from its line's end, or an arrow down."""
    box, least = axes.box, axes.get_ylim()[0]
    to_share = axes.transScale + axes.transLimits  # also where the axis is not linear
    ends = [box.height * float(to_share.transform((1.0, max(name.end, least)))[1]) for name in names]
    heights = spread(ends, LINE_PX, _EDGE_PX, box.height)
    for name, end, height in zip(names, ends, heights, strict=True):
        style: dict[str, Any] = {"va": "center_baseline", "color": name.colour}
        axes.add_note(box.width + LEADER_PX + GAP_PX, height, name.text, **style)
        if name.below:
            axes.add_note(box.width + LEADER_PX / 2, height, "↓", ha="center", **style)
            continue
        x = [1.0 + LEADER_PX * share / box.width for share in (1 / 5, 1 / 3, 1)]
        leader: dict[str, Any] = {"color": MUTED if name.colour == INK else name.colour, "linewidth": 0.7}
        axes.plot(x, np.divide([end, end, height], box.height), transform=axes.transAxes, clip_on=False, **leader)


def spread(places: Sequence[float], apart: float, least: float, most: float) -> list[float]:
    """Places as near as can be to the given ones (in rising order), at least `apart` from each other.

    They lie between `least` and `most` if there is room for all of them.
    """
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  slow to import

    offsets = apart * np.arange(len(places))
    firsts = np.minimum(isotonic_regression(np.asarray(places) - offsets).x, most - offsets[-1])
    return [float(place) for place in np.maximum(firsts, least) + offsets]
