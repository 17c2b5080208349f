"""Names that fit."""

import pytest

from pev_battery_charge.rendering.labels import counted, elided, fitting_names, round_step, short_names
from pev_battery_charge.rendering.letters import text_width_px


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["pev_00", "pev_01", "pev_12"], ["00", "01", "12"]),
        (["pev_07"], ["07"]),
        (["van 1", "taxi 2"], ["van 1", "taxi 2"]),
        (["2_39_78_362_a long session", "2_39_79_381_another session"], ["0", "1"]),
        (["same", "same"], ["0", "1"]),
        ([], []),
    ],
)
def test_short_names_leave_out_what_they_share(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short


def test_names_are_as_long_as_there_is_room() -> None:
    names = ["pev_00", "pev_01"]
    assert fitting_names(names, 60.0) == names
    assert fitting_names(names, 20.0) == ["00", "01"]
    assert fitting_names(names, 5.0) is None


@pytest.mark.parametrize(("least", "step"), [(0.3, 1), (1.1, 2), (2.0, 2), (4.0, 5), (5.1, 10), (70.0, 100)])
def test_steps_are_round(least: float, step: int) -> None:
    assert round_step(least) == step


def test_one_is_not_many() -> None:
    assert [counted(number, "PEV") for number in (0, 1, 2)] == ["0 PEVs", "1 PEV", "2 PEVs"]


@pytest.mark.parametrize("name", ["short", "x" * 200, ""])
def test_an_elided_name_keeps_its_ends(name: str) -> None:
    short = elided(name, 100.0)
    assert text_width_px(short) <= 100.0
    assert (short == name) == (text_width_px(name) <= 100.0)
    assert (name[:3], name[-3:]) == (short[:3], short[-3:])
