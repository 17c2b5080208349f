"""How a policy is trained: every number, with its default, validated; TOML in and out."""

import operator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

import tomli_w
from pydantic import ConfigDict, Field, TypeAdapter

from pev_battery_charge import sizes
from pev_battery_charge.errors import InputError
from pev_battery_charge.models import Fraction, NonNegative, Positive, PositiveFraction
from pev_battery_charge.reading import parse_toml, read_text
from pev_battery_charge.validation import problems_told

ALGORITHMS: Final = ("ppo", "sac", "td3")
"""The algorithms by name."""

FIRST_EVALUATION_SEED: Final = 1_000_000
"""Where the seeds of evaluations begin: far from those of training, which count up from a small number."""

_LARGEST_TORCH_SEED: Final = 2**32 - 1
"""Stable-Baselines3 seeds NumPy's first generator, too, which takes no more."""

_LEAST_ROLLOUT: Final = 2
"""Advantages are divided by their standard deviation, which one alone has not."""

_STRICT: Final = ConfigDict(extra="forbid", allow_inf_nan=False)

_Count = Annotated[int, Field(ge=1, le=sizes.MOST_TRAINING_STEPS)]
_Transitions = Annotated[int, Field(ge=1, le=sizes.MOST_TRANSITIONS)]


@dataclass(frozen=True)
class PPOConfig:
    """Proximal policy optimisation."""

    __pydantic_config__ = _STRICT

    rollout_steps: _Transitions = 32
    """Steps of every area between two updates."""
    batch_size: _Transitions = 4096
    """Agent-steps of a gradient step, at least 2; the nearest number is taken that divides a rollout."""
    epochs: _Count = 4
    """How often an update goes through the rollout."""
    gae_lambda: Fraction = 0.5
    """Of generalised advantage estimation: 0 trusts the critic, 1 the returns. Low values learn faster. But the critic
    sees one station alone, and takes much power for the cause of an uncrowded area: with many stations under one cap,
    policies drift towards asking for everything, and 1 is better."""
    clip_range: Positive = 0.2
    """How far the probability of an action may move in one update, relatively."""
    entropy_coefficient: NonNegative = 0.0
    """Weight of the entropy bonus."""
    value_coefficient: NonNegative = 0.5
    """Weight of the critic's loss."""
    max_gradient_norm: Positive = 0.5
    """Gradients are cut to this norm."""
    log_std_init: float = -1.0
    """Logarithm of the noise that actions in [-1, 1] have at first."""


