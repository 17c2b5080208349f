"""What maps the things known now to requests: controllers to compare with, all behind one protocol."""

from pev_battery_charge.controllers.catalogue import (
    BASELINES,
    CATALOGUE,
    CONTROLLERS,
    describe_controllers,
    make_controller,
)
from pev_battery_charge.controllers.decentralised import DecentralisedMpc
from pev_battery_charge.controllers.heuristics.baselines import constant, random_requests, uncontrolled
from pev_battery_charge.controllers.heuristics.by_clock import distributed, night
from pev_battery_charge.controllers.heuristics.cap_sharing import (
    earliest_deadline,
    equal_share,
    first_come,
    largest_remaining,
    least_laxity,
    proportional,
)
from pev_battery_charge.controllers.heuristics.round_robin import RoundRobin
from pev_battery_charge.controllers.heuristics.valley_filling import valley_filling
from pev_battery_charge.controllers.mpc import CentralMpc
from pev_battery_charge.controllers.optimum import OptimalController, Optimum, optimal_schedule
from pev_battery_charge.controllers.protocol import Clairvoyant, Controller, OpenLoop, Planner, Reporting, Snapshot

__all__ = [
    "BASELINES",
    "CATALOGUE",
    "CONTROLLERS",
    "CentralMpc",
    "Clairvoyant",
    "Controller",
    "DecentralisedMpc",
    "OpenLoop",
    "OptimalController",
    "Optimum",
    "Planner",
    "Reporting",
    "RoundRobin",
    "Snapshot",
    "constant",
    "describe_controllers",
    "distributed",
    "earliest_deadline",
    "equal_share",
    "first_come",
    "largest_remaining",
    "least_laxity",
    "make_controller",
    "night",
    "optimal_schedule",
    "proportional",
    "random_requests",
    "uncontrolled",
    "valley_filling",
]
