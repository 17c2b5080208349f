"""Everything that users may ask for has an upper bound, told by one error before anything is made of it."""

import gzip
import math
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pev_battery_charge as pbc
from pev_battery_charge import (
    InputError,
    Scenario,
    Schedule,
    Series,
    Simulation,
    generate_schedule,
    load_scenario,
    reading,
    sizes,
    tabular,
)
from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.core.records import STEP, make_moments
from pev_battery_charge.evaluation import evaluate
from pev_battery_charge.importers import import_sessions
from pev_battery_charge.populations import base, site, spread
from pev_battery_charge.schedule.columns import COLUMNS
from pev_battery_charge.smart_charging import SmartCharging, SmartChargingEnv
from pev_battery_charge.smart_charging.dqn import DqnConfig
from pev_battery_charge.smart_charging.learning import TableConfig
from pev_battery_charge.trace import Trace
from tests.bits import bits

HUGE = 10**10
ABSURD = 10**5000


def problems_of(make: Callable[[], object]) -> str:
    """What is told, and without much memory taken before."""
    tracemalloc.start()
    with pytest.raises((InputError, ValueError)) as raised:
        make()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert isinstance(raised.value, InputError) or type(raised.value).__name__ == "ValidationError"
    return str(raised.value)


def changed(**changes: Any) -> Scenario:
    return load_scenario("paper-5x20").replace(**changes)


def test_the_table_of_the_docstring_is_that_of_the_values() -> None:
    told = dict(re.findall(r"^([A-Z_]{8,})\s{2,}(\S+(?: [x-] \S+)?)", sizes.__doc__ or "", re.MULTILINE))
    known = {name: getattr(sizes, name) for name in dir(sizes) if name.isupper() and name != "PART_RECORDS"}
    assert set(told) == set(known)
    for name, text in told.items():
        value = eval(text.replace(",", "").replace("^", "**").replace("x", "*"))  # noqa: S307  the package's own text
        assert value == known[name], name


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stations": {"count": HUGE}}, "stations: count must be at most 100,000"),
        ({"horizon_steps": HUGE}, "horizon_steps: Input should be less than or equal to 1000000"),
        ({"step_minutes": 1e-300}, "step_minutes: Input should be greater than or equal to 0.001"),
        ({"step_minutes": 1e300}, "step_minutes x horizon_steps must be at most 5,270,400 min"),
        ({"step_minutes": 10.0, "horizon_steps": 10**6}, "step_minutes x horizon_steps must be at most"),
        ({"population": {"pevs": HUGE}}, "population.pevs: Input should be less than or equal to 1000000"),
        ({"population": {"kind": "site", "profile": "jpl", "sessions_per_day": 1e12}}, "population.sessions_per_day"),
        ({"population": {"power_max_kw": 1e300}}, "population.power_max_kw: Input should be less than or equal to"),
        (
            {"population": {"efficiency": 1e-300}},
            "population.efficiency: Input should be greater",
        ),
        ({"population": {"patience_minutes": 1e300}}, "population.patience_minutes: Input should be less"),
        ({"population": {"capacity_kwh": 1e-300}}, "population.capacity_kwh: Input should be greater than or equal"),
        ({"area": {"power_max_kw": 1e-300}}, "area.power_max_kw: Input should be greater than or equal to 0.000001"),
        ({"stations": {"count": 1, "power_max_kw": 1e39}}, "power_max_kw: Input should be less than or equal to"),
        ({"reward": {"terms": {"missing": 1e300}}}, "missing.weight: Input should be less than or equal to 1000000000"),
        ({"reward": {"soc": 1e300}}, "soc: Input should be less than or equal to 1000000000"),
        (
            {"reward": {"terms": {"missing": {"weight": 1.0, "exponent": 1e4}}}},
            "missing.exponent: Input should be",
        ),
        (
            {"step_minutes": 0.002, "observations": ["hour"], "horizon_steps": HUGE},
            "horizon_steps: Input should be less",
        ),
    ],
)
def test_a_scenario_beyond_bounds_is_refused(changes: dict[str, Any], told: str) -> None:
    assert told in problems_of(lambda: changed(**changes))


