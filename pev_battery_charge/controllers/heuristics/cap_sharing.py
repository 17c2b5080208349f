"""Controllers that share the cap before they ask: the coordinator's rules, foreseen at the stations.

Each station claims what its battery would accept over the step at full power; the claims are cut to the cap as
`catalogue.rules` cuts acceptances; what is left of a claim is the request. So the stations together never ask for
more than the cap, whatever rule the area itself has, and a request is 0 or at least the station's `least_kw`. All
of them use the cap as far as the claims go (minima aside), and differ in who gets it.
"""

from pev_battery_charge.controllers.protocol import Snapshot
from pev_battery_charge.core.arrays import Array


def equal_share(snapshot: Snapshot) -> Array:
    """Everybody gets the same power, or what it can use where that is less: max-min fair.

    Nobody can get more in this step without somebody who has no more getting less (Bertsekas and Gallager, "Data
    Networks", 1992, section 6.5.2). Fair in power, step by step; not in energy, and deadlines do not count.
    """
    return snapshot.share("equal", snapshot.cap_kw)


def proportional(snapshot: Snapshot) -> Array:
    """Everybody gets the same part of what it can use: the environment's usual coordinator.

    Who can use more gets more, whatever it needs; optimal for nothing, and the yardstick of what goes on unplanned.
    """
    return snapshot.share("proportional", snapshot.cap_kw)


def first_come(snapshot: Snapshot) -> Array:
    """Who arrived first charges first, as fast as it can.

    Where all stay equally long it is earliest deadline first, with all that holds for that; where some stay for a day
    and others for an hour, it fills those who have time while the others leave.
    """
    return snapshot.share("first_come", snapshot.cap_kw)


def earliest_deadline(snapshot: Snapshot) -> Array:
    """Who leaves first, as its driver said, charges first, as fast as it can.

    If anything serves everybody in time, this does, as long as each vehicle alone can use the whole cap (linear
    batteries, limits of vehicles and stations not below the cap, no minima) and drivers keep to what they said (Liu and
    Layland, Journal of the ACM 20(1), 1973; Dertouzos, "Control robotics", IFIP Congress 1974). Where a vehicle's limit
    is below the cap it can fail: it lets those wait who cannot catch up later. Where not everybody can be served, it
    leaves what is missing to those who stay longest.
    """
    return snapshot.share("earliest_departure", snapshot.cap_kw)


def least_laxity(snapshot: Snapshot) -> Array:
    """Who has the fewest hours to spare charges first: hours left, as stated, minus hours needed at full power.

    Among vehicles whose limit is the cap it is optimal in the same sense as `earliest_deadline`, but only as steps grow
    short (Mok, "Fundamental design problems of distributed systems for the hard-real-time environment", MIT 1983).
    Where limits are below the cap neither is; but this one sees who cannot catch up later. The taper is not counted
    among the hours needed.
    """
    return snapshot.share("least_laxity", snapshot.cap_kw)


def largest_remaining(snapshot: Snapshot) -> Array:
    """Who lacks most energy charges first, as fast as it can.

    The rule of the longest remaining processing time: if the cap feeds a whole number of vehicles of equal power, and
    all are here from the beginning, the last one is full as early as can be, as steps grow short (Pinedo, "Scheduling:
    Theory, Algorithms, and Systems", on makespan with preemptions). Departures do not count.
    """
    return snapshot.share("largest_remaining", snapshot.cap_kw)
