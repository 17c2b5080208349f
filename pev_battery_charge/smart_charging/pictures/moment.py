"""What a frame of the smart-charging problem shows: plain numbers, no drawing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TaxiMoment:
    """What a frame of the smart-charging problem shows, after t of its slots.

    capacity_kwh: what the battery holds.
    energies_kwh: in the battery at the start of each slot so far, and now: t + 1 values.
    rates_kw: the power of each action, rising.
    choices: the rate's number in each of the t slots made.
    slot_costs: what each of them cost.
    prices: what the coming slot costs at each rate if all of it is charged in; empty after departure.
    unit: what a cost of 1 is, such as "full slots at 22 kW"; empty for raw costs.
    num_slots: slots until departure.
    slot_minutes: length of a slot.
    start_min: when the first slot begins, in minutes after midnight.
    demand_mean_kwh, demand_std_kwh: of the normally distributed demand; a standard deviation of 0 makes it certain.
    shortage_probability: that the demand is above what the battery holds now.
    demand_kwh: drawn at departure; None before.
    shortage_cost: paid at departure for too little energy; 0 before, and when it sufficed.
    """

    capacity_kwh: float
    energies_kwh: tuple[float, ...]
    rates_kw: tuple[float, ...]
    choices: tuple[int, ...]
    slot_costs: tuple[float, ...]
    prices: tuple[float, ...]
    unit: str
    num_slots: int
    slot_minutes: float
    start_min: float
    demand_mean_kwh: float
    demand_std_kwh: float
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