def test_a_look_ahead_of_too_many_steps_is_refused() -> None:
    @pbc.feature(unit="1")
    def later(area, station, moments, ahead_steps):  # type: ignore[no-untyped-def]
        """The price of later."""
        return moments[area["step"] + ahead_steps]["buy_price"]

    stay = {"stay_minutes": 0.1}
    told = problems_of(lambda: changed(step_minutes=0.01, observations=["later@366d"], population=stay))
    assert "the look-ahead of observations must need at most 4,000,000 steps (they need 52,704,193)" in told


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Simulation(num_areas=HUGE), "num_areas: must be a whole number from 1 to 1000000 (it is 10000000000)"),
        (lambda: Simulation(num_threads=HUGE), "num_threads: must be a whole number from 1 to 256"),
        (lambda: Simulation(num_areas=ABSURD), "num_areas: must be a whole number from 1 to 1000000 (it is 2^16609 or"),
        (lambda: Simulation(changed(stations={"count": 10**5}), num_areas=10**3), "records: must take at most 3 GiB"),
        (
            lambda: Simulation(num_areas=10**5, record=True),
            "records: must take at most 3 GiB together (they would",
        ),
        (lambda: pbc.vector_env(num_areas=HUGE), "num_areas: must be a whole number from 1 to 1000000"),
        (
            lambda: Simulation().reset(seed=2**128),
            "seed: must be a whole number from 0 to 34028236692093846346",
        ),
        (lambda: Simulation().reset(seed=ABSURD), "seed: must be a whole number from 0 to"),
        (
            lambda: Simulation().reset(seed=-ABSURD),
            "seed: must be a whole number of at least 0 (it is -2^16609",
        ),
        (lambda: Simulation().reset(seed=[2**128]), "seed of area 0: must be a whole number from 0 to"),
        (lambda: pbc.parallel_env().reset(seed=2**128), "seed: must be a whole number from 0 to"),
        (lambda: generate_schedule(seed=2**128), "seed: must be a whole number from 0 to"),
        (lambda: evaluate("paper-5x20", {"a": "constant"}, range(HUGE)), "seeds: must be at most 1,000,000"),
        (
            lambda: Simulation(changed(population={"pevs": 10**6}), 100).reset(seed=0),
            "records: must take at most 3 GiB",
        ),
    ],
)
def test_batches_seeds_and_episodes_beyond_bounds_are_refused(make: Callable[[], object], told: str) -> None:
    assert told in problems_of(make)


def test_records_may_take_as_much_as_they_may_and_what_takes_more_is_told_by_its_shares() -> None:
    most = sizes.MOST_RECORD_BYTES
    assert sizes.bytes_problems(stations=most - 1, sessions=1, moments=0) == []
    assert sizes.bytes_problems(stations=most, sessions=1, moments=0) == [
        "records: must take at most 3 GiB together (they would take 3.0: stations 3.0, sessions 0.0)"
    ]


@pytest.mark.slow
def test_a_population_whose_draws_no_memory_holds_is_refused_with_the_first() -> None:
    drawn: list[int] = []

    @pbc.population("far-too-many")
    class FarTooMany(pbc.Population):
        def draw(self, *_: Any) -> pbc.Instance:
            """The same thousand sessions each time."""
            drawn.append(1)
            return pbc.Instance(thousand)

    thousand = generate_schedule(changed(population={"pevs": 1000}), seed=0)
    simulation = Simulation(changed(population={"kind": "far-too-many"}), 10**5)
    told = problems_of(lambda: simulation.reset(seed=0))
    assert told.startswith("population 'far-too-many': records: must take at most 3 GiB together")
    assert drawn == [1]


