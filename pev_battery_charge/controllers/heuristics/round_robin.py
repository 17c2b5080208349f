"""Round robin: full power for the stations in turn."""

import numpy as np
import numpy.typing as npt

from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.limits import MANY_STATIONS, claim, serve_in_line, serve_many
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import accept_all


class RoundRobin:
    """Turns of the stations at full power, as many stations at once as the cap can feed.

    The vehicle with the fewest turns so far is next; among equals the one that came first. A newcomer goes to the end
    of the line, as if it had had as many turns as any. What is left of the cap may be too little for a whole turn: then
    it counts as the part of a turn that it is. That is stride scheduling (Waldspurger and Weihl, MIT 1995). In a plain
    queue, such as that of EV2Gym's `RoundRobin` (Orfanoudakis et al., 2024), after which this is made, the rest may
    fall to the same few vehicles again and again.

    In the long run every vehicle that wants to charge has as many turns as its neighbours, within one or two. It is
    fair in time at full power, not in energy; deadlines do not count.
    """

    def __init__(self) -> None:
        self._sessions: npt.NDArray[np.int32] = np.empty((0, 0), np.int32)
        self._turns: Array = np.empty((0, 0))

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW. Where `snapshot.step` is 0, it begins anew."""
        shape = snapshot.stations.shape
        if snapshot.step == 0 or self._turns.shape != shape:
            self._sessions, self._turns = np.full(shape, NO_SESSION, np.int32), np.zeros(shape)
        requests_kw = np.empty(shape)
        _take_turns(snapshot.areas, snapshot.stations, self._sessions, self._turns, requests_kw)
        return requests_kw


@kernel
def _take_turns(
    areas: Records, stations: Records, sessions: npt.NDArray[np.int32], turns: Array, requests_kw: Array
) -> None:
    """Serve the line of each area, and count: the session of each station and its turns so far, `[B, N]` each."""
    for b in range(areas.size):
        claims = stations[b].copy()
        accept_all(areas[b], claims)
        most = 0.0
        for i in range(claims.size):
            if claims[i]["session"] == sessions[b, i] != NO_SESSION:
                most = max(most, turns[b, i])
        for i in range(claims.size):
            if claims[i]["session"] != sessions[b, i]:
                sessions[b, i] = claims[i]["session"]
                turns[b, i] = most
            claims[i]["turn"]["rank"] = turns[b, i]
        if claim(claims) > areas[b]["power_max_kw"]:
            if claims.size < MANY_STATIONS:
                serve_in_line(claims, areas[b]["power_max_kw"])
            else:
                serve_many(claims, areas[b]["power_max_kw"])
        for i in range(claims.size):
            made = claims[i]["made"]
            requests_kw[b, i] = made["power_kw"]
            if made["power_kw"] > 0.0:
                turns[b, i] += made["power_kw"] / made["acceptance_kw"]
