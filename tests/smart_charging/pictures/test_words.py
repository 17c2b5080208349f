"""How the smart-charging pictures write numbers and times, and colour rates."""

import numpy as np
import pytest

from pev_battery_charge.rendering.labels import spaced_to_fit
from pev_battery_charge.rendering.style import GRANTED_EDGE, INK, PALE, PAPER, red_green_blue
from pev_battery_charge.smart_charging.pictures.panels import bar_lengths
from pev_battery_charge.smart_charging.pictures.words import (
    amount,
    clock_text,
    cost_text,
    edge_ticks,
    ink_on,
    rate_colours,
    share_text,
)


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
