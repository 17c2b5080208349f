"""A plug-in electric vehicle and its two-stage battery."""

import math
from dataclasses import dataclass


@dataclass
class PEV:
    """One visit of one vehicle; energies are stored in the battery, powers are on the grid side."""

    session: int
    plug_in_min: float
    departure_min: float
    capacity_kwh: float
    energy_kwh: float
    target_kwh: float
    power_max_kw: float
    efficiency: float
    transition_soc: float
    stated_min: float
    stated_step: int = 0
    grid_energy_kwh: float = 0.0
    loss_kwh: float = 0.0

    @property
    def soc(self) -> float:
        return self.energy_kwh / self.capacity_kwh

    @property
    def unmet_kwh(self) -> float:
        return max(self.target_kwh - self.energy_kwh, 0.0)

    @property
    def missing_share(self) -> float:
        return self.unmet_kwh / self.target_kwh if self.target_kwh else 0.0

    def is_plugged_during(self, step: int, step_minutes: float) -> bool:
        """Whether the whole interval of the step lies inside [plug-in, departure]."""
        slack_min = 1e-9 * step_minutes
        begins_inside = step * step_minutes >= self.plug_in_min - slack_min
        return begins_inside and (step + 1) * step_minutes <= self.departure_min + slack_min

    def soc_after(self, power_kw: float, hours: float) -> float:
        """State of charge after asking for `power_kw` through `hours`, with no target.

        Two-stage battery: d is what the request would add, D what the maximum would, tau_r where the taper has come
        down to the request.
        """
        s, tau = self.soc, self.transition_soc
        d = self.efficiency * power_kw * hours / self.capacity_kwh
        d_max = self.efficiency * self.power_max_kw * hours / self.capacity_kwh
        tau_r = tau + (d - d_max) / d_max * (tau - 1.0)
        if tau_r >= 1.0:
            return min(s + d, 1.0)
        if s >= tau_r:
            return 1.0 + (s - 1.0) * math.exp(d / (tau_r - 1.0))
        if d <= tau_r - s:
            return s + d
        return 1.0 + (tau_r - 1.0) * math.exp((d + s - tau_r) / (tau_r - 1.0))

    def acceptance_kw(self, request_kw: float, hours: float) -> float:
        """Grid-side power, averaged over `hours`, that is drawn when asked for `request_kw`."""
        power_kw = min(request_kw, self.power_max_kw)
        if power_kw <= 0.0 or self.unmet_kwh == 0.0:
            return 0.0
        untapered_kwh = self.efficiency * power_kw * hours
        stored_kwh = (self.soc_after(power_kw, hours) - self.soc) * self.capacity_kwh
        stored_kwh = min(stored_kwh, self.unmet_kwh)
        uncut = stored_kwh >= untapered_kwh - 1e-12
        return power_kw if uncut else stored_kwh / self.efficiency / hours

    def charge(self, power_kw: float, hours: float) -> None:
        """Let `power_kw` flow through `hours`; what is lost is what the grid gave and the battery did not get."""
        if power_kw == 0.0:
            return
        grid_kwh = power_kw * hours
        self.energy_kwh = self.energy_kwh + self.efficiency * grid_kwh
        if abs(self.energy_kwh - self.target_kwh) < 1e-12:
            self.energy_kwh = self.target_kwh
        self.grid_energy_kwh += grid_kwh
        self.loss_kwh += grid_kwh - self.efficiency * grid_kwh
