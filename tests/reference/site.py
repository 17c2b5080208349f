"""A site once more, in plain Python: both directions, base load, sun, one meter, one bill.

Vehicles and batteries of the site stay from the first step to the last and do not taper; what they charge is as in
`tests.reference.pev` otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.reference.coordinators import Claim, share

Moment = Mapping[str, float]


@dataclass
class Holder:
    """A station and the battery at it."""

    station_min_kw: float
    station_max_kw: float
    least_kw: float
    battery_min_kw: float
    battery_max_kw: float
    efficiency: float
    efficiency_out: float
    floor_kwh: float
    ceiling_kwh: float
    energy_kwh: float
    turn: int
    """Its session's place in the order of arrival."""
    grid_kwh: float = 0.0
    grid_out_kwh: float = 0.0
    loss_kwh: float = 0.0

    def accepted_kw(self, asked_kw: float, hours: float) -> float:
        """What flows where nothing of the area is in the way."""
        wished_kw = sorted((self.station_min_kw, asked_kw, self.station_max_kw))[1]
        if abs(wished_kw) < self.least_kw:
            return 0.0
        if wished_kw > 0.0:
            room_kw = max(self.ceiling_kwh - self.energy_kwh, 0.0) / self.efficiency / hours
            flow_kw = min(wished_kw, self.battery_max_kw, room_kw)
        else:
            spare_kw = max(self.energy_kwh - self.floor_kwh, 0.0) * self.efficiency_out / hours
            flow_kw = -min(-wished_kw, -self.battery_min_kw, spare_kw)
        return flow_kw if abs(flow_kw) >= self.least_kw else 0.0

    def flow(self, power_kw: float, hours: float) -> None:
        """Let the energy of a step flow."""
        if power_kw > 0.0:
            self.grid_kwh += power_kw * hours
            self.energy_kwh += self.efficiency * power_kw * hours
            self.loss_kwh += (1.0 - self.efficiency) * power_kw * hours
        else:
            taken_kwh = -power_kw * hours / self.efficiency_out
            self.grid_out_kwh -= power_kw * hours
            self.energy_kwh -= taken_kwh
            self.loss_kwh += taken_kwh + power_kw * hours


@dataclass
class PlainSite:
    """One episode of one area."""

    rule: str
    import_kw: float
    export_kw: float
    hours: float
    holders: Sequence[Holder]
    peak_kw: float = 0.0
    period: float | None = None
    cost: float = 0.0
    base_cost: float = 0.0
    demand: float = 0.0
    base_demand: float = 0.0
    carbon_kg: float = 0.0
    curtailed_kwh: float = 0.0
    overload_kwh: float = 0.0
    station_cost: list[float] = field(default_factory=list)
    station_demand: list[float] = field(default_factory=list)

    def step(self, asked_kw: Sequence[float], moment: Moment) -> list[float]:
        """What flows into each station, in kW."""
        base_kw = moment["load_kw"] - moment["solar_kw"]
        bought_at_most_kw = min(self.import_kw, moment["cap_kw"])
        claims = [one.accepted_kw(kw, self.hours) for one, kw in zip(self.holders, asked_kw, strict=True)]
        powers = self._granted(claims, bought_at_most_kw - base_kw, min(-self.export_kw - base_kw, 0.0))
        for one, power in zip(self.holders, powers, strict=True):
            one.flow(power, self.hours)
        self._bill(powers, base_kw, moment)
        self.overload_kwh += max(base_kw - bought_at_most_kw, 0.0) * self.hours
        return powers

    def _granted(self, claims: list[float], upper_kw: float, lower_kw: float) -> list[float]:
        total = sum(claims)
        if self.rule == "none" or lower_kw <= total <= upper_kw:
            return claims
        sign = 1.0 if total > upper_kw else -1.0
        cut = [k for k, claim in enumerate(claims) if sign * claim > 0.0]
        others = sum(claim for claim in claims if sign * claim < 0.0)
        room_kw = max(sign * ((upper_kw if sign > 0.0 else lower_kw) - others), 0.0)
        wanted = [Claim(sign * claims[k], self.holders[k].least_kw, 0, 0.0, self.holders[k].turn) for k in cut]
        granted = [0.0] * len(cut) if room_kw == 0.0 else share(self.rule, wanted, room_kw)
        powers = list(claims)
        for k, power in zip(cut, granted, strict=True):
            powers[k] = sign * power
        return powers

    def _bill(self, powers: Sequence[float], base_kw: float, moment: Moment) -> None:
        total = sum(powers)
        with_kw, without_kw = max(base_kw + total, -self.export_kw), max(base_kw, -self.export_kw)
        self.curtailed_kwh += (with_kw - base_kw - total) * self.hours

        def energy_cost(net_kw: float) -> float:
            bought, sold = max(net_kw, 0.0), max(-net_kw, 0.0)
            return (bought * moment["buy_price"] - sold * moment["sell_price"]) * self.hours

        if moment["billing_period"] != self.period:
            self.peak_kw = 0.0 if self.period is not None else self.peak_kw
            self.period = moment["billing_period"]
        raised = max(with_kw - self.peak_kw, 0.0) * moment["demand_price"]
        base_raised = max(without_kw - self.peak_kw, 0.0) * moment["demand_price"]
        self.peak_kw = max(self.peak_kw, with_kw)
        self.cost += energy_cost(with_kw)
        self.base_cost += energy_cost(without_kw)
        self.demand += raised
        self.base_demand += base_raised
        self.carbon_kg += with_kw * moment["carbon_kg_per_kwh"] * self.hours
        changed = energy_cost(with_kw) - energy_cost(without_kw)
        marginal = moment["buy_price"] if base_kw > 0.0 else moment["sell_price"]
        price = changed / total if total else 0.0 if base_kw < without_kw else marginal * self.hours
        self.station_cost = [power * price for power in powers]
        self.station_demand = [power / total * (raised - base_raised) if total else 0.0 for power in powers]
