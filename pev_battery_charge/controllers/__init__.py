"""What maps the things known now to requests: simple controllers to compare with, all behind one protocol."""

from pev_battery_charge.controllers.protocol import Controller, Snapshot
from pev_battery_charge.controllers.simple import CONTROLLERS, constant, make_controller, random_requests, uncontrolled

__all__ = [
    "CONTROLLERS",
    "Controller",
    "Snapshot",
    "constant",
    "make_controller",
    "random_requests",
    "uncontrolled",
]
