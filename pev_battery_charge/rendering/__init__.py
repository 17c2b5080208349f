"""Trace, t -> picture; a whole trace -> GIF; schedules, learning curves, comparisons -> stills; frames -> window.

Whatever a picture needs is imported with the first name asked for: matplotlib takes half a second. Other rooms
therefore write `from pev_battery_charge import rendering`, and `rendering.render_frame` where a picture is made.
"""

from typing import TYPE_CHECKING

from pev_battery_charge.late import loader

if TYPE_CHECKING:
    from pev_battery_charge.rendering.curves import LearningCurve, write_learning_curves
    from pev_battery_charge.rendering.distributions import Distribution, write_distributions
    from pev_battery_charge.rendering.frame import FrameRenderer, render_frame
    from pev_battery_charge.rendering.gif import write_gif
    from pev_battery_charge.rendering.overview import write_overview
    from pev_battery_charge.rendering.regret import RegretPanel, write_regret
    from pev_battery_charge.rendering.window import Window

__all__ = [
    "Distribution",
    "FrameRenderer",
    "LearningCurve",
    "RegretPanel",
    "Window",
    "render_frame",
    "write_distributions",
    "write_gif",
    "write_learning_curves",
    "write_overview",
    "write_regret",
]

__getattr__ = loader(
    __name__,
    {
        "Distribution": "distributions",
        "FrameRenderer": "frame",
        "LearningCurve": "curves",
        "RegretPanel": "regret",
        "Window": "window",
        "render_frame": "frame",
        "write_distributions": "distributions",
        "write_gif": "gif",
        "write_learning_curves": "curves",
        "write_overview": "overview",
        "write_regret": "regret",
    },
)
