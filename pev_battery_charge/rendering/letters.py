"""The letters of the pictures' font: which it has, and how wide they are."""

import unicodedata
from functools import cache
from typing import Any, Final

from matplotlib.font_manager import findfont, get_font
from matplotlib.ft2font import LoadFlags

from pev_battery_charge.rendering.style import DPI, POINTS_PER_INCH, SMALL_PT

_MISSING: Final = "\N{REPLACEMENT CHARACTER}"
_CHARACTER_WIDTH: Final = 0.66
"""Mean advance, in units of the font size, on the safe side for words in small letters."""


def drawable(text: str) -> str:
    """A text in one line of letters that the font has; a sign of lack stands for others and control characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if _is_drawable(one) else _MISSING for one in text)


def text_width_px(text: str, size_pt: float = SMALL_PT) -> float:
    """About how wide a text becomes; not less than its letters are, also where they are wide ones."""
    ems = max(len(text) * _CHARACTER_WIDTH, sum(map(_advance, text)))
    return ems * size_pt * DPI / POINTS_PER_INCH


@cache
def _advance(character: str) -> float:
    """How wide a character is in units of the font's size, where its weight is the usual one."""
    font = _font()
    glyph = font.load_glyph(font.get_char_index(ord(character)), flags=LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance / font.units_per_EM)


@cache
def _is_drawable(character: str) -> bool:
    shown = character.isprintable() or unicodedata.category(character) == "Zs"
    return shown and _font().get_char_index(ord(character)) != 0


@cache
def _font() -> Any:
    """The file of the font that `house_style` names."""
    return get_font(findfont("DejaVu Sans"))
