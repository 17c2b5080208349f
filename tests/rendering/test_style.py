"""Colours that stay apart for every reader."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from pev_battery_charge.rendering import style

Array = npt.NDArray[np.float64]

SEEN: dict[str, Array] = {
    "all colours": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}
"""What is seen of linear red, green and blue with a kind of cone missing (Machado, Oliveira and Fernandes 2009)."""

SIDE_BY_SIDE = {
    "schedule": (style.PALE, style.GRANTED, style.UNMET, style.NO_STATION, style.INK),
    "batteries": (style.PAPER, style.CHARGED, style.CHARGED_LEFT, style.MISSING, style.UNMET, style.INK),
    "power": (style.PAPER, style.GRANTED, style.INK),
}


def lightness_and_hue(colour: str, seen: Array) -> Array:
    """CIELAB of a colour as it is seen, D65."""
    srgb = np.array(style.red_green_blue(colour)) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(seen @ linear, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ linear / np.array([0.9505, 1.0, 1.089]))
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("panel", SIDE_BY_SIDE)
def test_colours_side_by_side_are_told_apart_by_every_reader(panel: str, seen: str) -> None:
    labs = {colour: lightness_and_hue(colour, SEEN[seen]) for colour in SIDE_BY_SIDE[panel]}
    apart = {pair: float(np.linalg.norm(labs[pair[0]] - labs[pair[1]])) for pair in combinations(labs, 2)}
    assert min(apart.values()) > 15.0, sorted(apart.items(), key=lambda item: item[1])[:3]
