"""Settings of learning: how long, and how exploration and step sizes fall on the way."""

from dataclasses import field
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import model_validator

from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import MOST_LEARNING_EPISODES
from pev_battery_charge.validation import checked_dataclass, number, rule, whole_number

Fall = Literal["linear", "exponential", "constant"]

_FALLS: Final = get_args(Fall)
_Fraction = Annotated[float, rule("must be in [0, 1]", lambda value: 0.0 <= value <= 1.0)]


@checked_dataclass("epsilon")
class Epsilon:
    """The share of random actions: it falls from `start` to `end`, and stays there.

    linear falls by the same amount, exponential by the same factor in each episode; constant stays at `start`.
    """

    start: _Fraction = 1.0
    """At first."""
    end: _Fraction = 0.0
    """In the end; above 0 for an exponential fall."""
    fall: Annotated[Fall, rule(f"must be one of {', '.join(_FALLS)}", _FALLS.__contains__)] = "linear"
    """linear, exponential or constant."""
    share: _Fraction = 1.0
    """After this share of the episodes the end is reached."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.fall == "exponential" and not (self.start > 0.0 and self.end > 0.0):
            problem = "start, end: must be above 0 for an exponential fall, which never reaches it"
            raise InputError("epsilon", [problem])
        return self

    def at(self, progress: float) -> float:
        """Epsilon when `progress`, 0 to 1, of the episodes are over."""
        if self.fall == "constant":
            return self.start
        done = min(progress / self.share, 1.0) if self.share > 0.0 else 1.0
        if self.fall == "linear":
            return self.start * (1.0 - done) + self.end * done
        return float(self.start ** (1.0 - done) * self.end**done)


@checked_dataclass("step size")
class StepSize:
    """How far an estimate moves towards what was seen: first x n^-power at the n-th visit of its state and action.

    Powers above 1/2 let estimates settle (Sutton and Barto, 2018, equation 2.7); 0 keeps the step size constant.
    """

    first: Annotated[float, rule("must be above 0, at most 1", lambda first: 0.0 < first <= 1.0)] = 1.0
    """At the first visit; above 0 and at most 1."""
    power: _Fraction = 0.75
    """0 (constant) to 1 (the plain average, where `first` is 1)."""

    def at(self, visit: int) -> float:
        """The step size of the n-th visit, n = 1, 2, ..."""
        return float(self.first * visit**-self.power)


@checked_dataclass("settings")
class Settings:
    """How a table learns."""

    episodes: Annotated[int, whole_number(1, MOST_LEARNING_EPISODES)] = 10_000
    """Episodes to play."""
    discount: _Fraction = 1.0
    """What a reward one step later is worth, 0 to 1."""
    epsilon: Epsilon = field(default_factory=Epsilon)
    """The share of random actions."""
    step_size: StepSize = field(default_factory=StepSize)
    """How far an estimate moves with each visit."""
    initial_value: Annotated[float, number()] = 0.0
    """What every action is taken to be worth at first. Above what can be earned, it makes everything be tried."""
