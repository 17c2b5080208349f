"""Policies as heat maps."""

from pathlib import Path

import numpy as np
import pytest

from pev_battery_charge.errors import InputError
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.style import red_green_blue
from pev_battery_charge.smart_charging.pictures.maps import MapScale, draw_policy_map, write_policy_map
from pev_battery_charge.smart_charging.pictures.words import rate_colours
from tests.rendering.conftest import settings_now
from tests.rendering.layout_checks import assert_texts_are_apart_and_inside
from tests.smart_charging.pictures.data import SCALE, policy, written

TEN_KW = tuple(2.5 * k for k in range(10))


def test_a_map_has_a_cell_for_each_slot_and_energy_in_the_colour_of_its_rate(tmp_path: Path) -> None:
    before = settings_now()
    actions = policy()
    write_policy_map("Optimum", "about", tmp_path / "map.png", actions=actions, scale=SCALE)
    pixels = written(tmp_path / "map.png")
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]
    assert settings_now() == before
    colours = np.array([red_green_blue(colour) for colour in rate_colours(SCALE.rates_kw)])
    cells = pixels[86 : 86 + 289, 70:870][::-1, 50::100]  # from the lowest energy up, in the middle of each slot
    np.testing.assert_array_equal(cells, colours[actions.T])


@pytest.mark.parametrize(
    ("levels", "slots", "rates_kw", "slot_minutes"),
    [
        (289, 8, SCALE.rates_kw, 15.0),
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


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_policy_map("title", "about", tmp_path / "map.jpg", actions=policy(288), scale=SCALE)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "actions"]
    with pytest.raises(InputError, match="numbers of the 4 rates"):
        write_policy_map("title", "about", tmp_path / "map.png", actions=policy(rates=5), scale=SCALE)
    assert list(tmp_path.iterdir()) == []
