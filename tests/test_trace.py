"""The trace: its books and tables agree with the simulation's, and a file gives it back."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Schedule, Simulation, Trace, load_scenario
from pev_battery_charge.core.records import NO_SESSION, Status
from tests import strategies
from tests.bits import bits

TOLERANCE_KWH = 1e-9


def recorded(scenario: Scenario, seed: int = 0, ask: Any = None, **arguments: Any) -> Simulation:
    """A simulation after an episode, its first one thrown away so that nothing of it may linger."""
    simulation = Simulation(scenario, record=True, **arguments)
    simulation.reset(seed=seed + 1)
    simulation.step(np.full(simulation.stations.shape, 1e3))
    simulation.reset(seed=seed)
    power_max_kw = simulation.stations["power_max_kw"][0]
    while not simulation.over:
        asked_kw = ask(simulation.step_index, power_max_kw) if ask else power_max_kw
        simulation.step(np.tile(asked_kw, (simulation.num_areas, 1)))
    return simulation


@given(
    scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies(), max_steps=st.integers(1, 50)
)
def test_the_books_of_trace_sessions_and_area_are_the_same(
    scenario: Scenario, seed: int, ask: Any, max_steps: int
) -> None:
    simulation = recorded(scenario, seed, ask, max_steps=max_steps)
    trace, area = simulation.trace(), simulation.areas[0]
    books, frame = trace.books, trace.session_frame()
    np.testing.assert_allclose(books.grid_kwh, books.battery_kwh + books.loss_kwh, rtol=0, atol=TOLERANCE_KWH)
    assert books.grid_kwh.sum() == pytest.approx(area["books"]["grid_kwh"], abs=TOLERANCE_KWH)
    assert books.battery_kwh.sum() == pytest.approx(area["books"]["stored_kwh"], abs=TOLERANCE_KWH)
    assert books.loss_kwh.sum() == pytest.approx(area["books"]["loss_kwh"], abs=TOLERANCE_KWH)
    assert frame["grid_energy_kwh"].sum() == pytest.approx(area["books"]["grid_kwh"], abs=TOLERANCE_KWH)
    assert frame["energy_delivered_kwh"].sum() == pytest.approx(area["books"]["stored_kwh"], abs=TOLERANCE_KWH)
    left = frame.filter((pl.col("status") == "served") & pl.col("departed"))
    assert left["energy_unmet_kwh"].sum() == pytest.approx(area["unmet_kwh"], abs=TOLERANCE_KWH)
    if scenario.coordinator != "none":
        assert trace.area_power_kw.max() <= scenario.area.power_max_kw


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32), ask=strategies.policies())
@settings(max_examples=30)
def test_each_row_of_the_session_frame_is_what_the_station_gave_that_pev(
    scenario: Scenario, seed: int, ask: Any
) -> None:
    simulation = recorded(scenario, seed, ask)
    trace = simulation.trace()
    frame = trace.session_frame()
    wanted = (frame["energy_target_kwh"] - frame["energy_arrival_kwh"]).to_numpy()
    sums = frame["energy_delivered_kwh"] + frame["energy_unmet_kwh"]
    np.testing.assert_allclose(sums, wanted, rtol=0, atol=TOLERANCE_KWH)
    hours = scenario.step_minutes / 60.0
    for number, row in enumerate(frame.iter_rows(named=True)):
        here = trace.session == number
        grid_kwh = trace.power_kw[here].sum() * hours
        assert row["grid_energy_kwh"] == pytest.approx(grid_kwh, abs=TOLERANCE_KWH)
        assert row["energy_delivered_kwh"] == pytest.approx(row["efficiency"] * grid_kwh, abs=TOLERANCE_KWH)
        steps = np.flatnonzero(here.any(axis=1))
        if row["status"] == "served":
            assert trace.session_records["plug_step"][number] == steps[0]
            assert min(trace.session_records["depart_step"][number], trace.num_steps) == steps[-1] + 1
            assert set(np.flatnonzero(here.any(axis=0))) == {row["station"]}
            assert row["wait_min"] == row["plug_in_min"] - row["arrival_min"]
            last_kwh = trace.records["energy_kwh"][here][-1]
            assert row["energy_arrival_kwh"] + row["energy_delivered_kwh"] == pytest.approx(last_kwh)
            if row["departed"]:
                booked = simulation.sessions[0, number]
                assert booked["books"]["grid_kwh"] == pytest.approx(row["grid_energy_kwh"], abs=TOLERANCE_KWH)
                assert booked["energy_kwh"] == pytest.approx(last_kwh)
        else:
            assert steps.size == 0
            assert trace.session_records["status"][number] != Status.SERVED
    assert frame["status"].to_list() == [Status(code).name.lower() for code in simulation.sessions["status"][0]]


def test_the_trace_holds_what_was_asked_taken_accepted_and_granted() -> None:
    simulation = Simulation("paper-5x20", num_areas=2, record=True)
    simulation.reset(seed=0)
    told = []
    for step in range(100):
        asked_kw = np.random.default_rng(step).uniform(-5.0, 30.0, (2, 5))
        result = simulation.step(asked_kw)
        made = simulation.stations[1]["made"]
        told.append((asked_kw[1], *(made[name].copy() for name in ("request_kw", "power_kw"))))
        assert simulation.trace(1).records["reward"][-1].tobytes() == result.rewards[1].tobytes()
    trace = simulation.trace(1)
    assert trace.num_steps == simulation.step_index == 100
    assert trace.num_stations == 5
    for name, column in zip(("asked_kw", "request_kw", "power_kw"), zip(*told, strict=True), strict=True):
        assert np.array_equal(trace.records[name], np.stack(column))
    assert np.array_equal(trace.area_power_kw[-1], simulation.areas["power_kw"][1])
    idle = trace.session == NO_SESSION
    assert idle.any()
    assert (trace.records["energy_kwh"][idle] == 0.0).all()
    assert (trace.power_kw <= trace.records["acceptance_kw"]).all()
    assert (trace.records["acceptance_kw"] <= trace.records["request_kw"]).all()


def test_a_trace_is_a_picture_of_its_moment() -> None:
    simulation = Simulation("paper-5x20", record=True)
    simulation.reset(seed=0)
    for _ in range(40):
        simulation.step(np.full((1, 5), 22.0))
    trace = simulation.trace()
    before = bits(trace.records)
    simulation.reset(seed=1)
    simulation.step(np.full((1, 5), 1.0))
    assert bits(trace.records) == before
    assert simulation.trace().num_steps == 1


def test_the_frame_has_a_row_for_each_step_and_station() -> None:
    trace = recorded(load_scenario("paper-5x20")).trace()
    frame = trace.to_frame()
    assert frame.shape[0] == 192 * 5
    row = frame.row(5 * 50 + 3, named=True)
    assert (row["step"], row["station"], row["minute"]) == (50, 3, 250.0)
    assert row["power_kw"] == trace.power_kw[50, 3]
    served = frame.filter(pl.col("session") != NO_SESSION)
    assert served["pev"].to_list() == [trace.schedule.sessions["pev"][row] for row in served["session"]]
    assert frame.filter(pl.col("session") == NO_SESSION)["pev"].null_count() == frame.height - served.height


@pytest.mark.parametrize("name", ["paper-5x20", "public-10"])
def test_a_trace_file_gives_the_trace_back_to_the_bit(name: str, tmp_path: Path) -> None:
    trace = recorded(load_scenario(name)).trace()
    trace.write(tmp_path / "day.parquet")
    again = Trace.read(tmp_path / "day.parquet")
    assert again.scenario == trace.scenario
    assert again.schedule == trace.schedule
    assert bits(again.records) == bits(trace.records)


def test_a_day_without_a_single_pev_is_a_day(tmp_path: Path) -> None:
    scenario = load_scenario("workplace-20").replace(population={"sessions_per_day": 1e-6}, horizon_steps=12)
    trace = recorded(scenario).trace()
    assert len(trace.schedule) == 0
    assert trace.books.grid_kwh.sum() == 0.0
    assert trace.session_frame().is_empty()
    trace.write(tmp_path / "empty.parquet")
    assert bits(Trace.read(tmp_path / "empty.parquet").records) == bits(trace.records)


def test_files_that_are_no_trace_are_refused(tmp_path: Path) -> None:
    trace = recorded(load_scenario("paper-5x20"), max_steps=3).trace()
    path = tmp_path / "trace.parquet"
    with pytest.raises(InputError, match=r"trace\.csv: a trace file must end in \.parquet"):
        trace.write(tmp_path / "trace.csv")
    with pytest.raises(InputError, match="no such file"):
        Trace.read(path)
    trace.write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"trace\.parquet: is not a readable Parquet file"):
        Trace.read(path)
    trace.schedule.write(path)
    with pytest.raises(InputError, match=r"trace\.parquet: is not a trace file of this format version"):
        Trace.read(path)
    frame = trace.to_frame()
    metadata = {"format_version": "1", "scenario": trace.scenario.to_toml(), "schedule": trace.schedule.to_text()}
    frame[:-1].write_parquet(path, metadata=metadata)
    with pytest.raises(InputError, match="step 2, station 4: there must be one row for each station in each step"):
        Trace.read(path)
    frame.write_parquet(path, metadata=metadata | {"scenario": "name = 3"})
    with pytest.raises(InputError, match=r"trace\.parquet, scenario: name"):
        Trace.read(path)


def test_a_simulation_that_keeps_no_trace_says_so() -> None:
    simulation = Simulation("paper-5x20")
    simulation.reset(seed=0)
    with pytest.raises(InputError, match="record=True"):
        simulation.trace()


def test_a_trace_carries_the_schedule_that_was_given() -> None:
    simulation = Simulation("paper-5x20", record=True)
    simulation.reset(seed=0)
    given: Schedule = simulation.schedule()
    simulation.reset(schedule=given)
    assert simulation.trace().schedule is given
