"""One vehicle, four rates: the small decision problem that tables solve, and dynamic programming solves exactly."""

from pev_battery_charge.smart_charging.cells import CELL_KWH, Cells
from pev_battery_charge.smart_charging.environment import SmartChargingEnv
from pev_battery_charge.smart_charging.exact import PolicyValue, policy_value, solve
from pev_battery_charge.smart_charging.problem import SmartCharging

__all__ = ["CELL_KWH", "Cells", "PolicyValue", "SmartCharging", "SmartChargingEnv", "policy_value", "solve"]
