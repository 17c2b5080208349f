"""Synthetic days: what their description says of them, and their way onto the steps of an episode."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.generate import area_generators
from pev_battery_charge.series.synthetic import at_steps, draw_days, persist


def days(count: int, day_of_year: int | None = None, number: int = 2, *, weekend: bool = False, seed: int = 0):  # type: ignore[no-untyped-def]
    return draw_days(area_generators(seed, count), number, day_of_year, weekend=weekend)


def test_prices_have_the_mean_the_spread_and_the_negative_hours_that_they_say() -> None:
    """Day-ahead prices of the Netherlands in 2023 and 2024: means 0.096 and 0.077, 3.6 and 5.2 % of hours below 0."""
    spot = days(2000).spot.reshape(-1, 24)
    assert 0.08 < spot.mean() < 0.09
    assert 0.02 < spot.mean(axis=1).std() < 0.03
    assert 0.001 < (spot < 0.0).mean() < 0.05
    assert 0.06 < (spot.max(axis=1) - spot.min(axis=1)).mean() < 0.15


def test_noon_is_cheap_in_summer_and_the_evening_dear() -> None:
    winter, summer = (days(500, day).spot.reshape(-1, 24).mean(axis=0) for day in (5, 172))
    assert summer[13] < winter[13] - 0.03
    assert winter[19] > winter[3] + 0.03
    assert summer.argmax() in (18, 19, 20)


def test_the_sun_shines_by_day_and_longer_in_summer() -> None:
    winter, summer = (days(300, day).sun.reshape(-1, 96) for day in (355, 172))
    assert not winter[:, :24].any()
    assert not summer[:, :12].any()
    assert ((summer > 0.0).sum(axis=1) > 60).all()
    assert ((winter > 0.0).sum(axis=1) < 36).all()
    assert summer.sum() > 4.0 * winter.sum()
    assert 0.0 <= summer.min() <= summer.max() <= 0.95


def test_an_office_is_used_by_day_and_a_household_in_the_evening() -> None:
    drawn = days(300)
    office, household = (load.reshape(-1, 96).mean(axis=0) for load in (drawn.office, drawn.household))
    assert office[48] == pytest.approx(1.0, abs=0.05)
    assert office[8] == pytest.approx(0.3, abs=0.03)
    assert household.argmax() // 4 in (18, 19)
    assert household.max() == pytest.approx(1.0, abs=0.06)


def test_weekends_have_lower_peaks() -> None:
    week, end = (days(300, 10, weekend=weekend).spot.reshape(-1, 24).mean(axis=0) for weekend in (False, True))
    assert end[8] < week[8] - 0.01


def test_areas_together_are_drawn_as_each_alone() -> None:
    together = days(3, seed=5)
    for b in range(3):
        alone = days(1, seed=5 + b)
        assert all(np.array_equal(one[b], other[0]) for one, other in zip(together, alone, strict=True))


@given(
    start_hour=st.floats(0.0, 23.9),
    step_minutes=st.sampled_from([1.0, 5.0, 7.0, 15.0, 60.0, 90.0]),
    steps=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_what_steps_see_adds_up_to_what_there_is(start_hour: float, step_minutes: float, steps: int, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1.0, 1.0, (2, 24 * 5 * 4))
    hours = steps * step_minutes / 60.0
    means = at_steps(values, 4, start_hour, step_minutes, steps)
    assert means.shape == (2, steps)
    fine = at_steps(values, 4, start_hour, step_minutes / 2.0, 2 * steps)
    assert np.allclose(fine.reshape(2, steps, 2).mean(axis=2), means, atol=1e-9)
    quarters = np.repeat(values, 1000, axis=1)[:, round(start_hour * 4000) : round((start_hour + hours) * 4000)]
    assert np.allclose(means.mean(axis=1), quarters.mean(axis=1), atol=5e-3 / min(hours, 1.0))


def test_on_their_own_grid_values_stay_what_they_are() -> None:
    values = np.arange(96.0)[None]
    assert np.allclose(at_steps(values, 4, 6.0, 15.0, 8), values[:, 24:32], atol=1e-12)
    assert np.allclose(at_steps(values, 4, 6.0, 60.0, 2), [[25.5, 29.5]], atol=1e-12)


def test_noise_persists_as_it_says() -> None:
    noise = np.random.default_rng(1).standard_normal((400, 500))
    settled = persist(noise, 0.9, settled=True)
    assert settled.std() == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(settled[:, 1:].ravel(), settled[:, :-1].ravel())[0, 1] == pytest.approx(0.9, abs=0.01)
    assert persist(np.array([[1.0, 0.0, 2.0]]), 0.5).tolist() == [[1.0, 0.5, 2.25]]
