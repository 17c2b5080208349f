"""The one exception for bad input, with all problems listed at once."""

from collections.abc import Sequence
from numbers import Integral

_SHOWN = 20
_LONGEST_BITS = 256


class InputError(ValueError):
    """Input that breaks a rule: what was read, and every problem found in it, each with its place and the rule.

    subject: what was read (a file, an argument, a step's actions).
    problems: one text for each problem, "place: rule".

    Those that raise an error again that came from another process make it of that error, or of its text, alone.
    """

    subject: str
    problems: tuple[str, ...]

    def __init__(self, subject: "str | InputError", problems: Sequence[str] = ()) -> None:
        self.subject = subject.subject if isinstance(subject, InputError) else subject
        self.problems = subject.problems if isinstance(subject, InputError) else tuple(problems)
        super().__init__(self.subject, self.problems)

    def __str__(self) -> str:
        if not self.problems:
            return self.subject
        if len(self.problems) == 1:
            return f"{self.subject}: {self.problems[0]}"
        lines = [f"{self.subject}: {len(self.problems)} problems"]
        lines += [f"  {problem}" for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"  ... and {len(self.problems) - _SHOWN} more")
        return "\n".join(lines)


def raise_if(subject: str, problems: Sequence[str]) -> None:
    """Raise `InputError` if there are problems."""
    if problems:
        raise InputError(subject, problems)


def whole_number_problems(name: str, value: object, least: int, most: int | None = None) -> list[str]:
    """The problem of an argument that must be a whole number from `least` on, up to `most` if told, if it has one."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if whole and least <= int(value) and (most is None or int(value) <= most):  # type: ignore[call-overload]
        return []
    if whole and most is not None and int(value) > most:  # type: ignore[call-overload]
        return [f"{name}: must be a whole number from {least} to {most} (it is {shown(value)})"]
    return [f"{name}: must be a whole number of at least {least} (it is {shown(value)})"]


def shown(value: object) -> str:
    """The value as text; a number of thousands of digits, which Python does not write, by its size."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_BITS:
        return f"{'-' if value < 0 else ''}2^{value.bit_length() - 1} or more"
    return repr(value)


class EpisodeOverError(RuntimeError):
    """The error of a step where the episode is over, or has not begun: call `reset` first."""
