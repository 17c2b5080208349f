"""Composed kernels tell what plain Python calls of their entries tell, wherever and however they are composed."""

import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge import Scenario, Simulation
from pev_battery_charge.catalogue import COORDINATORS, DEFAULT_FEATURES, FEATURES, STATE_FEATURES, TERMS, compose
from pev_battery_charge.core import compile as compiling
from pev_battery_charge.core.records import NO_SESSION
from tests import strategies
from tests.catalogue import own_entries
from tests.loading import load_script

OWN_SEEN = ["composed_wave", "composed_price", "composed_price@2d", "soc"]
OURS = list(load_script("make_docs").own(TERMS))


def series(simulation: Simulation, random: np.random.Generator) -> list[pbc.Instance]:
    """The instances of the running episode with random prices."""
    instances = []
    for b in range(simulation.num_areas):
        moments = simulation.moments[0].copy()
        for name in moments.dtype.names or ():
            least = 0.0 if name in ("solar_kw", "cap_kw", "demand_price", "carbon_kg_per_kwh") else -1.0
            moments[name] = random.uniform(least, 1.0, moments.size)
        instances.append(pbc.Instance(simulation.schedule(b), pbc.Series(moments)))
    return instances


def expect_plain(simulation: Simulation, result: Any, sharing: float) -> None:
    """What was told of a step is what the entries tell when they are called as plain Python."""
    terms, features = simulation.scenario.reward.choices, simulation.scenario.feature_choices()
    seen, earned = np.zeros_like(result.observations), np.zeros_like(result.parts)
    for b, i in np.ndindex(simulation.stations.shape):
        area, station = simulation.areas[b], simulation.stations[b, i]
        moments = simulation.moments[min(b, len(simulation.moments) - 1)]
        for k, feature in enumerate(features):
            seen[b, i, k] = feature.entry.plain(area, station, moments, *map(int, feature.numbers))
        earned[-1, b, i] = station["made"]["power_kw"]
        for k, term in enumerate(terms):
            weight, *literals = term.numbers
            if station["made"]["session"] != NO_SESSION:
                earned[k, b, i] = weight * term.entry.plain(area, station, moments, *literals)
    np.testing.assert_allclose(result.observations, seen, rtol=2e-7, atol=0.0)
    np.testing.assert_allclose(result.parts, earned, rtol=2e-7, atol=1e-45)
    own = earned[:-1].sum(axis=0, dtype=np.float64)
    served = simulation.stations["made"]["session"] != NO_SESSION
    mean = (own.sum(axis=1) / np.maximum(served.sum(axis=1), 1))[:, None]
    expected = np.where(served, (1.0 - sharing) * own + sharing * mean, 0.0)
    np.testing.assert_allclose(result.rewards, expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=15)
@given(
    drawn=strategies.scenarios(coordinator="equal"),
    numbers=st.lists(strategies.quarters(0.25, 3.0), min_size=6, max_size=6),
    sharing=strategies.quarters(0.0, 1.0),
    own=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_step_tells_what_its_entries_tell(
    drawn: Scenario, numbers: list[float], sharing: float, own: bool, seed: int
) -> None:
    own_terms = {
        "composed_cost": numbers[0],
        "composed_bend": {"weight": numbers[1], "exponent": numbers[2], "knee_kw": numbers[3]},
        "missing": {"weight": numbers[4], "exponent": numbers[5]},
        "composed_zero": 0.0,
    }
    ours = dict(zip(OURS, numbers, strict=False)) | {"missing": {"weight": numbers[4], "exponent": numbers[5]}}
    scenario = drawn.replace(
        **({"step_minutes": 30.0, "population": {"stay_minutes": 30.0}} if own else {}),
        observations=OWN_SEEN if own else STATE_FEATURES,
        reward={"terms": own_terms if own else ours, "sharing": sharing},
    )
    simulation = Simulation(scenario, num_areas=2)
    simulation.reset(seed=seed)
    random = np.random.default_rng(seed)
    simulation.reset(schedule=series(simulation, random))
    while not simulation.over:
        asked_kw = random.uniform(-5.0, 30.0, simulation.stations.shape)
        expect_plain(simulation, simulation.step(asked_kw), sharing)


@pytest.mark.parametrize("rule", [name for name in COORDINATORS if COORDINATORS[name].by != "nothing"])
def test_a_rule_ranks_as_it_tells(rule: str) -> None:
    simulation = Simulation(Scenario(coordinator=rule, area={"power_max_kw": 20.0}))
    entry, met = COORDINATORS[rule], 0
    simulation.reset(seed=1)
    while not simulation.over:
        before = simulation.areas.copy(), simulation.stations.copy()
        simulation.step(simulation.stations["power_max_kw"])
        made = simulation.stations[0]["made"]
        claims = made["acceptance_kw"] > 0.0
        if made["acceptance_kw"].sum() > 20.0:
            for i in np.flatnonzero(claims):
                before[1][0, i]["made"] = simulation.stations[0, i]["made"]
                told = entry.plain(before[0][0], before[1][0, i], simulation.moments[0])
                assert simulation.stations[0, i]["turn"]["rank"] == pytest.approx(told, rel=1e-12)
                met += 1
    assert met > 20


def test_a_scenario_composed_from_other_threads_is_the_same_and_so_is_its_copy() -> None:
    expected = own_entries.told(Simulation(own_entries.scenario()))
    for cached in (compose._step_kernels, compose._observe_kernel):
        cached.cache_clear()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: own_entries.told(Simulation(own_entries.scenario())), range(4)))
    assert found == [expected] * 4
    copy = pickle.loads(pickle.dumps(Simulation(own_entries.scenario())))  # noqa: S301
    assert own_entries.told(copy) == expected


