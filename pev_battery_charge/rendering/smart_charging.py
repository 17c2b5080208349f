"""Pictures of the smart-charging problem: a moment, a policy, a training run, and methods against the optimum."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pev_battery_charge.core.arrays import Array, Image, Integers
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.rendering.style import house_style

if TYPE_CHECKING:
    from pev_battery_charge.rendering.smart_charging_frame import TaxiBoard


_THINNED = 2000
"""So many points of a running average are drawn, at most."""


@dataclass(frozen=True)
class TaxiMoment:
    """What a frame of the smart-charging problem shows, after t of its slots.

    capacity_kwh: what the battery holds.
    energies_kwh: in the battery at the start of each slot so far, and now: t + 1 values.
    rates_kw: the power of each action, rising.
    choices: the rate's number in each of the t slots made.
    slot_costs: what each of them cost.
    prices: what the coming slot costs at each rate if all of it is charged in; empty after departure.
    unit: what a cost of 1 is, such as "full slots at 22 kW"; empty for raw costs.
    num_slots: slots until departure.
    slot_minutes: length of a slot.
    start_min: when the first slot begins, in minutes after midnight.
    demand_mean_kwh, demand_std_kwh: of the normally distributed demand; a standard deviation of 0 makes it certain.
    shortage_probability: that the demand is above what the battery holds now.
    demand_kwh: drawn at departure; None before.
    shortage_cost: paid at departure for too little energy; 0 before, and when it sufficed.
    """

    capacity_kwh: float
    energies_kwh: tuple[float, ...]
    rates_kw: tuple[float, ...]
    choices: tuple[int, ...]
    slot_costs: tuple[float, ...]
    prices: tuple[float, ...]
    unit: str
    num_slots: int
    slot_minutes: float
    start_min: float
    demand_mean_kwh: float
    demand_std_kwh: float
    shortage_probability: float
    demand_kwh: float | None
    shortage_cost: float

    @property
    def energy_kwh(self) -> float:
        """In the battery now."""
        return self.energies_kwh[-1]

    @property
    def t(self) -> int:
        """How many slots are made."""
        return len(self.choices)

    @property
    def departed(self) -> bool:
        """Whether there is no slot left."""
        return not self.prices

    @property
    def cost(self) -> float:
        """All that has been paid so far."""
        return sum(self.slot_costs) + self.shortage_cost


class TaxiRenderer:
    """Draws moments of one smart-charging problem, again and again.

    From left to right: the battery, its energy over time until departure and, there, the bell curve of the demand, all
    along one energy axis; the price of each rate. Below, the rate chosen in each slot. What does not move is drawn
    once and kept. No window and no setting of matplotlib is touched.
    """

    def __init__(self) -> None:
        self._board: TaxiBoard | None = None

    def draw(self, moment: TaxiMoment) -> Image:
        """The moment as a picture, `[360, 640, 3]`: a new array."""
        from pev_battery_charge.rendering.smart_charging_frame import TaxiBoard  # noqa: PLC0415  matplotlib is slow

        with house_style():
            if self._board is None or not self._board.fits(moment):
                self._board = TaxiBoard(moment)
            return self._board.draw(moment)


@dataclass(frozen=True)
class MethodCurve:
    """How near a learning method came to the exact optimum over its training.

    name: of the method.
    episodes: played at each of P looks, `[P]`, rising; the first may be 0.
    shortfall: how far the greedy policy's exact expected return stays behind the optimum, in % of the optimum's cost,
        for each of S training seeds, `[S, P]`; never negative.
    low, high: both ends of a 95 % interval of the mean over the seeds, in %, `[P]`; NaN where there is none.
    """

    name: str
    episodes: Array
    shortfall: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class PolicyMap:
    """A policy to show small.

    title: whose it is.
    actions: the number of the rate chosen in each of T slots at each of K + 1 energies, `[T, K + 1]`.
    """

    title: str
    actions: Integers


def write_policy_map(
    title: str,
    about: str,
    path: str | Path,
    *,
    actions: Integers,
    rates_kw: Sequence[float],
    energies_kwh: Array,
    slot_minutes: float,
    start_min: float,
) -> None:
    """Write a PNG with the rate that a policy chooses, by time (a column for each slot) and energy in the battery.

    title, about: the head's two lines.
    actions: the number of the rate chosen in each of T slots at each of K + 1 energies, `[T, K + 1]`.
    rates_kw: the power of each action, rising.
    energies_kwh: evenly spaced, rising, `[K + 1]`; a cell is centred on each.
    slot_minutes: length of a slot.
    start_min: when the first slot begins, in minutes after midnight.

    Raises `InputError` for another ending, and for actions that do not fit the rates or energies.
    """
    problems = _path_problems(path) + _map_problems("actions", actions, rates_kw, energies_kwh)
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.smart_charging_maps import MapScale, draw_policy_map  # noqa: PLC0415  as above

    with house_style(), write_beside(path) as beside:
        scale = MapScale(rates_kw, energies_kwh, slot_minutes, start_min)
        draw_policy_map(title, about, actions, scale).write_png(beside)


def write_returns(title: str, path: str | Path, *, returns: Array, window: int, optimum: float | None = None) -> None:
    """Write a PNG with the running average of the returns of one training run.

    What lies far below the second half of the run and the optimum is cut off, and told so.

    title: the head.
    returns: of each episode, `[episodes]`.
    window: over how many episodes the average runs; over all there are, where there are fewer before.
    optimum: the expected return of the exact optimum.

    Raises `InputError` for another ending, no returns, returns that are not finite, and a window below 1.
    """
    problems = _path_problems(path)
    if not returns.size:
        problems.append("returns: must be at least one")
    if not np.isfinite(returns).all():
        problems.append("returns: must be finite numbers")
    if window < 1:
        problems.append(f"window: must be at least 1 (it is {window})")
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.smart_charging_curves import draw_returns  # noqa: PLC0415  as above

    episodes = np.unique(np.linspace(1, returns.size, min(returns.size, _THINNED)).round().astype(np.int64))
    averages = running_average(returns, window, episodes)
    with house_style(), write_beside(path) as beside:
        draw_returns(title, episodes.astype(np.float64), averages, window, optimum).write_png(beside)


def write_comparison(
    path: str | Path,
    *,
    optimum: float,
    curves: Sequence[MethodCurve],
    maps: Sequence[PolicyMap],
    rates_kw: Sequence[float],
    energies_kwh: Array,
    slot_minutes: float,
    start_min: float,
    unit: str = "",
) -> None:
    """Write a PNG with the learning curves of methods against the exact optimum, and below them small policy maps.

    optimum: the expected return of the exact optimum; it is told in words.
    curves: in the order of their colours.
    maps: first the exact optimum's, then one for each method; all with the same number of slots.
    rates_kw, energies_kwh, slot_minutes, start_min: of all maps, as `write_policy_map` takes them.
    unit: what a cost of 1 is, such as "full slots at 22 kW"; empty for raw costs.

    Raises `InputError` for another ending, for nothing to show, and for curves or maps whose shapes do not fit.
    """
    problems = _path_problems(path)
    for what, given in (("curves", curves), ("maps", maps)):
        if not given:
            problems.append(f"{what}: must be at least one")
    problems += [problem for curve in curves for problem in _curve_problems(curve)]
    for one in maps:
        problems += _map_problems(f"map of {one.title}", one.actions, rates_kw, energies_kwh)
    if len({one.actions.shape[:1] for one in maps}) > 1:
        problems.append("maps: must all have the same number of slots")
    if problems:
        raise InputError(str(path), problems)
    from pev_battery_charge.rendering.smart_charging_curves import draw_comparison  # noqa: PLC0415  as above
    from pev_battery_charge.rendering.smart_charging_maps import MapScale  # noqa: PLC0415  as above

    with house_style(), write_beside(path) as beside:
        scale = MapScale(rates_kw, energies_kwh, slot_minutes, start_min)
        draw_comparison(optimum, unit, curves, maps, scale).write_png(beside)


def running_average(returns: Array, window: int, episodes: Integers) -> Array:
    """The mean return of the last `window` episodes, or of all where there are fewer, after each of these episodes.

    returns: of each episode, `[episodes]`.
    episodes: numbers from 1, `[P]`. The result has the same shape.
    """
    middle = float(returns.mean())  # sums about the mean stay small, so that little is rounded off
    sums = np.concatenate([[0.0], np.cumsum(returns - middle)])
    firsts = np.maximum(episodes - window, 0)
    averages: Array = middle + (sums[episodes] - sums[firsts]) / (episodes - firsts)
    return averages


def _path_problems(path: str | Path) -> list[str]:
    return [] if Path(path).suffix.lower() == ".png" else [f"path: must end in .png (it is {Path(path).name!r})"]


def _map_problems(name: str, actions: Integers, rates_kw: Sequence[float], energies_kwh: Array) -> list[str]:
    if actions.ndim != 2 or not actions.size or actions.shape[1] != energies_kwh.size:
        return [f"{name}: must be [T, {energies_kwh.size}], an energy a column (it is {list(actions.shape)})"]
    if actions.min() < 0 or actions.max() >= len(rates_kw):
        return [f"{name}: must be numbers of the {len(rates_kw)} rates, from 0"]
    return []


def _curve_problems(curve: MethodCurve) -> list[str]:
    looks = curve.episodes.shape
    if len(looks) != 1 or not curve.episodes.size:
        return [f"{curve.name}: must have at least one look"]
    if curve.shortfall.ndim != 2 or not curve.shortfall.size or curve.shortfall.shape[1:] != looks:
        return [f"{curve.name}: shortfall must be [S, {looks[0]}] (it is {list(curve.shortfall.shape)})"]
    if not np.isfinite(curve.shortfall).all() or curve.shortfall.min() < 0.0:
        return [f"{curve.name}: shortfall must be finite and never negative"]
    if curve.low.shape != looks or curve.high.shape != looks:
        return [f"{curve.name}: low and high must have {looks[0]} values each"]
    return []
