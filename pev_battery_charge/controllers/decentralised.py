"""Model predictive control without a planner: each station plans for its own PEV, against a price on the cap.

The plans are brought together by the alternating direction method of multipliers (ADMM) in the form of the sharing
problem (Boyd, Parikh, Chu, Peleato and Eckstein, "Distributed Optimization and Statistical Learning via the Alternating
Direction Method of Multipliers", 2011, section 7.3), as Rivera, Wolfrum, Hirche, Goebel and Jacobsen used it for
charging ("Alternating Direction Method of Multipliers for Decentralized Electric Vehicle Charging Control", 2013). In
each round the area broadcasts one number for each step to come,

    signal = mean request - mean request that fits under the cap + price / rho,
    price  = max(0, last price + rho * excess of the requests over the cap / n),

where n is how many stations plan for the step; each station replies with its requests r, which make least

    its own loss(r) + rho / 2 sum (r - (its last r - signal))^2,

in view of its own battery alone. Rounds converge to what one planner for all would do (`controllers.mpc`).
"""

from typing import Final, Literal

import numpy as np

from pev_battery_charge.controllers.planning.station_plan import LOSS, answer, gains_of, limit_kw
from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array, Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.errors import EpisodeOverError, InputError, whole_number_problems
from pev_battery_charge.scenario import Scenario

ROUNDS: Final = 20
"""Rounds of each step, unless told otherwise."""

_RHO_SCALE: Final = 1.0
"""rho, relative to the mean of what a first kW is worth to the stations, over the mean of their limits."""


PLANNER: Final = np.dtype(
    [("session", "i8"), ("end", "i8"), *((name, "f8") for name in ("level_kw", "credit_kw", "request_kw"))], align=True
)
"""A station: the session of its plan, its last step (0: none), the level by which its target lowers its wishes, what it
has planned but was too little to ask for, and what it asks for."""


class DecentralisedMpc:
    """Stations that each plan for their own PEV, and agree by a fixed number of rounds of messages a step.

    scenario: what the reward is; None takes it from `prepare`, which runners call.
    objective: "reward", or "unmet": the least energy that the PEVs lack when they leave.
    rounds: of each step. Plans and prices are carried over, so that few are enough.

    What a station knows: its own PEV as its driver stated, and what the area broadcasts. The area knows the sum of the
    requests, and how many stations plan for each step. The cap is a limit whatever the coordinator is; the area's
    minimum is left out, and so is that a request in the bend of the taper is worth a little less than one below it.
    Where a station has a minimum, requests below it add up until they are worth a step at the minimum.

    plans_kw, prices: `[B, N, T]` and `[B, T]`, what the stations plan to ask for in each step of the episode, and what
        a kW under the cap costs in it, in units of the loss.
    messages: how many have been sent since the episodes began: in each round a broadcast for each area and a reply from
    each station that plans; when a PEV plugs in, what its station is (limit, highest marginal loss, stay); and a last
    broadcast, by which part all stations have to reduce where the sum is still above the cap.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        objective: Literal["reward", "unmet"] = "reward",
        rounds: int = ROUNDS,
    ) -> None:
        problems = whole_number_problems("rounds", rounds, 1)
        if problems:
            raise InputError("decentralised MPC", problems)
        self.objective = objective
        self.rounds = rounds
        self.messages = 0
        self.steps = 0
        self.plans_kw, self.prices = np.zeros((0, 0, 0)), np.zeros((0, 0))
        self._loss: Records | None = None
        if scenario is not None:
            self.prepare(scenario)

    def prepare(self, scenario: Scenario) -> None:
        """The start of an episode of the scenario."""
        scenario.require_one_way()
        reward, row = scenario.reward, (0.0, 1.0, 1.0, 0)
        if self.objective == "reward":
            reward.require_linear()
            row = (reward.weight("missing"), reward.weight("departure"), reward.literal("missing", "exponent"), 1)
        self._loss = np.array([row], LOSS)

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW."""
        if self._loss is None:
            raise EpisodeOverError("the controller does not know its scenario: give it one, or call prepare()")
        areas, stations = snapshot.areas, snapshot.stations
        if snapshot.step == 0 or self.plans_kw.shape[:2] != stations.shape:
            horizon = int(areas["horizon_steps"].max())
            self.messages = self.steps = 0
            self._own = np.zeros(stations.shape, PLANNER)
            self._own["session"] = NO_SESSION
            self.plans_kw, self.prices = np.zeros((*stations.shape, horizon)), np.zeros((areas.size, horizon))
        self.messages += negotiate(areas, stations, self._loss[0], self.rounds, self._own, self.plans_kw, self.prices)
        self.steps += 1
        return self._own["request_kw"].copy()

    def report(self) -> list[tuple[str, str, str]]:
        """How much talking it took."""
        return [
            ("messages between stations and area", f"{self.messages:,}", ""),
            ("- of them in a step, mean", f"{self.messages / max(self.steps, 1):,.1f}", ""),
        ]


