"""The state of a batch of areas as NumPy structured arrays, one record a row.

`STATION[B, N]`, `AREA[B]` and `SESSION[B, S]` hold B areas of N stations with room for S sessions each; one area is
B = 1. A column is one expression (`stations["energy_kwh"]`), and a kernel that visits one station touches two or
three cache lines. Power is measured on the grid (AC) side; energy is stored in the battery unless its name says
`grid_`.
"""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.units import MINUTES_PER_HOUR

NO_SESSION: Final = -1
"""In a field that holds a session's row: there is none."""

CLOCK_CHANGES: Final = 4
"""How often the local clock may be put forward or back within an episode: twice a year, and four weeks of leeway."""

NEVER: Final = np.iinfo(np.int32).max
"""In a field that holds a step: it does not come."""


class Status(IntEnum):
    """What became of a session when the schedule was made."""

    PADDING = 0
    """Not a session: an unused row."""
    SERVED = 1
    """It has a station, and at least one whole step inside the horizon."""
    REJECTED = 2
    """No station was free within its patience: it drove on."""
    TOO_SHORT = 3
    """It has a station, but no whole step of the horizon lies inside its stay, so nothing can be charged."""


BATTERY: Final = np.dtype(
    [
        ("capacity_kwh", "f8"),
        ("power_max_kw", "f8"),
        ("efficiency", "f8"),
        ("transition_soc", "f8"),
        # Out of the battery, where it may be discharged.
        ("power_min_kw", "f8"),
        ("efficiency_out", "f8"),
        ("energy_min_kwh", "f8"),
        ("energy_max_kwh", "f8"),
    ],
    align=True,
)
"""A battery: its capacity, its own power limit on the grid side, stored over grid energy, start of the taper.

`power_min_kw` (<= 0) is the limit of what it gives, on the grid side; 0 for one that is only charged. Of what leaves it
the grid gets the part `efficiency_out`. It is discharged down to its floor, `energy_min_kwh`, and charged up to the
session's target, or to `energy_max_kwh` where that is more.
"""

BOOKS: Final = np.dtype(
    [("grid_kwh", "f8"), ("stored_kwh", "f8"), ("loss_kwh", "f8"), ("grid_out_kwh", "f8")], align=True
)
"""Where energy went: drawn from the grid, stored in batteries (less what was taken out), lost on the way both ways,
given to the grid; each computed for itself. grid - grid out = stored + loss."""

BILL: Final = np.dtype([("cost", "f8"), ("demand_cost", "f8"), ("carbon_kg", "f8")], align=True)
"""What energy cost, what the highest import cost, and what was emitted for it; negative where it was earned, saved."""

SERVED: Final = np.dtype(
    [("bill", BILL), ("throughput_kwh", "f4"), ("capacity_kwh", "f4"), ("wanted_kwh", "f4"), ("beyond_kwh", "f4")],
    align=True,
)
"""What the step just made was for the PEV served in it, also if it has left since; told where there is a meter.

Energies in single precision, as the rewards that read them.

`throughput_kwh` is what went into its battery or out of it, `wanted_kwh` what it lacked to its target on arrival, and
`beyond_kwh` what was requested beyond its ceiling or floor, in the battery.
"""

METER: Final = np.dtype(
    [
        # The step just made.
        ("net_kw", "f8"),
        ("base_kw", "f8"),
        ("curtailed_kw", "f8"),
        ("overload_kw", "f8"),
        # From the start of the episode.
        ("import_kwh", "f8"),
        ("export_kwh", "f8"),
        ("curtailed_kwh", "f8"),
        ("overload_kwh", "f8"),
        ("bill", BILL),
        ("base_bill", BILL),
        # The highest import so far of the running billing period.
        ("peak_kw", "f8"),
        ("billing_period", "i8"),
    ],
    align=True,
)
"""What an area's meter reads: stations + base load - solar power, import positive, export negative; and the bill.

`base_kw` is what it would read without the stations, and `base_bill` what that would have cost. `curtailed_kw` is solar
power beyond what may be exported, `overload_kw` what the base load alone draws beyond what may be imported.
"""

