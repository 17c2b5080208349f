"""Names and numbers in words, as long as there is room for them."""

from collections.abc import Sequence
from itertools import count, takewhile

from pev_battery_charge.rendering.letters import drawable, text_width_px
from pev_battery_charge.rendering.style import SMALL_PT

_LONGEST_SHORT_NAME = 8


def short_names(names: Sequence[str]) -> list[str]:
    """The names without the beginning they share ("pev_07" is "07"); if they are still long, their numbers."""
    ends = zip(min(names, default=""), max(names, default=""), strict=False)
    shared = "".join(first for first, _ in takewhile(lambda pair: pair[0] == pair[1], ends)).rstrip("0123456789")
    short = [name.removeprefix(shared) for name in names]
    if all(0 < len(name) <= _LONGEST_SHORT_NAME for name in short):
        return short
    return [str(number) for number in range(len(names))]


def fitting_names(names: Sequence[str], room_px: float) -> list[str] | None:
    """The names in full or short, whichever fits into `room_px`; None if neither does."""
    for candidates in (list(names), short_names(names)):
        if longest_px(candidates) <= room_px:
            return candidates
    return None


def longest_px(names: Sequence[str]) -> float:
    """About how wide the longest of some names becomes; 0 without names."""
    return max((text_width_px(name) for name in names), default=0.0)


def round_step(least: float) -> int:
    """1, 2, 5, 10, 20, 50 and so on: the first that is not below `least`."""
    return int(next(step * 10**decade for decade in count() for step in (1, 2, 5) if step * 10**decade >= least))


def counted(number: int, what: str) -> str:
    """A number of things: "1 station", "5 stations"."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def elided(name: str, room_px: float, size_pt: float = SMALL_PT) -> str:
    """The name, or its beginning and end, so that it fits; as `drawable` has it."""
    name = drawable(name)
    if text_width_px(name, size_pt) <= room_px:
        return name
    shown = "…"
    for most in range(max(int(room_px / text_width_px("n", size_pt)) - 1, 0), 0, -1):
        head = (most + 1) // 2
        shown = f"{name[:head]}…{name[len(name) - (most - head) :]}"
        if text_width_px(shown, size_pt) <= room_px:
            break
    return shown


def spaced_to_fit(names: Sequence[str], room_px: float, beside_px: float) -> list[int]:
    """The numbers of names that fit beside each other, `beside_px` more for each: all, or some, evenly."""
    last = len(names) - 1
    for every in range(1, last + 1):
        shown = range(last % every, last + 1, every)
        if sum(text_width_px(names[number]) + beside_px for number in shown) <= room_px:
            return list(shown)
    return [last]
