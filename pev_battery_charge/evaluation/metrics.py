"""What came out of an episode, in figures with units."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import polars as pl

from pev_battery_charge.trace import Trace

_FULL_KWH = 1e-6


def _figure(label: str, unit: str = "") -> Any:
    return field(metadata={"label": label, "unit": unit})


@dataclass(frozen=True)
class Summary:
    """The result of one episode of one area. Energies are stored in batteries unless their name says `grid_`."""

    pevs: int = _figure("PEVs that came")
    pevs_served: int = _figure("- with a station for at least one step")
    pevs_waited: int = _figure("- after waiting for it")
    pevs_rejected: int = _figure("- without a station, drove on")
    pevs_too_short: int = _figure("- too short for a single step")
    pevs_full: int = _figure("- that reached their target")
    energy_wanted_kwh: float = _figure("energy wanted by all of them", "kWh")
    energy_delivered_kwh: float = _figure("energy delivered into batteries", "kWh")
    energy_unmet_kwh: float = _figure("energy lacking when they left or drove on", "kWh")
    energy_pending_kwh: float = _figure("energy still lacking at the end, plugged in", "kWh")
    grid_energy_kwh: float = _figure("energy drawn from the grid", "kWh")
    loss_kwh: float = _figure("energy lost in charging", "kWh")
    power_peak_kw: float = _figure("highest power of the area", "kW")
    power_mean_kw: float = _figure("mean power of the area", "kW")
    power_cap_kw: float = _figure("cap of the area", "kW")
    request_peak_kw: float = _figure("highest total request", "kW")
    steps_above_cap: int = _figure("steps with a total request above the cap")
    reward: float = _figure("reward, sum over stations and steps")

    def rows(self) -> list[tuple[str, str, str]]:
        """Label, value and unit of each figure, for a table."""
        rows = []
        for figure in fields(self):
            value = getattr(self, figure.name)
            text = f"{value:d}" if isinstance(value, int) else f"{value:,.2f}"
            rows.append((figure.metadata["label"], text, figure.metadata["unit"]))
        return rows


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
        power_mean_kw=float(trace.area_power_kw.sum() / max(trace.num_steps, 1)),
        power_cap_kw=cap_kw,
        request_peak_kw=float(request_kw.max(initial=0.0)),
        steps_above_cap=int(np.count_nonzero(request_kw > cap_kw)),
        reward=float(trace.records["reward"].sum(dtype=np.float64)),
    )
