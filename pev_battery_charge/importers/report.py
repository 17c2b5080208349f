"""The report of an import: what it read, what it mended, what it set aside, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, groupby
from typing import NamedTuple

from pev_battery_charge.schedule.table import Schedule

_SHOWN = 3


class Note(NamedTuple):
    """One session that an import did something about."""

    what: str
    """Its row in the file (from 1, a header not counted) and its name."""
    why: str


@dataclass(frozen=True)
class ImportReport:
    """The account of an import: `read == kept + len(set_aside) + other_days`. As text it is short and readable.

    Every fault of a session on the days chosen stands in one of the three tuples of notes.
    """

    source: str
    """Name of the file."""
    read: int
    """Sessions in the file."""
    kept: int
    """Sessions in the schedule, with or without a station."""
    energy_kwh: float
    """What the sessions kept want altogether, metered on the grid side."""
    first_day: date | None = None
    """Local days that were chosen; None for sessions that have no calendar."""
    last_day: date | None = None
    time_zone: str | None = None
    other_days: int = 0
    """Sessions that arrive on other days, and have left before the first one chosen."""
    mended: tuple[Note, ...] = ()
    """Kept, with something changed. A session may stand here more than once."""
    unserved: tuple[Note, ...] = ()
    """Kept, but not to be served in full by any policy."""
    set_aside: tuple[Note, ...] = ()
    """Left out of the schedule."""
    remarks: tuple[str, ...] = ()
    """What concerns the file as a whole."""

    def __str__(self) -> str:
        kept = f"{self.kept} kept, which want {self.energy_kwh:.1f} kWh from the grid"
        if self.first_day is not None and self.last_day is not None:
            kept = f"{describe_span(self.first_day, self.last_day)} ({self.time_zone}): {kept}"
        lines = [f"{self.source}: {self.read} sessions read", kept]
        if self.other_days:
            lines.append(f"other days: {self.other_days}")
        told = {"mended": self.mended, "kept, but cannot be served in full": self.unserved, "set aside": self.set_aside}
        for title, notes in told.items():
            lines.append(f"{title}: {len(notes) or 'none'}")
            lines += [f"  {line}" for line in _summarise(notes)]
        return "\n".join([*lines, *(f"note: {remark}" for remark in self.remarks)])


class ImportedSessions(NamedTuple):
    """What `import_sessions` gives back."""

    schedule: Schedule
    report: ImportReport


def describe_span(first: date, last: date) -> str:
    """The days with their weekdays."""
    return f"{first:%A} {first}" if first == last else f"{first:%A} {first} to {last:%A} {last}"


def describe_days(days: Sequence[date]) -> str:
    """Days in order, consecutive ones as one span: "2019-05-01 to 2019-05-03, 2019-05-06"."""
    place = count()
    runs = groupby(days, lambda day: day.toordinal() - next(place))
    spans = [[str(day) for day in run] for _, run in runs]
    return ", ".join(span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)


def _summarise(notes: Sequence[Note]) -> list[str]:
    """One line for each reason, with the first few sessions that it holds for."""
    lines = []
    for why in sorted({note.why for note in notes}):
        names = [note.what for note in notes if note.why == why]
        more = f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        lines.append(f"{len(names)} x {why}: {'; '.join(names[:_SHOWN])}{more}")
    return lines
