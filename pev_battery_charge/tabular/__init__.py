"""Learning by tables, as in the textbook: SARSA, Q-learning and Double Q-learning for discrete environments."""

from pev_battery_charge.tabular.algorithms import double_q_learning, q_learning, sarsa
from pev_battery_charge.tabular.files import load_table, save_table
from pev_battery_charge.tabular.schedules import Epsilon, Fall, StepSize
from pev_battery_charge.tabular.spaces import StateNumbers
from pev_battery_charge.tabular.table import Learned, Settings

__all__ = [
    "Epsilon",
    "Fall",
    "Learned",
    "Settings",
    "StateNumbers",
    "StepSize",
    "double_q_learning",
    "load_table",
    "q_learning",
    "sarsa",
    "save_table",
]
