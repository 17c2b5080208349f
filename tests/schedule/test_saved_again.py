"""Schedules that other programs have saved again, or that people have written: read as they were, or told why not."""

import csv
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pev_battery_charge import InputError, Scenario, Schedule, generate_schedule, import_sessions
from pev_battery_charge.schedule.columns import PLACE, STATED
from pev_battery_charge.schedule.table import ScheduleInfo
from tests import strategies

INFO = ScheduleInfo(scenario="garage", step_minutes=5.0, horizon_steps=192, source="b, 50 % of #1", start="06:30")
DAY = generate_schedule("paper-5x20")
TEXT = DAY.to_text()
HEAD, *ROWS = TEXT.split("\n")[7:-1]
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
COMMAS = "save it with commas between cells, and with points in numbers"
SITE = Scenario(name="many", stations={"count": 20})

Read = Callable[[str | bytes], pl.DataFrame]


@pytest.fixture(params=["schedule", "import"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Both doors for such a file: as a schedule, and without its stations as a researcher's own sessions."""

    def read_file(content: str | bytes) -> pl.DataFrame:
        path = tmp_path / "day.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if request.param == "schedule":
            return Schedule.read(path).sessions
        return import_sessions(path, "sessions", scenario=SITE).schedule.sessions.drop(*PLACE)

    read_file.kind = request.param  # type: ignore[attr-defined]
    return read_file


def text_for(read: Read) -> str:
    """A day's text as that door takes it."""
    if read.kind == "schedule":  # type: ignore[attr-defined]
        return TEXT
    own = DAY.sessions.drop(*PLACE, STATED)
    return "".join(line + "\n" for line in TEXT.split("\n")[:7]) + own.write_csv()


def expected(read: Read) -> pl.DataFrame:
    return DAY.sessions if read.kind == "schedule" else DAY.sessions.drop(*PLACE)  # type: ignore[attr-defined]


@st.composite
def saved_again(draw: st.DrawFn) -> tuple[Schedule, bytes]:
    """A schedule, and its file as a spreadsheet program writes it after opening it."""
    schedule = Schedule(draw(strategies.session_frames()), INFO)
    cells = list(csv.reader(StringIO(schedule.to_text(), newline="")))
    width = max(map(len, cells)) + draw(st.integers(0, 2))
    filled = [row + [""] * (width - len(row)) for row in cells]
    for place in draw(st.lists(st.integers(0, len(filled)), max_size=3)):
        filled.insert(place, [""] * width)
    written = StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(written, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows(filled)
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return schedule, (mark + written.getvalue() + draw(st.sampled_from(["", "\n", "\r\n \r\n", ",,,\n\n"]))).encode()


@given(saved=saved_again())
def test_what_a_spreadsheet_program_has_saved_again_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, saved: tuple[Schedule, bytes]
) -> None:
    schedule, content = saved
    path = tmp_path_factory.mktemp("saved") / "day.csv"
    path.write_bytes(content)
    assert Schedule.read(path) == schedule


@given(
    names=st.lists(st.text(ANY, min_size=1), min_size=1, unique=True),
    source=st.text(ANY.filter(lambda one: one not in "\r\n"), min_size=1).map(str.strip).filter(bool),
)
@example(names=["a\u2028b", "\x0b", "\x85c\u2029"], source="two  blanks,\u2028or \x0c another line")
def test_names_and_sources_of_any_characters_come_back(names: list[str], source: str) -> None:
    """Also with what Python, but no editor, takes for the end of a line, such as U+2028."""
    sessions = DAY.sessions.head(1).join(pl.DataFrame({"name": names}), how="cross")
    sessions = sessions.with_columns(pev="name", station=pl.lit(None), plug_in_min=pl.lit(None)).drop("name")
    schedule = Schedule(sessions, ScheduleInfo(source=source))
    assert Schedule.from_text(schedule.to_text()) == schedule


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text + "\n",
        lambda text: text + "\n\n,,,\n   \n",
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff\n" + text,
        lambda text: re.sub(r"(?m)^(#.*)$", r'"\1",,,,,,,,,,', text),
        lambda text: text.replace("\n", ",,\n"),
    ],
    ids=["blank line", "blank lines", "every other", "CR LF", "CR", "mark", "quoted", "empty columns"],
)
def test_what_is_no_session_is_left_out(read: Read, mangle: Callable[[str], str]) -> None:
    assert read(mangle(text_for(read))).equals(expected(read))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            TEXT.replace(",", ";"),
            f"is separated by semicolons: {COMMAS}",
        ),
        (
            TEXT.replace(",", "\t"),
            f"is separated by tabs: {COMMAS}",
        ),
        (TEXT.encode("utf-16"), "cannot be read as text: it is not UTF-8 from byte 1 on"),
        (TEXT.replace("pev_03", "pev_é").encode("latin-1"), "cannot be read as text: it is not UTF-8 from byte"),
        (TEXT.replace("pev_03", "pev\0"), "line 12: holds the character NUL, as no text does"),
        (TEXT.replace("pev_03", '"pev'), "line 12: is not readable CSV: unexpected end of data"),
        (TEXT.replace("pev_03", "x" * 200_000), "line 12: is not readable CSV: field larger than field limit"),
        (TEXT.replace("station", "pev"), "column 'pev' is there more than once"),
    ],
    ids=["semicolons", "tabs", "UTF-16", "Latin-1", "NUL", "quote", "long cell", "column twice"],
)
def test_what_cannot_be_read_is_told_with_one_reason(read: Read, content: str | bytes, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        read(content)
    (told,) = refused.value.problems
    assert told.startswith(problem)
    assert refused.value.subject.endswith("day.csv")


def test_ragged_rows_are_told_and_the_others_are_checked(read: Read) -> None:
    lines = text_for(read).split("\n")
    width = lines[7].count(",") + 1
    lines[9] += ",7"
    lines[10] = "pev_02,101.0"
    lines[12] = lines[12].replace(",24.0,", ",-1,", 1)
    with pytest.raises(InputError) as refused:
        read("\n".join(lines))
    over, under, negative, *_ = refused.value.problems
    advice = "a text with commas needs quotes, a number a decimal point"
    assert over == f"row 2 (line 10): has {width + 1} cells, and there are {width} columns; {advice}"
    assert under == f"row 3 (line 11): has 2 cells, and there are {width} columns"
    assert negative == "row 5 (line 13), capacity_kwh: must be above 0 (it is -1.0)"


def test_of_many_ragged_rows_the_first_few_are_told(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("\n".join([HEAD, *(f"{row},7" for row in ROWS)]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Schedule.read(path)
    assert len(refused.value.problems) == 6
    assert refused.value.problems[-1] == "and 15 more rows of that kind"


def test_a_row_may_lack_cells_that_may_be_empty(read: Read) -> None:
    text = text_for(read)
    lines = [f"{line},departure_stated_min" if line.startswith("pev,") else line for line in text.split("\n")]
    assert read("\n".join(lines)).equals(expected(read))


def test_decimal_commas_are_told(read: Read) -> None:
    with pytest.raises(InputError) as refused:
        read(text_for(read).replace(",39.0,", ',"39,0",', 1))
    (told,) = refused.value.problems
    assert told == "row 2 (line 10), arrival_min: must be a finite number, with a decimal point (it is 39,0)"