def test_a_pickled_simulation_goes_on_with_its_own_terms() -> None:
    simulation = Simulation(own_entries.scenario(), num_areas=2)
    simulation.reset(seed=0)
    for _ in range(30):
        simulation.step(simulation.stations["power_max_kw"])
    copy = pickle.loads(pickle.dumps(simulation))  # noqa: S301
    for _ in range(10):
        expected, result = (one.step(one.stations["power_max_kw"]) for one in (simulation, copy))
        assert result.rewards.tobytes() == expected.rewards.tobytes()
        assert result.observations.tobytes() == expected.observations.tobytes()


def test_scenarios_that_differ_in_numbers_share_a_kernel() -> None:
    one, other = (
        own_entries.scenario(),
        own_entries.scenario(reward={"terms": {**own_entries.OWN["terms"], "missing": 9}}),
    )
    kernels = [compose.step_kernels(each.rule, each.reward.choices, each.feature_choices(), 5) for each in (one, other)]
    assert kernels[0] is kernels[1]
    numbers = [compose.numbers_of(0.0, each.reward.choices, each.feature_choices()) for each in (one, other)]
    assert numbers[0].shape == numbers[1].shape == (1 + 1 + 3 + 2 + 1 + 3,)


def run(file: Path | str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(file), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_same_text_as_plain_python_tells_the_same() -> None:
    compiled = run(own_entries.__file__)
    plain = run(own_entries.__file__, NUMBA_DISABLE_JIT="1")
    rewards = [json.loads(text.partition(", ")[2].rstrip(")")) for text in (compiled, plain)]
    np.testing.assert_allclose(rewards[0], rewards[1], rtol=1e-6)
    assert rewards[0] != [[0.0] * 5]


TWO = """
import sys
from pathlib import Path
from pev_battery_charge.core import compile
compile._text_folder = lambda: Path(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import pev_battery_charge as pbc
import own_entries
print(own_entries.told(pbc.Simulation(own_entries.scenario()), 60)[0])
"""


@pytest.mark.slow
def test_two_processes_that_compose_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    program, folder = tmp_path / "two.py", tmp_path / "texts"
    program.write_text(TWO, encoding="utf-8")
    folder.mkdir()
    room = str(Path(own_entries.__file__).parent)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: run(program, str(folder), room), range(2)))
    assert found[0] == found[1]
    assert run(program, str(folder), room) == found[0]
    texts = list(folder.glob("composed_*.py"))
    assert len(texts) == 3  # the step, that with a meter, and the first observations
    assert not list(folder.glob("*.tmp"))


def test_the_composed_text_is_a_file_that_names_its_entries() -> None:
    scenario = own_entries.scenario()
    step: Any = compose.step_kernels(scenario.rule, scenario.reward.choices, scenario.feature_choices(), 5).step
    code = getattr(step, "py_func", step).__code__
    text = Path(code.co_filename).read_text(encoding="utf-8")
    assert "numbers[2] * term_composed_bend(area, station, series, numbers[3], numbers[4])" in text
    assert "observations[b, i, 2] = see_composed_price(area, station, series, int(numbers[9]))" in text
    assert Path(code.co_filename).parent == compiling._text_folder()


def test_default_features_and_terms_are_those_of_version_0() -> None:
    assert len(DEFAULT_FEATURES) == 8
    assert Scenario().observations == DEFAULT_FEATURES
    assert [one.entry for one in Scenario().reward.choices] == [TERMS[name] for name in OURS[:4]]
    assert all(FEATURES[name].low == 0.0 for name in STATE_FEATURES)
