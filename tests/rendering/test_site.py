"""Frames of sites: what is given back below the axis, net power against its bounds, and prices."""

from dataclasses import replace

import numpy as np
import pytest

from pev_battery_charge import Series, Simulation, Trace
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.core.records import make_moments
from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering import FrameRenderer, render_frame
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.clock import Clock
from pev_battery_charge.rendering.frame import Board
from pev_battery_charge.rendering.moment import Episode
from pev_battery_charge.rendering.style import GIVEN, GRANTED, red_green_blue
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside
from tests.rendering.test_frame import cut_out, is_colour
from tests.v2g_evening import CheapAndDear, evening


@pytest.fixture(scope="module")
def v2g() -> Trace:
    scenario, instance = evening()
    assert instance.series is not None
    controller, simulation = CheapAndDear(instance.series), Simulation(scenario, record=True)
    simulation.reset(schedule=instance)
    while not simulation.over:
        simulation.step(controller(Snapshot.of(simulation)))
    return simulation.trace()


def site_board(trace: Trace) -> tuple[Board, Episode]:
    episode = Episode(trace.scenario, trace.schedule, trace.series)
    with house_style():
        return Board(episode, Clock(trace.scenario, trace.schedule)), episode


def a_step_with_discharge(trace: Trace) -> int:
    return 1 + int(np.argmin(trace.power_kw.sum(axis=1)))


def test_what_is_given_back_stands_below_the_axis(v2g: Trace) -> None:
    board, episode = site_board(v2g)
    t = a_step_with_discharge(v2g)
    pixels = cut_out(board.draw(episode.moment(v2g, t)), board.layout.power)
    low, high = board.power._plot.get_ylim()
    zero_px = high / (high - low) * pixels.shape[0]
    given, granted = is_colour(pixels, GIVEN), is_colour(pixels, GRANTED)
    assert given.any()
    assert not granted.any()
    assert np.flatnonzero(given.any(axis=1)).min() >= zero_px - 1
    store_kw = v2g.power_kw[t - 1, 4]
    column = given[:, int(4.5 * pixels.shape[1] / 5) - 20]
    assert column.sum() == pytest.approx(-store_kw / (high - low) * pixels.shape[0], abs=3)
    for bars, flows in (
        (board.power.given, v2g.power_kw[t - 1] < 0.0),
        (board.power.granted, v2g.power_kw[t - 1] > 0.0),
    ):
        ends = [np.isfinite(path.vertices[:, 1]) for path in bars.collection.get_paths()]
        assert [bool(end.any()) for end in ends] == flows.tolist(), "nothing is drawn where nothing flows"
    asked = v2g.records["request_kw"][t - 1]
    drawn = [segment[:, 1] for segment in board.power.requested.get_segments()]
    np.testing.assert_array_equal(drawn, np.stack([asked[asked != 0.0]] * 2, axis=1))


def test_lanes_have_their_line_at_0_inside(v2g: Trace) -> None:
    board, episode = site_board(v2g)
    board.draw(episode.moment(v2g, v2g.num_steps))
    lane = board.schedule._lanes
    image = np.asarray(board.schedule.power.get_array()).reshape(5, lane.lane_px, v2g.num_steps, 4)[:, lane.gap_px :]
    shown, orange = image[..., 3] == 255, (image[..., :3] == red_green_blue(GIVEN)).all(axis=-1)
    np.testing.assert_array_equal((shown & ~orange).any(axis=1), v2g.power_kw.T > 0.0)
    np.testing.assert_array_equal((shown & orange).any(axis=1), v2g.power_kw.T < 0.0)


def test_net_power_is_split_at_0_and_stays_within_its_bounds(v2g: Trace) -> None:
    board, episode = site_board(v2g)
    board.draw(episode.moment(v2g, 150))
    net_kw = v2g.meter["net_kw"][:150]
    into, out = (np.asarray(patch.get_data().values)[:150] for patch in (board.area.imported, board.area.exported))  # type: ignore[union-attr]
    np.testing.assert_allclose(np.where(np.isnan(into), out, into), net_kw, rtol=0.0, atol=1e-9)
    assert np.nanmax(out) < 0.0 <= np.nanmin(into)
    assert net_kw.min() >= -20.0 - 1e-9
    assert net_kw.max() <= 60.0 + 1e-9


def test_texts_are_apart_and_say_what_there_is(v2g: Trace) -> None:
    board, episode = site_board(v2g)
    board.draw(episode.moment(v2g, a_step_with_discharge(v2g)))
    texts = assert_texts_are_apart_and_inside(board.figure)
    assert {"given back", "import", "export", "sun", "base load", "export bound 20 kW", "buy", "sell", "floor"} <= set(
        texts
    )
    assert "Prices of energy, EUR/kWh" in texts
    assert "5 stations, 20 PEVs, coordinator: proportional" in texts
    assert any(text.startswith("net power (stations -") for text in texts)


def test_the_last_panel_shows_carbon_where_there_are_no_prices_and_is_not_there_without_either(v2g: Trace) -> None:
    carbon = make_moments(v2g.scenario.num_moments)
    board, _ = site_board(replace(v2g, series=Series(carbon)))
    assert board.prices is None
    low = board.layout.height_px
    carbon["carbon_kg_per_kwh"] = 0.3
    board, _ = site_board(replace(v2g, series=Series(carbon)))
    assert board.prices is not None
    assert board.layout.height_px > low
    assert "Carbon intensity, kg/kWh" in assert_texts_are_apart_and_inside(board.figure)


def test_negative_prices_stay_inside(v2g: Trace) -> None:
    moments = make_moments(v2g.scenario.num_moments)
    moments["buy_price"], moments["sell_price"] = -0.1, -0.2
    board, _ = site_board(replace(v2g, series=Series(moments)))
    assert board.prices is not None
    assert_texts_are_apart_and_inside(board.figure)


def test_batteries_of_the_site_are_not_pevs(v2g: Trace) -> None:
    _, episode = site_board(v2g)
    moment = episode.moment(v2g, v2g.num_steps)
    frame = v2g.session_frame()
    pevs = np.flatnonzero(~episode.stores)
    assert len(pevs) == 20
    assert moment.delivered_kwh == pytest.approx(frame["energy_delivered_kwh"].to_numpy()[pevs].sum())
    assert not moment.unmet_kwh[episode.stores].any()


def test_a_trace_of_other_series_is_refused(v2g: Trace) -> None:
    with pytest.raises(InputError, match="series"):
        FrameRenderer(v2g.scenario, v2g.schedule).draw(v2g, 1)
    assert render_frame(v2g, 1).shape[1] == 900