STEP: Final = np.dtype(
    [
        ("asked_kw", "f8"),
        ("request_kw", "f8"),
        ("acceptance_kw", "f8"),
        ("power_kw", "f8"),
        ("energy_kwh", "f8"),
        ("target_kwh", "f8"),
        ("reward", "f4"),
        ("session", "i4"),
        ("departed", "i8"),  # so wide that there is no gap between the fields: the bytes of equal steps are equal
    ],
    align=True,
)
"""What happened at one station in one step; `STEP[T, B, N]` holds an episode.

`session` is the row of the session served in the step, or `NO_SESSION`, and `departed` whether its PEV left at the
step's end; `asked_kw` is the policy's own word, `request_kw` what is left of it after clipping; `energy_kwh` is what
the battery holds at the step's end and `target_kwh` what it should hold at departure, both 0 at an empty station.
"""

STATION: Final = np.dtype(
    [
        # Its bounds; and the least that it can give at all, as the pilot signal of IEC 61851 begins at 6 A.
        ("power_min_kw", "f8"),
        ("power_max_kw", "f8"),
        ("least_kw", "f8"),
        # The PEV that is plugged now; meaningless while session == NO_SESSION.
        ("energy_kwh", "f8"),
        ("target_kwh", "f8"),
        ("battery", BATTERY),
        ("books", BOOKS),
        ("session", "i4"),
        ("depart_stated_step", "i4"),
        # The step just made, for the PEV that was served in it, even if it has left since.
        ("made", STEP),
        # What only the clock knows: when the PEV really leaves, and which session comes next.
        ("hidden", np.dtype([("depart_step", "i4"), ("next_session", "i4"), ("next_plug_step", "i4")], align=True)),
        # Whether it is a battery of the site, which never leaves, and has no target.
        ("store", "i4"),
        # Scratch of the coordinator: the weight or place in line that its rule gives, and whether it still takes part.
        ("turn", np.dtype([("rank", "f8"), ("takes_part", "i4")], align=True)),
        # Beside the step just made; last, since only sites with a meter touch it.
        ("served", SERVED),
    ],
    align=True,
)
"""A station, the PEV plugged into it, and what happened in the step just made."""

KNOWN_STATION: Final = STATION[[name for name in STATION.names or () if name != "hidden"]]
"""`STATION` without what only the clock knows, as controllers and observations may see it."""

AREA: Final = np.dtype(
    [
        ("power_min_kw", "f8"),
        ("power_max_kw", "f8"),
        ("step_hours", "f8"),
        ("start_hour", "f8"),
        # Of the local day on which the episode begins: Monday is 0, the first of January is 0; -1 where it has no date.
        ("start_weekday", "i4"),
        ("start_year_day", "i4"),
        ("clock_change_h", "f8", (CLOCK_CHANGES,)),
        ("clock_shift_h", "f8", (CLOCK_CHANGES,)),
        # What all stations together may draw in the step being made; its negative, give.
        ("lower_kw", "f8"),
        ("upper_kw", "f8"),
        # The step just made.
        ("request_kw", "f8"),
        ("power_kw", "f8"),
        ("stations_served", "i8"),
        # Now, after departures and arrivals.
        ("stations_occupied", "i8"),
        # What all plugged PEVs below their ceilings could draw at full power, in that step and in the one before it.
        ("potential_kw", "f8"),
        ("potential_before_kw", "f8"),
        # From the start of the episode.
        ("books", BOOKS),
        ("meter", METER),
        ("unmet_kwh", "f8"),
        ("step", "i4"),
        ("horizon_steps", "i4"),
        # Which errors forecasts have, and how large they are an hour ahead, as a part of the value; 0: none.
        ("forecast_key", "u8"),
        ("forecast_error", "f8"),
    ],
    align=True,
)
"""A load area: its limits, its clock and its energy books.

The local clock is `start_hour` at the episode's start, and is put forward by `clock_shift_h` (back where that is below
0) so many hours later as `clock_change_h` tells, which is infinite where it is not: see `core.clock.hour_of_day`.
"""

