"""A frame of the smart-charging problem: every moment can be read, and shows what it is."""

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.smart_charging.pictures.frame import TaxiBoard, TaxiRenderer
from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment
from pev_battery_charge.smart_charging.problem import SmartCharging
from tests.rendering.conftest import settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside

RATES_KW = (0.0, 7.0, 14.0, 22.0)
TEN_KW = tuple(2.5 * k for k in range(10))


def shortage_probability(energy_kwh: float, mean_kwh: float, std_kwh: float) -> float:
    return 1.0 - NormalDist(mean_kwh, std_kwh).cdf(energy_kwh) if std_kwh else float(energy_kwh < mean_kwh)


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
    problem = SmartCharging(
        rates_kw=rates_kw,
        num_slots=num_slots,
        slot_minutes=slot_minutes,
        demand_mean_kwh=mean_kwh,
        demand_std_kwh=std_kwh,
        costs="raw" if raw else "relative",
    )
    return TaxiMoment(
        problem=problem,
        energies_kwh=tuple(energies),
        choices=choices,
        slot_costs=tuple(prices[choice] for choice in choices),
        prices=prices if demand_kwh is None else (),
        shortage_probability=shortage_probability(energies[-1], mean_kwh, std_kwh),
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
        lambda one: replace(one, problem=one.problem.replace(demand_mean_kwh=31.0)),
        lambda one: replace(one, problem=one.problem.replace(demand_std_kwh=6.0)),
        lambda one: replace(one, prices=(1.0, 2.0, 3.0, 4.0)),
        lambda one: replace(one, slot_costs=(*one.slot_costs[:-1], 9.0)),
        lambda one: replace(one, problem=one.problem.replace(arrival_hour=10.0)),
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
