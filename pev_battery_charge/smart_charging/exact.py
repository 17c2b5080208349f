"""The exact answer: dynamic programming on the battery's levels, and the exact value of any policy."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.errors import InputError
from pev_battery_charge.smart_charging.problem import SmartCharging

_EQUAL: Final = 1e-12
"""Values that differ by a smaller part than this are equal: sums of the same costs in another order."""


@dataclass(frozen=True)
class PolicyValue:
    """What a policy comes to in expectation; exactly, without a single episode played.

    actions: the number of the rate chosen at each time step and level, `[T, K + 1]`.
    values: expected return from each time step and level on, `[T + 1, K + 1]`; the last row is minus the expected cost
        of a shortage.
    charging_costs: expected cost of charging from each level on arrival, `[K + 1]`.
    shortage_probabilities: probability of too little energy at departure, from each level on arrival, `[K + 1]`.
    problem: whose levels and costs these are.
    """

    problem: SmartCharging
    actions: Integers
    values: Array
    charging_costs: Array
    shortage_probabilities: Array

    @property
    def expected_return(self) -> float:
        """Over arrivals as the problem draws them."""
        return self._over_arrivals(self.values[0])

    @property
    def expected_charging_cost(self) -> float:
        """Over arrivals as the problem draws them, without the cost of a shortage."""
        return self._over_arrivals(self.charging_costs)

    @property
    def shortage_probability(self) -> float:
        """Over arrivals as the problem draws them."""
        return self._over_arrivals(self.shortage_probabilities)

    def shortfall(self, optimum: "PolicyValue") -> float:
        """As `shortfall` has it."""
        return shortfall(self.expected_return, optimum)

    def _over_arrivals(self, by_level: Array) -> float:
        return float(by_level[: self.problem.arrival_levels].mean())


def shortfall(expected_return: float, optimum: PolicyValue) -> float:
    """What is lost beyond the optimum, as a part of what that loses: 0 or more; infinite where it loses nothing."""
    lost, least = -expected_return, -optimum.expected_return
    if lost <= least:
        return 0.0
    return (lost - least) / least if least > 0.0 else math.inf


def solve(problem: SmartCharging | None = None) -> PolicyValue:
    """The optimal policy and its value, by backward induction (Bellman, 1957); of equals, the lowest rate."""
    problem = problem or SmartCharging()
    actions = np.empty((problem.num_slots, problem.num_levels), np.int64)
    values = _departure_values(problem)
    for slot in reversed(range(problem.num_slots)):
        action_values = values[problem.levels_after] - problem.full_slot_costs[slot][:, None] * problem.paid_shares
        values = action_values.max(axis=0)
        actions[slot] = (action_values >= values - _EQUAL * np.abs(values)).argmax(axis=0)
    return policy_value(problem, actions)


def policy_value(problem: SmartCharging, actions: Integers) -> PolicyValue:
    """The exact value of a policy that chooses `actions[T, K + 1]` by time step and level.

    Raises `InputError` for another shape, and for numbers of no rate.
    """
    actions = np.asarray(actions)
    shape, num_rates = (problem.num_slots, problem.num_levels), len(problem.rates_kw)
    if actions.shape != shape or actions.dtype.kind not in "iu":
        raise InputError("policy", [f"must be whole numbers of shape {shape} (it is {actions.dtype} {actions.shape})"])
    if actions.min() < 0 or actions.max() >= num_rates:
        told = f"rates are numbered 0 to {num_rates - 1} (it has {actions.min()} to {actions.max()})"
        raise InputError("policy", [told])
    levels = np.arange(problem.num_levels)
    values = np.empty((problem.num_slots + 1, problem.num_levels))
    values[-1] = _departure_values(problem)
    charging_costs = np.zeros(problem.num_levels)
    shortage = problem.shortage_probability(problem.energies_kwh)
    for slot in reversed(range(problem.num_slots)):
        chosen = actions[slot]
        after = problem.levels_after[chosen, levels]
        costs = problem.full_slot_costs[slot, chosen] * problem.paid_shares[chosen, levels]
        values[slot] = values[slot + 1, after] - costs
        charging_costs = charging_costs[after] + costs
        shortage = shortage[after]
    return PolicyValue(problem, actions, values, charging_costs, shortage)


def _departure_values(problem: SmartCharging) -> Array:
    """Minus the expected cost of a shortage, by level, `[K + 1]`."""
    return -problem.shortage_cost * problem.shortage_probability(problem.energies_kwh)
