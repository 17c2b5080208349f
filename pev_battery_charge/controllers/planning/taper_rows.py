"""The rows that hold powers below the taper of batteries: its straight part at once, tangents of its bend as needed."""

from typing import Final

import numpy as np

from pev_battery_charge.controllers.planning.builder import Entry, make_rows
from pev_battery_charge.controllers.planning.linear import Rows
from pev_battery_charge.controllers.planning.slots import Slots
from pev_battery_charge.controllers.planning.taper import largest_gains, tangent_slopes
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.core.arrays import Array, Integers, Records

TANGENT_TOLERANCE_KWH: Final = 1e-9
"""A battery that is planned to store no more than this above what it can is right."""

_NEIGHBOURS: Final = 8
"""A tangent is drawn for so many steps to both sides, too."""

_RESOLUTION: Final = 1e-6
"""Tangents nearer to each other than this, in steps, count as one."""

_STEP_BITS: Final = 20
_BEYOND_BITS: Final = 21
_TINY_KW: Final = 1e-9

TANGENT: Final = np.dtype([("session", "i8"), ("step", "i8"), ("beyond", "f8")])
"""A tangent of the taper: the session and the step of its slot, and how far `beyond` the straight part of the taper it
touches it, in steps at the slot's request."""


def keys_of(tangents: Records) -> Integers:
    """The names of the rows of `TANGENT[Q]`: below 0, as no others are."""
    beyond = np.rint(tangents["beyond"] / _RESOLUTION).astype(np.int64)
    keys: Integers = -1 - (_slot_keys(tangents) << _BEYOND_BITS | beyond)
    return keys


def _slot_keys(tangents: Records) -> Integers:
    keys: Integers = tangents["session"] << _STEP_BITS | tangents["step"]
    return keys


class Tapers:
    """The taper's rows of one program.

    power, energy: `[P]`, the columns of the slots; asked: those of the requests, or None where all ask for the most.

    at: the slots whose battery can come into its taper.
    drawn: `TANGENT[Q]`, those that there are, in the order of their rows.
    """

    def __init__(
        self, vehicles: Vehicles, slots: Slots, power: Integers, energy: Integers, asked: Integers | None
    ) -> None:
        self.at = np.flatnonzero(slots.tapered)
        self.drawn: Records = np.zeros(0, TANGENT)
        self._vehicles, self._slots = vehicles, slots
        self._power, self._energy, self._asked = power, energy, asked

    def again(self, tangents: Records) -> tuple[float, Array, list[Entry]]:
        """Those tangents that another program has drawn whose slots are in this one, as `sides`."""
        ours = _slot_keys(self._tangents(self.at, 0.0))
        order = np.argsort(ours)
        self.drawn = tangents[np.isin(_slot_keys(tangents), ours)]
        rows = order[np.searchsorted(ours, _slot_keys(self.drawn), sorter=order)]
        return self.sides(self.at[rows], self.drawn["beyond"])

    def broken(self, values: Array) -> Rows | None:
        """The tangents that a solution `values[X]` breaks, and those around them; None where there are none to draw."""
        own, at = self._vehicles, self.at
        of = self._slots.vehicle[at]
        kwh_per_kw, capacity_kwh = self._slots.kwh_per_kw[of], own.battery["capacity_kwh"][of]
        before_kwh = np.where(self._slots.first[at], own.energy_kwh[of], values[self._energy[at - 1]])
        asked_kw = own.power_max_kw[of] if self._asked is None else values[self._asked[at]]
        request_soc = np.maximum(asked_kw, _TINY_KW) * kwh_per_kw / capacity_kwh
        missing_soc = 1.0 - before_kwh / capacity_kwh
        most_kwh = largest_gains(request_soc, missing_soc, self._taper(at)) * capacity_kwh
        broken = (values[self._power[at]] * kwh_per_kw > most_kwh + TANGENT_TOLERANCE_KWH) & (asked_kw > _TINY_KW)
        rows = np.flatnonzero(broken)
        beyond = np.clip(missing_soc / request_soc - self._taper(at), 0.0, 1.0)
        return self._around(rows, beyond[rows]) if rows.size else None

    def _around(self, rows: Integers, beyond: Array) -> Rows | None:
        """The tangents of the slots `at[rows]`, and the same of those shortly before and after in the same stay.

        A solution evades a single tangent by charging a step earlier or later, where the taper is still unknown: with
        those of the neighbours, there are a third as many rounds.
        """
        of = self._slots.vehicle[self.at]
        near = rows[:, None] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
        inside = np.clip(near, 0, self.at.size - 1)
        same_stay = (near == inside) & (of[inside] == of[rows][:, None])
        slots = self.at[near[same_stay]]
        found = self._tangents(slots, np.broadcast_to(beyond[:, None], near.shape)[same_stay])
        keys, chosen = np.unique(keys_of(found), return_index=True)
        chosen = chosen[~np.isin(keys, keys_of(self.drawn))]
        if chosen.size == 0:
            return None
        self.drawn = np.concatenate([self.drawn, found[chosen]])
        return make_rows(chosen.size, *self.sides(slots[chosen], found["beyond"][chosen]))

    def _taper(self, at: Integers) -> Array:
        return self._slots.taper[self._slots.vehicle[at]]

    def _tangents(self, at: Integers, beyond: Array | float) -> Records:
        tangents = np.zeros(at.size, TANGENT)
        tangents["session"], tangents["step"] = self._vehicles.session[self._slots.vehicle[at]], self._slots.step[at]
        tangents["beyond"] = beyond
        return tangents

    def sides(self, at: Integers, beyond: Array | float) -> tuple[float, Array, list[Entry]]:
        """Lower sides, upper sides and entries of tangents for the slots `at[Q]`, in kWh; 0 `beyond` is straight."""
        own, of = self._vehicles, self._slots.vehicle[at]
        alpha, beta = tangent_slopes(self._taper(at) + beyond, self._taper(at))
        kwh_per_kw = self._slots.kwh_per_kw[of]
        first, rows = self._slots.first[at], np.arange(at.size)
        upper = alpha * (own.battery["capacity_kwh"][of] - np.where(first, own.energy_kwh[of], 0.0))
        entries: list[Entry] = [
            (rows, self._power[at], kwh_per_kw),
            (rows[~first], self._energy[at[~first] - 1], alpha[~first]),
        ]
        if self._asked is None:
            upper = upper + beta * kwh_per_kw * own.power_max_kw[of]
        else:
            entries.append((rows, self._asked[at], -beta * kwh_per_kw))
        return -np.inf, upper, entries
