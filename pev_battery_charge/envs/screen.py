"""What the environments of one area share: the simulation, and its pictures as an image, or in a window."""

from typing import Any, Final

from pev_battery_charge import rendering
from pev_battery_charge.core.arrays import Image
from pev_battery_charge.envs.spaces import AnyScenario
from pev_battery_charge.errors import InputError
from pev_battery_charge.scenario import resolve_scenario
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.trace import Trace

RENDER_MODES: Final = ["human", "rgb_array"]
RENDER_FPS: Final = 20


class ShownArea:
    """A simulation, its trace, its pictures, its end. The drawing libraries are loaded with the first picture."""

    def __init__(
        self, scenario: AnyScenario, render_mode: str | None, changes: dict[str, Any], max_steps: int | None = None
    ) -> None:
        self.simulation = Simulation(resolve_scenario(scenario, **changes), record=True, max_steps=max_steps)
        self.scenario = self.simulation.scenario
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise InputError(f"render_mode={render_mode!r}", [f"must be one of {', '.join(RENDER_MODES)}, or None"])
        self.render_mode = render_mode
        self._renderer: rendering.FrameRenderer | None = None
        self._window: rendering.Window | None = None

    def trace(self) -> Trace:
        """What has happened in this episode so far."""
        return self.simulation.trace()

    def render(self) -> Image | None:
        """The moment as an RGB image `[H, 900, 3]` ("rgb_array"), or in a window ("human")."""
        trace = self.trace()
        if self.render_mode is None:
            raise InputError("render", ["the environment has no render_mode: make it with render_mode='rgb_array'"])
        known = self._renderer is not None and self._renderer.schedule is trace.schedule
        if self._renderer is None or not known or self._renderer.series != trace.series:
            self._renderer = rendering.FrameRenderer(trace.scenario, trace.schedule, trace.series)
        image = self._renderer.draw(trace, trace.num_steps)
        if self.render_mode == "rgb_array":
            return image
        if self._window is None:
            self._window = rendering.Window()
        self._window.show(image)
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None
        self.simulation.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_renderer": None, "_window": None}
