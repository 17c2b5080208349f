"""The figures of an episode once more, from the plain-Python model of the physics, one PEV and one step at a time."""

import copy
import math
import statistics

from pev_battery_charge.trace import Trace
from tests.records import PARTS
from tests.reference import PEV, LoadArea

Value = float | None


def figures_by_hand(trace: Trace) -> dict[str, Value]:
    """Every figure, by playing the trace's requests again; None where the episode does not have it."""
    area = LoadArea(trace.scenario, trace.schedule)
    fresh = copy.deepcopy(area)
    cap_kw = trace.scenario.area.power_max_kw
    powers_kw, requests_kw, rewards, parts = [], [], [], [0.0] * 4
    for asked_kw in trace.records["asked_kw"].tolist():
        outcome = area.step(asked_kw)
        powers_kw.append(area.power_kw)
        requests_kw.append(area.request_kw)
        rewards += outcome.rewards
        for station_parts in outcome.reward_parts:
            parts = [total + part for total, part in zip(parts, station_parts, strict=True)]
    figures: dict[str, Value] = _count_pevs(trace, area, fresh)
    figures |= {
        "grid_energy_kwh": area.grid_energy_kwh,
        "loss_kwh": area.loss_kwh,
        "power_peak_kw": max(powers_kw),
        "power_mean_kw": statistics.fmean(powers_kw),
        "power_cap_kw": cap_kw,
        "request_peak_kw": max(requests_kw),
        "steps_above_cap": sum(request_kw > cap_kw * (1 + 1e-6) for request_kw in requests_kw),
        "excess_kwh": sum(max(request_kw - cap_kw, 0.0) for request_kw in requests_kw) * area.hours,
        "reward": math.fsum(rewards),
        "reward_per_station": math.fsum(rewards) / trace.num_stations,
    }
    return figures | dict(zip(PARTS[:4], parts, strict=True))


def _count_pevs(trace: Trace, area: LoadArea, fresh: LoadArea) -> dict[str, Value]:
    """What is counted over PEVs. `area` has played the episode, `fresh` has not."""
    finals = {pev.session: pev for station in area.stations for pev in station.visits}
    beginnings = {pev.session: (pev, station.power_max_kw) for station in fresh.stations for pev in station.visits}
    served = waited = rejected = too_short = full = 0
    wanted_kwh = attainable_kwh = delivered_kwh = unmet_kwh = pending_kwh = 0.0
    satisfactions = []
    for number, row in enumerate(trace.schedule.sessions.iter_rows(named=True)):
        wish_kwh = row["energy_target_kwh"] - row["energy_arrival_kwh"]
        wanted_kwh += wish_kwh
        if row["station"] is None:
            rejected += 1
            unmet_kwh += wish_kwh
            full += wish_kwh <= 1e-6
            continue
        final, (beginning, power_max_kw) = finals[number], beginnings[number]
        got_kwh = final.energy_kwh - row["energy_arrival_kwh"]
        delivered_kwh += got_kwh
        full += final.unmet_kwh <= 1e-6
        steps = [t for t in range(trace.num_steps) if final.is_plugged_during(t, trace.scenario.step_minutes)]
        still_there = bool(steps) and final.is_plugged_during(trace.num_steps, trace.scenario.step_minutes)
        if still_there:
            pending_kwh += final.unmet_kwh
        else:
            unmet_kwh += final.unmet_kwh
        if not steps:
            too_short += 1
            continue
        served += 1
        waited += row["plug_in_min"] > row["arrival_min"]
        satisfactions.append(got_kwh / wish_kwh if wish_kwh > 0.0 else 1.0)
        attainable_kwh += _charged_fully(beginning, power_max_kw, len(steps), area.hours)
    share = 100.0 * delivered_kwh / attainable_kwh if attainable_kwh > 0.0 else None
    return {
        "pevs": len(trace.schedule),
        "pevs_served": served,
        "pevs_waited": waited,
        "pevs_rejected": rejected,
        "pevs_too_short": too_short,
        "pevs_full": full,
        "full_percent": 100.0 * full / len(trace.schedule) if len(trace.schedule) else None,
        "energy_wanted_kwh": wanted_kwh,
        "energy_attainable_kwh": attainable_kwh,
        "energy_delivered_kwh": delivered_kwh,
        "energy_unmet_kwh": unmet_kwh,
        "energy_pending_kwh": pending_kwh,
        "delivered_percent": share,
        "unmet_percent": None if share is None else max(100.0 - share, 0.0),
        "satisfaction_mean": statistics.fmean(satisfactions) if satisfactions else None,
        "satisfaction_p5": _fifth_percentile(satisfactions),
        "satisfaction_jain": _jain(satisfactions),
    }


def _charged_fully(pev: PEV, power_kw: float, steps: int, hours: float) -> float:
    """What full power in every step of the stay, one after the other, stores."""
    before_kwh = pev.energy_kwh
    for _ in range(steps):
        pev.charge(pev.acceptance_kw(power_kw, hours), hours)
    return pev.energy_kwh - before_kwh


def _fifth_percentile(values: list[float]) -> Value:
    """Linear between the two neighbours of place 0.05 (n - 1)."""
    if not values:
        return None
    ordered = sorted(values)
    place = 0.05 * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _jain(values: list[float]) -> Value:
    if not values:
        return None
    squares = sum(value**2 for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares > 0.0 else 1.0
