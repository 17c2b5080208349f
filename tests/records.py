"""Records made by hand."""

import numpy as np

from pev_battery_charge.core.arrays import Record
from pev_battery_charge.core.records import BATTERY


def battery(capacity_kwh: float, power_max_kw: float, efficiency: float, transition_soc: float) -> Record:
    """One `BATTERY`."""
    made = np.zeros(1, BATTERY)
    made[["capacity_kwh", "power_max_kw", "efficiency", "transition_soc"]] = (
        capacity_kwh,
        power_max_kw,
        efficiency,
        transition_soc,
    )
    return made[0]


def write_session(session: Record, **columns: float) -> None:
    """Fill one `SESSION` from columns of a schedule."""
    for name, value in columns.items():
        fields = session["battery"] if name in (BATTERY.names or ()) else session
        fields[name] = value


PARTS = ("reward_missing", "reward_out_of_bounds", "reward_overload", "reward_departure", "power_kw")
"""What is told beside a reward, unless the scenario names other terms."""