@dataclass(frozen=True)
class OffPolicyConfig:
    """What SAC and TD3 have in common."""

    __pydantic_config__ = _STRICT

    buffer_size: _Transitions = 300_000
    """Transitions that the replay buffer keeps, of all agents together."""
    batch_size: _Transitions = 512
    """Transitions of a gradient step."""
    learning_starts: _Count = 10_000
    """Agent-steps with random actions before learning begins."""
    train_every: _Count = 1
    """Steps of every area between two updates."""
    gradient_steps: _Count = 4
    """Gradient steps of an update."""
    tau: PositiveFraction = 0.005
    """How fast the target networks follow."""
    action_noise: NonNegative = 0.1
    """TD3: standard deviation of what is added to actions in [-1, 1]."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything a training run depends on, besides its scenario's own values and the versions of the libraries.

    Values are taken as they come; `checked` reports what is wrong with them.
    """

    __pydantic_config__ = _STRICT

    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    algorithm: str = "ppo"
    """ppo, sac or td3, as Stable-Baselines3 has them."""
    steps: _Count = 3_000_000
    """Agent-steps: one station's step is one. Rounded up to whole rollouts."""
    seed: Annotated[int, Field(ge=0, le=_LARGEST_TORCH_SEED)] = 0
    """Seed of the network, of exploration, and of the schedules; area b trains on the schedules of seed + b."""
    areas: Annotated[int, Field(ge=1, le=sizes.MOST_AREAS)] | None = None
    """Areas stepped together; if not given, as many as have about 1,280 stations (64 for sac and td3)."""
    torch_threads: Annotated[int, Field(ge=1, le=sizes.MOST_THREADS)] = 1
    """Threads of torch. One gives the same policy to the bit each time, and is often the fastest for small networks."""
    network: tuple[_Count, ...] = (64, 64)
    """Hidden layers of actor and critic, each its own."""
    learning_rate: Positive = 3e-3
    """Of Adam, at first."""
    learning_rate_decays: bool = True
    """Let the learning rate fall in a straight line over the run, by the same amount with each update, to just above
    0 in the last."""
    gamma: Fraction = 0.8
    """Discount of a step. What a request costs shows at once; what it brings stays for the rest of the visit, and is
    lost in the noise of what the other stations do, the more of the future is counted."""
    normalise_rewards: bool = True
    """Divide rewards by the running standard deviation of the return (VecNormalize) before they are learned from."""
    sharing: Fraction = 1.0
    """In training, mix a station's own reward with the area's mean, whatever the scenario says; the area's sum stays.
    With 0 each learns to ask for more than the others, with 1 all learn for the area."""
    evaluate_every: _Count = 250_000
    """Agent-steps between two evaluations on fixed seeds."""
    evaluation_episodes: Annotated[int, Field(ge=1, le=sizes.MOST_EPISODES)] = 50
    """Episodes of such an evaluation; their seeds count up from 1,000,000 and are never trained on."""
    checkpoint_every: _Count = 250_000
    """Agent-steps between two checkpoints: the most that a killed run loses."""
    ppo: PPOConfig = PPOConfig()
    """For ppo only."""
    off_policy: OffPolicyConfig = OffPolicyConfig()
    """For sac and td3 only."""

    def checked(self) -> Self:
        """The same if every value keeps its rule; raises `InputError` with every problem."""
        return self._read(asdict(self), "training")

    @property
    def squashes(self) -> bool:
        """Whether the policy's actions go through `scaling.squash`: SAC and TD3 bound theirs themselves."""
        return self.algorithm == "ppo"

    @property
    def evaluation_seeds(self) -> range:
        """Seeds of the periodic evaluation."""
        return range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + self.evaluation_episodes)

    def num_areas(self, num_stations: int) -> int:
        """Areas stepped together, of so many stations each."""
        return self.areas or max(1, round((1280 if self.algorithm == "ppo" else 64) / num_stations))

    def to_toml(self) -> str:
        """The configuration as TOML text; `load` gives it back."""
        return tomli_w.dumps({name: value for name, value in asdict(self).items() if value is not None})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a configuration from a TOML file; raises `InputError` with every problem."""
        return cls._read(parse_toml(read_text(path), str(path)), str(path))

    @classmethod
    def _read(cls, table: dict[str, Any], source: str) -> Self:
        with problems_told(source):
            config = TypeAdapter(cls).validate_python(table)
        if config.algorithm not in ALGORITHMS:
            problem = f"algorithm: must be one of {', '.join(ALGORITHMS)} (it is {config.algorithm!r})"
            raise InputError(source, [problem])
        weights = sum(map(operator.mul, config.network, (*config.network[1:], 1)))
        if weights > sizes.MOST_NETWORK_WEIGHTS:
            problem = f"must have at most {sizes.MOST_NETWORK_WEIGHTS:,} weights (it has {weights:,})"
            raise InputError(source, [f"network: {problem}"])
        return config

    def check_sizes(self, num_stations: int) -> None:
        """Raise `InputError` where a rollout in areas of so many stations would hold too many agent-steps, or one."""
        steps = self.ppo.rollout_steps * self.num_areas(num_stations) * num_stations
        if self.algorithm == "ppo" and steps < _LEAST_ROLLOUT:
            rule = f"x areas x stations must be at least {_LEAST_ROLLOUT} agent-steps (it is {steps})"
            raise InputError("training", [f"ppo.rollout_steps: {rule}"])
        if self.algorithm == "ppo" and steps > sizes.MOST_TRANSITIONS:
            rule = f"x areas x stations must be at most {sizes.MOST_TRANSITIONS:,} agent-steps (it is {steps:,})"
            raise InputError("training", [f"ppo.rollout_steps: {rule}"])
