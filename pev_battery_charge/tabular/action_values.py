"""Action values that were learned, and their `.npz` files: numbers and text only, read without executing anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from pev_battery_charge.core.arrays import Array, Integers
from pev_battery_charge.errors import InputError, raise_if
from pev_battery_charge.files import write_beside
from pev_battery_charge.reading import ending

_VERSION: Final = 1


@dataclass(frozen=True)
class Learned:
    """A learned table, or two of Double Q-learning.

    method: "sarsa", "q" or "double-q", or whatever else made it.
    tables: the action values, `[1 or 2, S, A]`.
    returns: the sum of rewards of every episode played, `[episodes]`.
    made_for: what the states mean; compared when the table is loaded for use elsewhere.
    """

    method: str
    tables: Array
    returns: Array
    made_for: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> Array:
        """The estimated value of each action in each state, the mean of the tables, `[S, A]`."""
        return np.asarray(self.tables.mean(axis=0))

    @property
    def greedy(self) -> Integers:
        """The action of greatest value in each state, `[S]`; of equals, the first."""
        return np.asarray(self.values.argmax(axis=1))


def save_table(path: str | Path, learned: Learned) -> None:
    """Write what was learned; raises `InputError` for another ending than `.npz`, and for what cannot be read again.

    It is made in memory: NumPy's archive of a full disk cannot even be closed.
    """
    raise_if(str(path), _ending_problems(path) + _problems(learned))
    about = {"version": _VERSION, "method": learned.method, "made_for": _as_read(learned.made_for)}
    with write_beside(path) as beside:
        content = BytesIO()
        np.savez_compressed(content, about=np.array(json.dumps(about)), tables=learned.tables, returns=learned.returns)
        beside.write_bytes(content.getbuffer())


def load_table(path: str | Path, made_for: Mapping[str, Any] | None = None) -> Learned:
    """Read what was learned.

    made_for: what the table must have been made for; None takes any.

    Raises `InputError` for a file that is no table, and for a table made for something else, with every difference.
    """
    raise_if(str(path), _ending_problems(path))
    try:
        with np.load(BytesIO(Path(path).read_bytes()), allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            if about["version"] != _VERSION:
                problem = f"has version {about['version']!r} of the format; this program reads {_VERSION}"
                raise InputError(str(path), [problem])
            learned = Learned(str(about["method"]), arrays["tables"], arrays["returns"], {**about["made_for"]})
    except FileNotFoundError:
        raise InputError(str(path), ["no such file"]) from None
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror or error}"]) from None
    except InputError:
        raise
    except Exception as error:  # whatever NumPy, zipfile, zlib and JSON raise for other files and damaged ones
        raise InputError(str(path), [f"is no table, or damaged ({type(error).__name__})"]) from None
    problems = _problems(learned)
    if made_for is not None:
        own, wanted = learned.made_for, _as_read(made_for)
        problems += [
            f"{name}: made for {own.get(name)!r}, wanted for {wanted.get(name)!r}"
            for name in sorted({*own, *wanted})
            if own.get(name) != wanted.get(name)
        ]
    raise_if(str(path), problems)
    return learned


def _problems(learned: Learned) -> list[str]:
    """Why it is no table, if it is none."""
    problems = []
    if not _finite(learned.tables, axes=3) or learned.tables.size == 0:
        problems.append("tables: must be finite numbers of shape [tables, states, actions]")
    if not _finite(learned.returns, axes=1):
        problems.append("returns: must be finite numbers of shape [episodes]")
    return problems


def _finite(array: Array, axes: int) -> bool:
    return array.ndim == axes and array.dtype.kind == "f" and bool(np.isfinite(array).all())


def _as_read(made_for: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from a file: with lists for tuples, for instance."""
    try:
        read: dict[str, Any] = json.loads(json.dumps(dict(made_for)))
    except (TypeError, ValueError) as error:
        raise InputError("made_for", [f"must be of numbers, text, lists and mappings ({error})"]) from None
    return read


def _ending_problems(path: str | Path) -> list[str]:
    return [] if ending(path) == ".npz" else ["must end in .npz"]
