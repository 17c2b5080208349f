"""The rules for the rows of a trace, and the records of valid rows.

Rows may stand in any order. Each station has one in each step; a session is served at its station, in its steps, and
nowhere else; powers and energies keep to their bounds; and what was drawn from the grid is stored or lost.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from pev_battery_charge.core.arrays import Array, Booleans, Records
from pev_battery_charge.core.records import NO_SESSION, STEP, Status, make_moments
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if
from pev_battery_charge.scenario import Scenario

COLUMNS: Final = ("asked_kw", "request_kw", "acceptance_kw", "power_kw", "energy_kwh", "reward", "session")
"""The fields of a station's step in a row, beside `step` and `station`."""
_WHOLE: Final = ("step", "station", "session")
_TOLERANCE: Final = 1e-9
"""In kW and kWh, and of the larger of two values that are compared."""
_SHOWN_PER_RULE: Final = 5


def to_records(
    frame: pl.DataFrame, scenario: Scenario, sessions: Records, source: str, moments: Records | None = None
) -> Records:
    """The rows of a trace as `STEP[T, N]`, without what the schedule contains; raises `InputError` with every problem.

    sessions: `SESSION[S]`, on the grid of the scenario's steps.
    source: what the rows come from, for errors.
    moments: `MOMENT[T + 1 + look-ahead]`; None is a world without base load, sun and further limits.
    """
    given = _numbers(frame, source)
    records = _on_grid(given, scenario, source)
    problems = _session_problems(records, _expected(records.shape, sessions), len(sessions))
    raise_if(source, problems)
    checks = (*_bounds(records, scenario, sessions), *_books(records, scenario, sessions))
    problems = [line for check in checks for line in check.problems()]
    now = make_moments(len(records)) if moments is None else moments[: len(records)]
    raise_if(source, problems + _cap_problems(records, scenario, now))
    return records


class _Check(NamedTuple):
    """A rule of a column, and where it is broken, `[T, N]`."""

    column: str
    rule: str
    broken: Booleans
    values: npt.NDArray[Any]
    """`[T, N]`: what is told of the places where it is."""

    def problems(self) -> list[str]:
        """One for each place, the first ones; each names step and station."""
        places = np.argwhere(self.broken)
        told = [
            f"step {t}, station {n}, {self.column}: {self.rule} (it is {self.values[t, n]})"
            for t, n in places[:_SHOWN_PER_RULE]
        ]
        if len(places) > _SHOWN_PER_RULE:
            told.append(f"{self.column}: {self.rule}, in {len(places) - _SHOWN_PER_RULE} more rows")
        return told


def _numbers(frame: pl.DataFrame, source: str) -> Mapping[str, npt.NDArray[Any]]:
    """The columns as numbers; raises `InputError` for cells that are none, or not finite."""
    problems = []
    found = {}
    for name in ("step", "station", *COLUMNS):
        cells = frame[name].cast(pl.Float64, strict=False)
        wrong = (cells.is_null() | ~cells.is_finite()).fill_null(True)
        if name in _WHOLE:
            wrong |= (cells != cells.floor()).fill_null(True) | (cells.abs() > np.iinfo(np.int32).max).fill_null(True)
        rule = "must be a whole number" if name in _WHOLE else "must be a finite number"
        rows = wrong.arg_true()
        problems += [
            f"row {row + 1}, step {frame['step'][row]}, station {frame['station'][row]}, {name}: "
            f"{rule} (it is {frame[name][row]})"
            for row in rows[:_SHOWN_PER_RULE].to_list()
        ]
        if len(rows) > _SHOWN_PER_RULE:
            problems.append(f"{name}: {rule}, in {len(rows) - _SHOWN_PER_RULE} more rows")
        found[name] = cells.to_numpy()
    raise_if(source, problems)
    return {name: values.astype(np.int64) if name in _WHOLE else values for name, values in found.items()}


def _on_grid(given: Mapping[str, npt.NDArray[Any]], scenario: Scenario, source: str) -> Records:
    """The rows in their places, `STEP[T, N]`; raises `InputError` where one is missing, doubled or has no place."""
    steps, stations = given["step"], given["station"]
    count, horizon = scenario.num_stations, scenario.horizon_steps
    problems = []
    for name, places, most in (("step", steps, horizon - 1), ("station", stations, count - 1)):
        wrong = np.flatnonzero((places < 0) | (places > most))
        problems += [
            f"row {row + 1}, step {steps[row]}, station {stations[row]}: {name} must be from 0 to {most}"
            for row in wrong[:_SHOWN_PER_RULE]
        ]
    raise_if(source, problems)
    num_steps = int(steps.max()) + 1 if steps.size else 0
    rows = np.zeros((num_steps, count), np.int64)
    np.add.at(rows, (steps, stations), 1)
    shown = np.argwhere(rows != 1)
    problems = [
        f"step {t}, station {n}: there must be one row for each station in each step (there are {rows[t, n]})"
        for t, n in shown[:_SHOWN_PER_RULE]
    ]
    if len(shown) > _SHOWN_PER_RULE:
        problems.append(f"one row for each station in each step: so {len(shown) - _SHOWN_PER_RULE} times more")
    raise_if(source, problems)
    records = np.zeros((num_steps, count), STEP)
    for name in COLUMNS:
        records[name][steps, stations] = given[name]
    return records


def _expected(shape: tuple[int, ...], sessions: Records) -> npt.NDArray[np.int64]:
    """`[T, N]`: the session that each station serves in each step, or `NO_SESSION`."""
    expected = np.full(shape, NO_SESSION, np.int64)
    served = np.flatnonzero(sessions["status"] == Status.SERVED)
    for j in served[np.argsort(sessions["plug_step"][served], kind="stable")]:
        one = sessions[j]
        expected[one["plug_step"] : one["depart_step"], one["station"]] = j
    return expected


