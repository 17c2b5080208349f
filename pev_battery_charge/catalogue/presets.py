"""Lists of features under one name, after what other environments show their agents.

Theirs are vectors of a whole fleet; ours are what one station sees, in kW, kWh, h and the currency, with the station's
and the area's limits, in whose units networks are shown the others. Where theirs are wrong ours are right:

- FleetRL (`fleetrl-...`): prices are per kWh (there per MWh); what a PEV lacks is counted from its present energy
  (there from that on arrival), laxity is in hours and not clipped, and the calendar turns smoothly (there in whole
  hours, days and months). A target is seen as the energy that is missing.
- EV2Gym (`ev2gym-...`): prices keep their sign (there the amount), leads are hours up to 5 h (there 20 steps of
  15 min), beyond the episode the series goes on (there zeros follow), and the sun is taken from the load (there added).
  Ports tell the missing energy and the time left (there, in the set-point task, the energy exchanged and the time since
  arrival). Its state of a power grid is of networks, and not here.
"""

from collections.abc import Mapping
from typing import Final

_VEHICLE: Final = ("soc", "time_left_h")
_PRICES: Final = ("buy_price[0h..8h]", "sell_price[0h..8h]")
_LOAD: Final = ("load_kw[0h..4h]",)
_SOLAR: Final = ("solar_kw[0h..4h]",)
_AUXILIARY: Final = (
    *("plugged", "energy_remaining_kwh", "time_needed_h", "laxity_h", "power_max_kw", "area_power_max_kw"),
    *("year_sin", "year_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos"),
)
_LIMITS: Final = ("power_max_kw", "area_power_max_kw")

PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "fleetrl-soc-time": (*_VEHICLE, *_AUXILIARY),
    "fleetrl-price": (*_VEHICLE, *_PRICES, *_AUXILIARY),
    "fleetrl-load": (*_VEHICLE, *_PRICES, *_LOAD, *_AUXILIARY, "room_left_kw"),
    "fleetrl-pv": (*_VEHICLE, *_PRICES, *_SOLAR, *_AUXILIARY),
    "fleetrl-both": (*_VEHICLE, *_PRICES, *_LOAD, *_SOLAR, *_AUXILIARY, "room_left_kw"),
    "ev2gym-public-pst": (
        "progress",
        "target_kw",
        "area_power_kw",
        "soc",
        "energy_remaining_kwh",
        "time_left_h",
        *_LIMITS,
    ),
    "ev2gym-v2g-profit": ("progress", "area_power_kw", "buy_price[0h..5h]", "soc", "time_left_h", *_LIMITS),
    "ev2gym-v2g-profit-loads": (
        *("progress", "area_power_kw", "buy_price[0h..5h]", "base_kw[0h..5h]", "cap_kw[0h..5h]"),
        *("soc", "time_left_h", *_LIMITS),
    ),
    "ev2gym-business-pst": ("progress", "target_kw", "potential_kw", "cap_kw", "time_left_h", "soc", *_LIMITS),
}
"""What each preset stands for."""
