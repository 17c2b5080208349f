"""Trace, t -> picture; a whole trace -> GIF; schedules, learning curves, comparisons -> stills; frames -> window.

Whatever a picture needs is imported with the first name asked for: matplotlib takes half a second. Other rooms
therefore write `from pev_battery_charge import rendering`, and `rendering.render_frame` where a picture is made.
"""

from typing import TYPE_CHECKING

from pev_battery_charge.late import loader

if TYPE_CHECKING:  # at run time `_MODULES` has them
    from pev_battery_charge.rendering.curves import LearningCurve as LearningCurve
    from pev_battery_charge.rendering.curves import write_learning_curves as write_learning_curves
    from pev_battery_charge.rendering.distributions import Distribution as Distribution
    from pev_battery_charge.rendering.distributions import write_distributions as write_distributions
    from pev_battery_charge.rendering.frame import FrameRenderer as FrameRenderer
    from pev_battery_charge.rendering.frame import render_frame as render_frame
    from pev_battery_charge.rendering.gif import write_gif as write_gif
    from pev_battery_charge.rendering.overview import write_overview as write_overview
    from pev_battery_charge.rendering.regret import RegretPanel as RegretPanel
    from pev_battery_charge.rendering.regret import write_regret as write_regret
    from pev_battery_charge.rendering.window import Window as Window

_MODULES = {
    "curves": ("LearningCurve", "write_learning_curves"),
    "distributions": ("Distribution", "write_distributions"),
    "frame": ("FrameRenderer", "render_frame"),
    "gif": ("write_gif",),
    "overview": ("write_overview",),
    "regret": ("RegretPanel", "write_regret"),
    "window": ("Window",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = list(_HOMES)
__getattr__ = loader(__name__, _HOMES)
