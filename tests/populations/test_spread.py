"""Schedules of PEVs of one kind: slots, stays, states of charge, and that nobody is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest  # type: ignore[import-untyped]  # SciPy carries no types

from pev_battery_charge import Scenario, Simulation, generate_schedule, load_scenario
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.populations import SpreadPopulation
from tests import strategies


def drawn(scenario: Scenario, num_areas: int, seed: int = 0) -> Records:
    random = [np.random.default_rng(seed + b) for b in range(num_areas)]
    return scenario.population.generator(scenario).draw(random).sessions


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32))
def test_every_pev_comes_in_its_slot_and_leaves_inside_the_horizon(scenario: Scenario, seed: int) -> None:
    population = scenario.population
    assert isinstance(population, SpreadPopulation)
    sessions = drawn(scenario, 1, seed)[0]
    assert sessions.size == population.pevs
    slot_min = (scenario.horizon_minutes - population.stay_minutes) / population.pevs
    slots = np.arange(population.pevs) * slot_min
    assert (sessions["arrival_min"] >= np.floor(slots)).all()
    assert (sessions["arrival_min"] <= slots + slot_min).all()
    assert (sessions["departure_min"] <= scenario.horizon_minutes + 1e-9).all()
    stays = sessions["departure_min"] - sessions["arrival_min"]
    assert (stays <= population.stay_minutes + 1e-9).all()
    shortest_min = np.floor(population.stay_minutes * (1.0 - population.stay_tolerance))
    assert (stays >= shortest_min).all()
    assert (stays > 0.0).all()
    assert (sessions["arrival_min"] % 1.0 == 0.0).all()


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32))
def test_pevs_are_of_the_populations_kind(scenario: Scenario, seed: int) -> None:
    population = scenario.population
    assert isinstance(population, SpreadPopulation)
    sessions = drawn(scenario, 1, seed)[0]
    arrival_soc = sessions["energy_arrival_kwh"] / population.capacity_kwh
    assert (arrival_soc >= 0.0).all()
    assert (arrival_soc <= population.arrival_soc_max + 1e-12).all()
    assert (sessions["energy_target_kwh"] == population.target_soc * population.capacity_kwh).all()
    for name in ("capacity_kwh", "power_max_kw", "efficiency", "transition_soc"):
        assert (sessions["battery"][name] == getattr(population, name)).all()


def test_the_paper_scenario_draws_uniformly_within_its_slots_stays_and_states_of_charge() -> None:
    sessions = drawn(load_scenario("paper-5x20"), 200)
    assert sessions.shape == (200, 20)
    arrivals = sessions["arrival_min"] + 0.5
    places = arrivals / 39.0 - np.arange(20)
    stays = sessions["departure_min"] - sessions["arrival_min"] + 0.5
    arrival_soc = sessions["energy_arrival_kwh"] / 24.0
    for name, values, low, high in (("place", places, 0, 1), ("stay", stays, 144, 180), ("soc", arrival_soc, 0, 0.5)):
        # Whole minutes are a step of 1/39 of a slot and 1/36 of the stays' range, of which the half may separate.
        assert kstest(values.ravel(), "uniform", args=(low, high - low)).statistic < 0.5 / 36 + 1.63 / np.sqrt(4000), (
            name
        )


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32))
def test_no_session_vanishes(scenario: Scenario, seed: int) -> None:
    simulation = Simulation(scenario, record=True, max_steps=1)
    simulation.reset(seed=seed)
    simulation.step(np.zeros(simulation.stations.shape))
    statuses = simulation.trace().session_frame()["status"].to_list()
    assert isinstance(scenario.population, SpreadPopulation)
    assert len(statuses) == scenario.population.pevs
    assert set(statuses) <= {"served", "rejected", "too_short"}


def test_a_stay_shorter_than_a_step_is_kept_and_marked() -> None:
    scenario = load_scenario("paper-5x20").replace(population={"stay_minutes": 4.0})
    simulation = Simulation(scenario, record=True, max_steps=1)
    simulation.reset(seed=0)
    simulation.step(np.zeros((1, 5)))
    assert simulation.trace().session_frame()["status"].unique().to_list() == ["too_short"]


def test_more_patience_serves_more_pevs() -> None:
    crowded = load_scenario("paper-5x20").replace(stations={"count": 2})
    rejected = []
    for patience_min in (0.0, 30.0, 200.0):
        schedule = generate_schedule(crowded.replace(population={"patience_minutes": patience_min}), seed=1)
        waited = schedule.sessions["plug_in_min"] - schedule.sessions["arrival_min"]
        longest_min = waited.max()
        assert isinstance(longest_min, float)
        assert longest_min <= patience_min
        rejected.append(schedule.sessions["station"].null_count())
    assert rejected[0] > rejected[1] > rejected[2]


def test_the_schedule_tells_where_it_comes_from() -> None:
    info = generate_schedule(load_scenario("paper-5x20"), seed=12).info
    assert (info.scenario, info.step_minutes, info.horizon_steps, info.seed) == ("paper-5x20", 5.0, 192, 12)
    assert (info.generator, info.start) == ("spread", "00:00")


@pytest.mark.parametrize("seed", [0, 1])
def test_schedules_are_valid_and_in_order_of_arrival(seed: int) -> None:
    scenario = load_scenario("paper-5x20")
    schedule = generate_schedule(scenario, seed=seed)
    schedule.validate(scenario)
    assert schedule.sessions["arrival_min"].is_sorted()
    assert schedule.sessions["pev"].n_unique() == 20
