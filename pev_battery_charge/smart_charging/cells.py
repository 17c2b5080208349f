"""What a table sees of the problem: the time step, and the battery in cells."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from pev_battery_charge.core.arrays import Integers
from pev_battery_charge.errors import InputError
from pev_battery_charge.smart_charging.problem import MOST_LEVELS, SmartCharging
from pev_battery_charge.validation import number_problems

CELL_KWH: Final = 2.0
"""The size of a cell, unless told otherwise."""


class Cells:
    """The battery cut into cells of `cell_kwh`, from empty; the last one ends with the capacity, or beyond.

    States are numbered time step by time step: `time_step * num_cells + cell`. Cells of the battery's own step tell all
    there is to know; larger ones are learned faster, and leave out a little.

    num_cells: cells of the battery.
    num_states: cells of the battery times time steps, 0 to the number of slots.
    of_level: the cell of each level of the battery, `[K + 1]`.
    """

    def __init__(self, problem: SmartCharging, cell_kwh: float = CELL_KWH) -> None:
        least_kwh = problem.capacity_kwh / MOST_LEVELS
        if found := number_problems("cell_kwh", cell_kwh, least=least_kwh):
            raise InputError("cells", found)
        self.problem = problem
        self.cell_kwh = float(cell_kwh)
        # The small part keeps a level on a cell's edge in the cell above, however its energy was rounded.
        inside_kwh = problem.energies_kwh + 1e-6 * problem.energy_step_kwh
        self.of_level: Integers = (inside_kwh // self.cell_kwh).astype(np.int64)
        self.num_cells = int(self.of_level[-1]) + 1
        self.num_states = (problem.num_slots + 1) * self.num_cells

    def state(self, time_step: int, level: int) -> int:
        """The number of a state."""
        return time_step * self.num_cells + int(self.of_level[level])

    def spread(self, actions: Integers) -> Integers:
        """What a table does on every level of the battery: from `[num_states]` to `[T, K + 1]`."""
        by_cell = np.asarray(actions).reshape(-1, self.num_cells)[: self.problem.num_slots]
        return by_cell[:, self.of_level]

    def made_for(self) -> Mapping[str, Any]:
        """Everything that a table depends on, to be kept with it."""
        problem = self.problem
        return {
            "problem": "smart charging",
            "capacity_kwh": problem.capacity_kwh,
            "cell_kwh": self.cell_kwh,
            "num_slots": problem.num_slots,
            "slot_minutes": problem.slot_minutes,
            "rates_kw": list(problem.rates_kw),
        }
