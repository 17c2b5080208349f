"""The texts of composed kernels, with places for the entries that a scenario names; see `catalogue.compose`."""

from typing import Final

STEP: Final = '''"""Coordinator {rule}; rewards {terms}; observations {features}."""

from pev_battery_charge.catalogue.registry import COORDINATORS, FEATURES, TERMS
from pev_battery_charge.core.clock import advance_clock
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.limits import claim, {filling}
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.core.transition import accept, charge, take_requests
{site_imports}
{names}


@kernel
def step(
    first, last, areas, stations, sessions, moments, asked_kw, numbers, observations, rewards, parts, trace
):
    """Make one step of areas `first` to `last - 1`, then tell what each station earns and sees.

    moments: `MOMENT[R, T + 1 + look-ahead]`, R = 1 or B; parts: `[K + 1, B, N]`, the weighted terms, then the power;
    trace: `STEP[T, B, N]` keeps the steps, one of T = 0 keeps none.
    """
    for b in range(first, last):
        area, members, series = areas[b], stations[b], moments[min(b, moments.shape[0] - 1)]
        t, upper_kw = area["step"], area["power_max_kw"]
{open_meter}        take_requests(area, members, asked_kw[b])
        accept(area, members)
{grant}
        area["power_kw"] = total_kw
        charge(area, members)
{read_meter}        advance_clock(area, members, sessions[b])
{tell_occupied}        plugged, total = 0, 0.0
        for i in range(members.size):
            station = members[i]
            reward = 0.0
            if station["made"]["session"] == NO_SESSION:
                parts[:{count}, b, i] = 0.0
{earn_empty}            else:
                plugged += 1
{earn}
                total += reward
            station["made"]["reward"] = rewards[b, i] = reward
            parts[{count}, b, i] = station["made"]["power_kw"]
{see}
        sharing = numbers[0]
        if sharing > 0.0 and plugged > 0:
            for i in range(members.size):
                made = members[i]["made"]
                if made["session"] != NO_SESSION:
                    made["reward"] = rewards[b, i] = (1.0 - sharing) * rewards[b, i] + sharing * total / plugged
        if t < trace.shape[0]:
            for i in range(members.size):
                trace[t, b, i] = members[i]["made"]


@kernel
def play(
    first, last, areas, stations, sessions, moments, asked_kw, numbers, observations, rewards, parts, trace, sums
):
    """Make a step of areas `first` to `last - 1` for each of `asked_kw[T, B, N]`; add to `sums[K + 2, B, N]`.

    sums: the reward, its K weighted terms, the energy from the grid. The others are as for `step`.
    """
    for t in range(asked_kw.shape[0]):
        step(
            first, last, areas, stations, sessions, moments, asked_kw[t], numbers, observations, rewards, parts, trace
        )
        for b in range(first, last):
            hours = areas[b]["step_hours"]
            for i in range(stations.shape[1]):
                sums[0, b, i] += rewards[b, i]
                for k in range({count}):
                    sums[k + 1, b, i] += parts[k, b, i]
                sums[{count} + 1, b, i] += stations[b, i]["made"]["power_kw"] * hours
'''

OBSERVE: Final = '''"""Observations {features}."""

from pev_battery_charge.catalogue.registry import FEATURES
from pev_battery_charge.core.compile import kernel

{names}


@kernel
def observe(areas, stations, moments, numbers, observations):
    """Tell what each station sees."""
    for b in range(areas.size):
        area, members, series = areas[b], stations[b], moments[min(b, moments.shape[0] - 1)]
        for i in range(members.size):
            station = members[i]
{see}
'''


SHARE: Final = '''"""Coordinator {rule}."""

from pev_battery_charge.catalogue.registry import COORDINATORS
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.limits import claim, {filling}
from pev_battery_charge.core.transition import accept_all

{names}


@kernel
def share(areas, stations, moments, uppers_kw, powers_kw):
    """Tell what the rule leaves, under an upper bound for each area, of what every battery would take."""
    for b in range(areas.size):
        area, members, series = areas[b], stations[b].copy(), moments[min(b, moments.shape[0] - 1)]
        upper_kw = uppers_kw[b]
        accept_all(area, members)
{grant}
        for i in range(members.size):
            powers_kw[b, i] = members[i]["made"]["power_kw"]
'''

GRANT: Final = """\
        total_kw = claim(members)
        if total_kw > upper_kw:
            for i in range(members.size):
                if members[i]["turn"]["takes_part"] == 1:
                    rank = rule_{rule}(area, members[i], series)
                    members[i]["turn"]["rank"] = {usable}
            total_kw = {filling}(members, upper_kw)"""

SITE_IMPORTS: Final = """\
from pev_battery_charge.core.both_ways import claim_both_ways, direction_to_cut, look_both_ways, look_one_way, room_kw
from pev_battery_charge.core.meter import open_meter, read_meter, tell_occupied, tell_potential, tell_served
"""

OPEN_METER: Final = """\
        open_meter(area, series[t])
        tell_potential(area, members)
"""

READ_METER: Final = """\
        read_meter(area, members, series[t])
        tell_served(area, members)
"""

TELL_OCCUPIED: Final = """\
        tell_occupied(area, members)
"""

GRANT_BOTH_WAYS: Final = """\
        total_kw = claim_both_ways(members)
        for _ in range(members.size + 1):
            direction = direction_to_cut(area, total_kw)
            if direction == 0.0:
                break
            others_kw = look_one_way(members, direction)
            for i in range(members.size):
                if members[i]["turn"]["takes_part"] == 1:
                    rank = rule_{rule}(area, members[i], series)
                    members[i]["turn"]["rank"] = {usable}
            {filling}(members, room_kw(area, direction, others_kw))
            total_kw = look_both_ways(area, members, direction)"""
