"""Names of any letters in pictures: replaced where the font lacks them, and cut by their true width."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.text import Text

from pev_battery_charge.rendering import render_frame, write_overview
from pev_battery_charge.rendering.canvas import Canvas, house_style
from pev_battery_charge.rendering.chart import add_text, width_px, write_head
from pev_battery_charge.rendering.labels import elided
from pev_battery_charge.rendering.lanes import lane_names
from pev_battery_charge.rendering.letters import drawable, text_width_px
from pev_battery_charge.rendering.overview import draw_overview
from pev_battery_charge.rendering.style import TITLE_PT
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.trace import Trace
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

STRANGE = "van\x1b[2J \n充电 \ud800\u202e$x$"
SHOWN = "van�[2J ��� ��$x$"
WIDE = "THE WWW DEPOT OF MMM @ 100 % OF WWWWWW AND MMMMMM, SECOND EXTENSION, NIGHT SHIFT"


def strange(trace: Trace) -> Trace:
    """The same with names that no font has all letters of."""
    sessions = trace.schedule.sessions
    names = [STRANGE.replace("\ud800", "") + str(number) for number in range(sessions.height)]
    schedule = Schedule(sessions.with_columns(pev=pl.Series(names)), trace.schedule.info)
    return replace(trace, scenario=trace.scenario.replace(name=STRANGE.replace("\ud800", "")), schedule=schedule)


def measured(text: str, size_pt: float = 7.5) -> float:
    with house_style():
        return width_px(add_text(Canvas(900, 100).figure, 0.0, 50.0, text, size=size_pt))


@pytest.mark.parametrize(
    ("text", "shown"), [(STRANGE, SHOWN), ("Zoë µ …†\u00a0№", "Zoë µ …†\u00a0№"), ("a b", "a b"), ("", "")]
)
def test_what_the_font_lacks_is_replaced_and_all_else_stays(text: str, shown: str) -> None:
    assert drawable(text) == shown


def test_frames_and_overviews_draw_names_of_any_letters(three_stations: Trace, tmp_path: Path) -> None:
    """Without a warning of matplotlib, which would be an error here."""
    trace = strange(three_stations)
    assert render_frame(trace, 4).shape == render_frame(three_stations, 4).shape
    write_overview([(STRANGE, trace.scenario, trace.schedule)], tmp_path / "o.png")


def written(title: str) -> list[Text]:
    figure = Canvas(900, 100).figure
    write_head(figure, title, title)
    return list(figure.texts)


@pytest.mark.parametrize("fit", [lambda name: elided(name, 120.0), lambda name: lane_names([name])[0]])
@pytest.mark.parametrize("name", ["W" * 40, WIDE, "m" * 30, STRANGE * 5, "charging of an ordinary depot at night"])
def test_names_fit_their_room_whatever_their_letters(name: str, fit: Callable[[str], str]) -> None:
    shown = fit(name)
    assert all(measured(line) <= 130.0 for line in shown.split("\n"))
    assert len(shown) > 8


@pytest.mark.parametrize("title", [WIDE * 3, "W" * 400, STRANGE * 20])
def test_heads_end_inside_the_picture(title: str) -> None:
    with house_style():
        assert all(width_px(text) <= 900 - 2 * 14 for text in written(title))


@pytest.mark.parametrize("text", ["MW", "WWWW", "@@@@", "100 % OF WM", "ordinary words, 12.5 kWh"])
def test_the_width_told_of_a_text_is_not_below_its_own(text: str) -> None:
    assert text_width_px(text, TITLE_PT) >= measured(text, TITLE_PT) - 2.0
    np.testing.assert_allclose(text_width_px(text, 2 * TITLE_PT), 2 * text_width_px(text, TITLE_PT))


def test_long_titles_of_an_overview_stay_in_their_columns(three_stations: Trace) -> None:
    columns = [(f"{number} {WIDE}", three_stations.scenario, three_stations.schedule) for number in range(3)]
    with house_style():
        figure = draw_overview(columns).figure
    assert_texts_are_apart_and_inside(figure)
    titles = [text.get_text() for text in figure.texts[::2]]
    assert all(title.startswith(f"{number} THE") and title.endswith("…") for number, title in enumerate(titles))
