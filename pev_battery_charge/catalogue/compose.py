"""The kernels of a scenario's rule, rewards and observations, written out for exactly the entries that it names.

`step_kernels` make steps of the physics and give what each station earns and sees; `Observer` gives the latter alone;
`share` what the rule would grant. Each is a few lines of text, one for each entry, kept in a folder under the hash of
all that it is made of and compiled like every other kernel: as fast as if written by hand, and loaded from disk the
next time. Weights and literals are no part of the text, so that scenarios that differ in numbers only share a kernel.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from threading import RLock
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numba import typeof
from numba.core.errors import NumbaError

from pev_battery_charge.catalogue.choice import Choice
from pev_battery_charge.catalogue.kernel_texts import (
    GRANT,
    GRANT_BOTH_WAYS,
    OBSERVE,
    OPEN_METER,
    READ_METER,
    SHARE,
    SITE_IMPORTS,
    STEP,
    TELL_OCCUPIED,
)
from pev_battery_charge.catalogue.registry import AHEAD, Entry, Feature, Rule, Term
from pev_battery_charge.core.arrays import Array, Observations, PerArea, PerStation, Records
from pev_battery_charge.core.compile import fingerprint, load_text
from pev_battery_charge.core.limits import MANY_STATIONS
from pev_battery_charge.core.records import AREA, MOMENT, STATION
from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import parts

_LOCK: Final = RLock()

_NAMES: Final = {Rule: ("rule", "COORDINATORS"), Term: ("term", "TERMS"), Feature: ("see", "FEATURES")}
_FILLINGS: Final = {"weight": ("raise_together", "raise_many"), "place": ("serve_in_line", "serve_many")}
"""How claims are cut to the cap: for few stations, and for many."""

_USABLE: Final = {"weight": "min(rank, 1e100) if rank > 0.0 else 0.0", "place": "rank if rank == rank else 1e100"}
"""What is made of an infinite weight, such as one over zero hours, and of NaN: no weight, the last place in line."""


def numbers_of(sharing: float, terms: Sequence[Choice[Term]], features: Sequence[Choice[Feature]]) -> Array:
    """What the kernels are given of a scenario's numbers, in the order in which their text reads them."""
    chosen: list[Choice[Any]] = [*terms, *features]
    return np.array([sharing, *(number for one in chosen for number in one.numbers)])


class StepKernels(NamedTuple):
    """The composed kernels that advance areas; see their docstrings."""

    step: Callable[..., None]
    """One step."""
    play: Callable[..., None]
    """Many; it is compiled when it is first called."""


def step_kernels(
    rule: Rule,
    terms: Sequence[Choice[Term]],
    features: Sequence[Choice[Feature]],
    num_stations: int,
    *,
    site: bool = False,
) -> StepKernels:
    """The kernels `step` and `play` of this rule, these terms and features, for areas of so many stations.

    site: whether there is more than charging under a cap: both directions, base load, sun, prices, a meter.
    """
    many = num_stations >= MANY_STATIONS
    return _step_kernels(rule, tuple(one.entry for one in terms), tuple(one.entry for one in features), many, site)


def share(areas: Records, stations: Records, moments: Records, rule: Rule, uppers_kw: PerArea) -> PerStation:
    """What a rule leaves of what all batteries of `stations[B, N]` would take at full power, in kW: `[B, N]`."""
    powers_kw = np.empty(stations.shape)
    try:
        _share_kernel(rule, stations.shape[1] >= MANY_STATIONS)(areas, stations, moments, uppers_kw, powers_kw)
    except NumbaError as error:
        raise explained(error, [rule]) from error
    return powers_kw


class Observer:
    """What stations see of the given features."""

    def __init__(self, features: Sequence[Choice[Feature]]) -> None:
        self._features = features
        self._kernel = _observe_kernel(tuple(one.entry for one in features))
        self._numbers = numbers_of(0.0, (), features)

    def __call__(self, areas: Records, stations: Records, moments: Records) -> Observations:
        """`[B, N, F]` of `areas[B]`, `stations[B, N]`."""
        observations = np.empty((*stations.shape, len(self._features)), np.float32)
        try:
            for part in parts(*stations.shape):
                series = moments if len(moments) == 1 else moments[part]
                self._kernel(areas[part], stations[part], series, self._numbers, observations[part])
        except NumbaError as error:
            raise explained(error, self._features) from error
        return observations


def explained(error: NumbaError, chosen: Sequence[Entry | Choice[Any]]) -> Exception:
    """What to raise where Numba cannot compile a composed kernel: an `InputError` that names the entry at fault."""
    for one in chosen:
        entry = one.entry if isinstance(one, Choice) else one
        problem = _compile_problem(entry)
        if problem:
            return InputError(f"{entry.what} {entry.name!r}", [problem])
    return error


