"""The smart-charging problem as a Gymnasium environment: one vehicle, four rates, eight decisions."""

from operator import index
from typing import Any, Final, Literal, get_args

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete

from pev_battery_charge.core.arrays import Float32
from pev_battery_charge.errors import EpisodeOverError, InputError, raise_if
from pev_battery_charge.smart_charging import pictures
from pev_battery_charge.smart_charging.cells import CELL_KWH, Cells
from pev_battery_charge.smart_charging.problem import SmartCharging

ID: Final = "pev_battery_charge/SmartCharging-v1"
"""The name under which `gymnasium.make` knows the environment."""

ID_V0: Final = "pev_battery_charge/SmartCharging-v0"
"""The name of its first version."""

_SHORTAGE_SLOTS_V0: Final = 20.0

View = Literal["box", "dict", "index"]
"""The form of an observation; see `SmartChargingEnv`."""

Observation = Float32 | dict[str, Any] | int

_RENDER_MODES: Final = ["ansi", "rgb_array"]
_BAR_CHARACTERS: Final = 24


class SmartChargingEnv(gymnasium.Env[Any, np.int64]):
    """A taxi at its charger: how fast to charge in each slot, for a demand that shows at departure?

    ## Description
    A taxi comes home at 14:00 with some energy in its 72 kWh battery. At the beginning of each of eight slots of 15
    minutes one of four rates is chosen, and the battery is charged with it, at most until it is full. At 16:00 the taxi
    drives off, and only then its demand shows, normally distributed with mean 30 and standard deviation 5 kWh. Power
    becomes dearer exponentially, so it pays to charge slowly and steadily; but too little energy is dearer still.

    Two points in which published sketches of this exercise differ from each other, and how they are met here:

    - *14:00 count-down*: some count the time left from 14:00 down; here `time_step` counts up, equivalently.
    - *21 or 22 kW*: multiples of 7 kW end at 21, common chargers at 22, the default; `rates_kw=(0, 7, 14, 21)` for 21.

    ## Action Space
    `Discrete(4)`: the number of a rate, 0, 7, 14 or 22 kW (`rates_kw`), for the coming slot.

    ## Observation Space
    The battery's energy and the time step, 0 at 14:00 to 8 at 16:00, in one of three forms (`observation`):

    - "box": `Box([0, 0], [72, 8], (2,), float32)`, energy in kWh and time step;
    - "dict": `Dict(energy_kwh=Box(0, 72, (1,), float32), time_step=Discrete(9))`;
    - "index": `Discrete(333)`, for tables: `time_step * 37 + cell`, with the battery in cells of `cell_kwh` (2 kWh).

    ## Rewards
    Minus the costs of the slot: time coefficient x e^(power in kW) x the part of the slot that was charged. The part
    after the battery has filled up is not paid; a rate of 0 kW is paid in full, at e^0, so that with a full battery any
    other rate is the cheaper one. With the last slot, ten times the dearest charging (all eight slots full at the
    highest rate, time coefficient 1) is paid in addition if the energy is less than the demand: `shortage_slots`, 80.

    By default costs are relative to a full slot at the highest rate (time coefficient 1), which makes the slot at
    22 kW cost 1 and a shortage 80; with `costs="raw"` they are what the formula gives: e^22 = 3.6e9, and 80 * e^22.

    The info holds `energy_kwh`, `time_step`, `charging_cost` and `shortage_cost` of the step; with the last step also
    `demand_kwh` and `shortage_kwh`.

    ## Starting State
    Time step 0; the energy is drawn evenly from the battery's levels (multiples of 0.25 kWh, see
    `SmartCharging.energy_step_kwh`) from 0 to half the capacity (`arrival_soc_max`). `options={"energy_kwh": 12.5}`
    fixes it.

    ## Episode End
    Terminated after the last slot; never truncated. A further step raises `EpisodeOverError`.

    ## Arguments
    problem: a `SmartCharging`; None is the default one.
    render_mode: "ansi" (a line of text), "rgb_array" (a picture of battery, clock and prices), or None.
    observation: "box", "dict" or "index".
    cell_kwh: size of the battery's cells in "index"; the battery's own step loses nothing, larger ones learn faster.
    changes: values of the problem to change, such as `rates_kw`, `costs`, `time_coefficients`.

    ## Version History
    - v1: a shortage costs 80 full slots at the highest rate: ten times the dearest charging, as the exercise has it.
    - v0: first version. A shortage cost 20 full slots, which is only 2.5 times the dearest charging.
    """

    metadata: dict[str, Any] = {"render_modes": _RENDER_MODES, "render_fps": 1}  # noqa: RUF012  as in Gymnasium

    def __init__(
        self,
        problem: SmartCharging | None = None,
        render_mode: str | None = None,
        observation: View = "box",
        cell_kwh: float = CELL_KWH,
        **changes: Any,
    ) -> None:
        problems = []
        if render_mode is not None and render_mode not in _RENDER_MODES:
            problems.append(f"render_mode: must be one of {', '.join(_RENDER_MODES)}, or None (it is {render_mode!r})")
        if observation not in get_args(View):
            problems.append(f"observation: must be one of {', '.join(get_args(View))} (it is {observation!r})")
        raise_if("smart charging", problems)
        self.problem = problem = (problem or SmartCharging()).replace(**changes)
        self.cells = Cells(problem, cell_kwh)
        self.render_mode = render_mode
        self._view = observation
        self.action_space = Discrete(len(problem.rates_kw))
        capacity, slots = problem.capacity_kwh, problem.num_slots
        spaces: dict[View, gymnasium.Space[Any]] = {
            "box": Box(np.zeros(2, np.float32), np.array([capacity, slots], np.float32)),
            "dict": Dict(energy_kwh=Box(0.0, capacity, (1,), np.float32), time_step=Discrete(slots + 1)),
            "index": Discrete(self.cells.num_states),
        }
        self.observation_space = spaces[observation]
        # As lists, whose elements plain Python reads three times as fast as those of arrays.
        self._after: list[list[int]] = problem.levels_after.tolist()
        self._paid: list[list[float]] = problem.paid_shares.tolist()
        self._costs: list[list[float]] = problem.full_slot_costs.tolist()
        self._energies: list[float] = problem.energies_kwh.tolist()
        self._cell_of: list[int] = self.cells.of_level.tolist()
        # The episode so far; the last level is the battery's now, and with the demand the episode is over.
        self._levels: list[int] = []
        self._choices: list[int] = []
        self._slot_costs: list[float] = []
        self._demand_kwh: float | None = None
        self._renderer: pictures.TaxiRenderer | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """The return home: `options["energy_kwh"]` fixes the energy on arrival."""
        super().reset(seed=seed)
        energy_kwh = (options or {}).get("energy_kwh")
        if energy_kwh is None:
            level = int(self.np_random.integers(self.problem.arrival_levels))
        else:
            level = self.problem.level_of(energy_kwh)
        self._levels, self._choices, self._slot_costs, self._demand_kwh = [level], [], [], None
        return self._observe(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Charging for a slot at a rate; with the last slot, the departure."""
        if not self._levels or self._demand_kwh is not None:
            raise EpisodeOverError("the episode is over, or has not begun: call reset first")
        try:
            rate = index(action)
        except TypeError:
            rate = -1
        if not 0 <= rate < len(self._after):
            last = len(self._after) - 1
            raise InputError("action", [f"must be a whole number from 0 to {last}, a rate's (it is {action!r})"])
        level, slot = self._levels[-1], len(self._choices)
        self._levels.append(self._after[rate][level])
        self._choices.append(rate)
        self._slot_costs.append(self._costs[slot][rate] * self._paid[rate][level])
        departs = slot + 1 == self.problem.num_slots
        if departs:
            self._demand_kwh = self.problem.draw_demand(self.np_random)
        info = self._info()
        return self._observe(), -(info["charging_cost"] + info["shortage_cost"]), departs, False, info

    def render(self) -> Any:
        """The moment as a line of text ("ansi"), or as an RGB image ("rgb_array")."""
        if self.render_mode is None:
            raise InputError("render", ["the environment has no render_mode: make it with render_mode='rgb_array'"])
        if not self._levels:
            raise EpisodeOverError("the episode has not begun: call reset first")
        if self.render_mode == "ansi":
            return self._line()
        if self._renderer is None:
            self._renderer = pictures.TaxiRenderer()
        info = self._info()
        moment = pictures.TaxiMoment(
            self.problem,
            energies_kwh=tuple(self._energies[level] for level in self._levels),
            choices=tuple(self._choices),
            slot_costs=tuple(self._slot_costs),
            prices=tuple(self._costs[len(self._choices)]) if self._demand_kwh is None else (),
            shortage_probability=float(self.problem.shortage_probability(info["energy_kwh"])),
            demand_kwh=self._demand_kwh,
            shortage_cost=info["shortage_cost"],
        )
        return self._renderer.draw(moment)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_renderer": None}

    def _observe(self) -> Observation:
        level, time_step = self._levels[-1], len(self._choices)
        if self._view == "index":
            return time_step * self.cells.num_cells + self._cell_of[level]
        if self._view == "box":
            return np.array((self._energies[level], time_step), np.float32)
        return {"energy_kwh": np.array((self._energies[level],), np.float32), "time_step": time_step}

    def _info(self) -> dict[str, Any]:
        energy_kwh, demand_kwh = self._energies[self._levels[-1]], self._demand_kwh
        info: dict[str, Any] = {
            "energy_kwh": energy_kwh,
            "time_step": len(self._choices),
            "charging_cost": self._slot_costs[-1] if self._slot_costs else 0.0,
            "shortage_cost": 0.0,
        }
        if demand_kwh is not None:
            info["shortage_cost"] = self.problem.shortage_cost if energy_kwh < demand_kwh else 0.0
            info |= {"demand_kwh": demand_kwh, "shortage_kwh": max(0.0, demand_kwh - energy_kwh)}
        return info

    def _line(self) -> str:
        """Clock, battery, what was chosen last and what it cost, or how the demand was met."""
        problem, info, slot = self.problem, self._info(), len(self._choices)
        energy_kwh = info["energy_kwh"]
        full = round(_BAR_CHARACTERS * energy_kwh / problem.capacity_kwh)
        parts = [
            pictures.clock_text(problem.start_min + slot * problem.slot_minutes),
            f"[{'#' * full}{'.' * (_BAR_CHARACTERS - full)}] {energy_kwh:g} of {problem.capacity_kwh:g} kWh",
        ]
        if self._choices:
            parts.append(f"charged at {problem.rates_kw[self._choices[-1]]:g} kW for {self._slot_costs[-1]:.3g}")
        if self._demand_kwh is None:
            rates = zip(problem.rates_kw, self._costs[slot], strict=True)
            parts.append(f"next slot {', '.join(f'{rate:g} kW: {cost:.3g}' for rate, cost in rates)}")
        else:
            enough = f"too little: {info['shortage_cost']:.3g}" if info["shortage_cost"] else "enough"
            parts.append(f"demand {self._demand_kwh:.2f} kWh, {enough}")
        return "  ".join(parts)


class SmartChargingEnvV0(SmartChargingEnv):
    """The first version of `SmartChargingEnv`, for results made with it: by default, a shortage costs 20 full slots.

    A problem that is given is taken as it is.
    """

    def __init__(
        self,
        problem: SmartCharging | None = None,
        render_mode: str | None = None,
        observation: View = "box",
        cell_kwh: float = CELL_KWH,
        **changes: Any,
    ) -> None:
        problem = problem or SmartCharging(shortage_slots=_SHORTAGE_SLOTS_V0)
        super().__init__(problem, render_mode, observation, cell_kwh, **changes)
