"""An instance: all that is drawn before an episode. With the scenario it determines the episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import MOMENT, SESSION, make_moments
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.files import write_parquet
from pev_battery_charge.reading import ending, read_parquet
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.schedule.validation import Site
from pev_battery_charge.series import Series
from pev_battery_charge.sizes import bytes_problems

_SERIES: Final = "series"
"""The key of a series in a file's metadata."""


@dataclass(frozen=True)
class Instance:
    """Sessions and series of one episode.

    schedule: the sessions.
    series: the moments; None is a world without prices, load, sun and further limits.
    """

    schedule: Schedule
    series: Series | None = None

    def validate(self, site: Site) -> None:
        """A check that schedule and series fit the site; raises `InputError` with every problem."""
        self.schedule.validate(site)
        if self.series is not None and len(self.series) < site.num_moments:
            needed = f"needs {site.num_moments} moments: one a step, one after the last, and as far as stations see"
            raise InputError("series", [f"{needed} (it has {len(self.series)})"])

    def write(self, path: str | Path) -> None:
        """The instance as one Parquet file: its sessions, and the series in the file's metadata."""
        if ending(path) != ".parquet":
            raise InputError(str(path), ["an instance file must end in .parquet"])
        sessions, metadata = self.schedule.written()
        series = {} if self.series is None else {_SERIES: self.series.to_text()}
        write_parquet(path, sessions, metadata | series)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The instance in a file that `write` has written, or in a schedule file; raises `InputError`."""
        schedule = Schedule.read(path)
        told = read_parquet(Path(path))[0] if ending(path) == ".parquet" else {}
        return cls(schedule, Series.from_text(told[_SERIES], f"{path}, series") if _SERIES in told else None)


class InstanceRecords(NamedTuple):
    """The instances of a batch of areas, as kernels see them."""

    sessions: Records
    """`SESSION[B, S]`, padded to one length."""
    moments: Records | None = None
    """`MOMENT[R, T + 1 + look-ahead]`, R = 1 for all areas or B; None where no instance has a series."""


def to_records(instances: Sequence[Instance], num_moments: int) -> InstanceRecords:
    """Instances, each of one area, as kernels see them."""
    longest = max(len(one.schedule) for one in instances)
    moment_rows = 0 if all(one.series is None for one in instances) else len(instances)
    moment_bytes = moment_rows * num_moments * MOMENT.itemsize
    sizes = {"sessions": len(instances) * longest * SESSION.itemsize, "moments": moment_bytes}
    raise_if("instances", bytes_problems(**sizes))
    rows: dict[int, list[int]] = {}
    for b, one in enumerate(instances):
        rows.setdefault(id(one), []).append(b)
    distinct = [(instances[own[0]].schedule.records.view(np.uint8), own) for own in rows.values()]
    sessions = np.zeros((len(instances), longest), SESSION)
    written = sessions.view(np.uint8)
    for given, own in distinct:
        written[own, : given.size] = given
    if not moment_rows:
        return InstanceRecords(sessions)
    moments = np.tile(make_moments(num_moments), (len(instances), 1))
    for row, one in zip(moments, instances, strict=True):
        if one.series is not None:
            row[:] = one.series.moments[:num_moments]
    return InstanceRecords(sessions, moments)
