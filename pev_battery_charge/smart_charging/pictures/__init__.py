"""Pictures of the smart-charging problem: a moment, a policy, a training run, and methods against the optimum.

As in `pev_battery_charge.rendering`, what a picture needs is imported with the first name asked for.
"""

from typing import TYPE_CHECKING

from pev_battery_charge.late import loader

if TYPE_CHECKING:  # at run time `_MODULES` has them
    from pev_battery_charge.smart_charging.pictures.comparison import MethodCurve as MethodCurve
    from pev_battery_charge.smart_charging.pictures.comparison import write_comparison as write_comparison
    from pev_battery_charge.smart_charging.pictures.frame import TaxiRenderer as TaxiRenderer
    from pev_battery_charge.smart_charging.pictures.maps import MapScale as MapScale
    from pev_battery_charge.smart_charging.pictures.maps import PolicyMap as PolicyMap
    from pev_battery_charge.smart_charging.pictures.maps import write_policy_map as write_policy_map
    from pev_battery_charge.smart_charging.pictures.moment import TaxiMoment as TaxiMoment
    from pev_battery_charge.smart_charging.pictures.returns import write_returns as write_returns
    from pev_battery_charge.smart_charging.pictures.words import clock_text as clock_text
    from pev_battery_charge.smart_charging.pictures.words import ink_on as ink_on
    from pev_battery_charge.smart_charging.pictures.words import rate_colours as rate_colours

_MODULES = {
    "comparison": ("MethodCurve", "write_comparison"),
    "frame": ("TaxiRenderer",),
    "maps": ("MapScale", "PolicyMap", "write_policy_map"),
    "moment": ("TaxiMoment",),
    "returns": ("write_returns",),
    "words": ("clock_text", "ink_on", "rate_colours"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = list(_HOMES)
__getattr__ = loader(__name__, _HOMES)
