"""The smart-charging problem: one vehicle, a few slots, a few rates, and a demand that is unknown before departure.

After a university exercise in reinforcement learning: a taxi is at home from 14:00 to 16:00, chooses a rate every
quarter of an hour, pays exponentially for power, and drives off with a normally distributed demand.
"""

import math
from dataclasses import asdict, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BeforeValidator, model_validator

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.core.units import HOURS_PER_DAY, MINUTES_PER_DAY, MINUTES_PER_HOUR
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.validation import checked_dataclass, number, number_problems, rule, whole_number

Costs = Literal["relative", "raw"]
"""The unit of costs; see `SmartCharging.costs`."""

MOST_LEVELS: Final = 100_000
"""Finer than this no battery is cut."""

MOST_SLOTS: Final = 100_000
"""Longer is no episode."""

MOST_ENTRIES: Final = 20_000_000
"""What an action is worth in each state: so many numbers at most, of which a few copies are made."""


def _as_tuple(values: Any) -> Any:
    """A number stands for a list of one."""
    return tuple(values) if isinstance(values, list | tuple | np.ndarray) else (values,)


def _rising(rates_kw: tuple[float, ...]) -> tuple[float, ...]:
    problems = [] if rates_kw else ["rates_kw: must be at least one rate"]
    problems += [
        f"rates_kw[{k + 1}]: must be above the rate before it ({before:g} kW; it is {rate:g} kW)"
        for k, (before, rate) in enumerate(pairwise(rates_kw))
        if rate <= before
    ]
    raise_if("rates", problems)
    return rates_kw


_NonNegative = Annotated[float, number(least=0.0)]
_Several = Annotated[tuple[_NonNegative, ...], BeforeValidator(_as_tuple)]


