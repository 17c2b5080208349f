"""Nothing but the scenario, the seed and the requests decides what happens, to the last bit."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import Scenario, Simulation, generate_schedule
from tests import strategies
from tests.bits import bits, digest, play, totals

ROOT = Path(__file__).parents[1]
STEPS = 60


def in_another_process(scenario: str, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.bits", scenario, str(STEPS)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("scenario", ["paper-5x20", "public-10"])
def test_the_same_seed_gives_the_same_bits_here_and_in_another_process(scenario: str) -> None:
    simulation = Simulation(scenario, num_areas=2, max_steps=STEPS)
    first = digest(simulation)
    assert digest(simulation) == first
    assert digest(Simulation(scenario, num_areas=2, max_steps=STEPS)) == first
    assert in_another_process(scenario)["digest"] == first


def test_another_seed_gives_other_schedules() -> None:
    simulation = Simulation("paper-5x20")
    simulation.reset(seed=0)
    first = simulation.schedule()
    simulation.reset(seed=1)
    assert not first.sessions["arrival_min"].equals(simulation.schedule().sessions["arrival_min"])


@pytest.mark.parametrize("scenario", ["paper-5x20", "public-10"])
def test_plain_python_does_what_the_compiled_kernels_do(scenario: str) -> None:
    compiled = totals(Simulation(scenario, num_areas=2, max_steps=STEPS))
    plain = in_another_process(scenario, NUMBA_DISABLE_JIT="1")["totals"]
    np.testing.assert_allclose(plain, compiled, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scenario", ["paper-5x20", "workplace-20"])
def test_areas_of_a_batch_are_single_areas_seeded_one_after_the_other_to_the_bit(scenario: str) -> None:
    batch = Simulation(scenario, num_areas=3)
    singles = [Simulation(scenario) for _ in range(3)]
    for seed, policy in ((5, 100), (None, 200)):
        policies = [policy + b for b in range(3)]
        together = play(batch, seed, policies)
        alone = [play(single, None if seed is None else seed + b, [policies[b]]) for b, single in enumerate(singles)]
        for result, *ones in zip(together, *alone, strict=True):
            for b, (one, single) in enumerate(zip(ones, singles, strict=True)):
                assert result.observations[b].tobytes() == one.observations[0].tobytes()
                assert result.rewards[b].tobytes() == one.rewards[0].tobytes()
                assert result.parts[:, b].tobytes() == one.parts[:, 0].tobytes()
                assert bits(batch.areas[b]) == bits(single.areas[0])
                assert bits(batch.stations[b]) == bits(single.stations[0])
                assert bits(batch.sessions[b]) == bits(single.sessions[0])


@given(scenario=strategies.scenarios(), seed=st.integers(0, 2**32))
@settings(max_examples=20)
def test_areas_of_any_batch_are_single_areas_to_the_bit(scenario: Scenario, seed: int) -> None:
    batch = Simulation(scenario, num_areas=2, num_threads=2)
    rewards = np.stack([result.rewards for result in play(batch, seed, [1, 2])])
    batch.close()
    for b in range(2):
        single = Simulation(scenario)
        alone = np.stack([result.rewards for result in play(single, seed + b, [1 + b])])
        assert rewards[:, b].tobytes() == alone[:, 0].tobytes()
        assert bits(batch.sessions[b]) == bits(single.sessions[0])


def test_areas_of_a_batch_have_schedules_of_their_own_that_go_on_from_episode_to_episode() -> None:
    simulation = Simulation("paper-5x20", num_areas=3)
    arrivals = []
    for seed in (0, None):
        simulation.reset(seed=seed)
        arrivals += [simulation.schedule(b).sessions["arrival_min"].to_list() for b in range(3)]
    assert len({tuple(one) for one in arrivals}) == 6
    assert simulation.sessions[1]["arrival_min"].tolist() == arrivals[4]


@pytest.mark.parametrize("num_threads", [2, 3])
def test_the_number_of_threads_changes_no_bit(num_threads: int) -> None:
    results = []
    for threads in (1, num_threads):
        simulation = Simulation("public-10", num_areas=5, num_threads=threads, record=True, max_steps=STEPS)
        steps = list(play(simulation, 3, [1, 2, 3, 4, 5]))
        told = [part.tobytes() for step in steps for part in step[:3]]
        results.append((told, bits(simulation.areas), bits(simulation.stations), bits(simulation.trace(4).records)))
        simulation.close()
    assert results[0] == results[1]


def test_threads_come_back_after_close() -> None:
    simulation = Simulation("paper-5x20", num_areas=4, num_threads=2)
    simulation.reset(seed=0)
    simulation.step(np.full((4, 5), 5.0))
    simulation.close()
    simulation.step(np.full((4, 5), 5.0))
    assert simulation.areas["step"].tolist() == [2, 2, 2, 2]
    simulation.close()


def test_the_schedule_of_a_reset_is_the_one_that_is_generated_for_its_seed() -> None:
    simulation = Simulation("caltech-54", num_areas=2)
    simulation.reset(seed=21)
    for b in range(2):
        assert simulation.schedule(b) == generate_schedule(simulation.scenario, seed=21 + b)


def test_a_given_schedule_draws_nothing() -> None:
    simulation, undisturbed = Simulation("paper-5x20"), Simulation("paper-5x20")
    for one in (simulation, undisturbed):
        one.reset(seed=8)
    simulation.reset(schedule=simulation.schedule())
    simulation.reset()
    undisturbed.reset()
    assert bits(simulation.sessions) == bits(undisturbed.sessions)


def test_the_global_random_generators_are_neither_drawn_from_nor_seeded() -> None:
    digests = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002 - the old global generator is what must stay untouched
        random.seed(seed)
        before = repr(np.random.get_state()), random.getstate()  # noqa: NPY002 - likewise
        simulation = Simulation("public-10", num_areas=2, max_steps=STEPS)
        digests.append(digest(simulation))
        simulation.reset()
        assert (repr(np.random.get_state()), random.getstate()) == before  # noqa: NPY002 - likewise
    assert digests[0] == digests[1]


def test_requests_are_read_only_input_in_any_layout() -> None:
    finals = []
    requests_kw = np.random.default_rng(0).uniform(-5.0, 40.0, (STEPS, 2, 5)).astype(np.float32)
    layouts = (
        np.float64,
        np.float32,
        lambda part: np.asfortranarray(part, np.float64),
        lambda part: part.tolist(),
        lambda part: np.repeat(part, 2, axis=1)[:, ::2],
    )
    for layout in layouts:
        simulation = Simulation("paper-5x20", num_areas=2, max_steps=STEPS)
        simulation.reset(seed=0)
        for part in requests_kw:
            given_kw = layout(part)
            if isinstance(given_kw, np.ndarray):
                given_kw.flags.writeable = False
            simulation.step(given_kw)
            assert np.array_equal(given_kw, part)
        finals.append((bits(simulation.areas), bits(simulation.stations)))
    assert all(final == finals[0] for final in finals)


def test_arrays_handed_out_are_the_callers_own() -> None:
    simulation = Simulation("paper-5x20", num_areas=2)
    kept = [simulation.reset(seed=0)]
    for _ in range(STEPS):
        kept += simulation.step(np.full((2, 5), 22.0))[:3]
        kept.append(simulation.observe())
    copies = [array.copy() for array in kept]
    for array in simulation.step(np.full((2, 5), 22.0))[:3]:
        array[...] = -1.0
    simulation.step(np.full((2, 5), 1.0))
    simulation.reset(seed=1)
    assert all(np.array_equal(array, copy) for array, copy in zip(kept, copies, strict=True))
    assert len({array.ctypes.data for array in kept}) == len(kept)


def test_writing_into_what_was_handed_out_does_not_reach_the_simulation() -> None:
    outcomes = []
    for scribble in (False, True):
        simulation = Simulation("paper-5x20", num_areas=2, record=True, max_steps=STEPS)
        for result in play(simulation, 0, [1, 2]):
            if scribble:
                for array in (*result[:3], simulation.trace().records["power_kw"]):
                    array[...] = np.nan
        outcomes.append((bits(simulation.areas), bits(simulation.stations), bits(simulation.trace().records)))
    assert outcomes[0] == outcomes[1]


def test_reused_buffers_hold_what_fresh_arrays_would() -> None:
    fresh = Simulation("paper-5x20", max_steps=STEPS)
    reusing = Simulation("paper-5x20", max_steps=STEPS, reuse_buffers=True)
    addresses = set()
    for one, other in zip(play(fresh, 0, [1]), play(reusing, 0, [1]), strict=True):
        for array, reused in zip(one[:3], other[:3], strict=True):
            assert array.tobytes() == reused.tobytes()
        addresses.add(tuple(reused.ctypes.data for reused in other[:3]))
    assert len(addresses) == 1