@cache
def _step_kernels(
    rule: Rule, terms: tuple[Term, ...], features: tuple[Feature, ...], many: bool, site: bool
) -> StepKernels:
    place = 1
    lines, at_empty = [], []
    for k, term in enumerate(terms):
        value, place = _call("term", term, place, weighted=True)
        lines += [f"part = {value}", f"reward = {'part' if k == 0 else 'reward + part'}", f"parts[{k}, b, i] = part"]
        if term.at_empty:
            at_empty += [f"part = {value}", "reward += part", f"parts[{k}, b, i] = part"]
    text = STEP.format(
        rule=rule.name,
        filling=_filling(rule, many),
        grant=_grant_both_ways(rule, many) if site else _grant(rule, many),
        site_imports=SITE_IMPORTS if site else "",
        open_meter=OPEN_METER if site else "",
        read_meter=READ_METER if site else "",
        tell_occupied=TELL_OCCUPIED if site else "",
        terms=", ".join(one.name for one in terms),
        features=", ".join(one.name for one in features),
        names=_bind(rule, *terms, *features),
        count=len(terms),
        earn=_indented(lines, 16),
        earn_empty=_indented(at_empty, 16) + "\n" if at_empty else "",
        see=_see(features, place),
    )
    module = _load(text, (rule, *terms, *features))
    return StepKernels(module.step, module.play)


@cache
def _share_kernel(rule: Rule, many: bool) -> Callable[..., None]:
    text = SHARE.format(rule=rule.name, names=_bind(rule), filling=_filling(rule, many), grant=_grant(rule, many))
    share: Callable[..., None] = _load(text, (rule,)).share
    return share


@cache
def _observe_kernel(features: tuple[Feature, ...]) -> Callable[..., None]:
    names = ", ".join(one.name for one in features)
    text = OBSERVE.format(features=names, names=_bind(*features), see=_see(features, 1))
    observe: Callable[..., None] = _load(text, features).observe
    return observe


def _see(features: Sequence[Entry], place: int) -> str:
    lines = []
    for k, feature in enumerate(features):
        value, place = _call("see", feature, place)
        lines.append(f"observations[b, i, {k}] = {value}")
    return _indented(lines, 12)


def _call(prefix: str, entry: Entry, place: int, *, weighted: bool = False) -> tuple[str, int]:
    """The text of an entry's value, its numbers read from `place` on, and the place after them."""
    weight = f"numbers[{place}] * " if weighted else ""
    place += weighted
    literals = [
        f"int(numbers[{place + k}])" if name == AHEAD else f"numbers[{place + k}]"
        for k, name in enumerate(entry.literals)
    ]
    arguments = ", ".join(["area", "station", "series", *literals])
    return f"{weight}{prefix}_{entry.name}({arguments})", place + len(literals)


def _grant(rule: Rule, many: bool) -> str:
    if rule.by == "nothing":
        return "        total_kw = claim(members)"
    return GRANT.format(rule=rule.name, filling=_filling(rule, many), usable=_USABLE[rule.by])


def _grant_both_ways(rule: Rule, many: bool) -> str:
    if rule.by == "nothing":
        return "        total_kw = claim_both_ways(members)"
    return GRANT_BOTH_WAYS.format(rule=rule.name, filling=_filling(rule, many), usable=_USABLE[rule.by])


def _filling(rule: Rule, many: bool) -> str:
    return _FILLINGS["weight" if rule.by == "nothing" else rule.by][many]


def _bind(*entries: Entry) -> str:
    lines = []
    for one in dict.fromkeys(entries):
        prefix, catalogue = _NAMES[type(one)]
        lines.append(f'{prefix}_{one.name} = {catalogue}["{one.name}"].function')
    return "\n".join(lines)


def _indented(lines: Sequence[str], spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in lines)


def _load(text: str, entries: Sequence[Entry]) -> ModuleType:
    with _LOCK:
        return load_text(text, "".join(fingerprint(one.plain) for one in entries))


def _compile_problem(entry: Entry) -> str | None:
    """Why Numba cannot compile an entry, if it cannot."""
    if entry.plain is entry.function:
        return None
    arguments: list[Any] = [np.zeros(1, AREA)[0], np.zeros(1, STATION)[0], np.zeros(1, MOMENT)]
    arguments += [0 if name == AHEAD else 0.0 for name in entry.literals]
    try:
        compiler: Any = entry.function
        compiler.compile(tuple(map(typeof, arguments)))
    except NumbaError as error:
        return f"cannot be compiled by Numba: {_first_words(error)}"
    return None


def _first_words(error: NumbaError) -> str:
    """What a message of Numba's says, without its pages of advice."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in str(error).splitlines()]
    noise = ("Failed in", "Overload", "During:", "There are", "- Of which")
    told = [line for line in lines if line and not line.startswith(noise)]
    return " ".join(told[:3])
