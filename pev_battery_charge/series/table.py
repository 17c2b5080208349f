"""A series: prices, load, sun and further limits, one moment a step."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import MOMENT
from pev_battery_charge.errors import InputError
from pev_battery_charge.series import files
from pev_battery_charge.sizes import MOST_MOMENT

NEVER_NEGATIVE: Final = ("solar_kw", "cap_kw", "demand_price", "carbon_kg_per_kwh")


@dataclass(frozen=True, eq=False)
class Series:
    """The moments of one episode, from its first step to beyond its last, as far as stations look ahead. Immutable.

    moments: `MOMENT[T + 1 + look-ahead]`; `core.records.make_moments` makes those of a world without prices, load, sun
        and further limits, to be filled in. Later ones are not used.

    Raises `InputError` for another type, for values beyond 1e9 either way or not finite (only `cap_kw` may be infinite,
    where there is no further limit), and for sun, caps, carbon and demand prices below 0.
    """

    moments: Records

    def __post_init__(self) -> None:
        moments = np.array(self.moments)
        if moments.dtype != MOMENT or moments.ndim != 1:
            raise InputError("series", [f"moments: must be MOMENT[T] (it is {moments.dtype} {moments.shape})"])
        problems = [
            f"step {int(np.argmax(moments[name] < 0.0))}, {name}: must not be negative (it is {moments[name].min()})"
            for name in NEVER_NEGATIVE
            if (moments[name] < 0.0).any()
        ]
        for name in MOMENT.names or ():
            values = moments[name]
            wrong = ~np.isfinite(values) & ~(name == "cap_kw") | np.isnan(values)
            wrong |= np.isfinite(values) & (np.abs(values) > MOST_MOMENT)
            if wrong.any():
                step = int(np.argmax(wrong))
                rule = f"at most {MOST_MOMENT:g} either way" if np.isfinite(values[step]) else "a finite number"
                problems.append(f"step {step}, {name}: must be {rule} (it is {values[step]})")
        if problems:
            raise InputError("series", problems)
        moments.flags.writeable = False
        object.__setattr__(self, "moments", moments)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The series in a file, CSV or Parquet by its ending, one step a row; see `pev_battery_charge.series.files`.

        Raises `InputError` that names file, row, column and rule.
        """
        return cls._of(files.read_moments(path), str(path))

    def write(self, path: str | Path) -> None:
        """The series as a file, CSV or Parquet by its ending; an existing file is replaced whole or not at all."""
        files.write_moments(path, self.moments)

    @classmethod
    def from_text(cls, text: str, source: str = "series") -> Self:
        """A series from the text of a CSV file; `source` names it in errors (`InputError`)."""
        return cls._of(files.parse_moments(text, source), source)

    def to_text(self) -> str:
        """The series as the text of a CSV file; `from_text` gives it back."""
        return files.format_moments(self.moments)

    @classmethod
    def _of(cls, moments: Records, source: str) -> Self:
        try:
            return cls(moments)
        except InputError as error:
            raise InputError(source, error.problems) from None

    def __len__(self) -> int:
        return int(self.moments.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Series) and self.moments.tobytes() == other.moments.tobytes()

    def __hash__(self) -> int:
        return hash(self.moments.tobytes())
