"""Frames: measures read off the picture, and one picture for one moment however it is reached."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.rendering import FrameRenderer, render_frame
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.frame import Board
from pev_battery_charge.rendering.layout import Box
from pev_battery_charge.rendering.style import CHARGED, GRANTED, INK, NO_STATION, OUTLINE, UNMET, red_green_blue
from pev_battery_charge.scenario import Scenario, scenario_names
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace
from tests.rendering.conftest import POWER_KW, make_board, settings_now

Image = npt.NDArray[np.uint8]


def is_colour(image: Image, *colours: str) -> npt.NDArray[np.bool_]:
    """Which pixels have exactly one of these colours."""
    wanted = np.array([red_green_blue(colour) for colour in colours], np.uint8)
    return (image[..., None, :] == wanted).all(axis=-1).any(axis=-1)


def cut_out(image: Image, box: Box) -> Image:
    """The pixels inside a panel's axes."""
    return image[round(box.top) : round(box.bottom), round(box.left) : round(box.left + box.width)]


def station_column(image: Image, board: Board, station: int, num_stations: int) -> Image:
    """A column of pixels through a station's bar, left of its middle, where no number stands."""
    pixels = cut_out(image, board.layout.power)
    middle = (station + 0.5) * pixels.shape[1] / num_stations
    return pixels[:, int(middle) - 20]


def test_a_frame_is_an_image_900_wide(paper: Trace) -> None:
    frame = render_frame(paper, 50)
    assert frame.dtype == np.uint8
    assert frame.shape[1:] == (900, 3)
    assert 600 <= frame.shape[0] <= 800
    assert is_colour(frame, GRANTED).sum() > 100


@pytest.mark.parametrize("name", scenario_names())
def test_a_frame_of_every_named_scenario_fits_on_a_screen(name: str) -> None:
    frame = render_frame(Trace(*_empty(name)), 0)
    assert frame.shape[1] == 900
    assert frame.shape[0] <= 1000


def _empty(name: str) -> tuple[Scenario, Schedule, np.ndarray]:
    simulation = Simulation(name, record=True)
    simulation.reset(seed=0)
    trace = simulation.trace()
    return trace.scenario, trace.schedule, trace.records


