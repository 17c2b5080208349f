"""Parts of the README and of docs/ that scripts make, each between two marks, `<!-- name -->` and `<!-- /name -->`."""

from pathlib import Path

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside


def split(page: Path, name: str) -> tuple[str, str]:
    """What stands above and below a part, marks included.

    Raises `InputError` where there is not exactly one pair of its marks: ask before minutes of measuring.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(page), [f"cannot be read: {error.strerror}"]) from None
    opened, closed = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    above, found, rest = text.partition(opened)
    _, ended, below = rest.partition(closed)
    if not found or not ended or text.count(opened) != 1 or text.count(closed) != 1:
        raise InputError(str(page), [f"has not exactly one pair of {name} marks"])
    return above + opened, closed + below


def read(page: Path, name: str) -> str:
    """What stands between the marks."""
    above, below = split(page, name)
    return page.read_text(encoding="utf-8")[len(above) : -len(below)]


def write(page: Path, name: str, told: str) -> None:
    """Put a text between the marks."""
    above, below = split(page, name)
    with write_beside(page) as beside:
        beside.write_text(above + told + below, encoding="utf-8")
