"""A still that compares controllers: for each figure, how it is distributed over the episodes of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.style import house_style


@dataclass(frozen=True)
class Distribution:
    """One figure of many episodes.

    title: what it is, with its unit.
    values: for each controller the figure of each episode; not all of them need to have it.
    means: for each controller the mean and both ends of its interval, NaN where there is none.
    better: whether more or less of it is better, where that can be said.
    """

    title: str
    values: Mapping[str, Array]
    means: Mapping[str, tuple[float, float, float]]
    better: Literal["more", "less"] | None = None


def write_distributions(title: str, about: str, distributions: Sequence[Distribution], path: str | Path) -> None:
    """Write a PNG with a panel for each figure, and in it a row for each controller.

    A row shows how the episodes are spread (of few episodes, each as a dot), below it the middle half and the median,
    the mean with its interval, and the mean in figures.

    title, about: the head's two lines.
    distributions: all with the same controllers.

    Raises `InputError` for another ending, and for nothing to show.
    """
    problems = []
    if Path(path).suffix.lower() != ".png":
        problems.append(f"path: must end in .png (it is {Path(path).name!r})")
    if not distributions or not distributions[0].values:
        problems.append("distributions: must be at least one figure of at least one controller")
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.histograms import draw_histograms  # noqa: PLC0415  matplotlib is slow to import

    with house_style(), write_beside(path) as beside:
        draw_histograms(title, about, distributions).write_png(beside)
