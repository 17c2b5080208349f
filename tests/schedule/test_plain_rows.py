"""CSV that is plain is read fast, and gives what the careful reader gives; all else is left to that."""

import csv
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pev_battery_charge.schedule import comma_separated
from pev_battery_charge.schedule.comma_separated import parse_csv
from pev_battery_charge.schedule.plain_rows import plain_rows

HEAD = "# start: 2019-12-30 07:30\n# source: a, b\n"
CELLS = st.text(
    st.sampled_from("a0.- \t\xa0\x1f\x7f\u2028éあ;#") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=3
)
DAMAGE = st.sampled_from(['"', "\r", "\n", "\r\n", ",", " ", '"a,b"', "\0", "\ufeff"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Files of one to three columns, many of which are plain."""
    width = draw(st.integers(1, 3))
    cells = CELLS.map(lambda cell: cell.replace(",", "").replace('"', ""))
    firsts = cells.map(lambda cell: f"a{cell}") if draw(st.booleans()) else cells
    rows = draw(st.lists(st.tuples(firsts, *[cells] * (width - 1)), max_size=5))
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = line_end.join([",".join("xyz"[:width]), *map(",".join, rows)]) + draw(st.sampled_from(["", line_end]))
    for damage in draw(st.lists(DAMAGE, max_size=2)):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + damage + text[place:]
    return draw(st.sampled_from(["", HEAD])) + text


def told(text: str) -> object:
    """What is read of a text, or what is said of it."""
    try:
        cells, places, metadata, problems = parse_csv(text, "day.csv", {"x"})
    except comma_separated.InputError as error:
        return str(error)
    return (
        cells.to_dict(as_series=False),
        cells.schema,
        places.to_dict(as_series=False),
        places.schema,
        metadata,
        problems,
    )


@given(texts())
@example(f"{HEAD}x,y\na,b\n,\na,\n")
@example("x,y\na,\x1f\n\x1f, \n")
@example("x,y\na\n,b\n")
@example("x\na\n\nb\n")
@example("x,y\r\na,b\r\nc,\r\n")
@example("x,y\na,b\rc,d\n")
def test_the_fast_and_the_careful_way_tell_the_same(text: str) -> None:
    with mock.patch.object(comma_separated, "plain_rows", return_value=None):
        careful = told(text)
    assert told(text) == careful


@pytest.mark.parametrize("rows", ["a,b\nc,d\n", "a,b\nc,d", "a,\nc,d\r\n", "a b, c \n1,é\n", "#,;\n"])
def test_plain_text_is_read_fast(rows: str) -> None:
    cells = plain_rows(rows, ["x", "y"])
    assert cells is not None
    assert cells.rows() == [tuple(cell or None for cell in line.split(",")) for line in rows.splitlines()]


@pytest.mark.parametrize(
    "rows",
    [
        "",
        '"a",b\n',
        "a,b\n\nc,d\n",
        "a,b\n,\n",
        "a,b\n \t, \n",
        "a,b\nc\n",
        "a,b,c\n",
        "a,b,c,d\n",
        "a\nb\n",
        "a\n,b\n",
        "a,b\rc,d\n",
        "\xa0,\xa0\n",
    ],
)
def test_all_else_is_left_to_the_careful_reader(rows: str) -> None:
    assert plain_rows(rows, ["x", "y"]) is None


def test_a_cell_that_is_too_long_is_refused_as_ever() -> None:
    text = f"x,y\na,{'b' * csv.field_size_limit()}c\n"
    assert told(text) == "day.csv: line 2: is not readable CSV: field larger than field limit (131072)"