SESSION: Final = np.dtype(
    [
        ("arrival_min", "f8"),
        ("departure_min", "f8"),
        # What the driver says; the departure itself where nothing is said. Only the clock knows the true one.
        ("departure_stated_min", "f8"),
        ("plug_in_min", "f8"),
        ("energy_arrival_kwh", "f8"),
        ("energy_target_kwh", "f8"),
        ("battery", BATTERY),
        # Written when the PEV leaves.
        ("energy_kwh", "f8"),
        ("books", BOOKS),
        ("station", "i4"),
        ("plug_step", "i4"),
        ("depart_step", "i4"),
        ("depart_stated_step", "i4"),
        ("next_session", "i4"),
        ("status", "i4"),
    ],
    align=True,
)
"""One visit of one PEV: what the schedule says of it, and what it was given."""


MOMENT: Final = np.dtype(
    [
        ("buy_price", "f8"),
        ("sell_price", "f8"),
        ("load_kw", "f8"),
        ("solar_kw", "f8"),
        ("carbon_kg_per_kwh", "f8"),
        ("target_kw", "f8"),
        ("cap_kw", "f8"),
        # What a kW of the highest import of the billing period costs, and which period it is: another number, another.
        ("demand_price", "f8"),
        ("billing_period", "i8"),
    ],
    align=True,
)
"""What the world is in one step, whatever the stations do; prices are per kWh, `demand_price` per kW."""


def moment_type(num_extra: int) -> np.dtype[np.void]:
    """`MOMENT` with room for `num_extra` further numbers, `moment["extra"]`, which only observations read."""
    if num_extra == 0:
        return MOMENT
    fields = [(name, MOMENT[name]) for name in MOMENT.names or ()]
    return np.dtype([*fields, ("extra", "f8", (num_extra,))], align=True)


def copy_records(source: Records, target: Records) -> None:
    """Copy records into others of the same size, field or gap; `source[1, N]` goes into every row of `target[B, N]`.

    As bytes: NumPy copies nested records one by one.
    """
    target.view(np.uint8)[...] = source.view(np.uint8)


def make_areas(
    num_areas: int,
    *,
    power_max_kw: float,
    step_minutes: float,
    horizon_steps: int,
    power_min_kw: float = 0.0,
    start_hour: float = 0.0,
) -> Records:
    """Areas of one kind at step 0, with empty books: `AREA[num_areas]`."""
    areas = np.zeros(num_areas, AREA)
    areas["power_min_kw"] = areas["lower_kw"] = power_min_kw
    areas["power_max_kw"] = areas["upper_kw"] = power_max_kw
    areas["step_hours"] = step_minutes / MINUTES_PER_HOUR
    areas["start_hour"] = start_hour
    areas["clock_change_h"] = np.inf
    areas["start_weekday"] = areas["start_year_day"] = -1
    areas["horizon_steps"] = horizon_steps
    return areas


def make_moments(steps: int) -> Records:
    """A world without prices, load, sun and further limits: `MOMENT[steps]`."""
    moments = np.zeros(steps, MOMENT)
    moments["cap_kw"] = np.inf
    return moments


def make_stations(
    num_areas: int, least_kw: npt.ArrayLike, power_max_kw: npt.ArrayLike, power_min_kw: npt.ArrayLike = 0.0
) -> Records:
    """Empty stations with the given limits (each `[N]`), the same in every area: `STATION[num_areas, N]`."""
    least_kw = np.asarray(least_kw, np.float64)
    stations = np.zeros((num_areas, least_kw.size), STATION)
    stations["least_kw"] = least_kw
    stations["power_max_kw"] = power_max_kw
    stations["power_min_kw"] = power_min_kw
    stations["session"] = stations["made"]["session"] = stations["hidden"]["next_session"] = NO_SESSION
    stations["hidden"]["next_plug_step"] = NEVER
    return stations