@pytest.mark.parametrize("number", [10**400, ABSURD, -ABSURD], ids=["400 digits", "5000 digits", "below"])
def test_numbers_of_hundreds_of_digits_are_told_by_their_size(number: int) -> None:
    for name in ("horizon_steps", "step_minutes"):
        told = problems_of(lambda name=name: changed(**{name: number}))
        assert f"{name}: Input should be" in told
        assert len(told) < 200
    told = problems_of(lambda: pbc.Scenario.from_toml(f"horizon_steps = {'9' * 400}"))
    assert "(it is 2^1328 or more)" in told
    with pytest.raises(InputError, match="slot_minutes: must be a finite number"):
        SmartCharging(slot_minutes=number)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: SmartCharging(num_slots=HUGE), "num_slots: must be a whole number from 1 to 100000"),
        (lambda: SmartCharging(num_slots=10**5), "num_slots: slots x levels of the battery x rates must be at most"),
        (lambda: SmartCharging(capacity_kwh=1e12), "give rounder numbers"),
        (lambda: tabular.Settings(episodes=HUGE), "episodes: must be a whole number from 1 to 10000000"),
        (lambda: TableConfig(episodes=HUGE).settings("q"), "episodes: must be a whole number from 1 to 10000000"),
        (lambda: DqnConfig(steps=10**13), "steps: must be a whole number from 1 to 1000000000000"),
        (lambda: DqnConfig(environments=HUGE), "environments: must be a whole number from 1 to 10000"),
        (lambda: DqnConfig(buffer_size=HUGE), "buffer_size: must be a whole number from 1 to 10000000"),
        (lambda: DqnConfig(batch_size=HUGE), "batch_size: must be a whole number from 1 to 10000000"),
        (lambda: DqnConfig(network=(HUGE,)), "network[0]: must be a whole number from 1 to 20000000"),
        (lambda: DqnConfig(network=(10**4, 10**4)), "network: must have at most 20,000,000 weights"),
    ],
)
def test_smart_charging_beyond_bounds_is_refused(make: Callable[[], object], told: str) -> None:
    assert told in problems_of(make)


def test_tables_of_too_many_cells_together_are_refused() -> None:
    problem = SmartCharging(num_slots=150, capacity_kwh=7200.0)
    env = SmartChargingEnv(problem, observation="index", cell_kwh=0.25)
    told = problems_of(lambda: tabular.double_q_learning(env))
    assert "tables: must have at most 10,000,000 cells (they would have 2 x " in told


@pytest.mark.parametrize("read", [Schedule.read, Trace.read])
def test_a_parquet_file_that_unpacks_to_too_much_is_refused(
    read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.parquet"
    pl.DataFrame(
        {"pev": pl.repeat(1.0, 10**6, eager=True), "arrival_min": pl.repeat(1.0, 10**6, eager=True)}
    ).write_parquet(path)
    assert path.stat().st_size < 10**5
    monkeypatch.setattr(reading, "MOST_FILE_VALUES", 10**6)
    told = problems_of(lambda: read(path))
    assert told == f"{path}: must hold at most 1,000,000 values (it holds 1,000,000 rows of 2 columns)"
    monkeypatch.setattr(reading, "MOST_FILE_BYTES", 1000)
    assert problems_of(lambda: read(path)).startswith(f"{path}: must hold at most")


@pytest.mark.parametrize(
    ("name", "read"),
    [("day.csv", Schedule.read), ("area.toml", Scenario.load), ("day.csv", import_sessions)],
)
def test_a_text_file_of_too_many_bytes_is_refused_before_it_is_read(
    name: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole: it takes nothing on the disk
    with pytest.raises(InputError, match="must hold at most 256 MiB, unpacked"):
        read(path)


def test_the_largest_seed_draws() -> None:
    assert len(generate_schedule(seed=sizes.LARGEST_SEED)) == 20


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("departure_min", 1e300, "row 2, departure_min: must be at most 1e+09"),
        ("departure_stated_min", 1e300, "row 2, departure_stated_min: must be at most 1e+09"),
        ("power_max_kw", 1e300, "row 2, power_max_kw: must be between 1e-06 and 1e+09"),
        ("capacity_kwh", 1e300, "row 2, capacity_kwh: must be between 1e-06 and 1e+09"),
        ("efficiency", 1e-300, "row 2, efficiency: must be at least 0.001"),
    ],
)
def test_a_schedule_beyond_bounds_is_refused(column: str, value: float, told: str) -> None:
    rows = generate_schedule(seed=0).sessions.with_row_index("row")
    rows = rows.with_columns(pl.when(pl.col("row") == 1).then(pl.lit(value)).otherwise(column).alias(column))
    assert told in problems_of(lambda: Schedule(rows.drop("row")))


def test_a_schedule_of_too_many_rows_is_refused() -> None:
    columns = {
        name: pl.repeat("1" if kind is pl.String else 1.0, sizes.MOST_SESSIONS + 1, eager=True)
        for name, kind in COLUMNS.items()
    }
    assert "must have at most 1,000,000 sessions" in problems_of(lambda: Schedule(pl.DataFrame(columns)))


