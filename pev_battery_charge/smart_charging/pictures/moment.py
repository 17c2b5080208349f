"""What a frame of the smart-charging problem shows: plain numbers, no drawing."""

from dataclasses import dataclass

from pev_battery_charge.smart_charging.problem import SmartCharging


@dataclass(frozen=True)
class TaxiMoment:
    """What a frame of the smart-charging problem shows, after t of its slots.

    problem: whose figures hold for every moment.
    energies_kwh: in the battery at the start of each slot so far, and now: t + 1 values.
    choices: the rate's number in each of the t slots made.
    slot_costs: what each of them cost.
    prices: what the coming slot costs at each rate if all of it is charged in; empty after departure.
    shortage_probability: that the demand is above what the battery holds now.
    demand_kwh: drawn at departure; None before.
    shortage_cost: paid at departure for too little energy; 0 before, and when it sufficed.
    """

    problem: SmartCharging
    energies_kwh: tuple[float, ...]
    choices: tuple[int, ...]
    slot_costs: tuple[float, ...]
    prices: tuple[float, ...]
    shortage_probability: float
    demand_kwh: float | None
    shortage_cost: float

    @property
    def energy_kwh(self) -> float:
        """In the battery now."""
        return self.energies_kwh[-1]

    @property
    def t(self) -> int:
        """How many slots are made."""
        return len(self.choices)

    @property
    def departed(self) -> bool:
        """Whether there is no slot left."""
        return not self.prices

    @property
    def cost(self) -> float:
        """All that has been paid so far."""
        return sum(self.slot_costs) + self.shortage_cost
