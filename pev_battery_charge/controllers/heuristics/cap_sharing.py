"""Controllers that share the cap before they ask: the coordinator's rules, applied at the stations.

Each station claims what its battery would accept over the step at full power; the claims are cut to the cap as
`catalogue.rules` cuts acceptances; what is left of a claim is the request. So the stations together never ask for
more than the cap, whatever rule the area itself has, and a request is 0 or at least the station's `least_kw`. All
of them use the cap as far as the claims go (minima aside), and differ in which stations get it.
"""

from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array


def equal_share(snapshot: Snapshot) -> Array:
    """The same power for every station, or what it can use where that is less: max-min fair.

    No station can get more in this step unless another that has no more gets less (Bertsekas and Gallager, "Data
    Networks", 1992, section 6.5.2). Fair in power, step by step; not in energy, and deadlines do not count.
    """
    return snapshot.share("equal", snapshot.cap_kw)


def proportional(snapshot: Snapshot) -> Array:
    """The same part for every station of what it can use: the environment's usual coordinator.

    A vehicle that can use more gets more, whatever it needs. Optimal for no objective; the reference for charging
    without a plan.
    """
    return snapshot.share("proportional", snapshot.cap_kw)


def first_come(snapshot: Snapshot) -> Array:
    """Earliest arrival first, each vehicle as fast as it can.

    Where all stay equally long it is earliest deadline first, with all that holds for that; where some stay for a day
    and others for an hour, it fills vehicles that have time while the others leave.
    """
    return snapshot.share("first_come", snapshot.cap_kw)


def earliest_deadline(snapshot: Snapshot) -> Array:
    """Earliest stated departure first, each vehicle as fast as it can.

    If any controller serves all vehicles in time, this one does, as long as each vehicle alone can use the whole cap
    (linear batteries, limits of vehicles and stations not below the cap, no minima) and drivers keep to their stated
    departures (Liu and Layland, Journal of the ACM 20(1), 1973; Dertouzos, "Control robotics", IFIP Congress 1974).
    Where a vehicle's limit is below the cap it can fail: vehicles wait that cannot catch up later. Where not all
    vehicles can be served, the energy lacking falls to the vehicles that stay longest.
    """
    return snapshot.share("earliest_departure", snapshot.cap_kw)


def least_laxity(snapshot: Snapshot) -> Array:
    """Fewest hours to spare first: hours left, as stated, minus hours needed at full power.

    Among vehicles whose limit is the cap it is optimal in the same sense as `earliest_deadline`, but only as steps grow
    short (Mok, "Fundamental design problems of distributed systems for the hard-real-time environment", MIT 1983).
    Where limits are below the cap neither is; but this one sees which vehicles cannot catch up later. The taper is not
    counted among the hours needed.
    """
    return snapshot.share("least_laxity", snapshot.cap_kw)


def largest_remaining(snapshot: Snapshot) -> Array:
    """Most energy lacking first, each vehicle as fast as it can.

    The rule of the longest remaining processing time: if the cap feeds a whole number of vehicles of equal power, and
    all are here from the beginning, the last one is full as early as can be, as steps grow short (Pinedo, "Scheduling:
    Theory, Algorithms, and Systems", on makespan with preemptions). Departures do not count.
    """
    return snapshot.share("largest_remaining", snapshot.cap_kw)
