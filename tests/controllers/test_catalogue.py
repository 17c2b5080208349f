"""The controllers by name, and what holds for all of them, or for all of a kind."""

import subprocess
import sys
from types import MappingProxyType

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Schedule, Simulation, generate_schedule, load_scenario
from pev_battery_charge.controllers import (
    BASELINES,
    CATALOGUE,
    CONTROLLERS,
    Clairvoyant,
    Snapshot,
    describe_controllers,
    make_controller,
)
from pev_battery_charge.evaluation import evaluate, play, run
from pev_battery_charge.populations.stated import with_stated_departures
from tests import strategies
from tests.bits import bits

NAMES = (
    *("random", "uncontrolled", "constant", "equal-share", "proportional", "round-robin", "first-come"),
    *("earliest-deadline", "least-laxity", "largest-remaining", "night", "distributed", "valley-filling"),
)
SHARING = (
    *("equal-share", "proportional", "round-robin", "first-come"),
    *("earliest-deadline", "least-laxity", "largest-remaining", "valley-filling"),
)
"""Those that keep the cap by themselves."""

BY_DEPARTURE = ("constant", "earliest-deadline", "least-laxity", "night", "distributed", "valley-filling")
"""Those that ask when a PEV leaves."""


def test_the_names_stand_in_their_order_and_can_all_be_made() -> None:
    assert CONTROLLERS[: len(NAMES)] == NAMES
    assert tuple(CATALOGUE) == CONTROLLERS
    assert BASELINES == ("random", "uncontrolled", "constant")
    simulation = Simulation("paper-5x20", 2)
    simulation.reset(seed=0)
    for name in NAMES:
        assert not CATALOGUE[name].clairvoyant
        assert make_controller(name, 3)(Snapshot.of(simulation)).shape == (2, 5)


def test_the_catalogue_cannot_be_changed() -> None:
    assert isinstance(CATALOGUE, MappingProxyType)
    with pytest.raises(TypeError):
        CATALOGUE["mine"] = CATALOGUE["night"]  # type: ignore[index]  # that is the mistake


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InputError, match="unknown name; there are random, uncontrolled, constant, equal-share, "
    ) as told:
        make_controller("optimal")
    assert all(name in str(told.value) for name in CONTROLLERS)


def test_what_remembers_is_made_anew_for_everyone() -> None:
    assert make_controller("round-robin") is not make_controller("round-robin")
    assert make_controller("random") is not make_controller("random")


