"""The running average of the returns of a training run on the smart-charging problem."""

import math
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.rendering.canvas import Canvas, write_still
from pev_battery_charge.rendering.chart import Plot, grouped, write_head
from pev_battery_charge.rendering.curves import LearningCurve, draw_curve, names_of, shown_range
from pev_battery_charge.rendering.labels import counted
from pev_battery_charge.rendering.layout import HEAD_PX, TICKS_PX, TITLE_PX
from pev_battery_charge.rendering.line_names import box_beside
from pev_battery_charge.rendering.style import WIDTH_PX
from pev_battery_charge.smart_charging.pictures.words import power_of_ten

NAMES_LEAST_PX = 104
"""Right of a plot, for the word "episodes"."""

_RETURNS_PX, _BOTTOM_PX = 230, 12
_UNIT_RIGHT_PX = 40
_THINNED = 2000
"""So many points of a running average are drawn, at most."""


def write_returns(title: str, path: str | Path, *, returns: Array, window: int, optimum: float | None = None) -> None:
    """Write a PNG with the running average of the returns of one training run.

    What lies far below the second half of the run and the optimum is cut off, and told so.

    title: the head.
    returns: of each episode, `[episodes]`.
    window: over how many episodes the average runs; over all there are, where there are fewer before.
    optimum: the expected return of the exact optimum.

    Raises `InputError` for another ending, no returns, returns that are not finite, and a window below 1.
    """
    problems = [] if returns.size else ["returns: must be at least one"]
    problems += [] if np.isfinite(returns).all() else ["returns: must be finite numbers"]
    problems += [] if window >= 1 else [f"window: must be at least 1 (it is {window})"]

    def draw() -> Canvas:
        episodes = np.unique(np.linspace(1, returns.size, min(returns.size, _THINNED)).round().astype(np.int64))
        averages = running_average(returns, window, episodes)
        return draw_returns(title, episodes.astype(np.float64), averages, window, optimum)

    write_still(path, problems, draw)


def running_average(returns: Array, window: int, episodes: Integers) -> Array:
    """The mean return of the last `window` episodes, or of all where there are fewer, after each of these episodes.

    returns: of each episode, `[episodes]`.
    episodes: numbers from 1, `[P]`. The result has the same shape.
    """
    middle = float(returns.mean())  # sums about the mean stay small, so that little is rounded off
    sums = np.concatenate([[0.0], np.cumsum(returns - middle)])
    firsts = np.maximum(episodes - window, 0)
    return np.asarray(middle + (sums[episodes] - sums[firsts]) / (episodes - firsts))


def draw_returns(title: str, episodes: Array, averages: Array, window: int, optimum: float | None) -> Canvas:
    """A canvas with the running average, `[P]`, after each of so many episodes, `[P]`."""
    most = max(float(np.abs(averages).max()), abs(optimum or 0.0))
    power = 3 * math.floor(math.log10(most) / 3) if most and not 0.01 <= most < 1e5 else 0
    others = {} if optimum is None else {"exact optimum": (optimum / 10.0**power, math.nan, math.nan)}
    none = np.full(episodes.size, math.nan)
    what = f"Mean return of the last {counted(window, 'episode')}" if window > 1 else "Return of each episode"
    curve = LearningCurve(what, episodes, averages / 10.0**power, none, none, others)
    shown = shown_range(curve)
    names = names_of(curve, shown)
    cut = bool(curve.reward.min() < shown[0])
    about = f"a training run of {counted(int(episodes[-1]), 'episode')}"
    canvas = Canvas(WIDTH_PX, HEAD_PX + TITLE_PX + _RETURNS_PX + TICKS_PX + _BOTTOM_PX)
    write_head(canvas.figure, title, about + ("; lower returns are cut off" if cut else ""))
    box = box_beside(names, HEAD_PX + TITLE_PX, _RETURNS_PX, NAMES_LEAST_PX)
    plot = Plot(canvas.figure, box, f"{what}, {power_of_ten(power)}" if power else what)
    add_episodes(plot, float(episodes[-1]))
    draw_curve(plot, curve, shown, names, cut=cut)
    return canvas


def add_episodes(axes: Plot, last: float) -> None:
    """Episodes from left to right, 0 to the last."""
    axes.set_xlim(0.0, last)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(grouped)
    axes.add_unit("episodes", _UNIT_RIGHT_PX)
