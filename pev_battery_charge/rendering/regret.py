"""A still of regret: how far controllers stay behind the optimum, in each group of a suite and in all of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.style import house_style


@dataclass(frozen=True)
class RegretPanel:
    """Some instances.

    title: what they are.
    values: for each controller its regret on each instance, in % of the optimum's loss; NaN where there is none.
    means: for each controller the mean and both ends of its interval, NaN where there is none.
    texts: for each controller what is written beside its row.
    """

    title: str
    values: Mapping[str, Array]
    means: Mapping[str, tuple[float, float, float]]
    texts: Mapping[str, str]


def write_regret(
    title: str, about: str, panels: Sequence[RegretPanel], path: str | Path, clairvoyant: Collection[str] = ()
) -> None:
    """Write a PNG with a panel for each group of instances, and in it a row for each controller.

    The axis is linear up to a hundredth of a per cent, and logarithmic beyond.

    title, about: the head's two lines.
    panels: all with the same controllers, in the order of the rows.
    clairvoyant: the controllers that see the future; they are marked.

    Raises `InputError` for another ending, and for nothing to show.
    """
    problems = []
    if Path(path).suffix.lower() != ".png":
        problems.append(f"path: must end in .png (it is {Path(path).name!r})")
    if not panels or not panels[0].values:
        problems.append("panels: must be at least one with at least one controller")
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.regret_panels import draw_regret  # noqa: PLC0415  matplotlib is slow to import

    with house_style(), write_beside(path) as beside:
        draw_regret(title, about, panels, clairvoyant).write_png(beside)
