"""Pictures of the smart-charging problem: a moment, a policy, a training run, and methods against the optimum.

As in `pev_battery_charge.rendering`, what a picture needs is imported with the first name asked for.
"""

from typing import TYPE_CHECKING

from pev_battery_charge.late import loader

if TYPE_CHECKING:
    from pev_battery_charge.smart_charging.pictures.comparison import MethodCurve, write_comparison
    from pev_battery_charge.smart_charging.pictures.frame import TaxiRenderer
    from pev_battery_charge.smart_charging.pictures.maps import MapScale, PolicyMap, write_policy_map
    from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment
    from pev_battery_charge.smart_charging.pictures.returns import write_returns
    from pev_battery_charge.smart_charging.pictures.words import clock_text, ink_on, rate_colours

__all__ = [
    "MapScale",
    "MethodCurve",
    "PolicyMap",
    "TaxiMoment",
    "TaxiRenderer",
    "clock_text",
    "ink_on",
    "rate_colours",
    "write_comparison",
    "write_policy_map",
    "write_returns",
]

__getattr__ = loader(
    __name__,
    {
        "MapScale": "maps",
        "MethodCurve": "comparison",
        "PolicyMap": "maps",
        "TaxiMoment": "moment",
        "TaxiRenderer": "frame",
        "clock_text": "words",
        "ink_on": "words",
        "rate_colours": "words",
        "write_comparison": "comparison",
        "write_policy_map": "maps",
        "write_returns": "returns",
    },
)
