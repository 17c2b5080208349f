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
from pev_battery_charge.core.records import NO_SESSION, STEP, Status
from pev_battery_charge.core.units import MINUTES_PER_HOUR
from pev_battery_charge.errors import raise_if
from pev_battery_charge.scenario import Scenario

COLUMNS: Final = ("asked_kw", "request_kw", "acceptance_kw", "power_kw", "energy_kwh", "reward", "session")
"""The fields of a station's step in a row, beside `step` and `station`."""
_WHOLE: Final = ("step", "station", "session")
_TOLERANCE: Final = 1e-9
"""In kW and kWh, and of the larger of two values that are compared."""
_SHOWN_PER_RULE: Final = 5


def to_records(frame: pl.DataFrame, scenario: Scenario, sessions: Records, source: str) -> Records:
    """The rows of a trace as `STEP[T, N]`, without what the schedule contains; raises `InputError` with every problem.

    sessions: `SESSION[S]`, on the grid of the scenario's steps.
    source: what the rows come from, for errors.
    """
    given = _numbers(frame, source)
    records = _on_grid(given, scenario, source)
    problems = _session_problems(records, _expected(records.shape, sessions), len(sessions))
    raise_if(source, problems)
    checks = (*_bounds(records, scenario, sessions), *_books(records, scenario, sessions))
    raise_if(source, [line for check in checks for line in check.problems()] + _cap_problems(records, scenario))
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
    upper_kw = np.array([station.power_max_kw for station in scenario.stations])
    checks = [
        _Check(name, "must be 0 at an empty station", empty & (records[name] != 0.0), records[name])
        for name in ("request_kw", "acceptance_kw", "power_kw", "energy_kwh")
    ]
    request, acceptance, power = (records[name] for name in ("request_kw", "acceptance_kw", "power_kw"))
    checks += [
        _Check("request_kw", "must not be above the station's power_max_kw", _above(request, upper_kw), request),
        _Check("acceptance_kw", "must not be above request_kw", _above(acceptance, request), acceptance),
        _Check("power_kw", "must not be above acceptance_kw", _above(power, acceptance), power),
        *(_Check(name, "must not be negative", records[name] < 0.0, records[name]) for name in _NEVER_NEGATIVE),
    ]
    energy = records["energy_kwh"]
    for name, rule, broken in (
        ("energy_arrival_kwh", "must not be below what the PEV came with", _above),
        ("energy_target_kwh", "must not be above what the PEV should leave with", lambda bound, it: _above(it, bound)),
    ):
        bound = np.append(sessions[name], 0.0)[session]
        checks.append(_Check("energy_kwh", rule, ~empty & broken(bound, energy), energy))
    return checks


_NEVER_NEGATIVE: Final = ("request_kw", "acceptance_kw", "power_kw")


def _books(records: Records, scenario: Scenario, sessions: Records) -> list[_Check]:
    """What is drawn from the grid is stored or lost."""
    session, energy = records["session"], records["energy_kwh"]
    hours = scenario.step_minutes / MINUTES_PER_HOUR
    before = np.append(sessions["energy_arrival_kwh"], 0.0)[session]
    goes_on = session[1:] == session[:-1]
    before[1:][goes_on] = energy[:-1][goes_on]
    stored = np.append(sessions["battery"]["efficiency"], 0.0)[session] * records["power_kw"] * hours
    served = session != NO_SESSION
    apart = served & (np.abs(energy - before - stored) > _TOLERANCE * np.maximum(np.abs(energy), 1.0))
    return [_Check("energy_kwh", "must be what it was before and what power_kw stores in the step", apart, energy)]


def _cap_problems(records: Records, scenario: Scenario) -> list[str]:
    """Steps in which the stations draw more than the area may."""
    if scenario.rule.by == "nothing":
        return []
    cap_kw = scenario.area.power_max_kw
    total_kw = np.cumsum(records["power_kw"], axis=1)[:, -1]
    return [
        f"step {t}, power_kw: the sum of all stations must not be above the area's {cap_kw:g} kW (it is {total_kw[t]})"
        for t in np.flatnonzero(_above(total_kw, np.full(total_kw.shape, cap_kw)))[:_SHOWN_PER_RULE]
    ]


def _above(value: Array, bound: Array) -> Booleans:
    above: Booleans = value > bound + _TOLERANCE * np.maximum(np.abs(bound), 1.0)
    return above