def test_a_series_beyond_bounds_is_refused() -> None:
    moments = make_moments(3)
    moments["buy_price"][1] = 1e39
    assert "step 1, buy_price: must be at most 1e+09 either way" in problems_of(lambda: Series(moments))


def test_a_gzip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_FILE_BYTES", 2**20)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b"{" + b" " * 2**27))
    assert problems_of(lambda: import_sessions(path)).startswith(f"{path}: must hold at most")
    plain = tmp_path / "plain.json"
    plain.write_bytes(b"{" + b" " * 2**21)
    assert problems_of(lambda: import_sessions(plain)).startswith(f"{plain}: must hold at most")


def test_a_film_of_too_many_or_too_long_frames_is_refused(tmp_path: Path) -> None:
    schedule = generate_schedule(seed=0)
    trace = Trace(load_scenario("paper-5x20"), schedule, np.zeros((20_001, 1), STEP))
    told = problems_of(lambda: pbc.write_gif(trace, tmp_path / "a.gif", every=1, frame_ms=10**9))
    assert "frame_ms: must be at most 60000" in told
    assert "every: must leave at most 10,000 frames" in told


@pytest.mark.parametrize("asked_kw", [1e39, -1e39, 1.0001e9])
def test_requests_beyond_bounds_are_refused_and_told_by_place(asked_kw: float) -> None:
    simulation = Simulation(num_areas=2)
    simulation.reset(seed=0)
    requests_kw = np.zeros((2, 5))
    requests_kw[1, 3] = asked_kw
    told = problems_of(lambda: simulation.step(requests_kw))
    assert told == f"requests: area 1, station 3: must be at most 1e+09 kW either way (it is {asked_kw})"
    env = pbc.parallel_env()
    env.reset(seed=0)
    actions = {agent: np.zeros(1) for agent in env.agents} | {"station_3": np.array([asked_kw])}
    assert problems_of(lambda: env.step(actions)) == (
        f"actions: station_3: must be at most 1e+09 kW either way (it is {asked_kw})"
    )


def powers(low: float = sizes.LEAST_POWER_KW) -> st.SearchStrategy[float]:
    return st.sampled_from([low, 1e-3, 22.0, sizes.MOST_POWER_KW]) | st.floats(low, sizes.MOST_POWER_KW)


@st.composite
def extreme(draw: st.DrawFn) -> Scenario:
    """Scenarios with values anywhere in their bounds, ends first."""
    step_minutes = draw(st.sampled_from([sizes.SHORTEST_STEP_MINUTES, 5.0, 1e5]))
    stations = []
    for _ in range(draw(st.integers(1, 3))):
        most = draw(powers())
        stations.append({"least_kw": draw(st.sampled_from([0.0, most])), "power_max_kw": most})
    cap_kw = draw(powers())
    weights = st.sampled_from([0.0, 1.0, sizes.MOST_WEIGHT])
    exponents = st.sampled_from([5e-324, 1e-3, 1.0, sizes.MOST_EXPONENT])
    names = ("missing", "out_of_bounds", "overload", "departure")
    terms: dict[str, Any] = {name: draw(weights) for name in names}
    terms["missing"] = {"weight": terms["missing"], "exponent": draw(exponents)}
    target_soc = draw(st.sampled_from([5e-324, 1e-9, 1.0]))
    return Scenario.model_validate(
        {
            "step_minutes": step_minutes,
            "horizon_steps": 12,
            "coordinator": draw(st.sampled_from(["none", "proportional", "least_laxity"])),
            "area": {"power_min_kw": draw(st.sampled_from([0.0, cap_kw])), "power_max_kw": cap_kw},
            "stations": stations,
            "population": {
                "kind": "spread",
                "pevs": draw(st.integers(1, 8)),
                "capacity_kwh": draw(st.sampled_from([sizes.LEAST_ENERGY_KWH, 40.0, sizes.MOST_ENERGY_KWH])),
                "target_soc": target_soc,
                "arrival_soc_max": draw(st.sampled_from([0.0, target_soc])),
                "stay_minutes": draw(st.floats(0.1, 1.0)) * 12 * step_minutes,
                "power_max_kw": draw(powers()),
                "efficiency": draw(st.sampled_from([sizes.LEAST_EFFICIENCY, 0.9, 1.0])),
                "transition_soc": draw(st.sampled_from([0.0, 5e-324, 0.8, math.nextafter(1.0, 0.0), 1.0])),
                "patience_minutes": draw(st.sampled_from([0.0, sizes.MOST_MINUTES])),
                "stay_counts_from": draw(st.sampled_from(["arrival", "plug_in"])),
            },
            "reward": {"terms": terms, "sharing": draw(st.sampled_from([0.0, 0.5, 1.0]))},
        }
    )


@settings(max_examples=100)
@given(scenario=extreme(), seed=st.integers(0, 2**32), data=st.data())
def test_nothing_allowed_makes_a_number_that_is_not_finite(scenario: Scenario, seed: int, data: st.DataObject) -> None:
    simulation = Simulation(scenario, record=True)
    seen = [simulation.reset(seed=seed)]
    most = sizes.MOST_REQUEST_KW
    asks = st.sampled_from([-most, -1.0, 0.0, 5e-324, 1.0, most]) | st.floats(-most, most)
    total = 0.0
    while not simulation.over:
        asked_kw = [[data.draw(asks) for _ in scenario.stations]]
        result = simulation.step(asked_kw)
        seen += [simulation.observe(STATE_FEATURES), result.observations, result.rewards, result.parts]
        total += float(result.rewards.sum())
    trace = simulation.trace()
    seen += [trace.records[name] for name in STEP.names or ()]
    seen += [getattr(trace.books, name) for name in ("grid_kwh", "battery_kwh", "loss_kwh")]
    seen += [simulation.stations[name] for name in ("energy_kwh", "target_kwh")]
    assert np.isfinite(total)
    for values in seen:
        assert np.isfinite(values).all()


@pytest.mark.parametrize("name", ["paper-5x20", "caltech-54", "public-10"])
def test_long_work_is_cut_into_parts_that_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two parts Ctrl-C is heard: a kernel that runs does not hear it."""
    simulation = Simulation(name, num_areas=7)
    simulation.reset(seed=0)
    whole = bits(simulation.sessions), bits(simulation.stations)
    calls: list[int] = []
    for module, kernel in ((base, "assign_areas"), (site, "_draw_areas"), (spread, "_draw_areas")):
        original = getattr(module, kernel)

        def counted(sessions: Any, *rest: Any, original: Any = original) -> None:
            calls.append(len(sessions))
            original(sessions, *rest)

        monkeypatch.setattr(module, kernel, counted)
    monkeypatch.setattr(sizes, "PART_RECORDS", 2 * simulation.sessions.shape[1])
    cut = Simulation(name, num_areas=7)
    cut.reset(seed=0)
    assert (bits(cut.sessions), bits(cut.stations)) == whole
    assert calls == [2, 2, 2, 1] * 2


@pytest.mark.parametrize(
    "make", [("network", (10**6, 10**6)), ("steps", 10**13), ("areas", HUGE), ("torch_threads", HUGE)]
)
def test_a_training_beyond_bounds_is_refused(make: tuple[str, Any]) -> None:
    training = pytest.importorskip("pev_battery_charge.training")
    assert make[0] in problems_of(lambda: training.TrainConfig(**{make[0]: make[1]}).checked())


def test_a_rollout_of_one_agent_step_is_refused_before_it_begins(tmp_path: Path) -> None:
    training = pytest.importorskip("pev_battery_charge.training")
    pytest.importorskip("stable_baselines3")
    alone = training.PPOConfig(rollout_steps=1)
    config = training.TrainConfig(areas=1, ppo=alone)
    with pytest.raises(InputError, match=r"ppo\.rollout_steps: x areas x stations must be at least 2 agent-steps"):
        training.train(config, tmp_path / "run", scenario=changed(stations={"count": 1}))
    assert not (tmp_path / "run").exists()
    config.check_sizes(2)


def test_a_rollout_of_too_many_steps_is_refused() -> None:
    training = pytest.importorskip("pev_battery_charge.training")
    config = training.TrainConfig(areas=10**5, ppo=training.PPOConfig(rollout_steps=10**3)).checked()
    told = problems_of(lambda: config.check_sizes(10))
    assert told.startswith("training: ppo.rollout_steps: x areas x stations must be at most 10,000,000 agent-steps")
