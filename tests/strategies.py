"""What Hypothesis draws: batteries, scenarios, schedules, requests.

Powers and times come in quarters, so that sums and comparisons of them are exact and edges are met often.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Schedule
from pev_battery_charge.core.records import SESSION
from pev_battery_charge.schedule.assignment import assign_stations
from pev_battery_charge.schedule.columns import COLUMNS
from pev_battery_charge.schedule.table import ScheduleInfo
from tests.records import write_session

COORDINATORS = (
    "none",
    "proportional",
    "equal",
    "earliest_departure",
    "least_laxity",
    "first_come",
    "largest_remaining",
)

Floats = npt.NDArray[np.float64]


def quarters(low: float, high: float) -> st.SearchStrategy[float]:
    """Multiples of 0.25 from `low` to `high`."""
    return st.integers(round(low * 4), round(high * 4)).map(lambda number: number / 4)


def socs() -> st.SearchStrategy[float]:
    """Thousandths from 0 to 1."""
    return st.integers(0, 1000).map(lambda number: number / 1000)


def efficiencies() -> st.SearchStrategy[float]:
    return st.floats(0.7, 1.0)


def transition_socs() -> st.SearchStrategy[float]:
    """A plain linear battery half of the time, else a taper anywhere, even from an empty battery on."""
    return st.just(1.0) | st.sampled_from([0.0, 0.8]) | st.floats(0.0, 0.999)


def steps_minutes() -> st.SearchStrategy[float]:
    return st.sampled_from([1.0, 2.5, 5.0, 7.0, 15.0, 30.0]) | st.floats(1.0, 30.0)


@st.composite
def batteries(draw: st.DrawFn) -> dict[str, float]:
    """The arguments of `acceptance_kw`."""
    capacity_kwh = draw(st.floats(5.0, 100.0))
    arrival_soc, target_soc = sorted(draw(st.tuples(socs(), socs())))
    return {
        "request_kw": draw(st.floats(0.5, 60.0)),
        "energy_kwh": arrival_soc * capacity_kwh,
        "target_kwh": target_soc * capacity_kwh,
        "capacity_kwh": capacity_kwh,
        "power_max_kw": draw(st.floats(2.0, 50.0)),
        "efficiency": draw(efficiencies()),
        "transition_soc": draw(transition_socs()),
        "step_hours": draw(steps_minutes()) / 60.0,
    }


@st.composite
def station_limits(draw: st.DrawFn) -> dict[str, float]:
    power_max_kw = draw(quarters(1.0, 25.0))
    power_min_kw = draw(st.just(0.0) | quarters(0.0, power_max_kw))
    return {"power_min_kw": power_min_kw, "power_max_kw": power_max_kw}


@st.composite
def rewards(draw: st.DrawFn) -> dict[str, float]:
    weights = {name: draw(quarters(0.0, 3.0)) for name in ("soc", "local", "area", "departure")}
    return weights | {"exponent": draw(quarters(0.25, 3.0)), "sharing": draw(quarters(0.0, 1.0))}


@st.composite
def scenarios(draw: st.DrawFn, /, **fixed: Any) -> Scenario:
    """Small areas of unlike stations behind a cap that binds, under every rule and step length.

    `fixed` values are not drawn.
    """
    step_minutes = draw(steps_minutes())
    horizon_steps = draw(st.integers(4, 40))
    stations = [draw(station_limits()) for _ in range(draw(st.integers(1, 5)))]
    cap_kw = draw(quarters(1.0, sum(station["power_max_kw"] for station in stations)))
    target_soc, arrival_soc_max = draw(socs().filter(bool)), draw(socs())
    drawn = {
        "name": "drawn",
        "step_minutes": step_minutes,
        "horizon_steps": horizon_steps,
        "coordinator": draw(st.sampled_from(COORDINATORS)),
        "area": {"power_min_kw": draw(st.just(0.0) | quarters(0.0, cap_kw)), "power_max_kw": cap_kw},
        "stations": stations,
        "population": {
            "kind": "spread",
            "pevs": draw(st.integers(1, 20)),
            "capacity_kwh": draw(st.floats(4.0, 80.0)),
            "target_soc": target_soc,
            "arrival_soc_max": min(arrival_soc_max, target_soc),
            "stay_minutes": draw(st.floats(0.1, 0.9)) * step_minutes * horizon_steps,
            "stay_tolerance": draw(st.floats(0.0, 0.9)),
            "power_max_kw": draw(quarters(2.0, 40.0)),
            "efficiency": draw(efficiencies()),
            "transition_soc": draw(transition_socs()),
            "patience_minutes": draw(st.just(0.0) | st.floats(0.0, 200.0)),
        },
        "reward": draw(rewards()),
    }
    return Scenario.model_validate(drawn | fixed)


@st.composite
def sessions(draw: st.DrawFn, horizon_minutes: float) -> dict[str, float]:
    """One PEV that comes within the horizon, and may stay beyond it or be gone at once; some say when, and err."""
    capacity_kwh = draw(quarters(2.0, 80.0))
    arrival_soc, target_soc = sorted(draw(st.tuples(socs(), socs())))
    arrival_min = draw(st.just(0.0) | quarters(0.0, horizon_minutes))
    stated_stay_min = draw(st.none() | quarters(0.25, 1.2 * horizon_minutes))
    stated = {} if stated_stay_min is None else {"departure_stated_min": arrival_min + stated_stay_min}
    return stated | {
        "arrival_min": arrival_min,
        "departure_min": arrival_min + draw(quarters(0.25, 1.2 * horizon_minutes)),
        "capacity_kwh": capacity_kwh,
        "energy_arrival_kwh": arrival_soc * capacity_kwh,
        "energy_target_kwh": target_soc * capacity_kwh,
        "power_max_kw": draw(quarters(1.0, 40.0)),
        "efficiency": draw(efficiencies()),
        "transition_soc": draw(transition_socs()),
    }


@st.composite
def schedules(draw: st.DrawFn, scenario: Scenario) -> Schedule:
    """PEVs that are all different, queueing for the scenario's stations."""
    pevs = [draw(sessions(scenario.horizon_minutes)) for _ in range(draw(st.integers(1, 12)))]
    patience_min = draw(st.just(0.0) | quarters(0.0, scenario.horizon_minutes))
    return schedule_of(pevs, scenario.num_stations, patience_min)


