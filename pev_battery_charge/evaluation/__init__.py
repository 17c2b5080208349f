"""Running controllers, and measuring what came out."""

from pev_battery_charge.evaluation.metrics import Summary, summarise
from pev_battery_charge.evaluation.runner import run

__all__ = ["Summary", "run", "summarise"]