def _session_problems(records: Records, expected: npt.NDArray[np.int64], count: int) -> list[str]:
    wrong = np.argwhere(records["session"] != expected)
    problems = []
    for t, n in wrong[:_SHOWN_PER_RULE]:
        here, there = expected[t, n], int(records["session"][t, n])
        told = "-1, for the station is empty" if here == NO_SESSION else f"{here}, the session that is plugged in then"
        none = f", and there are {count} sessions" if not NO_SESSION <= there < count else ""
        problems.append(f"step {t}, station {n}, session: must be {told} (it is {there}{none})")
    if len(wrong) > _SHOWN_PER_RULE:
        problems.append(f"session: must be that of the schedule, in {len(wrong) - _SHOWN_PER_RULE} more rows")
    return problems


def _bounds(records: Records, scenario: Scenario, sessions: Records) -> list[_Check]:
    """Powers and energies within their bounds."""
    session, empty = records["session"], records["session"] == NO_SESSION
    lower_kw, upper_kw = (
        np.array([getattr(station, name) for station in scenario.stations]) for name in ("power_min_kw", "power_max_kw")
    )
    both_ways = bool((lower_kw < 0.0).any())
    size = np.abs if both_ways else np.asarray
    checks = [
        _Check(name, "must be 0 at an empty station", empty & (records[name] != 0.0), records[name])
        for name in ("request_kw", "acceptance_kw", "power_kw", "energy_kwh")
    ]
    request, acceptance, power = (records[name] for name in ("request_kw", "acceptance_kw", "power_kw"))
    checks += [
        _Check("request_kw", "must not be above the station's power_max_kw", _above(request, upper_kw), request),
        _Check("acceptance_kw", "must not be above request_kw", _above(size(acceptance), size(request)), acceptance),
        _Check("power_kw", "must not be above acceptance_kw", _above(size(power), size(acceptance)), power),
    ]
    if both_ways:
        below = "must not be below the station's power_min_kw"
        checks.append(_Check("request_kw", below, _above(lower_kw, request), request))
        checks += [
            _Check(name, "must have the sign of request_kw", values * request < 0.0, values)
            for name, values in (("acceptance_kw", acceptance), ("power_kw", power))
        ]
    else:
        negative = (("request_kw", request), ("acceptance_kw", acceptance), ("power_kw", power))
        checks += [_Check(name, "must not be negative", values < 0.0, values) for name, values in negative]
    energy, batteries = records["energy_kwh"], sessions["battery"]
    only_charged = batteries["power_min_kw"] >= 0.0
    low_kwh = np.where(only_charged, sessions["energy_arrival_kwh"], batteries["energy_min_kwh"])
    low_kwh = np.minimum(low_kwh, sessions["energy_arrival_kwh"])
    high_kwh = np.maximum(sessions["energy_target_kwh"], batteries["energy_max_kwh"])
    low, high = (np.append(bound, 0.0)[session] for bound in (low_kwh, high_kwh))
    below, above = "must not be below what the PEV came with", "must not be above what the PEV should leave with"
    if not only_charged.all():
        below, above = f"{below}, or its floor", f"{above}, or its ceiling"
    checks.append(_Check("energy_kwh", below, ~empty & _above(low, energy), energy))
    checks.append(_Check("energy_kwh", above, ~empty & _above(energy, high), energy))
    return checks


def _books(records: Records, scenario: Scenario, sessions: Records) -> list[_Check]:
    """What is drawn from the grid is stored or lost."""
    session, energy = records["session"], records["energy_kwh"]
    hours = scenario.step_minutes / MINUTES_PER_HOUR
    before = np.append(sessions["energy_arrival_kwh"], 0.0)[session]
    goes_on = session[1:] == session[:-1]
    before[1:][goes_on] = energy[:-1][goes_on]
    efficiency, efficiency_out = (
        np.append(sessions["battery"][name], 1.0)[session] for name in ("efficiency", "efficiency_out")
    )
    stored = np.where(records["power_kw"] >= 0.0, efficiency, 1.0 / efficiency_out) * records["power_kw"] * hours
    served = session != NO_SESSION
    apart = served & (np.abs(energy - before - stored) > _TOLERANCE * np.maximum(np.abs(energy), 1.0))
    return [_Check("energy_kwh", "must be what it was before and what power_kw stores in the step", apart, energy)]


def _cap_problems(records: Records, scenario: Scenario, now: Records) -> list[str]:
    """Steps in which the stations draw more than the area may beside base load and sun, or give more."""
    if scenario.rule.by == "nothing":
        return []
    area = scenario.area
    base_kw = now["load_kw"] - now["solar_kw"]
    cap_kw = np.maximum(np.minimum(area.power_max_kw, now["cap_kw"]) - base_kw, 0.0)
    least_kw = np.minimum(min(area.power_min_kw, 0.0) - base_kw, 0.0)
    total_kw = np.cumsum(records["power_kw"], axis=1)[:, -1]
    told = "the sum of all stations must not be"
    return [
        f"step {t}, power_kw: {told} {what} the area's {bound[t]:g} kW (it is {total_kw[t]})"
        for what, bound, broken in (
            ("above", cap_kw, _above(total_kw, cap_kw)),
            ("below", least_kw, _above(least_kw, total_kw)),
        )
        for t in np.flatnonzero(broken)[:_SHOWN_PER_RULE]
    ]


def _above(value: Array, bound: Array) -> Booleans:
    above: Booleans = value > bound + _TOLERANCE * np.maximum(np.abs(bound), 1.0)
    return above
