"""Ctrl-C ends long work soon: compiled kernels, which do not hear it, are called for a part at a time."""

import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge import sizes
from pev_battery_charge.catalogue import compose
from pev_battery_charge.threads import AreaThreads
from tests.bits import bits

PATIENCE_S = 60.0
"""How long a process may take to end; what it works on takes it many minutes."""

LONG = """
import signal, sys
import numpy as np
import pev_battery_charge as pbc
from pev_battery_charge.evaluation import evaluate

def begun():
    print("begun", flush=True)

def many_stations(**changes):
    population = {"kind": "spread", "pevs": 10**6, "stay_minutes": 700.0}
    return pbc.load_scenario("paper-5x20").replace(population=population, stations={"count": 10**5}, **changes)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
WORK
except KeyboardInterrupt:
    sys.exit("interrupted")
"""

ONE_LARGE_AREA = """
    simulation = pbc.Simulation(many_stations())
    begun()
    for seed in range(10**6):
        simulation.reset(seed=seed)
"""
MANY_SCHEDULES = """
    begun()
    for seed in range(10**6):
        pbc.generate_schedule("public-10", seed=seed)
"""
EVALUATION = """
    begun()
    evaluate("paper-5x20", {"uncontrolled": "uncontrolled"}, range(10**6))
"""
STEPS_ON_TWO_THREADS = """
    simulation = pbc.Simulation("paper-5x20", num_areas=1000, num_threads=2)
    begun()
    for seed in range(10**6):
        simulation.reset(seed=seed)
        while not simulation.over:
            simulation.step(np.full((1000, 5), 7.0))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "work",
    [ONE_LARGE_AREA, MANY_SCHEDULES, EVALUATION, STEPS_ON_TWO_THREADS],
    ids=["one large area", "many schedules", "an evaluation", "steps on two threads"],
)
def test_an_interrupt_ends_work_that_would_take_many_minutes(work: str) -> None:
    command = [sys.executable, "-c", LONG.replace("WORK", work)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=3.0)  # it is at work
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert (process.returncode, told) == (1, "interrupted\n")


@pytest.mark.parametrize("num_threads", [1, 2])
def test_steps_and_observations_in_parts_are_the_same(num_threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def played() -> list[bytes]:
        simulation = pbc.Simulation("paper-5x20", num_areas=7, num_threads=num_threads)
        seen = [simulation.reset(seed=0).tobytes()]
        for _ in range(3):
            result = simulation.step([[11.0] * 5] * 7)
            seen += [one.tobytes() for one in (result.observations, result.rewards, result.parts)]
        return seen

    whole = played()
    monkeypatch.setattr(sizes, "PART_RECORDS", 2 * 5)
    assert played() == whole


def test_stations_given_in_parts_of_one_area_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = pbc.load_scenario("public-10").replace(stations={"count": 1200})
    whole = pbc.Simulation(scenario, 2)
    whole.reset(seed=0)
    monkeypatch.setattr(sizes, "PART_RECORDS", 20)
    cut = pbc.Simulation(scenario, 2)
    cut.reset(seed=0)
    assert bits(cut.sessions) == bits(whole.sessions)


def test_a_reset_that_was_interrupted_leaves_no_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = pbc.Simulation("paper-5x20", num_areas=2)
    simulation.reset(seed=0)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pev_battery_charge.simulation.begin", interrupt)
        with pytest.raises(KeyboardInterrupt):
            simulation.reset(seed=1)
    with pytest.raises(pbc.EpisodeOverError):
        simulation.step([[0.0] * 5] * 2)
    simulation.reset(seed=1)
    assert not simulation.over


@pytest.mark.parametrize("num_threads", [1, 2])
def test_an_episode_is_over_where_an_interrupt_has_parted_its_areas(
    num_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "PART_RECORDS", 2 * 5)
    simulation = pbc.Simulation("paper-5x20", num_areas=9, num_threads=num_threads)
    simulation.reset(seed=0)
    simulation.step(np.zeros((9, 5)))
    kernels, made = simulation._kernels, 0

    def interrupted(*arguments: Any) -> None:
        nonlocal made
        kernels.step(*arguments)
        made += arguments[0] == 0
        if made:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(simulation, "_kernels", compose.StepKernels(interrupted, kernels.play))
        with pytest.raises(KeyboardInterrupt):
            simulation.step(np.zeros((9, 5)))
    with pytest.raises(pbc.EpisodeOverError, match="call reset"):
        simulation.step(np.zeros((9, 5)))
    simulation.reset(seed=0)
    simulation.step(np.zeros((9, 5)))
    simulation.close()


@pytest.mark.parametrize("fails", [0, 3, 6])
def test_after_an_interrupt_no_part_of_a_step_runs_on(fails: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "PART_RECORDS", 1)
    threads, met = AreaThreads(2, 7, 3000), list[int]()

    def advance(first: int, last: int) -> None:
        assert last == first + 1
        met.append(first)
        if first == fails:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        threads.run(advance)
    before = list(met)
    fails = -1
    threads.run(advance)
    threads.close()
    assert sorted(met[len(before) :]) == list(range(7))
