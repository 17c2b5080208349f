"""Reward terms as others have published them, under names that say whose they are.

Where the original is not what its text says it is, the physical value stands here, and the docstring says so. Sources:
FleetRL 0.0.4 (Cording and Thakur, `fleetrl/fleet_env/config/score_config.py`), EV2Gym 2.0.0 (Orfanoudakis et al.,
"EV2Gym", IEEE Transactions on Intelligent Transportation Systems, 2024; `rl_agent/reward.py`). A scenario's weights
choose; those of the originals stand in the docstrings, in EUR and kW as there.
"""

import math

from pev_battery_charge.catalogue.registry import reward_term
from pev_battery_charge.catalogue.terms_of_goals import share_of_all, unmet_kwh
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.core.compile import kernel
from pev_battery_charge.core.records import NO_SESSION

_ON_TIME_SOC = 0.005
_INVALID_SHARE = 0.05


@kernel
def _sigmoid(height: float, slope: float, middle: float, x: float) -> float:
    return height / (1.0 + math.exp(-slope * (x - middle)))


@reward_term(unit="1", label="for missing state of charge, as FleetRL", metered=True)
def fleetrl_missing_soc(area: Record, station: Record, moments: Records) -> float:
    """At departure: 1 where at most 0.005 of the capacity lacks, else 1 - 500 / (1 + exp(-16.485 (lacking - 0.292))).

    `lacking` is the state of charge short of the target. FleetRL's sigmoid and its bonus for being on time.
    """
    if station["made"]["departed"] == 0 or station["store"] == 1:
        return 0.0
    lacking_soc = unmet_kwh(station) / float(station["served"]["capacity_kwh"])
    if lacking_soc <= _ON_TIME_SOC:
        return 1.0
    return 1.0 - _sigmoid(500.0, 16.48461585, 0.29229767, lacking_soc)


@reward_term(unit="1", label="for overload, as FleetRL", metered=True)
def fleetrl_overload(area: Record, station: Record, moments: Records) -> float:
    """From 1.1 of the cap on, -700 / (1 + exp(-15.774 (load - 1.333))) once for the area; `load` is what was asked.

    That is requests after clipping, plus base load, less sun, over the cap. FleetRL counts what was asked of full
    batteries, too; here a station without a PEV asks for nothing.
    """
    relative = (area["request_kw"] + area["meter"]["base_kw"]) / area["power_max_kw"]
    if relative < 1.1:
        return 0.0
    return -share_of_all(area, _sigmoid(700.0, 15.77350877, 1.33298382, relative))


@reward_term(unit="1", label="for invalid actions, as FleetRL", metered=True, at_empty=True)
def fleetrl_invalid_action(area: Record, station: Record, moments: Records) -> float:
    """At an empty station, -0.2 a^2 for a request of more than a twentieth of its limit; a is its share of it."""
    made = station["made"]
    if made["session"] != NO_SESSION:
        return 0.0
    limit_kw = station["power_max_kw"] if made["asked_kw"] >= 0.0 else max(-station["power_min_kw"], 1e-9)
    share = min(abs(made["asked_kw"]) / limit_kw, 1.0)
    return float(-0.2 * share**2) if share > _INVALID_SHARE else 0.0


@reward_term(unit="1", label="for overcharging, as FleetRL", metered=True)
def fleetrl_overcharging(area: Record, station: Record, moments: Records) -> float:
    """-0.0055 x (energy asked beyond what the battery can take or give)^2, in kWh in the battery, at least -0.2.

    FleetRL compares energies of the grid side with those of the battery, and bounds charging only; both are right here.
    """
    return -float(min(0.0055 * float(station["served"]["beyond_kwh"]) ** 2, 0.2))


@reward_term(unit="kW^2", label="for power off the set-point, as EV2Gym", metered=True)
def ev2gym_squared_tracking_error(area: Record, station: Record, moments: Records) -> float:
    """`SquaredTrackingErrorReward`: -(min(target, potential) - power)^2 of all stations together.

    The potential is what all plugged PEVs could draw at full power.
    """
    wanted_kw = min(moments[area["step"] - 1]["target_kw"], area["potential_kw"])
    return -share_of_all(area, (wanted_kw - area["power_kw"]) ** 2)


@reward_term(unit="1", label="for idling, as EV2Gym", metered=True)
def ev2gym_idle(area: Record, station: Record, moments: Records) -> float:
    """-1 where no power flows and some could in the step before; 100 times that in `...WithPenalty`."""
    idle = area["power_kw"] == 0.0 and area["potential_before_kw"] > 0.0
    return -share_of_all(area, 1.0) if idle else 0.0


@reward_term(unit="kW^2", label="for power off the set-point, simply, as EV2Gym", metered=True)
def ev2gym_simple_reward(area: Record, station: Record, moments: Records) -> float:
    """`SimpleReward`: -(target - power)^2 of all stations together."""
    return -share_of_all(area, (moments[area["step"] - 1]["target_kw"] - area["power_kw"]) ** 2)


@reward_term(unit="kW", label="for power without surplus, as EV2Gym", metered=True)
def ev2gym_minimize_tracker_surplus(area: Record, station: Record, moments: Records) -> float:
    """`MinimizeTrackerSurplusWithChargeRewards`: power - max(power - target, 0)^2 of all stations together."""
    power_kw = area["power_kw"]
    surplus_kw = max(power_kw - moments[area["step"] - 1]["target_kw"], 0.0)
    return share_of_all(area, power_kw - surplus_kw**2)


@reward_term(unit="1", label="for dissatisfied drivers, as EV2Gym", metered=True)
def ev2gym_user_satisfaction(area: Record, station: Record, moments: Records) -> float:
    """-100 exp(-10 s) at departure, of `profit_maximization` and `ProfitMax_TrPenalty_UserIncentives`.

    s is the share of the target that the PEV leaves with, what it brought counted, as there. With `energy_cost` of
    weight 1 beside it, this is EV2Gym's `profit_maximization`.
    """
    made = station["made"]
    if made["departed"] == 0 or station["store"] == 1:
        return 0.0
    share = made["energy_kwh"] / made["target_kwh"] if made["target_kwh"] > 0.0 else 1.0
    return -100.0 * math.exp(-10.0 * min(share, 1.0))


@reward_term(unit="kW", label="for power above the set-point, as EV2Gym", metered=True)
def ev2gym_surplus(area: Record, station: Record, moments: Records) -> float:
    """-max(power - target, 0) of all stations together; 1,000 times that in `pst_V2G_profitmaxV2`."""
    return -share_of_all(area, max(area["power_kw"] - moments[area["step"] - 1]["target_kw"], 0.0))


@reward_term(unit="kWh^2", label="for charging that comes too late, as EV2Gym", metered=True)
def ev2gym_lag(area: Record, station: Record, moments: Records) -> float:
    """-0.05 x (energy that can no longer be charged before the stated departure)^2, of `V2G_profitmaxV2`.

    While the PEV stays, that is what lacks to the target beyond full power in the steps left and one more, where what
    lacks is more than the steps left can give; when it has left, all that lacks.
    """
    made = station["made"]
    if made["departed"] == 1:
        return -0.05 * unmet_kwh(station) ** 2
    step_kwh = station["battery"]["power_max_kw"] * area["step_hours"]
    steps_left = station["depart_stated_step"] - area["step"]
    lacking_kwh = made["target_kwh"] - made["energy_kwh"]
    if lacking_kwh <= steps_left * step_kwh:
        return 0.0
    return -0.05 * float(lacking_kwh - (steps_left + 1) * step_kwh) ** 2
