"""The head of a frame: in units that are short, every fact with the room it needs, for areas of any size."""

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import matplotlib
import numpy as np
import polars as pl
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from pev_battery_charge.catalogue import COORDINATORS
from pev_battery_charge.rendering.amounts import energy_unit, power_unit
from pev_battery_charge.rendering.canvas import Canvas, house_style
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.header import Header
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule, ScheduleInfo
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace
from tests.rendering.conftest import make_board
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

HOURS, STAY_HOURS = 12, 5.0
LONG_RULE = "most_wanted_miles_among_commuter"
LONG_NAME = "The WIDE depot of WWWWWW and MMMMMM, buses and lorries, second extension, night shift, 2 of 3"


@lru_cache
def played(cap_kw: float, stations: int, start: str | None = None) -> Trace:
    """Half a day, in which all stations ask for one and a half times the cap together; one PEV at each."""
    limit_kw = 1.5 * cap_kw / stations
    scenario = Scenario(
        name="depot",
        step_minutes=60.0,
        horizon_steps=HOURS,
        area={"power_max_kw": cap_kw},
        stations={"count": stations, "power_max_kw": limit_kw},
        population={"stay_minutes": 60.0},
    )
    sessions = {
        "pev": [f"pev_{n}" for n in range(stations)],
        "arrival_min": [60.0] * stations,
        "departure_min": [60.0 * (1.0 + STAY_HOURS)] * stations,
        "capacity_kwh": [limit_kw * 2.0 * STAY_HOURS] * stations,
        "energy_arrival_kwh": [0.0] * stations,
        "energy_target_kwh": [limit_kw * STAY_HOURS] * stations,
        "power_max_kw": [limit_kw] * stations,
        "efficiency": [1.0] * stations,
        "transition_soc": [1.0] * stations,
        "station": list(range(stations)),
        "plug_in_min": [60.0] * stations,
    }
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=Schedule(pl.DataFrame(sessions), ScheduleInfo(start=start)))
    while not simulation.over:
        simulation.step(np.full((1, stations), limit_kw))
    return simulation.trace()


def head(trace: Trace, t: int = 4) -> list[Text]:
    """The texts of a head by itself, after t steps: after four, everything flows."""
    episode = Episode(trace.scenario, trace.schedule)
    with house_style():
        figure = Canvas(900, 100).figure
        Header(figure, episode, Clock(trace.scenario, trace.schedule)).update(episode.moment(trace, t))
    return [text for text in figure.texts if text.get_text()]


@pytest.mark.parametrize(
    ("cap_kw", "stations", "long"),
    [
        *((1.0, 2, False), (5.0, 2, True), (315.0, 2, True), (1000.0, 2, False), (1000.0, 20, True)),
        *((3200.5, 20, False), (5000.25, 2, True), (50_000.0, 2, False), (50_000.0, 20, True)),
    ],
)
def test_texts_are_apart_and_inside_from_kilowatts_to_megawatts(
    cap_kw: float, stations: int, *, long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COORDINATORS, LONG_RULE, COORDINATORS["proportional"])
    trace = played(cap_kw, stations, "2019-12-30 07:30" if long else None)
    if long:
        trace = replace(trace, scenario=trace.scenario.replace(name=LONG_NAME, coordinator=LONG_RULE))
    board, episode = make_board(trace)
    board.draw(episode.moment(trace, 4))
    assert len(assert_texts_are_apart_and_inside(board.figure)) > 30


@pytest.mark.parametrize("cap_kw", [0.5, 99.96, 999.96, 1234.56, 98_765.4, 6e7])
@pytest.mark.parametrize("stations", [1, 300])
@pytest.mark.parametrize("name", ["x", LONG_NAME, "W" * 5000])
def test_facts_have_room_beside_names_of_any_length(cap_kw: float, stations: int, name: str) -> None:
    trace = played(cap_kw, stations, "2019-12-30 07:30")
    texts = head(replace(trace, scenario=trace.scenario.replace(name=name)))
    spans = sorted((*text.get_window_extent().intervalx, text.get_position()[1]) for text in texts)
    for line in {height for *_, height in spans}:
        own = [(left, right) for left, right, height in spans if height == line]
        assert own[0][0] >= 0.0
        assert own[-1][1] <= 900.0
        assert all(right + 5.0 < left for (_, right), (left, _) in pairwise(own))
    shown = next(text.get_text() for text in texts if text.get_text()[0] == name[0])
    assert shown == name or (len(shown) > 8 and name.startswith(shown.removesuffix("…")))


@pytest.mark.parametrize(
    ("cap_kw", "power", "requested", "delivered"),
    [
        (5.0, "5.0 of 5 kW", "area power (7.5 requested)", "15.0 kWh"),
        (315.0, "315.0 of 315 kW", "area power (472.5 requested)", "945.0 kWh"),
        (1000.0, "1.000 of 1 MW", "area power (1.500 requested)", "3000.0 kWh"),
        (3200.5, "3.200 of 3.2005 MW", "area power (4.801 requested)", "9.60 MWh"),
        (50_000.0, "50.00 of 50 MW", "area power (75.00 requested)", "150.0 MWh"),
        (2e6, "2.000 of 2 GW", "area power (3.000 requested)", "6.00 GWh"),
    ],
)
def test_amounts_are_told_in_units_that_keep_them_short(
    cap_kw: float, power: str, requested: str, delivered: str
) -> None:
    assert {power, requested, delivered} <= {text.get_text() for text in head(played(cap_kw, 2))}


def test_the_panel_of_the_area_has_the_unit_of_the_head() -> None:
    board, _ = make_board(played(5000.0, 2))
    axes = board.area.granted.axes
    assert isinstance(axes, Axes)
    texts = {text.get_text() for text in axes.findobj(Text)}
    assert {"Power of the area, MW", "cap 5 MW", "2", "4", "6"} <= texts


def test_a_cap_far_above_what_can_flow_does_not_round_the_power_away() -> None:
    trace = played(5.0, 2)
    free = trace.scenario.replace(area={"power_max_kw": 1e6})
    _, episode = make_board(replace(trace, scenario=free))
    assert power_unit(episode)[:2] == ("kW", 1.0)
    assert energy_unit(episode)[:2] == ("kWh", 1.0)


@pytest.mark.skipif(
    tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11), reason="older Matplotlib measures texts wider"
)
def test_facts_of_ordinary_areas_stand_where_they_always_stood(paper: Trace) -> None:
    places = {text.get_position()[0] for text in head(paper)}
    assert places == {14, 330.0, 484.0, 594.0, 882}
