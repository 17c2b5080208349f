"""A trace file is refused where its rows are not what a simulation can have written; told by file, step and rule."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Simulation, Trace, load_scenario
from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.trace_rows import to_records
from tests import strategies
from tests.bits import bits
from tests.test_trace import recorded

Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Forty steps in which every station serves and stands empty."""
    return recorded(load_scenario("paper-5x20"), max_steps=40).trace()


def problems(trace: Trace, change: Change, path: Path) -> tuple[str, ...]:
    """What is told of a trace whose rows were changed; each problem comes with the file."""
    metadata = {"format_version": "1", "scenario": trace.scenario.to_toml(), "schedule": trace.schedule.to_text()}
    change(trace.to_frame()).write_parquet(path, metadata=metadata)
    with pytest.raises(InputError) as raised:
        Trace.read(path)
    assert raised.value.subject == str(path)
    return raised.value.problems


def at(step: int, station: int) -> pl.Expr:
    return (pl.col("step") == step) & (pl.col("station") == station)


def put(at_step: int, at_station: int, **values: float | None) -> Change:
    here = at(at_step, at_station)
    cells = [pl.when(here).then(pl.lit(value)).otherwise(name).alias(name) for name, value in values.items()]
    return lambda frame: frame.with_columns(cells)


def served(trace: Trace) -> tuple[int, int]:
    """A step and station at which a PEV charges, and has charged before and goes on."""
    charging = (trace.power_kw > 0.0) & (trace.session != NO_SESSION)
    same = (trace.session[1:-1] == trace.session[:-2]) & (trace.session[1:-1] == trace.session[2:])
    t, n = np.argwhere(charging[1:-1] & same)[0]
    return int(t) + 1, int(n)


def empty(trace: Trace) -> tuple[int, int]:
    t, n = np.argwhere(trace.session == NO_SESSION)[0]
    return int(t), int(n)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.filter(~at(3, 2)), "step 3, station 2: there must be one row"),
        (
            lambda frame: frame.filter(~((pl.col("station") == 2) & (pl.col("step") < 5))),
            "step 0, station 2: there must",
        ),
        (lambda frame: frame.filter(pl.col("step") != 20), "step 20, station 0: there must be one row"),
        (lambda frame: pl.concat([frame, frame]), "step 0, station 0: there must be one row for each station in each"),
        (lambda frame: pl.concat([frame, frame[7:8]]), "step 1, station 2: there must be one row"),
        (put(4, 1, station=0), "step 4, station 0: there must be one row for each station in each step (there are 2)"),
        (put(4, 1, station=5), "row 22, step 4, station 5: station must be from 0 to 4"),
        (put(4, 1, station=-1), "row 22, step 4, station -1: station must be from 0 to 4"),
        (put(4, 1, step=10**6), "row 22, step 1000000, station 1: step must be from 0 to 191"),
        (put(4, 1, step=1.5), "row 22, step 1.5, station 1, step: must be a whole number"),
        (put(4, 1, reward=float("nan")), "row 22, step 4, station 1, reward: must be a finite number (it is nan)"),
        (put(4, 1, asked_kw=float("inf")), "row 22, step 4, station 1, asked_kw: must be a finite number (it is inf)"),
        (put(4, 1, session=2.0**32), "row 22, step 4, station 1, session: must be a whole number (it is 4294967296.0)"),
        (put(4, 1, power_kw=None), "row 22, step 4, station 1, power_kw: must be a finite number (it is None)"),
        (lambda frame: frame.with_columns(energy_kwh=pl.lit("x")), "row 1, step 0, station 0, energy_kwh: must be a"),
    ],
)
def test_rows_that_are_missing_doubled_or_no_numbers_are_refused(
    trace: Trace, change: Change, told: str, tmp_path: Path
) -> None:
    assert problems(trace, change, tmp_path / "cut.parquet")[0].startswith(told)


