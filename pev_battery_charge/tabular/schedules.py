"""How exploration and step sizes fall while a table learns."""

from dataclasses import dataclass
from typing import Literal, get_args

from pev_battery_charge.errors import InputError

Fall = Literal["linear", "exponential", "constant"]


@dataclass(frozen=True)
class Epsilon:
    """The share of random actions: it falls from `start` to `end`, and stays there.

    linear falls by the same amount, exponential by the same factor in each episode; constant stays at `start`.
    """

    start: float = 1.0
    """At first."""
    end: float = 0.0
    """In the end; above 0 for an exponential fall."""
    fall: Fall = "linear"
    """linear, exponential or constant."""
    share: float = 1.0
    """After this share of the episodes the end is reached."""

    def __post_init__(self) -> None:
        problems = [
            f"{name}: must be in [0, 1] (it is {value!r})"
            for name, value in (("start", self.start), ("end", self.end), ("share", self.share))
            if not 0.0 <= value <= 1.0
        ]
        if self.fall not in get_args(Fall):
            problems.append(f"fall: must be one of {', '.join(get_args(Fall))} (it is {self.fall!r})")
        elif self.fall == "exponential" and not (self.start > 0.0 and self.end > 0.0):
            problems.append("start, end: must be above 0 for an exponential fall, which never reaches it")
        if problems:
            raise InputError("epsilon", problems)

    def at(self, progress: float) -> float:
        """Epsilon when `progress`, 0 to 1, of the episodes are over."""
        if self.fall == "constant":
            return self.start
        done = min(progress / self.share, 1.0) if self.share > 0.0 else 1.0
        if self.fall == "linear":
            return self.start * (1.0 - done) + self.end * done
        return float(self.start ** (1.0 - done) * self.end**done)


@dataclass(frozen=True)
class StepSize:
    """How far an estimate moves towards what was seen: first x n^-power at the n-th visit of its state and action.

    Powers above 1/2 let estimates settle (Sutton and Barto, 2018, equation 2.7); 0 keeps the step size constant.
    """

    first: float = 1.0
    """At the first visit; above 0 and at most 1."""
    power: float = 0.75
    """0 (constant) to 1 (the plain average, where `first` is 1)."""

    def __post_init__(self) -> None:
        problems = [] if 0.0 < self.first <= 1.0 else [f"first: must be above 0, at most 1 (it is {self.first!r})"]
        problems += [] if 0.0 <= self.power <= 1.0 else [f"power: must be in [0, 1] (it is {self.power!r})"]
        if problems:
            raise InputError("step size", problems)

    def at(self, visit: int) -> float:
        """The step size of the n-th visit, n = 1, 2, ..."""
        return float(self.first * visit**-self.power)
