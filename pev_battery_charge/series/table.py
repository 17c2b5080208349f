"""A series: prices, load, sun and further limits, one moment a step."""

from dataclasses import dataclass

import numpy as np

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import MOMENT
from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import MOST_MOMENT


@dataclass(frozen=True, eq=False)
class Series:
    """The moments of one episode, from its first step to beyond its last, as far as stations look ahead. Immutable.

    moments: `MOMENT[T + 1 + look-ahead]`; `core.records.make_moments` makes those of a world without prices, load, sun
        and further limits, to be filled in. Later ones are not used.

    Raises `InputError` for another type, and for values beyond 1e9 either way or not finite: only `cap_kw` may
    be infinite, where there is no further limit.
    """

    moments: Records

    def __post_init__(self) -> None:
        moments = np.array(self.moments)
        if moments.dtype != MOMENT or moments.ndim != 1:
            raise InputError("series", [f"moments: must be MOMENT[T] (it is {moments.dtype} {moments.shape})"])
        problems = []
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

    def __len__(self) -> int:
        return int(self.moments.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Series) and self.moments.tobytes() == other.moments.tobytes()

    def __hash__(self) -> int:
        return hash(self.moments.tobytes())