def test_rows_that_are_shifted_or_of_no_session_are_refused(trace: Trace, tmp_path: Path) -> None:
    path, (t, n), (e, m) = tmp_path / "shifted.parquet", served(trace), empty(trace)
    here, others = int(trace.session[t, n]), len(trace.schedule)
    swapped = problems(trace, lambda frame: frame.with_columns((pl.col("station") + 1) % 5), path)
    assert swapped[0].startswith("step 5, station 0, session: must be 0, the session that is plugged in then")
    for session, none in ((others, f", and there are {others} sessions"), (-2, f", and there are {others} sessions")):
        (told,) = problems(trace, put(t, n, session=session), path)
        rule = f"session: must be {here}, the session that is plugged in then (it is {session}{none})"
        assert told == f"step {t}, station {n}, {rule}"
    (told,) = problems(trace, put(e, m, session=0), path)
    assert told == f"step {e}, station {m}, session: must be -1, for the station is empty (it is 0)"
    (told,) = problems(trace, put(t, n, session=-1), path)
    assert told == f"step {t}, station {n}, session: must be {here}, the session that is plugged in then (it is -1)"


def test_values_out_of_bounds_and_books_that_do_not_add_up_are_refused(trace: Trace, tmp_path: Path) -> None:
    path, (t, n), (e, m) = tmp_path / "bounds.parquet", served(trace), empty(trace)
    power, energy = float(trace.power_kw[t, n]), float(trace.records["energy_kwh"][t, n])
    for change, told in (
        (put(e, m, request_kw=1.0), f"step {e}, station {m}, request_kw: must be 0 at an empty station (it is 1.0)"),
        (put(e, m, acceptance_kw=-1.0), f"step {e}, station {m}, acceptance_kw: must be 0 at an empty station"),
        (put(e, m, power_kw=1.0), f"step {e}, station {m}, power_kw: must be 0 at an empty station (it is 1.0)"),
        (put(e, m, energy_kwh=1.0), f"step {e}, station {m}, energy_kwh: must be 0 at an empty station"),
        (
            put(t, n, request_kw=22.5),
            f"step {t}, station {n}, request_kw: must not be above the station's power_max_kw",
        ),
        (put(t, n, acceptance_kw=23.0), f"step {t}, station {n}, acceptance_kw: must not be above request_kw"),
        (put(t, n, power_kw=power + 30.0), f"step {t}, station {n}, power_kw: must not be above acceptance_kw"),
        (put(t, n, power_kw=-1.0), f"step {t}, station {n}, power_kw: must not be negative (it is -1.0)"),
        (put(t, n, energy_kwh=-1.0), f"step {t}, station {n}, energy_kwh: must not be below what the PEV came with"),
        (put(t, n, energy_kwh=100.0), f"step {t}, station {n}, energy_kwh: must not be above what the PEV should"),
        (put(t, n, energy_kwh=energy + 1e-6), f"step {t}, station {n}, energy_kwh: must be what it was before and"),
        (put(t, n, power_kw=power - 1e-6), f"step {t}, station {n}, energy_kwh: must be what it was before and"),
    ):
        assert problems(trace, change, path)[0].startswith(told)


def test_what_is_off_by_a_rounding_of_the_larger_value_is_taken(trace: Trace) -> None:
    t, n = served(trace)
    energy_kwh = float(trace.records["energy_kwh"][t, n])
    assert energy_kwh > 2.0
    change = put(t, n, request_kw=22.0 * (1.0 + 5e-10), energy_kwh=energy_kwh * (1.0 + 5e-10))
    records = to_records(change(trace.to_frame()), trace.scenario, trace.session_records, "rows")
    assert records["energy_kwh"][t, n] > energy_kwh


def test_each_power_below_zero_is_refused(trace: Trace, tmp_path: Path) -> None:
    t, n = served(trace)
    told = problems(trace, put(t, n, request_kw=-1.0, acceptance_kw=-2.0, power_kw=-3.0), tmp_path / "below.parquet")
    assert told[:3] == (
        f"step {t}, station {n}, request_kw: must not be negative (it is -1.0)",
        f"step {t}, station {n}, acceptance_kw: must not be negative (it is -2.0)",
        f"step {t}, station {n}, power_kw: must not be negative (it is -3.0)",
    )


