"""Charging under one cap as a linear program, which leaves out nothing of the physics but the curve of the taper.

Columns, for each slot (a step of a vehicle's stay):

    power     kW that flows, averaged over the step: 0, or from the station's `least_kw` on
    request   kW asked for, at least the power; where a taper tells them apart and the reward counts requests
    energy    kWh stored at the step's end; where a taper or the reward's exponent asks for it
    lack      the reward's (missing / target) ^ exponent, where the exponent is not 1

and for each step the total request, its excess over the cap and what it falls short of the area's minimum, where the
reward counts them. The taper is held by tangents (`planning.taper`), and so are the lacks; `ChargingModel.tangents`
tells which ones a solution still asks for.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pev_battery_charge.controllers.planning.builder import Entry, ProgramBuilder, key_of, make_rows
from pev_battery_charge.controllers.planning.linear import Rows
from pev_battery_charge.controllers.planning.replay import requests_for
from pev_battery_charge.controllers.planning.requests import TotalRequests
from pev_battery_charge.controllers.planning.slots import Slots
from pev_battery_charge.controllers.planning.taper_rows import Tapers, keys_of
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.core.arrays import Array, Integers, Records
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.scenario import Reward, Scenario

_LACK_TOLERANCE: Final = 1e-10

_ONCE: Final = np.zeros(1, np.int64)


@dataclass(frozen=True)
class Goal:
    """What is minimised. Without reward, prices and peak: the energy that the vehicles lack in the end, in kWh.

    reward: lose as little reward as possible, by these weights.
    prices: `[T]`, for a kWh from the grid in each step of the episode: the least cost.
    peak: the least highest power of the area, in kW.
    served_kwh: what the vehicles must be given, together, in their batteries.
    """

    reward: Reward | None = None
    prices: Array | None = None
    peak: bool = False
    served_kwh: float = 0.0

    def __post_init__(self) -> None:
        if self.reward is not None:
            self.reward.require_linear()

    @property
    def is_unmet(self) -> bool:
        """Whether it is the energy that the vehicles lack in the end."""
        return self.reward is None and self.prices is None and not self.peak


class ChargingModel:
    """The program for some vehicles of one area: `program`, and the names of its columns and rows.

    minima_until: from this step on, the stations' `least_kw` are left out; None keeps them to the end.
    drawn: `TANGENT[Q]`, those of the taper of another program, to begin with those whose slots are in this one.

    power: `[P]`, the columns of power of the `slots`.
    tapers: the rows of tapers, with the tangents that the program has.
    column_keys, row_keys: integers that name the columns and the rows from one program to the next.
    """

    def __init__(
        self,
        scenario: Scenario,
        vehicles: Vehicles,
        goal: Goal,
        *,
        minima_until: int | None = None,
        drawn: Records | None = None,
    ) -> None:
        self.vehicles = vehicles
        self.slots = slots = Slots.of(scenario, vehicles)
        self._scenario = scenario
        self._goal = goal
        reward = self._reward = goal.reward or Reward(terms={})
        last_minima = scenario.horizon_steps if minima_until is None else minima_until
        self._lowest_kw = np.where(slots.step < last_minima, vehicles.least_kw[slots.vehicle], 0.0)
        self._counts_requests = reward.weight("overload") > 0.0
        self._exponent = reward.literal("missing", "exponent")
        self._bent = reward.weight("missing") > 0.0 and self._exponent != 1.0
        # Of an exponent below 1 a linear program only knows the chord: its bound holds, but may be out of reach.
        self._exact = not (self._bent and self._exponent < 1.0)
        self._chained = np.full(vehicles.session.size, self._bent)
        self._chained[slots.vehicle[slots.tapered]] = True
        self._build = ProgramBuilder()
        self._add_powers()
        self._add_energies()
        asked = self._asked if self._counts_requests else None
        self.tapers = Tapers(vehicles, slots, self.power, self._energy, asked)
        self._build.rows(self._slot_key("taper", self.tapers.at), *self.tapers.sides(self.tapers.at, 0.0))
        if drawn is not None:
            sides = self.tapers.again(drawn)
            self._build.rows(keys_of(self.tapers.drawn), *sides)
        if self._bent:
            self._add_lacks()
        self._add_area()
        self._requests: TotalRequests | None = None
        if self._counts_requests:
            price = reward.weight("overload")
            self._requests = TotalRequests(self._build, scenario, vehicles, slots, self._asked, price)
        self.program = self._build.program()
        self.column_keys, self.row_keys = self._build.column_keys, self._build.row_keys

    @property
    def has_minima(self) -> bool:
        """Whether there are columns that are 0 or above a minimum."""
        return bool((self.program.semicontinuous_from > 0.0).any())

    def tangents(self, values: Array) -> list[Rows]:
        """Those tangents that a solution `values[X]` breaks; empty where it breaks none.

        They are to be added in this order: `row_keys` names them from now on.
        """
        before = self.tapers.drawn.size
        tapers, lacks = self.tapers.broken(values), self._broken_lacks(values)
        nameless = np.zeros(0 if lacks is None else lacks.count, np.int64)
        self.row_keys = np.concatenate([self.row_keys, keys_of(self.tapers.drawn[before:]), nameless])
        return [rows for rows in (tapers, lacks) if rows is not None]

    def requests_kw(self, values: Array) -> Array:
        """The requests, `[T, N]` in kW, for which the powers of a solution `values[X]` flow."""
        total, power_kw = self._requests, values[self.power]
        asked_kw = None if total is None else np.where(self._asked == self.power, 0.0, values[self._asked])
        requests_kw = requests_for(self._scenario, self.vehicles, self.slots, power_kw, asked_kw)
        return requests_kw if total is None else requests_kw + total.idle_kw(values)

    def _slot_key(self, kind: str, slots: Integers) -> Integers:
        return key_of(kind, self.slots.step[slots], self.vehicles.session[self.slots.vehicle[slots]])

    def _add_powers(self) -> None:
        """What flows, and what is asked for, at each slot; vehicles without a chain of energies are held here."""
        build, slots, of = self._build, self.slots, self.slots.vehicle
        everywhere = np.arange(slots.count)
        keys = self._slot_key("power", everywhere)
        highest_kw = slots.highest_kw[of]
        self.power = build.columns(keys, highest_kw, cost=self._power_cost(), semicontinuous_from=self._lowest_kw)
        self._asked = self.power.copy()
        if self._counts_requests:
            at = everywhere if self._scenario.area.power_min_kw > 0.0 else np.flatnonzero(slots.tapered)
            keys = self._slot_key("request", at)
            asked = build.columns(keys, self.vehicles.power_max_kw[of[at]], semicontinuous_from=self._lowest_kw[at])
            self._asked[at] = asked
            rows = np.arange(at.size)
            build.rows(self._slot_key("asked", at), -np.inf, 0.0, [(rows, self.power[at], 1.0), (rows, asked, -1.0)])
        free = np.flatnonzero(slots.able & ~self._chained)
        at = np.flatnonzero(~self._chained[of])
        needs: Entry = (np.searchsorted(free, of[at]), self.power[at], slots.kwh_per_kw[of[at]])
        keys = key_of("need", np.zeros_like(free), self.vehicles.session[free])
        build.rows(keys, -np.inf, self.vehicles.needed_kwh[free], [needs])

    def _power_cost(self) -> Array:
        """What a kW at each slot costs; what is due however the vehicles are charged goes into the offset."""
        goal, own, slots, of = self._goal, self.vehicles, self.slots, self.slots.vehicle
        if goal.is_unmet:
            self._build.offset += float(own.needed_kwh.sum())
            return -slots.kwh_per_kw[of]
        if goal.prices is not None:
            costs: Array = goal.prices[slots.step] * (self._scenario.step_minutes / MINUTES_PER_HOUR)
            return costs
        if goal.peak:
            return np.zeros(slots.count)
        reward = self._reward
        per_kwh = np.divide(1.0, own.target_kwh, out=np.zeros(own.session.size), where=own.target_kwh > 0.0)
        missing = own.needed_kwh * per_kwh
        on_departure = np.where(own.departs, reward.weight("departure"), 0.0)
        straight = np.where(slots.able & self._bent, 0.0, reward.weight("missing"))
        stays = own.end_step - own.first_step
        self._build.offset += float((straight * stays * missing**self._exponent + on_departure * missing).sum())
        steps_left = own.end_step[of] - slots.step
        gain: Array = (straight[of] * steps_left + on_departure[of]) * (slots.kwh_per_kw * per_kwh)[of]
        return -gain

    def _add_energies(self) -> None:
        """What chained vehicles store, at most up to their target: step by step, from the first step that needs it."""
        own, slots = self.vehicles, self.slots
        held = np.full(slots.count, self._bent) | slots.tapered
        held[:-1] |= slots.tapered[1:] & ~slots.first[1:]
        at = np.flatnonzero(held)
        of = slots.vehicle[at]
        self._energy = np.full(slots.count, -1)
        self._energy[at] = self._build.columns(
            self._slot_key("energy", at), own.target_kwh[of], lower=own.energy_kwh[of]
        )
        rows = np.arange(at.size)
        heads = np.flatnonzero(np.diff(of, prepend=-1))
        later = np.setdiff1d(rows, heads)
        early = np.flatnonzero(~held & self._chained[slots.vehicle])
        early_of = slots.vehicle[early]
        entries: list[Entry] = [
            (rows, self._energy[at], 1.0),
            (rows, self.power[at], -slots.kwh_per_kw[of]),
            (later, self._energy[at[later] - 1], -1.0),
            (heads[np.searchsorted(of[heads], early_of)], self.power[early], -slots.kwh_per_kw[early_of]),
        ]
        before_kwh = np.zeros(at.size)
        before_kwh[heads] = own.energy_kwh[of[heads]]
        self._build.rows(self._slot_key("chain", at), before_kwh, before_kwh, entries)

    def _add_lacks(self) -> None:
        """(missing / target) ^ exponent of each slot: by tangents, or by the chord where it bends the other way."""
        own, of = self.vehicles, self.slots.vehicle
        at = np.arange(self.slots.count)
        most = (own.needed_kwh[of] / own.target_kwh[of]) ** self._exponent
        self._lack = self._build.columns(self._slot_key("lack", at), most, cost=self._reward.weight("missing"))
        keys = self._slot_key("lacks", at)
        if self._exact:
            self._build.rows(keys, *self._lack_sides(at, own.needed_kwh[of] / 2.0))
        else:
            slope = most / own.needed_kwh[of]
            entries: list[Entry] = [(at, self._lack, 1.0), (at, self._energy, slope)]
            self._build.rows(keys, slope * own.target_kwh[of], np.inf, entries)

    def _lack_sides(self, at: Integers, missing_kwh: Array) -> tuple[Array, float, list[Entry]]:
        """The tangents of the lacks at `missing_kwh[Q]` for the slots `at[Q]`."""
        exponent, target_kwh = self._exponent, self.vehicles.target_kwh[self.slots.vehicle[at]]
        share = missing_kwh / target_kwh
        slope = exponent * share ** (exponent - 1.0) / target_kwh
        lower = share**exponent + slope * (target_kwh - missing_kwh)
        rows = np.arange(at.size)
        return lower, np.inf, [(rows, self._lack[at], 1.0), (rows, self._energy[at], slope)]

    def _broken_lacks(self, values: Array) -> Rows | None:
        if not (self._bent and self._exact):
            return None
        missing_kwh, lacks = self._lacks_of(values)
        at = np.flatnonzero(values[self._lack] < lacks - _LACK_TOLERANCE)
        return make_rows(at.size, *self._lack_sides(at, missing_kwh[at])) if at.size else None

    def _lacks_of(self, values: Array) -> tuple[Array, Array]:
        """What is missing at each slot of a solution, and the reward's (missing / target) ^ exponent of it."""
        target_kwh = self.vehicles.target_kwh[self.slots.vehicle]
        missing_kwh = np.maximum(target_kwh - values[self._energy], 0.0)
        return missing_kwh, (missing_kwh / target_kwh) ** self._exponent

    def overlooked(self, values: Array) -> float:
        """What a solution loses more than its tangents tell.

        Where two of them cross, a program may leave a battery short for nothing, and no further tangent moves its
        objective.
        """
        if not (self._bent and self._exact):
            return 0.0
        _, lacks = self._lacks_of(values)
        return float((self.program.cost[self._lack] * np.maximum(lacks - values[self._lack], 0.0)).sum())

    def _add_area(self) -> None:
        """The cap, the peak, and what must be served."""
        slots, build = self.slots, self._build
        steps = np.unique(slots.step)
        row = np.searchsorted(steps, slots.step)
        sum_kw = np.bincount(row, slots.highest_kw[slots.vehicle], steps.size)
        cap_kw = self._scenario.area.power_max_kw
        if self._scenario.rule.by != "nothing":
            capped = np.flatnonzero((sum_kw > cap_kw)[row])
            kept, rows = np.unique(row[capped], return_inverse=True)
            build.rows(key_of("cap", steps[kept]), -np.inf, cap_kw, [(rows, self.power[capped], 1.0)])
        if self._goal.peak:
            peak = build.columns(key_of("peak", _ONCE), sum_kw.max(initial=0.0), cost=1.0)
            entries: list[Entry] = [(row, self.power, 1.0), (np.arange(steps.size), peak.repeat(steps.size), -1.0)]
            build.rows(key_of("highest", steps), -np.inf, 0.0, entries)
        if self._goal.served_kwh > 0.0:
            stored: Entry = (0, self.power, slots.kwh_per_kw[slots.vehicle])
            build.rows(key_of("served", _ONCE), self._goal.served_kwh, np.inf, [stored])
