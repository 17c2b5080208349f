"""A still of learning curves: how the reward of policies grew while they trained, next to controllers that do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.style import house_style


@dataclass(frozen=True)
class LearningCurve:
    """How the reward of one policy grew over its training.

    title: what it was trained on.
    agent_steps: how many steps stations had made at each of K evaluations, `[K]`, in rising order.
    reward: the mean over the episodes of each evaluation, `[K]`.
    low, high: both ends of its interval, `[K]`; NaN where there is none.
    others: for each controller to compare with, its mean reward and both ends of its interval, NaN where there is none.
    """

    title: str
    agent_steps: Array
    reward: Array
    low: Array
    high: Array
    others: Mapping[str, tuple[float, float, float]]


def write_learning_curves(curves: Sequence[LearningCurve], path: str | Path) -> None:
    """Write a PNG with a panel for each curve, one below the other.

    What lies far below the last half of a curve and the best of the other controllers is cut off, and told so.

    Raises `InputError` for another ending, and for no curves or a curve without evaluations.
    """
    problems = []
    if Path(path).suffix.lower() != ".png":
        problems.append(f"path: must end in .png (it is {Path(path).name!r})")
    if not curves:
        problems.append("curves: must be at least one")
    problems += [f"{curve.title}: must have at least one evaluation" for curve in curves if not curve.reward.size]
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.curve_panels import draw_curves  # noqa: PLC0415  matplotlib is slow to import

    with house_style(), write_beside(path) as beside:
        draw_curves(curves).write_png(beside)
