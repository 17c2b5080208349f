"""Texts as a terminal can show them: nothing in them moves its cursor, and every character is one of its encoding."""

import codecs
import unicodedata
from typing import Final

SPELLED: Final = "pev_battery_charge.spelled"
"""The name of the error handler, for `open` and `reconfigure`, that spells what an encoding does not have."""

_PLAIN: Final = {
    **dict.fromkeys("│┃║╎╏", "|"),
    **dict.fromkeys("─━═╌╍╴╶╸╺\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╞╡╪", "+"),
    **dict.fromkeys("•·●▪", "*"),
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
    **dict.fromkeys("µμ", "u"),
    **{"…": "...", "\u00d7": "x", "†": "+", "‡": "++", "≤": "<=", "≥": ">=", "≈": "~", "±": "+/-", "→": "->"},
    **{"€": "EUR", "°": " deg ", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "đ": "d"},
}


def literal(text: str) -> str:
    """A text with its control characters, line breaks too, as escapes: what a name holds is shown, never obeyed.

    Those are also characters that turn the direction of writing, and halves of characters from a file's name.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or unicodedata.category(one) == "Zs" else _escaped(one) for one in text)


def literal_lines(text: str) -> str:
    """The same of each line of a text, whose line breaks stay."""
    return "\n".join(literal(line) for line in text.split("\n"))


def spelled(text: str, encoding: str) -> str:
    """A text in characters of the encoding; others in plain letters where there are any, `?` where there are none."""
    return text.encode(encoding, SPELLED).decode(encoding)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) == "Cs":
        return _escaped(character)
    apart = unicodedata.normalize("NFKD", character)
    return apart.encode("ascii", "ignore").decode("ascii") or "?"


codecs.register_error(SPELLED, _spell)