@checked_dataclass("smart charging")
class SmartCharging:
    """The problem's figures.

    Energies are stored in the battery; charging is free of losses. The battery's energy moves in whole multiples of the
    largest step that its capacity and what each rate charges in a slot have in common: 0.25 kWh. Nothing is rounded.

    Raises `InputError` with everything that breaks a rule.
    """

    capacity_kwh: Annotated[float, number(above=0.0)] = 72.0
    """What the battery holds."""
    rates_kw: Annotated[_Several, AfterValidator(_rising)] = (0.0, 7.0, 14.0, 22.0)
    """The power of each action, rising: zero, low, medium, high."""
    num_slots: Annotated[int, whole_number(1, MOST_SLOTS)] = 8
    """Decisions of an episode."""
    slot_minutes: Annotated[float, number(above=0.0, most=MINUTES_PER_DAY)] = 15.0
    """Length of a slot."""
    time_coefficients: _Several = (1.0,)
    """What the costs of a slot are multiplied by: one for each slot, or one for all."""
    arrival_soc_max: Annotated[float, number(least=0.0, most=1.0)] = 0.5
    """The energy on arrival is drawn from the grid, evenly, up to this share of the capacity."""
    demand_mean_kwh: _NonNegative = 30.0
    """Mean of the normally distributed demand."""
    demand_std_kwh: _NonNegative = 5.0
    """Its standard deviation."""
    shortage_slots: _NonNegative = 80.0
    """What too little energy costs, in full slots at the highest rate. The exercise says ten times the dearest
    charging, which is eight full slots at the highest rate with time coefficients of 1."""
    arrival_hour: Annotated[float, number(least=0.0, most=HOURS_PER_DAY)] = 14.0
    """When the first slot begins; shown, not reckoned with."""
    costs: Annotated[Costs, rule("must be relative or raw", lambda costs: costs in get_args(Costs))] = "relative"
    """relative: in full slots at the highest rate (time coefficient 1); raw: as the formula gives them."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = []
        if (given := len(self.time_coefficients)) not in {1, self.num_slots}:
            told = f"must be one, or one for each of {self.num_slots} slots (there are {given})"
            problems.append(f"time_coefficients: {told}")
        highest_kw = self.rates_kw[-1]
        if self.costs == "raw" and highest_kw > 700.0:  # beyond, e to the power is no number of 64 bits any more
            problems.append(f"costs: e to the {highest_kw:g} kW is too large a number; take costs='relative'")
        if not problems and self._step * MOST_LEVELS < Fraction(str(self.capacity_kwh)):
            rates = ", ".join(f"{rate:g}" for rate in self.rates_kw)
            least = f"1/{MOST_LEVELS:,} of the capacity; give rounder numbers"
            told = f"what a slot charges at {rates} kW and the capacity have no common step of at least {least}"
            problems.append(f"rates_kw: {told}")
        raise_if("smart charging", problems)
        entries = (self.num_slots + 1) * self.num_levels * len(self.rates_kw)
        if entries > MOST_ENTRIES:
            rule = f"slots x levels of the battery x rates must be at most {MOST_ENTRIES:,} (they are {entries:,})"
            raise InputError("smart charging", [f"num_slots: {rule}"])
        return self

    @cached_property
    def _slot_energies(self) -> list[Fraction]:
        """What a full slot charges at each rate, kWh, exactly."""
        hours = Fraction(str(float(self.slot_minutes))) / Fraction(MINUTES_PER_HOUR)
        return [Fraction(str(float(rate))) * hours for rate in self.rates_kw]

    @cached_property
    def _step(self) -> Fraction:
        """The largest step that everything is a multiple of, kWh, exactly."""
        parts = [*self._slot_energies, Fraction(str(float(self.capacity_kwh)))]
        common = math.lcm(*(part.denominator for part in parts))
        return Fraction(math.gcd(*(int(part * common) for part in parts)), common)

    @property
    def energy_step_kwh(self) -> float:
        """The distance of two levels of the battery."""
        return float(self._step)

    @cached_property
    def num_levels(self) -> int:
        """How many energies the battery can hold: 0, 1, ..., K steps."""
        return int(Fraction(str(float(self.capacity_kwh))) / self._step) + 1

    @cached_property
    def energies_kwh(self) -> Array:
        """The energy of each level, `[K + 1]`."""
        return np.array([float(level * self._step) for level in range(self.num_levels)])

    @cached_property
    def arrival_levels(self) -> int:
        """Arrivals are drawn from so many of the lowest levels."""
        return int(Fraction(str(float(self.arrival_soc_max))) * (self.num_levels - 1)) + 1

    @cached_property
    def slot_levels(self) -> Integers:
        """By how many levels a full slot lifts the battery at each rate, `[A]`."""
        return np.array([int(energy / self._step) for energy in self._slot_energies])

    @cached_property
    def levels_after(self) -> Integers:
        """The level after a slot, by rate and level, `[A, K + 1]`; the battery never overflows."""
        return (np.arange(self.num_levels) + self.slot_levels[:, None]).clip(max=self.num_levels - 1)

    @cached_property
    def paid_shares(self) -> Array:
        """What part of a slot is paid, by rate and level, `[A, K + 1]`: charging ends when the battery is full.

        A rate of 0 kW never fills the battery, so all of the slot is paid, at e^0.
        """
        room = self.num_levels - 1 - np.arange(self.num_levels)
        lift = self.slot_levels[:, None]
        return np.where(lift > 0, np.minimum(room / np.maximum(lift, 1), 1.0), 1.0)

    @cached_property
    def full_slot_costs(self) -> Array:
        """What a full slot costs, by slot and rate, `[T, A]`: time coefficient x e^(power in kW)."""
        coefficients = np.broadcast_to(np.asarray(self.time_coefficients, np.float64), self.num_slots)
        return np.outer(coefficients, [self._price(rate_kw) for rate_kw in self.rates_kw])

    @property
    def shortage_cost(self) -> float:
        """What it costs to drive off with less energy than is demanded; time coefficients have no say in it."""
        return self.shortage_slots * self._price(self.rates_kw[-1])

    def _price(self, rate_kw: float) -> float:
        """e^(power in kW), or that as a part of the highest rate's."""
        reference_kw = self.rates_kw[-1] if self.costs == "relative" else 0.0
        return math.exp(rate_kw - reference_kw)

    @property
    def start_min(self) -> float:
        """When the first slot begins, in minutes after midnight."""
        return self.arrival_hour * MINUTES_PER_HOUR

    @property
    def cost_unit(self) -> str:
        """What a cost of 1 is, in words; empty for raw costs."""
        return f"full slots at {self.rates_kw[-1]:g} kW" if self.costs == "relative" else ""

    def shortage_probability(self, energy_kwh: npt.ArrayLike) -> Array:
        """The probability that the demand is above an energy, of any shape.

        demand = max(0, N(mean, std)), so P(demand > e) = 1 - Phi((e - mean) / std) for every e >= 0. An energy that is
        just what is demanded suffices.
        """
        from scipy.special import ndtr  # noqa: PLC0415  slow to import

        lack = self.demand_mean_kwh - np.asarray(energy_kwh, np.float64)
        if self.demand_std_kwh == 0.0:
            return np.asarray(lack > 0.0, np.float64)
        return np.asarray(ndtr(lack / self.demand_std_kwh))

    def draw_demand(self, generator: np.random.Generator) -> float:
        """A demand in kWh, never negative."""
        return max(0.0, float(generator.normal(self.demand_mean_kwh, self.demand_std_kwh)))

    def level_of(self, energy_kwh: float) -> int:
        """The level of an energy of the grid; raises `InputError` for any other."""
        problems = number_problems("energy_kwh", energy_kwh, least=0.0, most=self.capacity_kwh)
        if not problems:
            level = round(energy_kwh / self.energy_step_kwh)
            if math.isclose(self.energies_kwh[level], energy_kwh, rel_tol=1e-9, abs_tol=1e-9):
                return level
            problems = [f"energy_kwh: must be a multiple of {self.energy_step_kwh:g} kWh (it is {energy_kwh!r})"]
        raise InputError("energy on arrival", problems)

    def replace(self, **changes: Any) -> "SmartCharging":
        """The same with some figures changed; raises `InputError` for a name that is none of them, too."""
        unknown = sorted(set(changes) - set(asdict(self)))
        raise_if("smart charging", [f"{name}: is none of its figures" for name in unknown])
        return replace(self, **changes)
