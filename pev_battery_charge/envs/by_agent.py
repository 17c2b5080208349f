"""Dictionaries by agent, as PettingZoo has them: actions read as requests, and the results of stations.

One area is stepped from Python some ten thousand times a second, and most of that time goes into these dictionaries:
the frequent case is written for speed, and everything else is read, or refused, one agent after the other.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import MOST_REQUEST_KW

_NUMBERS = "biuf"
"""The kinds of NumPy types that are numbers. An array of texts is none, though NumPy would read it as such."""


def gather(actions: Mapping[str, Any], agents: Sequence[str]) -> list[list[float]]:
    """The agents' actions as requests `[1, N]`: arrays of shape `(1,)` or `()`, lists of one number, plain numbers.

    Raises `InputError` that names every agent whose action is missing or none, and every name that is no agent's.
    Whether a request is too large is left to the step, which looks anyway; `gather_one_by_one` then names the agent.
    """
    try:
        given = [actions[agent] for agent in agents]
        asked_kw = [action.item() for action in given if action.ndim < 2]
        if len(asked_kw) == len(agents) == len(actions) and math.isfinite(sum(asked_kw)):
            return [asked_kw]
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError, RuntimeError):
        pass  # plain numbers and lists, and what is wrong
    return gather_one_by_one(actions, agents)


def action_problems(agent: str, given: object) -> list[str]:
    """Why what an agent gives is no action, if it is none."""
    try:
        action = np.asarray(given)
    except (TypeError, ValueError, RuntimeError):
        return [f"{agent}: must be a number in kW (it is {given!r})"]
    if action.dtype.kind not in _NUMBERS:
        return [f"{agent}: must be a number in kW (it is {given!r})"]
    if action.shape not in ((), (1,)):
        return [f"{agent}: shape must be (1,) (it is {action.shape})"]
    value = action.item()
    if abs(value) <= MOST_REQUEST_KW:
        return []
    most = f"at most {MOST_REQUEST_KW:g} kW either way" if math.isfinite(value) else "finite"
    return [f"{agent}: must be {most} (it is {value})"]


def name_rows(agents: Sequence[str], names: Sequence[str], rows: list[list[float]]) -> dict[str, dict[str, float]]:
    """The numbers `rows[K][N]` by agent, then by name."""
    if len(names) != 5:
        return {agent: dict(zip(names, own, strict=True)) for agent, *own in zip(agents, *rows, strict=True)}
    # The four terms of most scenarios and the power, written out: in a third of the time.
    first, second, third, fourth, fifth = names
    return {
        agent: {first: a, second: b, third: c, fourth: d, fifth: e}
        for agent, a, b, c, d, e in zip(agents, *rows)  # noqa: B905  `strict` takes half a microsecond
    }


def gather_one_by_one(actions: object, agents: Sequence[str]) -> list[list[float]]:
    """The same of actions in any form, or with something wrong about them."""
    if not isinstance(actions, Mapping):
        raise InputError("actions", [f"must map every agent to its action (it is {actions!r})"])
    problems = [f"{agent}: has no action" for agent in agents if agent not in actions]
    problems += [f"{agent}: is not an agent of this environment" for agent in actions if agent not in agents]
    problems += [text for agent in agents if agent in actions for text in action_problems(agent, actions[agent])]
    if problems:
        raise InputError("actions", problems)
    return [[float(np.asarray(actions[agent]).item()) for agent in agents]]
