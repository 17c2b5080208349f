"""Schedules of real sites against the statistics they are drawn from, and against the mixture drawn by other means.

Samples are about forty thousand sessions, so that a cumulative share is known to 0.007 (the 1 % critical distance of
Kolmogorov and Smirnov is 1.63 / sqrt(n) = 0.008) and a mean over a tenth of them to about 2 %.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import ks_2samp, norm, rankdata, spearmanr  # type: ignore[import-untyped]  # SciPy carries no types

from pev_battery_charge import Scenario, Simulation, generate_schedule, load_scenario
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.records import Status
from pev_battery_charge.populations.profiles import load_pev_models

Floats = npt.NDArray[np.float64]

SITES: dict[str, dict[str, Any]] = json.loads(
    (resources.files("pev_battery_charge.populations") / "site_profiles.json").read_text(encoding="utf-8")
)["sites"]
DAYS = [(site, day) for site in SITES for day in ("weekday", "weekend") if (site, day) != ("workplace", "weekend")]
MIXTURES = [(site, "weekday") for site in ("caltech", "jpl")]
TABLES = [day for day in DAYS if day not in MIXTURES]


def site_scenario(site: str, day: str = "weekday", **changes: Any) -> Scenario:
    models = "california" if site in ("caltech", "jpl") else "europe"
    population = {"kind": "site", "profile": site, "day": day, "pev_models": models, "sessions_per_day": 400.0}
    return Scenario.model_validate({"horizon_steps": 288, "stations": {"count": 2}, "population": population | changes})


def draw_sessions(scenario: Scenario, num_areas: int) -> Records:
    """The sessions of many areas in one row, without padding."""
    sessions = (
        scenario.population.generator(scenario).draw([np.random.default_rng(b) for b in range(num_areas)]).sessions
    )
    used: Records = sessions[sessions["status"] != Status.PADDING]
    return used


@cache
def sample(site: str, day: str) -> tuple[Floats, Floats, Floats]:
    """Arrival hour, stay (h) and metered energy (kWh) of about forty thousand sessions."""
    sessions = draw_sessions(site_scenario(site, day), 100)
    stored_kwh = sessions["energy_target_kwh"] - sessions["energy_arrival_kwh"]
    stay_h = (sessions["departure_min"] - sessions["arrival_min"]) / 60.0
    return sessions["arrival_min"] / 60.0, stay_h, stored_kwh / sessions["battery"]["efficiency"]


def mixture_by_other_means(site: str, count: int) -> tuple[Floats, Floats, Floats]:
    mixture = SITES[site]["joint_mixture_weekday"]
    random = np.random.default_rng(99)
    weights = np.array(mixture["weights"])
    components = random.choice(weights.size, size=count, p=weights / weights.sum())
    draws = np.empty((count, 3))
    for component, (mean, covariance) in enumerate(zip(mixture["means"], mixture["covariances"], strict=True)):
        here = components == component
        draws[here] = random.multivariate_normal(mean, covariance, size=int(here.sum()))
    return draws[:, 0] % 24.0, np.exp(draws[:, 1]), np.exp(draws[:, 2])


@pytest.mark.parametrize(("site", "day"), DAYS)
def test_pevs_arrive_as_the_site_has_them(site: str, day: str) -> None:
    hours, _, _ = sample(site, day)
    share = np.array(SITES[site][f"arrival_share_{day}"])
    expected = np.cumsum(share) / share.sum()
    actual = np.searchsorted(np.sort(hours), np.arange(1, 25)) / hours.size
    # The mixture of three Gaussian shapes an hour smooths a garage's sharp morning.
    tolerance = 0.04 if (site, day) in MIXTURES else 0.01
    assert np.abs(actual - expected).max() < tolerance


@pytest.mark.parametrize(("site", "day"), DAYS)
@pytest.mark.parametrize("what", ["stay_h", "energy_kwh"])
def test_stay_and_energy_have_the_sites_quantiles(site: str, day: str, what: str) -> None:
    values = sample(site, day)[1 if what == "stay_h" else 2]
    quantiles = SITES[site][f"{what}_quantiles"]
    levels = np.array([float(percent) for percent in quantiles]) / 100.0
    actual = np.searchsorted(np.sort(values), list(quantiles.values())) / values.size
    tolerance = 0.04 if (site, day) in MIXTURES else 0.01
    assert np.abs(actual - levels).max() < tolerance


@pytest.mark.parametrize(("site", "day"), DAYS)
@pytest.mark.parametrize("what", ["stay_h", "energy_kwh"])
def test_stay_and_energy_have_the_sites_mean(site: str, day: str, what: str) -> None:
    mean = sample(site, day)[1 if what == "stay_h" else 2].mean()
    assert mean == pytest.approx(SITES[site][f"{what}_mean_sd"][0], rel=0.05)


@pytest.mark.parametrize(("site", "day"), DAYS)
@pytest.mark.parametrize("what", ["stay_h", "energy_kwh"])
def test_mean_stay_and_energy_follow_the_arrival_hour(site: str, day: str, what: str) -> None:
    """Hours with 3 % of the arrivals and more; the overall mean, which the hourly means contradict, is set aside."""
    hours, stay_h, energy_kwh = sample(site, day)
    values = stay_h if what == "stay_h" else energy_kwh
    told = SITES[site][f"mean_{what}"]
    counts = np.bincount(hours.astype(int), minlength=24)
    busy = [hour for hour in range(24) if told[hour] is not None and counts[hour] >= 0.03 * hours.size]
    expected = np.array([told[hour] for hour in busy])
    actual = np.array([values[hours.astype(int) == hour].mean() for hour in busy])
    ratio = actual / expected
    ratio /= np.average(ratio, weights=counts[busy])
    assert np.abs(ratio - 1.0).max() < (0.3 if (site, day) in MIXTURES else 0.1)


@pytest.mark.parametrize(("site", "day"), TABLES)
def test_within_an_hour_longer_stays_take_more_energy_as_acn_data_has_it(site: str, day: str) -> None:
    hours, stay_h, energy_kwh = sample(site, day)
    scores: tuple[list[Floats], list[Floats]] = [], []
    for hour in range(24):
        here = hours.astype(int) == hour
        if here.sum() >= 200:
            for kept, values in zip(scores, (stay_h, energy_kwh), strict=True):
                kept.append(norm.ppf(rankdata(values[here]) / (here.sum() + 1)))
    correlation = np.corrcoef(np.concatenate(scores[0]), np.concatenate(scores[1]))[0, 1]
    assert correlation == pytest.approx(0.24, abs=0.02)


@pytest.mark.parametrize("site", ["caltech", "jpl"])
def test_a_garage_is_its_mixture(site: str) -> None:
    drawn = sample(site, "weekday")
    expected = list(mixture_by_other_means(site, drawn[0].size))
    # Sessions have whole minutes, at least one, and the largest battery of the table takes 98.4 kWh.
    expected[0] = np.floor(expected[0] * 60.0) / 60.0
    expected[1] = np.maximum(np.floor(expected[1] * 60.0), 1.0) / 60.0
    expected[2] = np.minimum(expected[2], 98.4 / 0.9)
    for name, actual, wanted in zip(("hour", "stay", "energy"), drawn, expected, strict=True):
        assert ks_2samp(actual, wanted).pvalue > 0.01, name
    for one, other in ((0, 1), (0, 2), (1, 2)):
        actual, wanted = (spearmanr(pair[one], pair[other]).statistic for pair in (drawn, expected))
        assert actual == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize(("site", "day"), [("caltech", "weekday"), ("caltech", "weekend"), ("jpl", "weekday")])
def test_the_number_of_pevs_is_poisson_with_the_sites_mean(site: str, day: str) -> None:
    mean = SITES[site][f"sessions_per_day_{day}"]
    counts = [len(generate_schedule(site_scenario(site, day, sessions_per_day=None), seed=seed)) for seed in range(150)]
    assert np.mean(counts) == pytest.approx(mean, abs=4.0 * np.sqrt(mean / 150))
    assert 0.6 < np.var(counts) / mean < 1.5


@pytest.mark.parametrize(("site", "day"), DAYS)
def test_a_battery_can_hold_what_is_wanted_of_it(site: str, day: str) -> None:
    sessions = draw_sessions(site_scenario(site, day), 10)
    assert (sessions["energy_arrival_kwh"] >= 0.0).all()
    assert (sessions["energy_target_kwh"] >= sessions["energy_arrival_kwh"]).all()
    assert (sessions["energy_target_kwh"] <= sessions["battery"]["capacity_kwh"]).all()
    above = sessions["energy_target_kwh"] > 0.9 * sessions["battery"]["capacity_kwh"] + 1e-9
    assert (sessions["energy_arrival_kwh"][above] == 0.0).all()
    assert not above.all()


@pytest.mark.parametrize("region", ["europe", "california"])
def test_a_pev_is_a_model_that_could_take_its_energy_in_its_stay_where_there_is_one(region: str) -> None:
    site = "caltech" if region == "california" else "public"
    sessions = draw_sessions(site_scenario(site), 10)
    models = load_pev_models(region)
    pairs = set(zip(models.capacity_kwh.tolist(), models.power_max_kw.tolist(), strict=True))
    for session in sessions:
        stay_h = (session["departure_min"] - session["arrival_min"]) / 60.0
        stored_kwh = session["energy_target_kwh"] - session["energy_arrival_kwh"]
        assert (session["battery"]["capacity_kwh"], session["battery"]["power_max_kw"]) in pairs
        metered_kwh = stored_kwh / session["battery"]["efficiency"]
        # The stay was cut to whole minutes after the model was chosen.
        if session["battery"]["power_max_kw"] * (stay_h + 1.0 / 60.0) < metered_kwh - 1e-9:
            assert session["battery"]["capacity_kwh"] == models.capacity_kwh.max()
            assert (models.power_max_kw * stay_h < metered_kwh)[models.capacity_kwh >= stored_kwh].all()


def test_the_day_begins_at_the_start_hour() -> None:
    share = np.array(SITES["residential"]["arrival_share_weekday"])
    hours = draw_sessions(site_scenario("residential", start_hour=12.0), 50)["arrival_min"] / 60.0
    actual = np.bincount(((hours + 12.0) % 24.0).astype(int), minlength=24) / hours.size
    assert np.abs(actual - share / share.sum()).max() < 0.01
    assert generate_schedule(site_scenario("residential", start_hour=12.5)).info.start == "12:30"


def test_a_horizon_of_some_hours_sees_those_who_arrive_in_them_and_one_of_two_days_twice_as_many() -> None:
    whole = draw_sessions(site_scenario("public", start_hour=6.0), 50)
    morning = draw_sessions(site_scenario("public", start_hour=6.0).replace(horizon_steps=72), 50)
    two_days = draw_sessions(site_scenario("public", start_hour=6.0).replace(horizon_steps=576), 50)
    assert morning["arrival_min"].max() < 360.0
    assert morning.size == pytest.approx((whole["arrival_min"] < 360.0).sum(), rel=0.05)
    assert two_days.size == pytest.approx(2 * whole.size, rel=0.03)
    days = two_days["arrival_min"] // 1440.0
    assert days.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("name", ["caltech-54", "jpl-52", "public-10", "residential-12", "workplace-20"])
def test_no_session_vanishes(name: str) -> None:
    simulation = Simulation(load_scenario(name), num_areas=3, record=True, max_steps=1)
    simulation.reset(seed=0)
    drawn = (simulation.sessions["status"] != Status.PADDING).sum(axis=1)
    simulation.step(np.zeros(simulation.stations.shape))
    for b in range(3):
        statuses = simulation.trace(b).session_frame()["status"]
        assert len(statuses) == drawn[b] > 0
        assert set(statuses) <= {"served", "rejected", "too_short"}


@pytest.mark.parametrize("name", ["caltech-54", "public-10"])
def test_schedules_are_valid_and_in_order_of_arrival(name: str) -> None:
    scenario = load_scenario(name)
    schedule = generate_schedule(scenario, seed=5)
    schedule.validate(scenario)
    assert schedule.sessions["arrival_min"].is_sorted()
    assert (schedule.sessions["arrival_min"].to_numpy() % 1.0 == 0.0).all()
    assert schedule.info.source == f"profile {name.split('-', maxsplit=1)[0]}, weekday"
