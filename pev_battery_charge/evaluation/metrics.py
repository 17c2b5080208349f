"""What came out of an episode, in figures with units."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.trace import Trace

_FULL_KWH = 1e-6


@dataclass(frozen=True)
class Summary:
    """The result of one episode of one area. Energies are stored in batteries unless their name says `grid_`."""

    pevs: int
    """PEVs that came."""
    pevs_served: int
    """... and found a station with at least one whole step inside the horizon."""
    pevs_waited: int
    """... after waiting for it."""
    pevs_rejected: int
    """PEVs that found no station and drove on."""
    pevs_too_short: int
    """PEVs with a station, but without a whole step."""
    pevs_full: int
    """PEVs that came and hold their target."""
    energy_wanted_kwh: float
    """What the PEVs that came wanted stored, those that drove on included."""
    energy_delivered_kwh: float
    """What was stored."""
    energy_unmet_kwh: float
    """What PEVs lacked when they left, those that drove on included."""
    energy_pending_kwh: float
    """What PEVs that are still plugged lack at the end."""
    grid_energy_kwh: float
    """What was drawn from the grid."""
    loss_kwh: float
    """What was lost in charging."""
    power_peak_kw: float
    """Highest power of the area."""
    power_mean_kw: float
    """Mean power of the area."""
    power_cap_kw: float
    """The area's cap."""
    request_peak_kw: float
    """Highest total request, after clipping to the stations' limits."""
    steps_above_cap: int
    """Steps in which the total request was above the cap."""
    reward: float
    """Sum of all stations' rewards."""

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and unit of each figure, for a table."""
        return [_row(field.name, getattr(self, field.name)) for field in fields(self)]


def summarise(trace: Trace) -> Summary:
    """The figures of a trace."""
    sessions = trace.session_frame()
    status, unmet = pl.col("status"), pl.col("energy_unmet_kwh")
    here_at_end = (status == "served") & ~pl.col("departed")
    request_kw = trace.records["request_kw"].sum(axis=1)
    cap_kw = trace.scenario.area.power_max_kw
    books = trace.books
    return Summary(
        pevs=sessions.height,
        pevs_served=sessions.filter(status == "served").height,
        pevs_waited=sessions.filter((status == "served") & (pl.col("wait_min") > 0)).height,
        pevs_rejected=sessions.filter(status == "rejected").height,
        pevs_too_short=sessions.filter(status == "too_short").height,
        pevs_full=sessions.filter(unmet <= _FULL_KWH).height,
        energy_wanted_kwh=float(sessions["energy_wanted_kwh"].sum()),
        energy_delivered_kwh=float(sessions["energy_delivered_kwh"].sum()),
        energy_unmet_kwh=float(sessions.filter(~here_at_end)["energy_unmet_kwh"].sum()),
        energy_pending_kwh=float(sessions.filter(here_at_end)["energy_unmet_kwh"].sum()),
        grid_energy_kwh=float(books.grid_kwh.sum()),
        loss_kwh=float(books.loss_kwh.sum()),
        power_peak_kw=float(trace.area_power_kw.max(initial=0.0)),
        power_mean_kw=float(books.grid_kwh.sum() * MINUTES_PER_HOUR / trace.scenario.step_minutes / trace.num_steps),
        power_cap_kw=cap_kw,
        request_peak_kw=float(request_kw.max(initial=0.0)),
        steps_above_cap=int(np.count_nonzero(request_kw > cap_kw)),
        reward=float(trace.records["reward"].sum(dtype=np.float64)),
    )


def _row(name: str, value: float) -> tuple[str, str, str]:
    label, unit = name, ""
    for ending in ("kwh", "kw"):
        if name.endswith(f"_{ending}"):
            label, unit = name.removesuffix(f"_{ending}"), {"kwh": "kWh", "kw": "kW"}[ending]
            break
    label = label.replace("pevs_", "PEVs ").replace("pevs", "PEVs that came").replace("_", " ")
    return label, f"{value:d}" if isinstance(value, int) else f"{value:,.2f}", unit
