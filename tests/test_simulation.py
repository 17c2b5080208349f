"""The simulation against the reference model state by state, its energy books, its cap, and what it refuses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pev_battery_charge import EpisodeOverError, InputError, Scenario, Schedule, Simulation, load_scenario
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.scenario import scenario_names
from pev_battery_charge.steps import StepResult
from tests import strategies
from tests.bits import bits
from tests.reference import KnifeEdgeError, LoadArea
from tests.reference.load_area import StepOutcome
from tests.reference.pev import PEV

TOLERANCE = 1e-9
FLOAT32 = 2.0**-22

Policy = Callable[[int, npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def close(actual: Any, expected: Any, what: str) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=TOLERANCE, err_msg=what)


def close32(actual: Any, expected: Any, what: str) -> None:
    """To what float32 can hold."""
    np.testing.assert_allclose(actual, expected, rtol=FLOAT32, atol=TOLERANCE, err_msg=what)


def compare_state(simulation: Simulation, reference: LoadArea) -> None:
    area, stations = simulation.areas[0], simulation.stations[0]
    assert area["step"] == reference.step_index
    for name in ("request_kw", "power_kw", "unmet_kwh"):
        close(area[name], getattr(reference, name), f"area, {name}")
    for name, other in (
        ("grid_kwh", "grid_energy_kwh"),
        ("stored_kwh", "battery_energy_kwh"),
        ("loss_kwh", "loss_kwh"),
    ):
        close(area["books"][name], getattr(reference, other), f"area, {name}")
    for name in ("request_kw", "acceptance_kw", "power_kw"):
        close(stations["made"][name], [getattr(station, name) for station in reference.stations], f"stations, {name}")
    pevs = [station.pev for station in reference.stations]
    assert stations["session"].tolist() == [pev.session if pev else NO_SESSION for pev in pevs]
    for number, pev in enumerate(pevs):
        if pev:
            station = stations[number]
            for name in ("energy_kwh", "target_kwh"):
                close(station[name], getattr(pev, name), f"station {number}, {name}")
            compare_books(station["books"], pev, f"station {number}")
            close(station["energy_kwh"] / station["battery"]["capacity_kwh"], pev.soc, f"station {number}, soc")
    for pev in reference.left:
        session = simulation.sessions[0, pev.session]
        close(session["energy_kwh"], pev.energy_kwh, f"session {pev.session}, energy")
        compare_books(session["books"], pev, f"session {pev.session}")


def compare_books(books: Any, pev: PEV, what: str) -> None:
    close(books["grid_kwh"], pev.grid_energy_kwh, f"{what}, grid energy")
    close(books["loss_kwh"], pev.loss_kwh, f"{what}, loss")
    close(books["stored_kwh"], pev.grid_energy_kwh - pev.loss_kwh, f"{what}, stored")


def compare_outcome(simulation: Simulation, result: StepResult, outcome: StepOutcome, reference: LoadArea) -> None:
    served = [NO_SESSION if session is None else session for session in outcome.served]
    stations = simulation.stations[0]
    assert stations["made"]["session"].tolist() == served
    close(stations["made"]["energy_kwh"], outcome.energy_kwh, "energy of the PEVs served")
    close32(result.observations[0, :, :8], reference.observe(), "observations")
    close32(result.parts[:4, 0].T, outcome.reward_parts, "reward parts")
    close32(result.parts[4, 0], [station.power_kw for station in reference.stations], "power beside the reward")
    # Own and shared rewards may cancel, so the error is that of float32 at the size of the parts.
    size = 1.0 + np.abs(outcome.reward_parts).sum()
    np.testing.assert_allclose(result.rewards[0], outcome.rewards, rtol=0.0, atol=FLOAT32 * size, err_msg="rewards")


def run_beside_reference(scenario: Scenario, schedule: Schedule, ask: Policy) -> None:
    """A whole episode of both, compared after every step."""
    simulation = Simulation(scenario)
    close32(simulation.reset(schedule=schedule)[0, :, :8], LoadArea(scenario, schedule).observe(), "first observation")
    reference = LoadArea(scenario, schedule)
    compare_state(simulation, reference)
    power_max_kw = simulation.stations["power_max_kw"][0]
    over = False
    while not over:
        asked_kw = ask(simulation.step_index, power_max_kw)
        outcome = reference.step(asked_kw.tolist())
        result = simulation.step(asked_kw[None])
        compare_state(simulation, reference)
        compare_outcome(simulation, result, outcome, reference)
        over = result.over
    assert simulation.step_index == scenario.horizon_steps


@pytest.mark.parametrize("name", scenario_names())
@pytest.mark.parametrize("greedy", [True, False], ids=["asks for the maximum", "asks at random"])
def test_every_named_scenario_goes_as_the_reference_model_says(name: str, greedy: bool) -> None:
    scenario = load_scenario(name)
    simulation = Simulation(scenario)
    simulation.reset(seed=7)
    random = np.random.default_rng(3)

    def ask(step: int, power_max_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return power_max_kw if greedy else random.uniform(-0.3, 1.5, power_max_kw.size) * power_max_kw

    run_beside_reference(scenario, simulation.schedule(), ask)


@pytest.mark.parametrize("coordinator", strategies.COORDINATORS)
@given(data=st.data())
@settings(max_examples=30)
def test_every_rule_goes_as_the_reference_model_says_for_unlike_stations_and_pevs(
    coordinator: str, data: st.DataObject
) -> None:
    scenario = data.draw(strategies.scenarios(coordinator=coordinator))
    schedule = data.draw(strategies.schedules(scenario))
    ask = data.draw(strategies.policies())
    try:
        run_beside_reference(scenario, schedule, ask)
    except KnifeEdgeError:
        assume(False)


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies())
@settings(max_examples=30)
def test_drawn_schedules_go_as_the_reference_model_says(scenario: Scenario, seed: int, ask: Policy) -> None:
    simulation = Simulation(scenario)
    simulation.reset(seed=seed)
    try:
        run_beside_reference(scenario, simulation.schedule(), ask)
    except KnifeEdgeError:
        assume(False)


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies())
def test_in_every_step_the_grid_gives_what_batteries_keep_and_what_is_lost_and_the_cap_holds(
    scenario: Scenario, seed: int, ask: Policy
) -> None:
    simulation = Simulation(scenario)
    simulation.reset(seed=seed)
    hours = scenario.step_minutes / 60.0
    before = simulation.areas[0].copy()
    while not simulation.over:
        battery_kwh = simulation.stations["energy_kwh"][0].copy()
        simulation.step(ask(simulation.step_index, simulation.stations["power_max_kw"][0])[None])
        area, made = simulation.areas[0], simulation.stations["made"][0]
        grid_kwh, stored_kwh, loss_kwh = (
            area["books"][name] - before["books"][name] for name in ("grid_kwh", "stored_kwh", "loss_kwh")
        )
        close(grid_kwh, stored_kwh + loss_kwh, "grid = battery + loss")
        close(grid_kwh, area["power_kw"] * hours, "grid energy = power x time")
        served = made["session"] != NO_SESSION
        close(stored_kwh, (made["energy_kwh"] - battery_kwh)[served].sum(), "battery energy")
        if scenario.coordinator != "none":
            assert area["power_kw"] <= scenario.area.power_max_kw
        assert (made["energy_kwh"] <= made["target_kwh"])[served].all()
        before = area.copy()


def test_without_a_coordinator_the_area_overloads_and_the_books_tell() -> None:
    scenario = load_scenario("paper-5x20").replace(coordinator="none")
    simulation = Simulation(scenario)
    simulation.reset(seed=1)
    power_kw = []
    while not simulation.over:
        simulation.step(np.full((1, 5), 22.0))
        power_kw.append(float(simulation.areas["power_kw"][0]))
    assert max(power_kw) > scenario.area.power_max_kw
    close(simulation.areas["books"]["grid_kwh"][0], sum(power_kw) * 5.0 / 60.0, "grid energy")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_request_that_is_no_number_is_refused_with_its_place_and_changes_nothing(value: float) -> None:
    simulation = Simulation("paper-5x20", num_areas=2, record=True)
    simulation.reset(seed=0)
    for _ in range(30):
        simulation.step(np.full((2, 5), 9.0))
    before = [bits(part) for part in (simulation.areas, simulation.stations, simulation.sessions)]
    requests_kw = np.full((2, 5), 9.0)
    requests_kw[1, 3] = value
    with pytest.raises(InputError, match=rf"requests: area 1, station 3: .*\(it is {value}\)"):
        simulation.step(requests_kw)
    assert [bits(part) for part in (simulation.areas, simulation.stations, simulation.sessions)] == before
    assert simulation.step_index == simulation.trace(1).num_steps == 30


def test_every_bad_request_of_a_step_is_named_at_once() -> None:
    simulation = Simulation("paper-5x20")
    simulation.reset(seed=0)
    with pytest.raises(InputError) as refused:
        simulation.step([[np.nan, 1.0, np.inf, 1.0, 1.0]])
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("shape", [(5,), (1, 4), (2, 5), (1, 5, 1), ()])
def test_requests_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    simulation = Simulation("paper-5x20")
    simulation.reset(seed=0)
    with pytest.raises(InputError, match=r"requests: shape must be \(1, 5\)"):
        simulation.step(np.zeros(shape))
    assert simulation.step_index == 0


def test_stepping_before_the_reset_and_after_the_horizon_is_refused() -> None:
    simulation = Simulation("paper-5x20", max_steps=2)
    assert simulation.over
    with pytest.raises(EpisodeOverError, match="reset"):
        simulation.step(np.zeros((1, 5)))
    simulation.reset(seed=0)
    assert [simulation.step(np.zeros((1, 5))).over for _ in range(2)] == [False, True]
    with pytest.raises(EpisodeOverError, match="reset"):
        simulation.step(np.zeros((1, 5)))


@pytest.mark.parametrize("arguments", [{"num_areas": 0}, {"num_threads": 0}, {"max_steps": 0}])
def test_numbers_below_one_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"{next(iter(arguments))}: must be a whole number of at least 1 \(it is 0\)"):
        Simulation("paper-5x20", **arguments)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InputError, match=r"seed: must be a whole number of at least 0 \(it is -1\)"):
        Simulation("paper-5x20").reset(seed=-1)


def test_schedules_that_do_not_fit_the_areas_are_refused() -> None:
    simulation = Simulation("paper-5x20", num_areas=2)
    simulation.reset(seed=0)
    schedule = simulation.schedule()
    with pytest.raises(InputError, match="3 schedules for 2 areas"):
        simulation.reset(schedule=[schedule] * 3)
    with pytest.raises(InputError, match="unknown station: the scenario has 0 to 1"):
        Simulation(simulation.scenario.replace(stations={"count": 2})).reset(schedule=schedule)
    with pytest.raises(InputError, match="made for 960 min, the scenario has 965 min"):
        Simulation(simulation.scenario.replace(horizon_steps=193)).reset(schedule=schedule)


def test_a_batch_may_follow_a_schedule_for_each_area() -> None:
    scenario = load_scenario("paper-5x20")
    one = Simulation(scenario)
    schedules = []
    finals = []
    for seed in (4, 9):
        one.reset(seed=seed)
        schedules.append(one.schedule())
        while not one.over:
            one.step(np.full((1, 5), 22.0))
        finals.append(bits(one.areas[0]))
    both = Simulation(scenario, num_areas=2)
    both.reset(schedule=schedules)
    while not both.over:
        both.step(np.full((2, 5), 22.0))
    assert [bits(area) for area in both.areas] == finals
    assert both.schedule(1) is schedules[1]


def test_a_schedule_file_is_followed_as_the_schedule_itself(tmp_path: Any) -> None:
    simulation = Simulation("paper-5x20")
    simulation.reset(seed=4)
    schedule = simulation.schedule()
    drawn = simulation.sessions.copy()
    schedule.write(tmp_path / "day.csv")
    simulation.reset(schedule=tmp_path / "day.csv")
    assert bits(simulation.sessions) == bits(drawn)


@pytest.mark.parametrize("coordinator", strategies.COORDINATORS)
def test_permuting_the_stations_permutes_what_happens(coordinator: str) -> None:
    order = np.random.default_rng(1).permutation(10)
    scenario = load_scenario("public-10").replace(coordinator=coordinator)
    permuted = scenario.replace(stations=[scenario.stations[k].model_dump() for k in order])
    one, other = Simulation(scenario), Simulation(permuted)
    one.reset(seed=2)
    schedule = one.schedule()
    new_numbers = pl.col("station").replace_strict(order, np.arange(10), return_dtype=pl.Int32)
    other.reset(schedule=Schedule(schedule.sessions.with_columns(new_numbers), schedule.info))
    random = np.random.default_rng(0)
    while not one.over:
        asked_kw = random.uniform(0.5, 1.5, 10) * one.stations["power_max_kw"][0]
        result, result_permuted = one.step(asked_kw[None]), other.step(asked_kw[None, order])
        assert (one.stations["made"]["session"][:, order] == other.stations["made"]["session"]).all()
        close(other.stations["made"]["power_kw"], one.stations["made"]["power_kw"][:, order], "power")
        close32(result_permuted.rewards, result.rewards[:, order], "rewards")
        close32(result_permuted.observations, result.observations[:, order], "observations")


def test_a_batch_may_have_a_seed_for_each_area() -> None:
    both = Simulation("public-10", num_areas=2)
    observations = both.reset(seed=[9, 4])
    for b, seed in enumerate((9, 4)):
        one = Simulation("public-10")
        assert one.reset(seed=seed)[0].tobytes() == observations[b].tobytes()
        assert bits(one.sessions[0]) == bits(both.sessions[b])
        assert (both.schedule(b).info.seed, both.schedule(b)) == (seed, one.schedule())
    both.reset()
    one.reset()
    assert bits(one.sessions[0]) == bits(both.sessions[1]), "each area's generator goes on"
    assert both.schedule(1).info.seed is None
    both.reset(seed=9)
    assert [both.schedule(b).info.seed for b in range(2)] == [9, 10]


def test_seeds_that_are_none_are_refused_with_their_areas() -> None:
    simulation = Simulation("paper-5x20", num_areas=2)
    with pytest.raises(InputError, match="seed: 3 seeds for 2 areas"):
        simulation.reset(seed=[1, 2, 3])
    with pytest.raises(InputError) as refused:
        simulation.reset(seed=[-1, True])
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["seed of area 0", "seed of area 1"]
    with pytest.raises(InputError, match=r"seed: must be a whole number of at least 0 \(it is '12'\)"):
        simulation.reset(seed="12")  # type: ignore[arg-type]  # that is the mistake
    assert simulation.over, "nothing has begun"


def test_a_restored_simulation_goes_on_to_the_bit() -> None:
    """Also through the resets that follow, and whatever was stepped since the state was taken."""
    simulation, other = Simulation("public-10", 3), Simulation("public-10", 3)
    simulation.reset(seed=5)
    requests = np.random.default_rng(1).uniform(0.0, 22.0, (400, 3, 10))
    for step in requests[:100]:
        simulation.step(step)
    state = simulation.state()
    kept = [simulation.step(step).rewards for step in requests[100:288]]
    first = simulation.reset()
    for one in (simulation, other):
        one.restore(state)
        again = [one.step(step).rewards for step in requests[100:288]]
        np.testing.assert_array_equal(again, kept)
        np.testing.assert_array_equal(one.reset(), first)


def test_a_state_of_another_batch_or_scenario_is_refused() -> None:
    simulation = Simulation("public-10", 3)
    with pytest.raises(EpisodeOverError):
        simulation.state()
    simulation.reset(seed=0)
    for other in (Simulation("public-10", 2), Simulation("paper-5x20", 3)):
        with pytest.raises(InputError, match="simulation state"):
            other.restore(simulation.state())
        assert other.over
