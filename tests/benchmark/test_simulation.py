"""The benchmark measures what it says; how fast it is, no test can know."""

import re
from pathlib import Path

import pytest

from pev_battery_charge.benchmark.controllers import measure_heuristics, measure_optimum, measure_planner
from pev_battery_charge.benchmark.measurement import benchmark_scenario
from pev_battery_charge.benchmark.simulation import (
    measure_assignment,
    measure_batch,
    measure_given_schedules,
    measure_many_stations,
    measure_play,
    measure_single,
)
from pev_battery_charge.benchmark.sites import benchmark_site, measure_sites
from pev_battery_charge.cli import main
from pev_battery_charge.controllers import CATALOGUE
from pev_battery_charge.scenario import Scenario


def test_the_batch_counts_station_steps_and_bytes() -> None:
    figures = {figure.name: figure for figure in measure_batch(areas=4, stations=3, repeats=1)}
    one = figures["vector_env, 4 areas of 3 stations, 1 thread"]
    microseconds = float(one.beside.split(" us")[0].replace(",", ""))
    assert one.value == pytest.approx(12 / microseconds, rel=0.05)
    # 12 stations: 8 observations and 5 parts of 4 bytes, a reward, two flags.
    assert re.search(r"filling its 0\.00\d+ MB", one.beside)
    assert figures["state of a station beyond its sessions"].value <= 400


def test_single_steps_are_told_in_microseconds() -> None:
    simulation, parallel = measure_single(stations=3, repeats=1)
    for figure in (simulation, parallel):
        assert 0.0 < figure.value < float("inf")
        assert figure.row()[2] == "us"


def test_plays_resets_large_areas_and_assignments_are_told_in_their_units() -> None:
    resets = measure_given_schedules(stations=3, repeats=1)
    assert [one.name.split(",")[1] for one in resets[:2]] == [" 1 area of 3 stations", " 64 areas of 3 stations"]
    play = measure_play(stations=3, repeats=1)
    step_us, ratio = float(play.beside.split()[1]), float(play.beside.split()[3])
    assert step_us / play.value == pytest.approx(ratio, rel=0.1)
    others = measure_many_stations(5, repeats=1), measure_assignment(20, repeats=1)
    assert [one.unit for one in (*resets, play, *others)] == ["ms", "ms", "ms", "us", "ms", "ms"]
    assert others[1].name == "assignment of 20 sessions to 2 stations"
    assert all(one.value > 0.0 for one in others)


def test_the_scenario_meets_its_cap() -> None:
    scenario = benchmark_scenario(20)
    assert scenario.num_stations == 20
    assert scenario.area.power_max_kw < 20 * 22.0


@pytest.mark.slow
def test_the_command_prints_and_writes_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.md"
    arguments = ["--areas", "4", "--stations", "3", "--repeats", "1", "--no-cold", "--markdown", str(file)]
    main(["benchmark", *arguments])
    text = file.read_text(encoding="utf-8")
    assert text.startswith("Measured on: ")
    assert text.count("\n|") >= 9
    assert "peak memory" in capsys.readouterr().out
    assert all(f"| {name}" in text for name in ("slowest heuristic", "optimum of jpl-52", "decentralised-mpc, a step"))


@pytest.mark.slow
def test_planners_and_optima_are_told_in_their_units() -> None:
    scenario = Scenario(horizon_steps=40, population={"pevs": 3, "stay_minutes": 60.0})
    heuristic = measure_heuristics(areas=2, stations=3, repeats=1)
    assert heuristic.value > 0.0
    assert heuristic.beside.split(";")[0] in CATALOGUE
    optimum = measure_optimum(scenario, 1, "")
    assert optimum.value > 0.0
    assert float(optimum.beside.split()[-1]) < 1e-6
    planner = measure_planner(scenario, "decentralised-mpc", "")
    assert planner.unit == "ms"
    assert int(planner.beside.split()[-2]) > 0


def test_sites_are_measured_beside_areas_with_a_cap_alone() -> None:
    found = {one.name: one for one in measure_sites(areas=4, stations=3, repeats=1)}
    assert list(found) == [
        "4 sites of 3 stations, 1 thread",
        "drawing the instances of sites at reset",
        "Simulation.step, one site of 3 stations",
    ]
    assert all(0.0 < one.value < float("inf") for one in found.values())
    assert len(benchmark_site(3).observations) == 16