def test_power_bars_stand_against_their_limits_in_station_order(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    frame = board.draw(episode.moment(three_stations, 10))
    limits_px = []
    for station, power_kw in enumerate(POWER_KW):
        pixels = station_column(frame, board, station, 3)
        limit_px = pixels.shape[0] - np.flatnonzero(is_colour(pixels, OUTLINE))[0]
        power_px = pixels.shape[0] - np.flatnonzero(is_colour(pixels, GRANTED))[0]
        limit_kw = three_stations.scenario.stations[station].power_max_kw
        assert power_px / limit_px == pytest.approx(power_kw / limit_kw, abs=3 / limit_px)
        limits_px.append(limit_px)
    np.testing.assert_allclose(np.divide(limits_px, limits_px[-1]), [8 / 20, 12 / 20, 1.0], atol=2 / limits_px[-1])


def test_more_power_gives_a_higher_bar_and_nothing_else_in_that_panel(three_stations: Trace) -> None:
    records = three_stations.records.copy()
    records["power_kw"][4, 1] /= 2.0
    less = replace(three_stations, records=records)
    board, episode = make_board(three_stations)
    high = station_column(board.draw(episode.moment(three_stations, 5)), board, 1, 3)
    low = station_column(board.draw(episode.moment(less, 5)), board, 1, 3)
    assert is_colour(low, GRANTED).sum() == pytest.approx(is_colour(high, GRANTED).sum() / 2, abs=2)


def test_below_each_bar_stands_the_pev_that_is_served(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    served = {}
    for t in (0, 5, 6, 7, 10):
        board.draw(episode.moment(three_stations, t))
        served[t] = [text.get_text() for text in board.power.vehicles]
    assert served == {
        0: ["a_0", "-", "-"],
        5: ["a_0", "a_1", "-"],
        6: ["a_0", "a_1", "-"],
        7: ["a_0", "a_2", "-"],
        10: ["a_0", "a_2", "a_5"],
    }


def test_requests_that_were_cut_stand_above_their_bars(paper: Trace) -> None:
    board, episode = make_board(paper)
    t = 1 + int(np.argmax(paper.records["request_kw"].sum(axis=1)))
    board.draw(episode.moment(paper, t))
    asked = paper.records["request_kw"][t - 1]
    drawn = [segment[:, 1] for segment in board.power.requested.get_segments()]
    np.testing.assert_array_equal(drawn, np.stack([asked[asked > 0]] * 2, axis=1))
    assert asked.sum() > paper.scenario.area.power_max_kw


def test_batteries_show_charged_and_missing_energy(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    moment = episode.moment(three_stations, 9)
    frame = board.draw(moment)
    charged = np.array([path.vertices[:4, 1] for path in board.batteries.charged.collection.get_paths()])
    missing = np.array([path.vertices[:4, 1] for path in board.batteries.missing.collection.get_paths()])
    np.testing.assert_array_equal(charged.min(axis=1), 0.0)
    np.testing.assert_array_equal(charged.max(axis=1), moment.energy_kwh)
    np.testing.assert_array_equal(missing.min(axis=1), moment.energy_kwh)
    np.testing.assert_array_equal(missing.max(axis=1), three_stations.schedule.sessions["energy_target_kwh"])
    pixels = cut_out(frame, board.layout.batteries)
    plugged_px = is_colour(pixels, CHARGED).sum(axis=0)
    middles = (np.arange(6) + 0.5) * pixels.shape[1] / 6
    kwh_px = pixels.shape[0] / board.batteries.charged.collection.axes.get_ylim()[1]
    expected = np.where([True, False, True, False, False, True], moment.energy_kwh * kwh_px, 0.0)
    np.testing.assert_allclose(plugged_px[middles.astype(int)], expected, atol=2)


def test_each_fate_has_its_sign(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    frame = board.draw(episode.moment(three_stations, 9))
    schedule, batteries = cut_out(frame, board.layout.schedule), cut_out(frame, board.layout.batteries)
    minute_px = schedule.shape[1] / 120.0
    lane_px = 22

    def marked(colour: str, minute: float, station: int) -> bool:
        x, y = round(minute * minute_px), station * lane_px
        return bool(is_colour(schedule[y : y + lane_px, max(x - 5, 0) : x + 6], colour).any())

    assert marked(UNMET, 60, 1)
    assert marked(UNMET, 78, 2)
    assert not marked(UNMET, 110, 1)
    assert marked(NO_STATION, 45, 1), "a_2 waits from 30 to 60"
    assert not marked(NO_STATION, 70, 1)
    assert marked(NO_STATION, 40, 3), "a_3 found no station"
    pevs = np.array_split(batteries, 6, axis=1)
    assert [bool(is_colour(pev, UNMET).any()) for pev in pevs] == [False, True, False, False, True, False]
    assert [bool(is_colour(pev, NO_STATION).any()) for pev in pevs] == [False, False, False, True, False, False]
    assert [value.get_text() for value in board.batteries.values] == ["", "33.2", "", "", "4.0", ""]


def test_the_gantt_bars_fill_with_power_up_to_now(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    frame = board.draw(episode.moment(three_stations, 9))
    filled = is_colour(cut_out(frame, board.layout.schedule), GRANTED)
    step_px, lane_px, bar_px = filled.shape[1] / 12, 22, 18
    for station in range(3):
        for step in range(12):
            height = filled[station * lane_px : (station + 1) * lane_px, round((step + 0.8) * step_px)].sum()
            share = three_stations.power_kw[step, station] / episode.limit_kw[station] if step < 9 else 0.0
            assert height == pytest.approx(share * bar_px, abs=1.01)


def test_the_cursor_stands_at_now(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    for t in (3, 11):
        frame = board.draw(episode.moment(three_stations, t))
        for box in (board.layout.schedule, board.layout.area):
            ink = is_colour(cut_out(frame, box), INK).sum(axis=0)
            assert np.argmax(ink) == pytest.approx(t / 12 * box.width, abs=2)


def test_area_power_over_time_is_that_of_the_trace(paper: Trace) -> None:
    board, episode = make_board(paper)
    board.draw(episode.moment(paper, 100))
    values, edges, baseline = board.area.granted.get_data()
    np.testing.assert_allclose(values[:100], paper.area_power_kw[:100])
    assert np.isnan(values[100:]).all()
    np.testing.assert_array_equal(edges, np.arange(193) * 5.0)
    assert baseline == 0.0
    requested = board.area.requested.get_data().values[:100]
    np.testing.assert_allclose(requested, paper.records["request_kw"][:100].sum(axis=1))
    assert requested.max() < board.area.granted.axes.get_ylim()[1]


def test_the_header_tells_clock_step_power_and_energy(three_stations: Trace) -> None:
    board, episode = make_board(three_stations)
    board.draw(episode.moment(three_stations, 7))
    texts = {text.get_text() for text in board.figure.texts}
    stored = three_stations.books.battery_kwh[:7].sum()
    expected = {"Day 1  07:40", "step 7 of 12", "13.0 of 40 kW", "area power (13.0 requested)", f"{stored:.1f} kWh"}
    assert expected | {"three stations", "2 of 3"} <= texts


def test_a_frame_is_the_same_however_it_is_reached(paper: Trace) -> None:
    renderer = FrameRenderer(paper.scenario, paper.schedule)
    moments = (0, 40, 100, 192)
    upwards = [renderer.draw(paper, t) for t in moments]
    downwards = [renderer.draw(paper, t) for t in reversed(moments)][::-1]
    for t, up, down in zip(moments, upwards, downwards, strict=True):
        np.testing.assert_array_equal(up, down)
        np.testing.assert_array_equal(up, render_frame(paper, t))
    assert all(not np.array_equal(one, other) for one, other in combinations(upwards, 2))


def test_a_growing_trace_gives_the_frames_of_the_whole_one(paper: Trace) -> None:
    renderer = FrameRenderer(paper.scenario, paper.schedule)
    schedule = Schedule.from_text(paper.schedule.to_text())
    for t in (0, 1, 77):
        so_far = Trace(paper.scenario, schedule, paper.records[:t].copy())
        np.testing.assert_array_equal(renderer.draw(so_far, t), renderer.draw(paper, t))


def test_a_frame_belongs_to_who_asked_for_it(paper: Trace) -> None:
    renderer = FrameRenderer(paper.scenario, paper.schedule)
    first = renderer.draw(paper, 50)
    kept = first.copy()
    renderer.draw(paper, 60)
    np.testing.assert_array_equal(first, kept)
    first[:] = 0
    np.testing.assert_array_equal(renderer.draw(paper, 50), kept)


def test_a_moment_outside_the_trace_is_refused(paper: Trace) -> None:
    with pytest.raises(InputError, match="between 0 and the trace's 192 steps"):
        render_frame(paper, 193)


def test_a_schedule_that_does_not_fit_is_refused(paper: Trace, three_stations: Trace) -> None:
    with pytest.raises(InputError, match="unknown station"):
        FrameRenderer(three_stations.scenario, paper.schedule.replace_info(horizon_steps=24))


def _shown_texts(board: Board) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with its place in pixels; a pixel of air on each side is not counted."""
    hidden = set()
    for axes in board.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
    shown = [text for text in board.figure.findobj(Text) if text.get_visible() and text not in hidden]
    with house_style():
        return [(text.get_text(), text.get_window_extent().padded(-2.0)) for text in shown if text.get_text().strip()]


@pytest.mark.parametrize("name", scenario_names())
def test_texts_are_large_enough_inside_the_picture_and_apart(name: str) -> None:
    trace = run(name, "constant", seed=0)
    board, episode = make_board(trace)
    board.draw(episode.moment(trace, trace.num_steps // 2))
    texts = _shown_texts(board)
    sizes_px = [text.get_fontsize() * 100 / 72 for text in board.figure.findobj(Text)]
    assert min(sizes_px) >= 10.0
    assert len(texts) > 50
    for text, place in texts:
        assert place.x0 >= 0, text
        assert place.x1 <= 900, text
        assert place.y0 >= 0, text
        assert place.y1 <= board.layout.height_px, text
    overlapping = [(a, b) for (a, first), (b, second) in combinations(texts, 2) if first.overlaps(second)]
    assert overlapping == []


def test_names_of_any_kind_are_taken_as_they_are(paper: Trace) -> None:
    names = [f"$x_{k}$ {'long ' * 9}\\frac" for k in range(20)]
    schedule = Schedule(paper.schedule.sessions.with_columns(pev=pl.Series(names)), paper.schedule.info)
    assert render_frame(replace(paper, schedule=schedule), 50).shape == render_frame(paper, 50).shape


def test_a_schedule_without_pevs_can_be_drawn() -> None:
    scenario = Scenario(population={"kind": "site", "profile": "public", "sessions_per_day": 1e-9})
    simulation = Simulation(scenario, record=True)
    simulation.reset(seed=0)
    simulation.step(np.zeros((1, 5)))
    trace = simulation.trace()
    assert len(trace.schedule) == 0
    assert trace.session.tolist() == [[NO_SESSION] * 5]
    assert render_frame(trace, 1).shape[1] == 900


def test_drawing_leaves_matplotlib_as_it_was_and_does_not_heed_its_settings(paper: Trace) -> None:
    frame = render_frame(paper, 30)
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black", "lines.linewidth": 9.0}):
        before = settings_now()
        np.testing.assert_array_equal(render_frame(paper, 30), frame)
        assert settings_now() == before


def test_matplotlib_comes_with_the_first_picture_and_pyplot_never() -> None:
    program = """
import sys
from pev_battery_charge import benchmark, envs, evaluation, rendering
from pev_battery_charge.envs import central, parallel, vector
from pev_battery_charge.evaluation import regret_table, results
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.smart_charging import environment, method_comparison, pictures
assert {"FrameRenderer", "Window", "render_frame", "write_gif", "write_overview"} <= set(rendering.__all__)
assert pictures.clock_text(840.0) == "14:00"
assert "matplotlib" not in sys.modules and "imageio" not in sys.modules
rendering.write_gif
assert "imageio" not in sys.modules
simulation = Simulation(record=True)
simulation.reset(seed=0)
rendering.render_frame(simulation.trace(), 0)
import matplotlib
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.get_backend(auto_select=False) is None
"""
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
