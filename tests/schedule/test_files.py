"""Schedule files: what is written comes back to the bit, what is no schedule is refused, no file is left half."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Schedule, Simulation, generate_schedule, load_scenario
from pev_battery_charge.scenario import scenario_names
from pev_battery_charge.schedule.columns import BOTH_WAYS, COLUMNS, MAY_BE_LEFT_OUT, STATED
from pev_battery_charge.schedule.table import ScheduleInfo
from tests import strategies

ENDINGS = ("csv", "parquet")
INFO = ScheduleInfo(
    scenario="my garage",
    step_minutes=2.5,
    horizon_steps=96,
    seed=2**70,
    generator="acn",
    source="sessions: summer #1, 50 % of them",
    start="2019-05-01 06:30",
    time_zone="America/Los_Angeles",
)


def same_bits(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Equal columns, floats compared by their bits, so that -0.0 is not 0.0."""
    if one.schema != other.schema:
        return False
    floats = [name for name, kind in one.schema.items() if kind == pl.Float64]
    for name in floats:
        left, right = (frame[name].fill_null(-1.5).to_numpy().tobytes() for frame in (one, other))
        if left != right:
            return False
    return one.equals(other)


@given(sessions=strategies.session_frames(), ending=st.sampled_from(ENDINGS))
def test_any_schedule_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, sessions: pl.DataFrame, ending: str
) -> None:
    path = tmp_path_factory.mktemp("schedules") / f"day.{ending}"
    schedule = Schedule(sessions, INFO)
    schedule.write(path)
    again = Schedule.read(path)
    assert same_bits(again.sessions, schedule.sessions)
    assert again.info == INFO
    assert again == schedule


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", scenario_names())
def test_a_drawn_schedule_comes_back_to_the_bit(name: str, ending: str, tmp_path: Path) -> None:
    schedule = generate_schedule(load_scenario(name), seed=4)
    schedule.write(tmp_path / f"day.{ending}")
    again = Schedule.read(tmp_path / f"day.{ending}")
    assert same_bits(again.sessions, schedule.sessions)
    assert again == schedule
    assert again.info.seed == 4


