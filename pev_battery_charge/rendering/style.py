"""How pictures look: one palette, a few sizes. Colours carry meaning, and only meaning.

The palette is that of Okabe and Ito (2008), which readers with any kind of colour blindness can tell apart; tints of it
are for what is less urgent. Whatever a colour says, a shape or a place says too.
"""

from typing import Any, Final

WIDTH_PX: Final = 900
DPI: Final = 100
POINTS_PER_INCH: Final = 72

INK: Final = "#1F1F1F"
MUTED: Final = "#666666"
OUTLINE: Final = "#B5B5B5"
PALE: Final = "#E4E4E4"
GRID: Final = "#EEEEEE"
PAPER: Final = "#FFFFFF"

GRANTED: Final = "#56B4E9"
"""Power that flows."""
GRANTED_EDGE: Final = "#0072B2"
GIVEN: Final = "#E69F00"
"""Power that flows out: of a battery, or out of the area."""
SUN: Final = "#F7F1A1"
"""Solar power."""
CHARGED: Final = "#009E73"
"""Energy that a battery holds."""
CHARGED_LEFT: Final = "#99D8C7"
"""The same, of a PEV that has left."""
MISSING: Final = "#F5CF80"
"""Energy still missing to the target."""
UNMET: Final = "#D55E00"
"""Energy that was missing when the PEV left."""
NO_STATION: Final = "#CC79A7"
"""A PEV without a station: it waits for one, or has found none."""

COLOURS: Final = (
    *(PAPER, INK, MUTED, OUTLINE, PALE, GRID),
    *(GRANTED, GRANTED_EDGE, CHARGED, CHARGED_LEFT, MISSING, UNMET, NO_STATION),
)

SMALL_PT: Final = 7.5
TITLE_PT: Final = 8.5
VALUE_PT: Final = 11.5
HEADLINE_PT: Final = 13.0

_DIGIT_WIDTH: Final = 0.637
"""Advance of the digits of DejaVu Sans, in units of the font size."""


def red_green_blue(colour: str) -> tuple[int, int, int]:
    """A colour "#RRGGBB" as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def px_to_pt(pixels: float) -> float:
    """Pixels of the picture as points, the unit of fonts and lines."""
    return pixels * POINTS_PER_INCH / DPI


def number_width_px(text: str, size_pt: float = SMALL_PT) -> float:
    """How wide a number becomes: its digits are all as wide, its point half as wide."""
    return (len(text) - 0.5 * text.count(".")) * _DIGIT_WIDTH * size_pt * DPI / POINTS_PER_INCH


CROSS: Final = dict[str, Any](color=NO_STATION, marker="x", markersize=px_to_pt(7), markeredgewidth=1.5, linestyle="")
"""The sign of a PEV that found no station."""