@pytest.mark.parametrize("command", ["simulate", "evaluate"])
def test_the_help_has_a_line_of_80_columns_for_each(command: str) -> None:
    arguments = [sys.executable, "-m", "pev_battery_charge.cli", command, "--help"]
    done = subprocess.run(arguments, env={"COLUMNS": "80"}, check=True, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert max(map(len, lines)) == 80
    for told in describe_controllers().splitlines():
        assert any(told in line for line in lines), told


def test_who_sees_the_future_is_told_to() -> None:
    told = dict(line.split(": ") for line in describe_controllers().splitlines())
    assert tuple(told) == CONTROLLERS
    for name, entry in CATALOGUE.items():
        assert told[name].startswith(entry.meaning)
        assert ("sees the future" in told[name]) == entry.clairvoyant == isinstance(make_controller(name), Clairvoyant)


@pytest.mark.parametrize("name", SHARING)
@given(data=st.data(), scenario=strategies.scenarios())
@settings(max_examples=25)
def test_the_stations_never_ask_for_more_than_the_cap_nor_for_what_is_of_no_use(
    name: str, data: st.DataObject, scenario: Scenario
) -> None:
    """To the last bit, in station order; also where drivers have said something else than they do."""
    simulation, controller = Simulation(scenario), make_controller(name)
    simulation.reset(schedule=data.draw(strategies.schedules(scenario)))
    while not simulation.over:
        snapshot = Snapshot.of(simulation)
        requests_kw = controller(snapshot)[0]
        total_kw = 0.0
        for request_kw in requests_kw.tolist():
            total_kw += request_kw
        assert total_kw <= scenario.area.power_max_kw
        assert (requests_kw <= snapshot.power_max_kw[0]).all()
        assert ((requests_kw == 0.0) | (requests_kw >= snapshot.least_kw[0])).all()
        assert (requests_kw[~snapshot.plugged[0]] == 0.0).all()
        simulation.step(requests_kw[None])
        assert simulation.areas["request_kw"][0] <= scenario.area.power_max_kw


@pytest.mark.parametrize("name", [name for name in SHARING if name != "valley-filling"])
def test_without_minima_the_cap_is_used_as_far_as_anybody_can_use_it(name: str) -> None:
    """As much as would flow without a cap, or the cap."""
    scenario = load_scenario("workplace-20").replace(area={"power_max_kw": 30.0})
    controller, bound = make_controller(name), 0
    simulation, uncapped = Simulation(scenario), Simulation(scenario.replace(coordinator="none"))
    simulation.reset(seed=2)
    while not simulation.over:
        state = simulation.state()
        uncapped.restore(state)
        uncapped.step(uncapped.stations["power_max_kw"])
        everything_kw = float(uncapped.areas["power_kw"][0])
        requests_kw = controller(Snapshot.of(simulation))
        assert requests_kw.sum() == pytest.approx(min(30.0, everything_kw), abs=1e-9)
        bound += everything_kw > 30.0
        simulation.step(requests_kw)
    assert bound > 20


@pytest.mark.parametrize("name", [name for name in NAMES if name != "random"])
@pytest.mark.parametrize("scenario", ["paper-5x20", "residential-12"])
def test_a_batch_does_what_its_areas_do_alone_to_the_bit(name: str, scenario: str) -> None:
    batch = Simulation(scenario, 3, record=True)
    batch.reset(seed=8)
    for _ in play(batch, make_controller(name)):
        pass
    for b in range(3):
        alone = run(scenario, name, seed=8 + b)
        assert bits(batch.trace(b).records) == bits(alone.records)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "random"])
def test_permuting_the_stations_permutes_the_requests(name: str) -> None:
    order = np.random.default_rng(1).permutation(10)
    scenario = load_scenario("public-10").replace(area={"power_max_kw": 40.0})
    permuted = scenario.replace(stations=[scenario.stations[k].model_dump() for k in order])
    schedule = generate_schedule(scenario, seed=2)
    new_numbers = pl.col("station").replace_strict(order, np.arange(10), return_dtype=pl.Int32)
    other = Schedule(schedule.sessions.with_columns(new_numbers), schedule.info)
    first = run(scenario, name, schedule=schedule)
    second = run(permuted, name, schedule=other)
    asked_kw, permuted_kw = first.records["asked_kw"], second.records["asked_kw"]
    busy = (first.session >= 0).sum(axis=1) > 4
    assert busy.sum() > 30
    here = first.session[:, order] >= 0
    np.testing.assert_allclose(permuted_kw[here], asked_kw[:, order][here], rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_only_who_asks_for_departures_is_moved_by_what_drivers_say(name: str) -> None:
    schedule = generate_schedule("workplace-20", seed=1)
    wrong = with_stated_departures(schedule, (-8.0, -1.0, 5.0), seed=2)
    truth, error = (run("workplace-20", name, schedule=one).records["asked_kw"] for one in (schedule, wrong))
    assert (name in BY_DEPARTURE) == (not np.array_equal(truth, error))


@pytest.mark.parametrize("name", BY_DEPARTURE)
def test_departures_that_are_wrong_by_hours_harm_no_energy_book(name: str) -> None:
    """Nothing is delivered beyond the targets, nothing flows above the cap, and what grid and batteries say agrees."""
    scenario = load_scenario("workplace-20")
    schedules = [with_stated_departures(generate_schedule(scenario, seed), seed=seed) for seed in range(6)]
    frame = evaluate(scenario, {name: name}, range(6), schedules=schedules).episodes
    delivered = frame["energy_delivered_kwh"]
    assert (delivered > 0.3 * frame["energy_attainable_kwh"]).all()
    assert (delivered <= frame["energy_attainable_kwh"] + 1e-9).all()
    assert (frame["power_peak_kw"] <= scenario.area.power_max_kw).all()
    np.testing.assert_allclose(frame["grid_energy_kwh"], delivered + frame["loss_kwh"], atol=1e-8)
