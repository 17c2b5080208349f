"""Learning by tables, as in the textbook: SARSA, Q-learning and Double Q-learning for discrete environments."""

from pev_battery_charge.tabular.action_values import Learned, load_table, save_table
from pev_battery_charge.tabular.algorithms import double_q_learning, q_learning, sarsa
from pev_battery_charge.tabular.settings import Epsilon, Fall, Settings, StepSize
from pev_battery_charge.tabular.state_numbers import StateNumbers

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
