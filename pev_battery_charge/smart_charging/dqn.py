"""Deep Q-learning by Stable-Baselines3: a network in place of the table. Needs the extra `train`."""

import math
import operator
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import gymnasium
import numpy as np
from pydantic import model_validator

from pev_battery_charge import sizes
from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside
from pev_battery_charge.smart_charging.cells import Cells
from pev_battery_charge.smart_charging.environment import SmartChargingEnv
from pev_battery_charge.smart_charging.problem import SmartCharging
from pev_battery_charge.tabular import Learned
from pev_battery_charge.training.algorithms import falling_rate
from pev_battery_charge.training.requirements import need, torch_threads
from pev_battery_charge.validation import checked_dataclass, number, whole_number

if TYPE_CHECKING:
    from stable_baselines3 import DQN


_Count = Annotated[int, whole_number(1, sizes.MOST_TRAINING_STEPS)]
_Transitions = Annotated[int, whole_number(1, sizes.MOST_TRANSITIONS)]
_Layer = Annotated[int, whole_number(1, sizes.MOST_NETWORK_WEIGHTS)]
_Fraction = Annotated[float, number(least=0.0, most=1.0)]


@checked_dataclass("dqn")
class DqnConfig:
    """How the network learns."""

    steps: _Count = 400_000
    """Slots to play; rounded up to whole updates."""
    environments: Annotated[int, whole_number(1, sizes.MOST_ENVIRONMENTS)] = 16
    """Vehicles side by side."""
    network: tuple[_Layer, ...] = (64, 64)
    """Hidden layers."""
    learning_rate: Annotated[float, number(above=0.0)] = 1e-3
    """Of Adam, at first; it falls in a straight line, and is above 0 in the last update."""
    buffer_size: _Transitions = 400_000
    """Slots that the replay buffer keeps."""
    batch_size: _Transitions = 512
    """Slots of a gradient step. Large, since a shortage is rare and costs eighty full slots."""
    learning_starts: Annotated[int, whole_number(0, sizes.MOST_TRAINING_STEPS)] = 20_000
    """Slots with random rates before learning begins."""
    train_every: _Count = 8
    """Slots of each vehicle between two updates."""
    gradient_steps: _Count = 8
    """Gradient steps of an update."""
    target_every: _Count = 4_000
    """Slots between two renewals of the target network."""
    exploration_share: _Fraction = 0.5
    """The share of random actions falls from 1 to its end over this share of the steps."""
    exploration_end: _Fraction = 0.05
    """The share of random actions in the end."""

    @model_validator(mode="after")
    def _network_can_be_borne(self) -> Self:
        weights = sum(map(operator.mul, self.network, (*self.network[1:], 1)))
        if weights > sizes.MOST_NETWORK_WEIGHTS:
            rule = f"must have at most {sizes.MOST_NETWORK_WEIGHTS:,} weights (it has {weights:,})"
            raise InputError("dqn", [f"network: {rule}"])
        return self

    @property
    def updates(self) -> int:
        """As many as make the steps, rounded up to whole updates; those before learning begins count as well."""
        return math.ceil(self.steps / (self.train_every * self.environments))

    def episodes(self, num_slots: int) -> int:
        """Episodes of so many slots that end while learning."""
        return self.updates * self.train_every // num_slots * self.environments


def learn_dqn(
    problem: SmartCharging,
    config: DqnConfig | None = None,
    *,
    seed: int = 0,
    looks: Collection[int] = (),
    watch: Callable[[int, Array], None] | None = None,
    save: Path | None = None,
) -> Learned:
    """Learn, and write down what the network says of every state, as a table with cells of the battery's own step.

    looks: numbers of episodes after which `watch` is called, as soon as so many have ended.
    watch: called with the episodes played and the action values at that moment, `[S, A]`.
    save: also write the model there, as Stable-Baselines3's `DQN.load` reads it (which unpickles: for own files only).

    Observations are scaled to [-1, 1]. Rewards are divided by the cost of a shortage: the loss is quadratic only
    for errors below 1, and would otherwise take a rare shortage for less than it costs. One torch thread is used.

    Raises `InputError` where the extra `train` is not installed.
    """
    need("train")
    config = config or DqnConfig()
    scale = problem.shortage_cost or 1.0
    cells = Cells(problem, problem.energy_step_kwh)
    wanted, returns, running = frozenset(looks), list[float](), np.zeros(config.environments)

    def look(episodes: range) -> None:
        """Look, once, if any of these numbers of episodes is one of the looks."""
        if watch is not None and not wanted.isdisjoint(episodes):
            watch(episodes[-1], _values(model, cells) * scale)

    def note(now: dict[str, Any], _: Any) -> bool:
        """Note the return of every episode that ends with a step."""
        running[:] += now["rewards"] * scale
        ended = np.flatnonzero(now["dones"])
        before = len(returns)
        returns.extend(running[ended].tolist())
        running[ended] = 0.0
        look(range(before + 1, len(returns) + 1))
        return True

    with torch_threads(1):
        model = _make_model(problem, config, scale, seed)
        look(range(1))
        model.learn(config.updates * config.train_every * config.environments, note)
        if save is not None:
            with write_beside(save) as beside:
                model.save(beside)
        values = _values(model, cells)
    return Learned("dqn", values[None] * scale, np.array(returns), cells.made_for())


def _make_model(problem: SmartCharging, config: DqnConfig, scale: float, seed: int) -> "DQN":
    """A fresh network, on environments whose rewards are divided by `scale`."""
    from stable_baselines3 import DQN  # noqa: PLC0415  of the extra `train`
    from stable_baselines3.common.vec_env import DummyVecEnv  # noqa: PLC0415

    def make() -> "gymnasium.Env[Any, Any]":
        rescaled = gymnasium.wrappers.RescaleObservation(SmartChargingEnv(problem), np.float32(-1.0), np.float32(1.0))
        return gymnasium.wrappers.TransformReward(rescaled, lambda reward: float(reward) / scale)

    return DQN(
        "MlpPolicy",
        DummyVecEnv([make] * config.environments),
        learning_rate=falling_rate(config.learning_rate, config.updates),
        buffer_size=config.buffer_size,
        learning_starts=config.learning_starts,
        batch_size=config.batch_size,
        gamma=1.0,
        train_freq=config.train_every,
        gradient_steps=config.gradient_steps,
        target_update_interval=config.target_every,
        exploration_fraction=config.exploration_share,
        exploration_final_eps=config.exploration_end,
        policy_kwargs={"net_arch": list(config.network)},
        seed=seed,
        device="cpu",  # networks of this size are faster there than on a GPU
    )


def _values(model: "DQN", cells: Cells) -> Array:
    """What the network says of each state, `[S, A]`, in its own units of reward."""
    import torch  # noqa: PLC0415  of the extra `train`

    problem = cells.problem
    charged = 2.0 * problem.energies_kwh / problem.capacity_kwh - 1.0
    gone = 2.0 * np.arange(problem.num_slots + 1) / problem.num_slots - 1.0
    states = np.stack(np.broadcast_arrays(charged, gone[:, None]), axis=-1).reshape(-1, 2).astype(np.float32)
    with torch.no_grad():
        return np.asarray(model.q_net(torch.as_tensor(states)).numpy(), np.float64)
