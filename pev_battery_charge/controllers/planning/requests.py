"""The area's total request in a charging program: what the reward takes for too much of it, or too little."""

import numpy as np

from pev_battery_charge.controllers.planning.builder import Entry, ProgramBuilder, key_of
from pev_battery_charge.controllers.planning.slots import Slots
from pev_battery_charge.controllers.planning.vehicles import Vehicles
from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.scenario import Scenario


class TotalRequests:
    """Adds the columns and rows that count the requests of all stations, step by step.

    asked: `[P]`, the columns of the slots' requests.
    price: what a request of the cap's height beyond the limits costs for one vehicle.

    Where the area has a minimum, it can be met by requests that nothing comes of: of PEVs that need nothing, or above
    what a PEV can take. These are `idle`.
    """

    def __init__(
        self, build: ProgramBuilder, scenario: Scenario, vehicles: Vehicles, slots: Slots, asked: Integers, price: float
    ) -> None:
        self._build, self._scenario, self._vehicles, self._slots, self._asked = build, scenario, vehicles, slots, asked
        self._fills = scenario.area.power_min_kw > 0.0
        self._station_max_kw = np.array([station.power_max_kw for station in scenario.stations])[vehicles.station]
        self._idle_vehicle = self._idle_step = self._idle = np.zeros(0, np.int64)
        plugged = np.zeros(scenario.horizon_steps + 1)
        np.add.at(plugged, vehicles.first_step, 1.0)
        np.subtract.at(plugged, vehicles.end_step, 1.0)
        self._price = price * np.cumsum(plugged)[:-1] / scenario.area.power_max_kw
        if self._fills:
            self._add_idle()
        self._add_limits()

    def idle_kw(self, values: Array) -> Array:
        """What nothing comes of in the requests of each station, `[T, N]` in kW."""
        idle = np.zeros((self._scenario.horizon_steps, self._scenario.num_stations))
        np.add.at(idle, (self._idle_step, self._vehicles.station[self._idle_vehicle]), values[self._idle])
        return idle

    def _add_idle(self) -> None:
        own, slots, build = self._vehicles, self._slots, self._build
        unable = np.flatnonzero(~slots.able)
        stays = own.end_step[unable] - own.first_step[unable]
        vehicle = np.repeat(unable, stays)
        step = np.arange(vehicle.size) - np.repeat(np.cumsum(stays) - stays - own.first_step[unable], stays)
        beyond_kw = self._station_max_kw - own.power_max_kw
        at = np.flatnonzero(beyond_kw[slots.vehicle] > 0.0)
        self._idle_vehicle = np.concatenate([vehicle, slots.vehicle[at]])
        self._idle_step = np.concatenate([step, slots.step[at]])
        upper_kw = np.concatenate([self._station_max_kw[vehicle], beyond_kw[slots.vehicle[at]]])
        least_kw = np.concatenate([own.least_kw[vehicle], np.zeros(at.size)])
        keys = key_of("idle", self._idle_step, own.session[self._idle_vehicle])
        self._idle = build.columns(keys, upper_kw, semicontinuous_from=least_kw)
        # Above what a PEV takes, a request is only where it also asks for what the station gives at least.
        tied = own.least_kw[slots.vehicle[at]] > 0.0
        at, extra = at[tied], self._idle[vehicle.size :][tied]
        of, rows = slots.vehicle[at], np.arange(at.size)
        entries: list[Entry] = [(rows, extra, 1.0), (rows, self._asked[at], -beyond_kw[of] / own.least_kw[of])]
        build.rows(key_of("tied", slots.step[at], own.session[of]), -np.inf, 0.0, entries)

    def _add_limits(self) -> None:
        area, build, slots = self._scenario.area, self._build, self._slots
        most_kw = np.zeros(self._price.size)
        np.add.at(most_kw, slots.step, build.upper_of(self._asked))
        np.add.at(most_kw, self._idle_step, build.upper_of(self._idle))
        loose = np.full(self._price.size, self._fills or self._scenario.rule.by == "nothing")
        loose[slots.step[slots.tapered]] = True
        steps = np.flatnonzero(loose & (most_kw > area.power_max_kw))
        room_kw = most_kw[steps] - area.power_max_kw
        excess = build.columns(key_of("excess", steps), room_kw, cost=self._price[steps])
        entries = [*self._sums(steps), (np.arange(steps.size), excess, -1.0)]
        build.rows(key_of("above", steps), -np.inf, area.power_max_kw, entries)
        if self._fills:
            steps = np.flatnonzero(self._price)
            short = build.columns(key_of("shortfall", steps), area.power_min_kw, cost=self._price[steps])
            entries = [*self._sums(steps), (np.arange(steps.size), short, 1.0)]
            build.rows(key_of("below", steps), area.power_min_kw, np.inf, entries)

    def _sums(self, steps: Integers) -> list[Entry]:
        """The requests in each of the steps, as entries of rows of theirs."""
        found: list[Entry] = []
        for own_steps, columns in ((self._slots.step, self._asked), (self._idle_step, self._idle)):
            at = np.flatnonzero(np.isin(own_steps, steps))
            found.append((np.searchsorted(steps, own_steps[at]), columns[at], 1.0))
        return found
