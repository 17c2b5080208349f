"""Parts of the README that scripts make: each stands between two marks, `<!-- name -->` and `<!-- /name -->`."""

from pathlib import Path

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside


def split(readme: Path, name: str) -> tuple[str, str]:
    """What stands above and below a part, marks included.

    Raises `InputError` where there is not exactly one pair of its marks: ask before minutes of measuring.
    """
    try:
        text = readme.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(readme), [f"cannot be read: {error.strerror}"]) from None
    opened, closed = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    above, found, rest = text.partition(opened)
    _, ended, below = rest.partition(closed)
    if not found or not ended or text.count(opened) != 1 or text.count(closed) != 1:
        raise InputError(str(readme), [f"has not exactly one pair of {name} marks"])
    return above + opened, closed + below


def write(readme: Path, name: str, told: str) -> None:
    """Put a text between the marks."""
    above, below = split(readme, name)
    with write_beside(readme) as beside:
        beside.write_text(above + told + below, encoding="utf-8")