@given(sessions=strategies.session_frames())
def test_a_schedule_comes_back_from_its_text(sessions: pl.DataFrame) -> None:
    schedule = Schedule(sessions, INFO)
    assert Schedule.from_text(schedule.to_text()) == schedule


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_has_stated_departures_only_where_somebody_has_stated_one(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"day.{ending}"
    schedule = generate_schedule(load_scenario("paper-5x20"), seed=3)
    assert schedule.sessions[STATED].null_count() == len(schedule)
    schedule.write(path)
    read = pl.read_csv(path, comment_prefix="#") if ending == "csv" else pl.read_parquet(path)
    assert read.columns == [name for name in COLUMNS if name not in MAY_BE_LEFT_OUT]
    assert Schedule.read(path) == schedule
    said = [None] * 19 + [951.0]
    one = Schedule(schedule.sessions.with_columns(pl.Series(STATED, said)), schedule.info)
    one.write(path)
    read = pl.read_csv(path, comment_prefix="#") if ending == "csv" else pl.read_parquet(path)
    assert read.columns == [name for name in COLUMNS if name not in BOTH_WAYS]
    assert Schedule.read(path).sessions[STATED].to_list() == said


@given(scenario=strategies.scenarios(), data=st.data())
def test_stated_departures_come_back_from_the_records_of_a_simulation(scenario: Scenario, data: st.DataObject) -> None:
    schedule = data.draw(strategies.schedules(scenario))
    simulation = Simulation(scenario)
    simulation.reset(schedule=schedule)
    state = simulation.state()
    simulation.restore(state)
    again = simulation.schedule()
    assert again is not schedule
    assert again.sessions.equals(schedule.sessions)
    told = simulation.sessions["departure_stated_min"][0]
    expected = schedule.sessions.select(pl.col(STATED).fill_null(pl.col("departure_min")))
    np.testing.assert_array_equal(told, expected[STATED])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_need_not_say_anything_of_itself(ending: str, tmp_path: Path) -> None:
    sessions = generate_schedule(load_scenario("paper-5x20")).sessions
    path = tmp_path / f"plain.{ending}"
    if ending == "csv":
        sessions.write_csv(path)
    else:
        sessions.write_parquet(path)
    schedule = Schedule.read(path)
    assert schedule.info == ScheduleInfo()
    assert schedule.sessions.equals(sessions)


def test_a_csv_file_tells_its_origin_in_leading_lines(tmp_path: Path) -> None:
    generate_schedule(load_scenario("paper-5x20"), seed=3).write(tmp_path / "day.csv")
    lines = (tmp_path / "day.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:7] == [
        "# format_version: 1",
        "# scenario: paper-5x20",
        "# step_minutes: 5.0",
        "# horizon_steps: 192",
        "# seed: 3",
        "# generator: spread",
        "# start: 00:00",
    ]
    assert lines[7] == ",".join(name for name in COLUMNS if name not in MAY_BE_LEFT_OUT)
    assert len(lines) == 28


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"day.{ending}"
    path.touch()
    with pytest.raises(InputError, match=rf"day\.{ending}: is empty"):
        Schedule.read(path)


def test_a_file_of_headers_alone_has_no_sessions(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("# seed: 1\n" + ",".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"day\.csv: it has no sessions"):
        Schedule.read(path)
    path.write_text("# seed: 1\n# nothing else", encoding="utf-8")
    with pytest.raises(InputError, match=r"day\.csv: is empty"):
        Schedule.read(path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(kept: float, tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    generate_schedule(load_scenario("caltech-54")).write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(InputError, match=r"day\.parquet: is not a readable Parquet file"):
        Schedule.read(path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("day.csv", b"\xff\xfe\x00pev", "cannot be read as text: it is not UTF-8 from byte 1 on"),
        ("day.csv", b"pev,arrival_min\na,1\nb,2,3\n", r"row 2 \(line 3\): has 3 cells, and there are 2 columns"),
        ("day.parquet", b"pev,arrival_min\na,1\n", "is not a readable Parquet file"),
        ("day.csv", b"# format_version: 2\npev\na\n", r"format version must be 1 \(it is 2\)"),
        ("day.csv", b"# seed: soon\npev\na\n", "column 'arrival_min' is missing|metadata 'seed' must be a number"),
        ("day.xlsx", b"", r"a schedule file must end in \.csv or \.parquet"),
    ],
    ids=["not text", "ragged rows", "CSV named Parquet", "later version", "bad seed", "unknown ending"],
)
def test_what_is_no_schedule_is_refused_by_name(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=problem) as refused:
        Schedule.read(tmp_path / name)
    assert refused.value.subject == str(tmp_path / name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("step_minutes: soon", "metadata 'step_minutes' must be a number (it is 'soon')"),
        ("step_minutes: 0", "metadata 'step_minutes' must be above 0 and finite (it is '0')"),
        ("step_minutes: nan", "metadata 'step_minutes' must be above 0 and finite (it is 'nan')"),
        ("horizon_steps: 1.5", "metadata 'horizon_steps' must be a number (it is '1.5')"),
        ("seed: x", "metadata 'seed' must be a number (it is 'x')"),
        ("start: 2019-02-30 08:00", "metadata 'start' must be a day that there is (it is '2019-02-30 08:00')"),
        ("start: 9999-12-31 23:00", "metadata 'start' must be in the years 1900 to 2999 (it is '9999-12-31 23:00')"),
        ("start: 0001-01-01 00:00", "metadata 'start' must be in the years 1900 to 2999 (it is '0001-01-01 00:00')"),
        ("seed: " + "1" * 5000, f"metadata 'seed' must be a number (it is '{'1' * 79}… (5002 characters))"),
        ("start: 24:00", "metadata 'start' must be HH:MM or YYYY-MM-DD HH:MM (it is '24:00')"),
    ],
)
def test_what_a_file_says_of_itself_is_checked(line: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    text = generate_schedule(load_scenario("paper-5x20")).sessions.write_csv()
    path.write_text(f"# {line}\n{text}", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert (refused.value.subject, refused.value.problems) == (str(path), (problem,))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("day.csv", "day.parquet"):
        with pytest.raises(InputError, match=name):
            Schedule.read(tmp_path / name)
    with pytest.raises(InputError):
        Schedule.read(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failed_write_leaves_the_old_file_as_it_was(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"day.{ending}"
    old = generate_schedule(load_scenario("paper-5x20"), seed=1)
    old.write(path)
    before = path.read_bytes()

    def fail_halfway(target: Path, *_: Any, **__: Any) -> None:
        with target.open("wb") as file:
            file.write(before[:100])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", fail_halfway)
    monkeypatch.setattr(Path, "write_bytes", fail_halfway)
    with pytest.raises(InputError, match="cannot be written: no space left"):
        generate_schedule(load_scenario("paper-5x20"), seed=2).write(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert Schedule.read(path) == old


def test_files_are_not_written_where_they_cannot_be(tmp_path: Path) -> None:
    schedule = generate_schedule(load_scenario("paper-5x20"))
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    for path, problem in (
        (tmp_path / "file" / "day.csv", "cannot be written"),
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "day.txt", r"must end in \.csv or \.parquet"),
    ):
        with pytest.raises(InputError, match=problem):
            schedule.write(path)
    schedule.write(tmp_path / "new" / "deeper" / "day.csv")
    assert Schedule.read(tmp_path / "new" / "deeper" / "day.csv") == schedule


@pytest.mark.slow
def test_a_csv_file_of_a_million_sessions_is_accepted_and_right(tmp_path: Path) -> None:
    count = 1_000_000
    numbers = np.arange(count)
    arrivals = np.sort(np.random.default_rng(0).uniform(0.0, 1e6, count))
    sessions = pl.DataFrame(
        {
            "pev": [f"pev_{number}" for number in range(count)],
            "arrival_min": arrivals,
            "departure_min": arrivals + 0.25,
            "capacity_kwh": 10.0 + numbers % 90,
            "energy_arrival_kwh": np.full(count, 0.1),
            "energy_target_kwh": np.full(count, 10.0),
            "power_max_kw": np.full(count, 11.0),
            "efficiency": np.full(count, 0.9),
            "transition_soc": np.full(count, 0.8),
            "station": (numbers % 1009).astype(np.int32),
            "plug_in_min": arrivals,
            STATED: arrivals + 0.5,
        },
        schema={name: kind for name, kind in COLUMNS.items() if name not in BOTH_WAYS},
    )
    path = tmp_path / "many.csv"
    sessions.write_csv(path)
    schedule = Schedule.read(path)
    assert same_bits(schedule.sessions.drop(BOTH_WAYS), sessions)
    text = path.read_text(encoding="utf-8").splitlines()
    text[750_001] = text[750_001].replace(",0.9,", ",1.9,")
    path.write_text("\n".join(text), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert refused.value.problems == (
        "row 750001 (line 750002), efficiency: must be above 0 and at most 1 (it is 1.9)",
    )


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    schedule = generate_schedule("paper-5x20")
    with pytest.raises(InputError, match="metadata 'time_zone' must be a known time zone"):
        schedule.replace_info(start="2019-05-01 00:00", time_zone="Mars/Olympus")
    schedule.write(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# start: 2019-05-01 00:00\n# time_zone: Mars/Olympus\n{text}", encoding="utf-8")
    with pytest.raises(InputError, match="metadata 'time_zone' must be a known time zone"):
        Schedule.read(path)
