"""Drivers who err about their departure: by how much, how repeatably, and with what no harm."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from pev_battery_charge import InputError, Schedule, generate_schedule, import_sessions
from pev_battery_charge.populations.stated import CALTECH_ERROR_HOURS, with_stated_departures
from pev_battery_charge.schedule.columns import STATED

COUNT = 20_000


def long_stays() -> Schedule:
    """Many PEVs that stay for twenty hours: no error reaches back to their arrival."""
    arrivals = np.arange(COUNT, dtype=np.float64)
    columns: dict[str, Any] = {
        "pev": [f"p{number}" for number in range(COUNT)],
        "arrival_min": arrivals,
        "departure_min": arrivals + 1200.0,
        "station": pl.Series([None] * COUNT, dtype=pl.Int32),
        "plug_in_min": pl.Series([None] * COUNT, dtype=pl.Float64),
    }
    battery = {"capacity_kwh": 40.0, "energy_arrival_kwh": 1.0, "energy_target_kwh": 30.0, "power_max_kw": 11.0}
    return Schedule(pl.DataFrame(columns).with_columns(**battery, efficiency=0.9, transition_soc=1.0))


def errors_hours(schedule: Schedule) -> np.ndarray:
    sessions = schedule.sessions
    return (sessions[STATED] - sessions["departure_min"]).to_numpy() / 60.0


@pytest.mark.parametrize("points", [(-5.9, -0.5, 1.2), (0.0, 1.0, 5.0), (-0.2, -0.1, 0.0)])
def test_the_errors_have_the_quantiles_asked_for(points: tuple[float, float, float]) -> None:
    low, middle, high = points
    errors = errors_hours(with_stated_departures(long_stays(), points, seed=1))
    lowest, highest = middle - 1.25 * (middle - low), middle + 1.25 * (high - middle)
    expected = {
        0.1: low,
        0.5: middle,
        0.9: high,
        0.3: (low + middle) / 2,
        0.7: (middle + high) / 2,
        0.0: lowest,
        1.0: highest,
    }
    for share, value in expected.items():
        # The share of errors below a point has a standard deviation of at most 0.5 / sqrt(COUNT) = 0.0035.
        assert np.quantile(errors, share) == pytest.approx(value, abs=0.015 * 2.5 * (high - low))
    assert errors.min() >= lowest - 1e-9
    assert errors.max() <= highest + 1e-9


def test_one_seed_states_the_same_and_another_something_else() -> None:
    schedule = generate_schedule("workplace-20", seed=2)
    first, second, other = (with_stated_departures(schedule, seed=seed) for seed in (5, 5, 6))
    assert first == second
    assert first != other
    assert with_stated_departures(first, seed=6) == other, "what was stated before is forgotten"
    assert with_stated_departures(schedule) == with_stated_departures(schedule, CALTECH_ERROR_HOURS, 0)


@pytest.mark.parametrize("name", ["workplace-20", "public-10", "residential-12"])
def test_nothing_but_the_stated_departure_changes_and_it_is_never_before_the_arrival(name: str) -> None:
    schedule = generate_schedule(name, seed=2)
    stated = with_stated_departures(schedule, (-30.0, -0.5, 20.0), seed=3)
    assert stated.sessions.drop(STATED).equals(schedule.sessions.drop(STATED))
    assert stated.info == schedule.info
    after_min = (stated.sessions[STATED] - stated.sessions["arrival_min"]).to_numpy()
    assert after_min.min() == 1.0
    assert (after_min > 1.0).any()


def test_the_errors_by_default_are_those_of_caltechs_drivers(acn_data: Any) -> None:
    schedule, _ = import_sessions(
        acn_data / "caltech-2019-summer.csv.gz", day="2019-05-01", last_day="2019-08-31", stations="assigned"
    )
    stated = schedule.sessions.with_columns(pl.col(STATED).fill_null(pl.col("departure_min")))
    errors = errors_hours(Schedule(stated))
    np.testing.assert_allclose(np.quantile(errors, (0.1, 0.5, 0.9)), CALTECH_ERROR_HOURS, atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"error_hours": (0.0, 0.0, 1.0)}, "error_hours: must rise"),
        ({"error_hours": (2.0, 1.0, 3.0)}, "error_hours: must rise"),
        ({"error_hours": (-1.0, float("nan"), 1.0)}, "error_hours: must be three finite numbers"),
        ({"error_hours": (-1.0, 0.0, float("inf"))}, "error_hours: must be three finite numbers"),
        ({"error_hours": (-1.0, 1.0)}, "error_hours: must be three finite numbers"),
        ({"seed": -1}, "seed: must be a whole number of at least 0"),
        ({"seed": 1.5}, "seed: must be a whole number of at least 0"),
    ],
    ids=str,
)
def test_errors_that_are_none_are_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        with_stated_departures(generate_schedule("paper-5x20"), **arguments)