def schedule_of(pevs: list[dict[str, float]], num_stations: int, patience_minutes: float = 0.0) -> Schedule:
    """The schedule of PEVs that come to `num_stations` stations."""
    records = np.zeros(len(pevs), SESSION)
    for record, pev in zip(records, sorted(pevs, key=lambda one: one["arrival_min"]), strict=True):
        record["status"] = 1
        record["departure_stated_min"] = pev["departure_min"]
        write_session(record, **pev)
    assign_stations(records, num_stations, patience_minutes)
    return Schedule.from_records(records, ScheduleInfo())


@st.composite
def policies(draw: st.DrawFn) -> Callable[[int, Floats], Floats]:
    """What the stations ask for in step t, given their upper limits: within bounds, far out of them, negative, zero."""
    seed = draw(st.integers(0, 2**32 - 1))

    def ask(step: int, power_max_kw: Floats) -> Floats:
        random = np.random.default_rng([seed, step])
        share = random.choice([0.0, 1.0, 1.0, 3.0, -0.5], size=power_max_kw.shape)
        noisy = random.uniform(-0.2, 1.3, size=power_max_kw.shape)
        return np.where(random.random(power_max_kw.shape) < 0.5, share, noisy) * power_max_kw

    return ask


@st.composite
def session_frames(draw: st.DrawFn) -> pl.DataFrame:
    """Tables that keep every rule, with names that a CSV file must quote and floats of every length."""
    names = draw(st.lists(st.text("aé, \"'#;1\n", min_size=1, max_size=6), min_size=1, max_size=6, unique=True))
    arrivals = sorted(draw(st.lists(st.floats(0.0, 1e6), min_size=len(names), max_size=len(names))))
    rows = []
    for number, (name, arrival_min) in enumerate(zip(names, arrivals, strict=True)):
        pev = draw(sessions(600.0)) | {"pev": name, "arrival_min": arrival_min}
        pev["departure_min"] = arrival_min + draw(st.floats(1.0, 1e4))
        pev["departure_stated_min"] = draw(st.none() | st.floats(1.0, 1e4).map(arrival_min.__add__))
        if draw(st.booleans()):
            pev |= {"station": number, "plug_in_min": arrival_min}
        rows.append({column: pev.get(column) for column in COLUMNS})
    return pl.DataFrame(rows, schema=COLUMNS)
