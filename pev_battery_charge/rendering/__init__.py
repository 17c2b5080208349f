"""Trace, t -> picture; a whole trace -> GIF; schedules -> still; frames -> window. It reads what it shows, no more."""

from pev_battery_charge.rendering.frame import FrameRenderer, render_frame
from pev_battery_charge.rendering.gif import write_gif
from pev_battery_charge.rendering.overview import write_overview
from pev_battery_charge.rendering.window import Window

__all__ = ["FrameRenderer", "Window", "render_frame", "write_gif", "write_overview"]