@kernel
def negotiate(
    areas: Records, stations: Records, loss: Record, rounds: int, own: Records, plans_kw: Array, prices: Array
) -> int:
    """One step of B areas: leave what each station asks for in `own`; return how many messages were sent.

    own: `PLANNER[B, N]`, with plans `[B, N, T]` and prices `[B, T]` what is carried on from step to step.
    """
    messages = 0
    for b in range(areas.size):
        messages += negotiate_area(areas[b], stations[b], loss, rounds, own[b], plans_kw[b], prices[b])
    return messages


@kernel
def negotiate_area(
    area: Record, stations: Records, loss: Record, rounds: int, own: Records, plans_kw: Array, prices: Array
) -> int:
    """The same for one area."""
    step, horizon = area["step"], prices.size
    messages = welcome(area, stations, own, plans_kw)
    planning, signal, gains, wishes_kw = np.zeros((4, horizon))
    highest_gains, limits_kw, wanting = 0.0, 0.0, 0
    for i in range(stations.size):
        end = own[i]["end"]
        if end > step:
            wanting += 1
            limits_kw += limit_kw(stations[i])
            gains_of(area, stations[i], loss, end, plans_kw[i], gains)
            highest_gains += gains[step]
            planning[step:end] += 1.0
    if highest_gains <= 0.0:
        return messages
    rho = _RHO_SCALE * highest_gains / limits_kw
    broadcast(area, plans_kw, planning, prices, rho, False, signal)
    for _ in range(rounds):
        for i in range(stations.size):
            end, level_kw = own[i]["end"], own[i]["level_kw"]
            if end > step:
                own[i]["level_kw"] = answer(
                    area, stations[i], loss, end, rho, signal, plans_kw[i], gains, wishes_kw, level_kw
                )
        broadcast(area, plans_kw, planning, prices, rho, True, signal)
    ask(area, stations, own, plans_kw[:, step])
    return messages + rounds * (1 + wanting) + 1


@kernel
def welcome(area: Record, stations: Records, own: Records, plans_kw: Array) -> int:
    """Find the stations that plan, and to which step; forget what belongs to other sessions.

    Returns how many PEVs are new, each of which reports itself to the area.
    """
    step, horizon = area["step"], plans_kw.shape[1]
    new = 0
    for i in range(stations.size):
        station, session = stations[i], stations[i]["session"]
        if session != own[i]["session"]:
            own[i]["session"] = session
            own[i]["credit_kw"] = 0.0
            plans_kw[i, step:] = 0.0
            new += 1 if session != NO_SESSION else 0
        end = 0
        able = session != NO_SESSION and limit_kw(station) >= station["least_kw"]
        if able and station["target_kwh"] > station["energy_kwh"]:
            end = min(max(station["depart_stated_step"], step + 1), horizon)
        plans_kw[i, max(end, step) :] = 0.0
        own[i]["end"], own[i]["level_kw"], own[i]["request_kw"] = end, 0.0, 0.0
    return new


@kernel
def broadcast(
    area: Record, plans_kw: Array, planning: Array, prices: Array, rho: float, learn: bool, signal: Array
) -> None:
    """Write the signal of each step to come into `signal[T]`; `learn` moves the prices first, after a round's replies.

    planning: `[T]`, how many stations plan for each step.
    """
    cap_kw = area["power_max_kw"]
    for t in range(area["step"], signal.size):
        if planning[t] == 0.0:
            continue
        mean = 0.0
        for i in range(plans_kw.shape[0]):
            mean += plans_kw[i, t]
        mean /= planning[t]
        scaled_price = prices[t] / rho
        above = mean + scaled_price - cap_kw / planning[t]
        if learn:
            prices[t] = rho * max(above, 0.0)
        # What fits under the cap, in ADMM's words the projection of mean + price / rho, lies `above` below that.
        signal[t] = max(above, 0.0) - scaled_price + prices[t] / rho


@kernel
def ask(area: Record, stations: Records, own: Records, plan_kw: Array) -> None:
    """Ask for this step of the plans, `plan_kw[N]`, all cut by the same part where their sum is above the cap."""
    total = 0.0
    for i in range(stations.size):
        total += plan_kw[i]
    part = min(area["power_max_kw"] / total, 1.0) if total > 0.0 else 0.0
    for i in range(stations.size):
        request, least = plan_kw[i] * part, stations[i]["least_kw"]
        if own[i]["end"] > area["step"] and least > 0.0:
            own[i]["credit_kw"] += request
            request = min(own[i]["credit_kw"], limit_kw(stations[i])) if own[i]["credit_kw"] >= least else 0.0
            own[i]["credit_kw"] -= request
        own[i]["request_kw"] = request
