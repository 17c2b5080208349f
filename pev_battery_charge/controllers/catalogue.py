"""All controllers by name: how each is made, and what it does in one line."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pev_battery_charge.controllers.decentralised import DecentralisedMpc
from pev_battery_charge.controllers.heuristics import cap_sharing
from pev_battery_charge.controllers.heuristics.baselines import constant, random_requests, uncontrolled
from pev_battery_charge.controllers.heuristics.by_clock import distributed, night
from pev_battery_charge.controllers.heuristics.round_robin import RoundRobin
from pev_battery_charge.controllers.heuristics.valley_filling import valley_filling
from pev_battery_charge.controllers.mpc import CentralMpc
from pev_battery_charge.controllers.optimum import OptimalController
from pev_battery_charge.controllers.protocol import Controller
from pev_battery_charge.errors import InputError


class Entry(NamedTuple):
    """A controller of the catalogue."""

    make: Callable[[int], Controller]
    """The controller, made anew; the seed is for controllers that draw. What is heavy is imported in here."""
    meaning: str
    """What it does, in so few words that with its name it fits on a line of a help text (52 characters)."""
    clairvoyant: bool = False
    """Whether it knows the future."""


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "random": Entry(random_requests, "a random power, drawn anew at every step"),
        "uncontrolled": Entry(lambda _: uncontrolled, "always the maximum"),
        "constant": Entry(lambda _: constant, "constant power to the target at departure"),
        "equal-share": Entry(lambda _: cap_sharing.equal_share, "the cap in equal parts (max-min fair)"),
        "proportional": Entry(lambda _: cap_sharing.proportional, "all requests cut by the same part"),
        "round-robin": Entry(lambda _: RoundRobin(), "full power in turns"),
        "first-come": Entry(lambda _: cap_sharing.first_come, "earliest arrival first"),
        "earliest-deadline": Entry(lambda _: cap_sharing.earliest_deadline, "earliest stated departure first"),
        "least-laxity": Entry(lambda _: cap_sharing.least_laxity, "fewest hours to spare first"),
        "largest-remaining": Entry(lambda _: cap_sharing.largest_remaining, "most energy lacking first"),
        "night": Entry(lambda _: night(), "full power from 0 to 6, or at the last moment"),
        "distributed": Entry(lambda _: distributed, "hours needed over hours left"),
        "valley-filling": Entry(lambda _: valley_filling(), "the flattest power that serves all"),
        "mpc": Entry(lambda _: CentralMpc(), "a new plan of all vehicles present at each step"),
        "decentralised-mpc": Entry(lambda _: DecentralisedMpc(), "station plans at a common price"),
        "optimum": Entry(lambda _: OptimalController(), "the best possible plan", clairvoyant=True),
    }
)
"""Every controller by the name that the command line has for it."""

CONTROLLERS: Final = tuple(CATALOGUE)
"""The names that `make_controller` knows."""

BASELINES: Final = ("random", "uncontrolled", "constant")
"""The simplest ones: what a trained policy is compared with at first."""


def make_controller(name: str, seed: int = 0) -> Controller:
    """A controller by its name; `seed` is for controllers that draw. Raises `InputError` for an unknown name."""
    if name not in CATALOGUE:
        raise InputError(f"controller {name!r}", [f"unknown name; there are {', '.join(CONTROLLERS)}"])
    return CATALOGUE[name].make(seed)


def describe_controllers() -> str:
    """One line for each: its name and what it does."""
    return "\n".join(
        f"{name}: {one.meaning}{', sees the future' if one.clairvoyant else ''}" for name, one in CATALOGUE.items()
    )
