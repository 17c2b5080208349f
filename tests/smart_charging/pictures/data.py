"""Policies and scales to draw, and pictures that were written."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pev_battery_charge.smart_charging.pictures.maps import MapScale

Array = npt.NDArray[np.float64]

SCALE = MapScale(
    rates_kw=(0.0, 7.0, 14.0, 22.0), energies_kwh=np.linspace(0.0, 72.0, 289), slot_minutes=15.0, start_min=840.0
)


def policy(levels: int = 289, slots: int = 8, rates: int = 4) -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, rates, (slots, levels))


def written(path: Path) -> Array:
    with Image.open(path) as image:
        assert (image.format, image.size[0]) == ("PNG", 900)
        return np.asarray(image.convert("RGB"), np.float64)
