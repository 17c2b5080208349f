"""The pictures of the smart-charging problem."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.chart import Canvas
from pev_battery_charge.rendering.smart_charging import (
    MethodCurve,
    PolicyMap,
    TaxiMoment,
    TaxiRenderer,
    running_average,
    write_comparison,
    write_policy_map,
    write_returns,
)
from pev_battery_charge.rendering.smart_charging_curves import draw_comparison, draw_returns
from pev_battery_charge.rendering.smart_charging_frame import TaxiBoard
from pev_battery_charge.rendering.smart_charging_maps import MapScale, draw_policy_map
from pev_battery_charge.rendering.smart_charging_prices import bar_lengths
from pev_battery_charge.rendering.smart_charging_words import (
    amount,
    clock_text,
    cost_text,
    edge_ticks,
    ink_on,
    normal_share,
    rate_colours,
    share_text,
    spaced_to_fit,
)
from pev_battery_charge.rendering.style import GRANTED_EDGE, INK, PALE, PAPER, house_style, red_green_blue
from tests.rendering.conftest import settings_now

Array = npt.NDArray[np.float64]

RATES_KW = (0.0, 7.0, 14.0, 22.0)
TEN_KW = tuple(2.5 * k for k in range(10))
ENERGIES_KWH = np.linspace(0.0, 72.0, 289)
TIMES: dict[str, Any] = {"slot_minutes": 15.0, "start_min": 840.0}
ON_THE_MAP: dict[str, Any] = {"rates_kw": RATES_KW, "energies_kwh": ENERGIES_KWH, **TIMES}


def moment(
    t: int,
    *,
    rates_kw: tuple[float, ...] = RATES_KW,
    num_slots: int = 8,
    slot_minutes: float = 15.0,
    first_kwh: float = 20.0,
    mean_kwh: float = 30.0,
    std_kwh: float = 5.0,
    demand_kwh: float | None = None,
    raw: bool = False,
) -> TaxiMoment:
    """After t slots in which the rates were chosen in turn."""
    choices = tuple((slot * 3 + 1) % len(rates_kw) for slot in range(t))
    energies = [first_kwh]
    for choice in choices:
        energies.append(min(energies[-1] + rates_kw[choice] * slot_minutes / 60.0, 72.0))
    prices = tuple(math.exp(rate - (0.0 if raw else rates_kw[-1])) for rate in rates_kw)
    short = demand_kwh is not None and energies[-1] < demand_kwh
    return TaxiMoment(
        capacity_kwh=72.0,
        energies_kwh=tuple(energies),
        rates_kw=rates_kw,
        choices=choices,
        slot_costs=tuple(prices[choice] for choice in choices),
        prices=prices if demand_kwh is None else (),
        unit="" if raw else f"full slots at {rates_kw[-1]:g} kW",
        num_slots=num_slots,
        slot_minutes=slot_minutes,
        start_min=840.0,
        demand_mean_kwh=mean_kwh,
        demand_std_kwh=std_kwh,
        demand_kwh=demand_kwh,
        shortage_cost=20.0 * prices[-1] if short else 0.0,
    )


MOMENTS = {
    "first": moment(0),
    "middle": moment(4),
    "full": moment(4, first_kwh=72.0),
    "empty": moment(0, first_kwh=0.0),
    "almost empty": moment(0, first_kwh=0.01),
    "left with enough": moment(8, demand_kwh=33.1),
    "left just so": moment(8, first_kwh=0.0, demand_kwh=moment(8, first_kwh=0.0).energy_kwh),
    "left short": moment(8, first_kwh=0.0, demand_kwh=33.1),
    "one rate": moment(3, rates_kw=(22.0,)),
    "no power": moment(3, rates_kw=(0.0,)),
    "ten rates": moment(4, rates_kw=TEN_KW),
    "ten rates, left": moment(8, rates_kw=TEN_KW, demand_kwh=60.0),
    "forty-five rates": moment(40, rates_kw=tuple(0.5 * k for k in range(45)), num_slots=48, slot_minutes=2.5),
    "rates of many digits": moment(3, rates_kw=(0.0, 3.7, 11.25, 22.125)),
    "48 slots": moment(29, num_slots=48, slot_minutes=2.5),
    "48 slots, left": moment(48, num_slots=48, slot_minutes=2.5, demand_kwh=30.0),
    "one slot": moment(0, num_slots=1),
    "a day": moment(3, num_slots=24, slot_minutes=60.0),
    "raw": moment(4, raw=True),
    "raw, left short": moment(8, first_kwh=0.0, raw=True, demand_kwh=60.0),
    "certain": moment(4, std_kwh=0.0),
    "certain, not yet": moment(0, std_kwh=0.0),
    "certain, left": moment(8, std_kwh=0.0, demand_kwh=30.0),
    "beyond capacity": moment(4, mean_kwh=90.0, std_kwh=12.0),
    "beyond capacity, left": moment(8, mean_kwh=90.0, std_kwh=12.0, demand_kwh=140.0),
    "hardly any demand": moment(2, mean_kwh=3.0),
    "wide": moment(2, std_kwh=300.0),
    "no demand": moment(2, mean_kwh=0.0, std_kwh=0.0),
    "free": replace(moment(2), prices=(0.0, 0.0, 0.0, 0.0)),
    "free at one rate": replace(moment(2), prices=(0.0, 1.0, 2.0, 3.0)),
}


@pytest.fixture(scope="module")
def renderer() -> TaxiRenderer:
    return TaxiRenderer()


def board_of(shown: TaxiMoment) -> TaxiBoard:
    with house_style():
        board = TaxiBoard(shown)
        board.draw(shown)
    return board


def assert_texts_are_apart_and_inside(figure: Figure) -> list[str]:
    """Every text that is drawn, after the check."""
    canvas: Any = figure.canvas
    canvas.draw()
    hidden = {
        id(tick.label1)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not axes.axison or not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    texts = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]
    with house_style():
        boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    for name, box in boxes:
        assert box.x0 >= 0.0, name
        assert box.x1 <= figure.bbox.width, name
        assert box.y0 >= 0.0, name
        assert box.y1 <= figure.bbox.height, name
    for (one, first), (other, second) in combinations(boxes, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide <= 0.5 or high <= 2.0, f"{one!r} and {other!r}"
    return [name for name, _ in boxes]


@pytest.mark.parametrize("name", MOMENTS)
def test_every_moment_is_drawn_and_no_two_texts_overlap(name: str, renderer: TaxiRenderer) -> None:
    before = settings_now()
    image = renderer.draw(MOMENTS[name])
    assert image.shape == (360, 640, 3)
    assert image.dtype == np.uint8
    assert image.std() > 5.0
    assert settings_now() == before
    board = renderer._board
    assert board is not None
    assert len(assert_texts_are_apart_and_inside(board.figure)) > 10


def test_the_same_moment_is_the_same_picture_whatever_was_drawn_before(renderer: TaxiRenderer) -> None:
    for name in ("middle", "left short", "ten rates"):
        first = renderer.draw(MOMENTS[name])
        kept = first.copy()
        renderer.draw(MOMENTS["full"])
        renderer.draw(MOMENTS["left with enough"])
        np.testing.assert_array_equal(renderer.draw(MOMENTS[name]), kept)
        np.testing.assert_array_equal(TaxiRenderer().draw(MOMENTS[name]), kept)
        np.testing.assert_array_equal(first, kept)  # a picture handed out does not change


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, energies_kwh=(*one.energies_kwh[:-1], one.energy_kwh + 1.0)),
        lambda one: replace(one, choices=(*one.choices[:-1], (one.choices[-1] + 1) % 4)),
        lambda one: replace(one, demand_mean_kwh=31.0),
        lambda one: replace(one, demand_std_kwh=6.0),
        lambda one: replace(one, prices=(1.0, 2.0, 3.0, 4.0)),
        lambda one: replace(one, slot_costs=(*one.slot_costs[:-1], 9.0)),
        lambda one: replace(one, start_min=600.0),
        lambda one: replace(one, demand_kwh=31.0, prices=()),
    ],
)
def test_what_is_different_looks_different(change: Callable[[TaxiMoment], TaxiMoment], renderer: TaxiRenderer) -> None:
    one = MOMENTS["middle"]
    assert (renderer.draw(one) != renderer.draw(change(one))).any()


def test_demands_and_shortage_are_told_apart(renderer: TaxiRenderer) -> None:
    one, other = (moment(8, demand_kwh=demand) for demand in (33.1, 35.0))
    assert (renderer.draw(one) != renderer.draw(other)).any()
    enough = assert_texts_are_apart_and_inside(board_of(MOMENTS["left with enough"]).figure)
    assert {"Demand 33.1 kWh: enough, 8.4 kWh left", "departed", "16:00"} <= set(enough)
    just = assert_texts_are_apart_and_inside(board_of(MOMENTS["left just so"]).figure)
    assert "Demand 21.5 kWh: enough, 0.0 kWh left" in just
    short = assert_texts_are_apart_and_inside(board_of(MOMENTS["left short"]).figure)
    assert {"Demand 33.1 kWh: not enough, 11.6 kWh short", "shortage", "20", "22.0007"} <= set(short)


def test_words_and_numbers_of_a_moment() -> None:
    texts = set(assert_texts_are_apart_and_inside(board_of(MOMENTS["middle"]).figure))
    assert {"30.8 kWh", "43 % of 72 kWh", "15:00", "slot 5 of 8", "cost so far, full slots at 22 kW"} <= texts
    assert {"22 kW", "1", "14 kW", "3.4·10⁻⁴", "7 kW", "3.1·10⁻⁷", "in full slots at 22 kW"} <= texts
    assert "Demand 30 ± 5 kWh: what the battery holds is enough with a probability of 56 %" in texts
    raw = set(assert_texts_are_apart_and_inside(board_of(MOMENTS["raw"]).figure))
    assert {"3.6·10⁹", "cost so far"} <= raw


def test_the_battery_is_filled_to_its_energy() -> None:
    (axes, *_) = board_of(MOMENTS["middle"]).figure.axes
    heights = [patch.get_height() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert heights == [72.0, MOMENTS["middle"].energy_kwh, 72.0]


def policy(levels: int = 289, slots: int = 8, rates: int = 4) -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, rates, (slots, levels))


def written(path: Path) -> Array:
    with Image.open(path) as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        return np.asarray(image.convert("RGB"), np.float64)


def test_a_map_has_a_cell_for_each_slot_and_energy_in_the_colour_of_its_rate(tmp_path: Path) -> None:
    before = settings_now()
    actions = policy()
    write_policy_map("Optimum", "about", tmp_path / "map.png", actions=actions, **ON_THE_MAP)
    pixels = written(tmp_path / "map.png")
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]
    assert settings_now() == before
    colours = np.array([red_green_blue(colour) for colour in rate_colours(RATES_KW)])
    cells = pixels[86 : 86 + 289, 70:870][::-1, 50::100]  # from the lowest energy up, in the middle of each slot
    np.testing.assert_array_equal(cells, colours[actions.T])


@pytest.mark.parametrize(
    ("levels", "slots", "rates_kw", "slot_minutes"),
    [
        (289, 8, RATES_KW, 15.0),
        (1, 1, (22.0,), 15.0),
        (7, 7, TEN_KW, 7.3),
        (145, 48, (0.0, 22.0), 2.5),
        (4001, 24, tuple(0.5 * k for k in range(45)), 60.0),
    ],
)
def test_no_two_texts_of_a_map_overlap(
    levels: int, slots: int, rates_kw: tuple[float, ...], slot_minutes: float
) -> None:
    scale = MapScale(rates_kw, np.linspace(0.0, 72.0, levels), slot_minutes, 840.0)
    with house_style():
        figure = draw_policy_map("x" * 200, "y" * 300, policy(levels, slots, len(rates_kw)), scale).figure
    texts = assert_texts_are_apart_and_inside(figure)
    assert {"14:00", "Energy in the battery, kWh", f"{rates_kw[-1]:g} kW"} <= set(texts)


def run(episodes: int) -> Array:
    random = np.random.default_rng(0)
    lost = random.random(episodes) < 0.5 * np.exp(-np.arange(episodes) / (episodes / 20.0))
    returns: Array = -1.0 - random.exponential(0.3, episodes) - 20.0 * lost
    return returns


@pytest.mark.parametrize(
    ("returns", "window", "optimum"),
    [
        (run(300_000), 1000, -1.2),
        (run(300_000) * 3.6e9, 1000, -1.2 * 3.6e9),
        (run(300_000) * 1e-6, 1, None),
        (run(30), 5, None),
        (np.array([-3.0]), 10, -3.0),
        (np.zeros(500), 1, 0.0),
    ],
)
def test_returns_are_drawn_and_no_two_texts_overlap(
    tmp_path: Path, returns: Array, window: int, optimum: float | None
) -> None:
    write_returns("a run", tmp_path / "returns.png", returns=returns, window=window, optimum=optimum)
    assert written(tmp_path / "returns.png").std() > 5.0
    episodes = np.unique(np.linspace(1, returns.size, min(returns.size, 2000)).astype(np.int64))
    averages = running_average(returns, window, episodes)
    with house_style():
        figure = draw_returns("x" * 200, episodes.astype(np.float64), averages, window, optimum).figure
    texts = assert_texts_are_apart_and_inside(figure)
    (axes,) = figure.axes
    cut = any("cut off" in text for text in texts)
    lines = [np.asarray(line.get_ydata(), np.float64) for line in axes.get_lines()]
    drawn = next(line for line in lines if line.size == episodes.size)
    assert cut == bool(drawn.min() < axes.get_ylim()[0])
    assert any("exact optimum" in text for text in texts) == (optimum is not None)


def test_early_losses_do_not_squash_what_matters() -> None:
    episodes = np.arange(1.0, 1001.0)
    averages = -1.0 - 100.0 * np.exp(-episodes / 20.0)
    with house_style():
        figure = draw_returns("a run", episodes, averages, 10, -0.9).figure
    low, high = figure.axes[0].get_ylim()
    assert -1.5 < low < -1.0
    assert -0.9 < high < -0.5
    assert "a training run of 1,000 episodes; lower returns are cut off" in assert_texts_are_apart_and_inside(figure)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    st.integers(1, 50),
)
def test_the_running_average_is_that_of_a_plain_loop(returns: list[float], window: int) -> None:
    episodes = np.arange(1, len(returns) + 1)
    averages = running_average(np.array(returns), window, episodes)
    for episode, average in enumerate(averages.tolist(), start=1):
        last = returns[max(0, episode - window) : episode]
        assert average == pytest.approx(sum(last) / len(last), rel=1e-9, abs=1e-6)


def method(name: str, episodes: Array, seeds: int, end: float = 1.0) -> MethodCurve:
    random = np.random.default_rng(0)
    mean = np.geomspace(2000.0, max(end, 0.1), episodes.size)
    shortfall = mean * np.exp(random.normal(0.0, 0.3, (seeds, episodes.size)))
    shortfall[:, -1:] = end
    low = shortfall.min(axis=0) if seeds > 1 else np.full(episodes.size, math.nan)
    high = shortfall.max(axis=0) if seeds > 1 else low
    return MethodCurve(name, episodes, shortfall, low, high)


LONG = np.array([0.0, *np.geomspace(1e3, 1e6, 13)])
SHORT = np.array([0.0, *np.geomspace(500.0, 2e4, 8)])
EVEN = np.linspace(0.0, 20_000.0, 21)
FOUR = [
    method("SARSA", LONG, 5, end=3.0),
    method("Q-learning", LONG, 5, end=3.0),
    method("Double Q-learning", LONG, 5, end=0.0),
    method("DQN", SHORT, 3),
]
CURVES = {
    "four": FOUR,
    "alone": [method("SARSA", EVEN, 1)],
    "many": [method(f"a method with a long name {k}", LONG[1:], 2, end=1e6) for k in range(8)],
    "one look": [method("SARSA", np.zeros(1), 1), method("DQN", np.zeros(1), 2)],
    "optimal": [method("SARSA", np.array([10.0]), 1, end=0.0)],
}


def maps(count: int) -> list[PolicyMap]:
    titles = ["Exact optimum", *(f"{name}, a long title of a policy" for name in "ABCDEFGHIJ")]
    return [PolicyMap(title, policy()) for title in titles[:count]]


@pytest.mark.parametrize("name", CURVES)
def test_a_comparison_is_drawn_and_no_two_texts_overlap(name: str) -> None:
    with house_style():
        figure = draw_comparison(
            -0.8, "full slots at 22 kW", CURVES[name], maps(len(CURVES[name]) + 1), MapScale(**ON_THE_MAP)
        ).figure
    texts = assert_texts_are_apart_and_inside(figure)
    assert {"2 %", "5 %", "0.01 %\nor less", "episodes", "14:00", "16:00", "Exact optimum"} <= set(texts)
    assert "expected return of the exact optimum: -0.8 (in full slots at 22 kW)" in texts


def test_a_comparison_shows_means_intervals_and_bounds(tmp_path: Path) -> None:
    write_comparison(tmp_path / "all.png", optimum=-3e9, curves=FOUR, maps=maps(5), **ON_THE_MAP)
    assert written(tmp_path / "all.png").std() > 5.0
    assert [file.name for file in tmp_path.iterdir()] == ["all.png"]
    with house_style():
        figure = draw_comparison(-3e9, "", FOUR, maps(5), MapScale(**ON_THE_MAP)).figure
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    lines = {line.get_color(): line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) > 3}
    looks = {(line.get_linestyle(), str(line.get_marker())) for line in lines.values()}
    assert len(lines) == 4
    assert len({marker for _, marker in looks}) == 4
    first = lines[GRANTED_EDGE]
    np.testing.assert_allclose(np.asarray(first.get_ydata()), FOUR[0].shortfall.mean(axis=0))
    np.testing.assert_allclose(np.asarray(first.get_xdata())[1:], LONG[1:])
    assert 0.0 < np.asarray(first.get_xdata())[0] < 500.0
    levels = [np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()]
    assert [2.0, 2.0] in levels
    assert [5.0, 5.0] in levels
    texts = set(assert_texts_are_apart_and_inside(figure))
    assert {"SARSA: 3 %", "Double Q-learning: ≤ 0.01 %", "DQN: 1 %", "0", "1,000,000"} <= texts


def test_looks_at_even_distances_are_shown_on_an_even_axis() -> None:
    with house_style():
        figure = draw_comparison(-1.0, "", CURVES["alone"], maps(2), MapScale(**ON_THE_MAP)).figure
    assert figure.axes[0].get_xscale() == "linear"
    assert figure.axes[0].get_xlim() == (0.0, 20_000.0)


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_policy_map("title", "about", tmp_path / "map.jpg", actions=policy(288), **ON_THE_MAP)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "actions"]
    with pytest.raises(InputError, match="numbers of the 4 rates"):
        write_policy_map("title", "about", tmp_path / "map.png", actions=policy(rates=5), **ON_THE_MAP)
    with pytest.raises(InputError) as caught:
        write_returns("title", tmp_path / "returns.gif", returns=np.empty(0), window=0)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "returns", "window"]
    with pytest.raises(InputError, match="finite"):
        write_returns("title", tmp_path / "returns.png", returns=np.array([1.0, math.nan]), window=1)
    with pytest.raises(InputError) as caught:
        write_comparison(tmp_path / "all.svg", optimum=-1.0, curves=[], maps=[], **ON_THE_MAP)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "curves", "maps"]
    good = FOUR[0]
    for bad in (
        replace(good, shortfall=good.shortfall[:, 1:]),
        replace(good, shortfall=good.shortfall - 1e6),
        replace(good, low=good.low[1:]),
        replace(good, episodes=np.empty(0)),
    ):
        with pytest.raises(InputError, match="SARSA"):
            write_comparison(tmp_path / "all.png", optimum=-1.0, curves=[bad], maps=maps(1), **ON_THE_MAP)
    other = PolicyMap("other", policy(slots=4))
    with pytest.raises(InputError, match="same number of slots"):
        write_comparison(tmp_path / "all.png", optimum=-1.0, curves=FOUR, maps=[*maps(1), other], **ON_THE_MAP)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_picture_that_could_not_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Canvas, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Canvas, "write_png", fail)
    with pytest.raises(OSError, match="disk full"):
        write_returns("a run", tmp_path / "returns.png", returns=run(10), window=1)
    assert list(tmp_path.iterdir()) == []


def test_colours_of_rates_fall_evenly_in_lightness() -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    for count in (2, 4, 10):
        colours = rate_colours([float(k) for k in range(count)])
        assert (colours[0], colours[-1]) == (PALE, GRANTED_EDGE)
        linear = np.array([[(part / 255.0) ** 2.2 for part in red_green_blue(colour)] for colour in colours])
        lightness = 116.0 * np.cbrt(linear @ weights) - 16.0
        steps = -np.diff(lightness)
        assert steps.min() > 0.6 * steps.max()
    assert (rate_colours([0.0]), rate_colours([11.0])) == ([PALE], [GRANTED_EDGE])
    assert (ink_on(PALE), ink_on(GRANTED_EDGE)) == (INK, PAPER)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (1.0, 2, "1"),
        (3.3546e-4, 2, "3.4·10⁻⁴"),
        (0.0821, 2, "0.082"),
        (1096.6, 2, "1,097"),
        (3.585e9, 2, "3.6·10⁹"),
        (1e-8, 2, "1·10⁻⁸"),
        (9.996, 3, "10"),
        (12345.0, 3, "1.23·10⁴"),
        (-0.81234, 4, "-0.8123"),
        (100.0, 1, "100"),
    ],
)
def test_amounts_are_short(value: float, digits: int, text: str) -> None:
    assert amount(value, digits) == text


def test_costs_keep_their_decimals() -> None:
    costs = (0.0, 1.0, 22.00067, 3.4e-7, 8.2453e10, 999_999.0)
    assert [cost_text(cost) for cost in costs] == ["0", "1", "22.0007", "3.4·10⁻⁷", "8.245·10¹⁰", "999,999"]


def test_shares_say_none_and_all_only_when_they_are() -> None:
    shares = (0.0, 1e-5, 0.004, 0.5, 0.995, 0.99999, 1.0)
    texts = ["0 %", "less than 0.1 %", "0.4 %", "50 %", "99.5 %", "more than 99.9 %", "100 %"]
    assert [share_text(share) for share in shares] == texts
    assert [normal_share(energy, 30.0, 5.0) for energy in (30.0, 35.0)] == [0.5, pytest.approx(0.8413447)]
    assert [normal_share(energy, 30.0, 0.0) for energy in (29.9, 30.0)] == [0.0, 1.0]


def test_clock_times_stand_at_slot_edges() -> None:
    assert [clock_text(minute) for minute in (840.0, 842.5, 1440.0, 0.0)] == ["14:00", "14:02:30", "00:00", "00:00"]
    assert edge_ticks(840.0, 15.0, 8, 100.0)[:2] == [(0, "14:00"), (1, "14:15")]
    assert edge_ticks(840.0, 15.0, 8, 31.0) == [(k, f"{14 + k // 4}:{15 * (k % 4):02d}") for k in (0, 2, 4, 6, 8)]
    assert edge_ticks(840.0, 2.5, 48, 5.0)[-1] == (48, "16:00")
    assert edge_ticks(840.0, 15.0, 1, 10.0) == [(0, "14:00"), (1, "14:15")]


def test_names_that_do_not_fit_are_left_out_evenly_to_the_last() -> None:
    names = [str(k) for k in range(10, 20)]
    assert spaced_to_fit(names, 1000.0, 10.0) == list(range(10))
    assert spaced_to_fit(names, 130.0, 10.0) == [1, 3, 5, 7, 9]
    assert spaced_to_fit(names, 1.0, 10.0) == [9]


def test_bars_are_logarithmic() -> None:
    assert bar_lengths((1.0, 10.0, 100.0)) == pytest.approx([0.08, 0.54, 1.0])
    assert bar_lengths((0.0, 5.0)) == [0.0, 1.0]
    assert bar_lengths((0.0,)) == [0.0]