@pytest.mark.parametrize(
    ("change", "fifth", "more"),
    [
        (
            lambda frame: frame.with_columns(reward=pl.lit(float("inf"))),
            "row 5, step 0, station 4, reward: must be a finite number (it is inf)",
            "reward: must be a finite number, in 195 more rows",
        ),
        (
            lambda frame: frame.filter((pl.col("station") != 3) | (pl.col("step") == 39)),
            "step 4, station 3: there must be one row for each station in each step (there are 0)",
            "one row for each station in each step: so 34 times more",
        ),
        (
            lambda frame: frame.with_columns(session=pl.lit(-2)),
            "step 0, station 4, session: must be -1, for the station is empty (it is -2, and there are 20 sessions)",
            "session: must be that of the schedule, in 195 more rows",
        ),
        (
            lambda frame: frame.with_columns(request_kw=pl.lit(-1.0)),
            "step 0, station 4, request_kw: must be 0 at an empty station (it is -1.0)",
            "request_kw: must be 0 at an empty station, in 103 more rows",
        ),
    ],
    ids=["numbers", "missing", "sessions", "bounds"],
)
def test_of_many_rows_that_break_a_rule_five_are_told_and_the_others_counted(
    trace: Trace, change: Change, fifth: str, more: str, tmp_path: Path
) -> None:
    assert problems(trace, change, tmp_path / "many.parquet")[4:6] == (fifth, more)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.with_columns(reward=pl.when(pl.col("step") > 0).then("reward").otherwise(float("inf"))),
        lambda frame: frame.filter(pl.col("step") > 0),
        lambda frame: frame.with_columns(session=pl.when(pl.col("step") > 0).then("session").otherwise(-2)),
        lambda frame: frame.with_columns(request_kw=pl.when(pl.col("step") > 0).then("request_kw").otherwise(1.0)),
    ],
    ids=["numbers", "missing", "sessions", "bounds"],
)
def test_of_five_rows_that_break_a_rule_none_is_left_to_be_counted(
    trace: Trace, change: Change, tmp_path: Path
) -> None:
    told = problems(trace, change, tmp_path / "five.parquet")
    assert len(told) == 5
    assert "more" not in told[4]


def test_of_many_rows_without_a_place_five_are_told(trace: Trace, tmp_path: Path) -> None:
    told = problems(trace, lambda frame: frame.with_columns(station=pl.lit(7)), tmp_path / "many.parquet")
    assert told == tuple(f"row {n + 1}, step 0, station 7: station must be from 0 to 4" for n in range(5))


def test_an_area_above_its_cap_is_refused() -> None:
    trace = recorded(load_scenario("paper-5x20").replace(coordinator="none"), max_steps=60).trace()
    total_kw = trace.area_power_kw
    step = int(np.argmax(total_kw > 31.5))
    capped = trace.scenario.replace(coordinator="equal")
    with pytest.raises(InputError) as raised:
        to_records(trace.to_frame(), capped, trace.session_records, "rows")
    told = (
        f"step {step}, power_kw: the sum of all stations must not be above the area's 31.5 kW (it is {total_kw[step]})"
    )
    assert raised.value.problems[0] == told


def test_a_trace_of_no_step_comes_back(tmp_path: Path) -> None:
    simulation = Simulation(record=True)
    simulation.reset(seed=0)
    simulation.trace().write(tmp_path / "begun.parquet")
    assert Trace.read(tmp_path / "begun.parquet").records.shape == (0, 5)


def test_rows_out_of_order_are_put_in_order(trace: Trace, tmp_path: Path) -> None:
    metadata = {"format_version": "1", "scenario": trace.scenario.to_toml(), "schedule": trace.schedule.to_text()}
    path = tmp_path / "shuffled.parquet"
    mixed = trace.to_frame().sample(fraction=1.0, shuffle=True, seed=1).cast({"step": pl.Int64, "session": pl.Float64})
    mixed.write_parquet(path, metadata=metadata)
    assert bits(Trace.read(path).records) == bits(trace.records)


@settings(max_examples=40)
@given(scenario=strategies.scenarios(), ask=strategies.policies(), max_steps=st.integers(1, 50), data=st.data())
def test_every_trace_that_a_simulation_writes_is_taken(
    scenario: Scenario, ask: object, max_steps: int, data: st.DataObject
) -> None:
    simulation = Simulation(scenario, record=True, max_steps=max_steps)
    simulation.reset(schedule=data.draw(strategies.schedules(scenario)))
    while not simulation.over:
        simulation.step(ask(simulation.step_index, simulation.stations["power_max_kw"][0])[None])  # type: ignore[operator]
    trace = simulation.trace()
    records = to_records(trace.to_frame(), scenario, trace.session_records, "rows")
    for name in ("power_kw", "energy_kwh", "session", "reward", "asked_kw"):
        assert records[name].tobytes() == trace.records[name].tobytes()
