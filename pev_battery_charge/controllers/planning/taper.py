"""The taper of a battery as tangents, so that a linear program can know it.

In one step a PEV that lacks the share m of its capacity and is asked to store the share d stores, at most,

    g(d, m) = d f(m / d),   f(x) = a x                            for x <= k,         a = 1 - exp(-1 / k)
                            f(x) = x - k exp((x - 1 - k) / k)     for k <= x <= 1 + k
                            f(x) = 1                              for x >= 1 + k

with k = (1 - transition_soc) / D and D the share that a step stores at the PEV's full power (see
`pev_battery_charge.core.battery`, where x is called missing over request). f is concave and smooth, and g, its
perspective, is concave in (d, m) together: every tangent

    g(d, m) <= alpha m + beta d,   alpha = f'(x),   beta = f(x) - x f'(x)

holds everywhere and is exact for m = x d. Taken at more and more x, they are the battery.
"""

import numpy as np

from pev_battery_charge.core.arrays import Array


def taper_lengths(transition_soc: Array, full_soc: Array) -> Array:
    """k: how many steps at full power the soc from the transition to 1 is long; `full_soc` is D."""
    lengths: Array = (1.0 - transition_soc) / full_soc
    return lengths


def tangent_slopes(x: Array, k: Array) -> tuple[Array, Array]:
    """The alpha and beta of the tangents at x >= 0 of batteries with k > 0."""
    bend = np.exp((np.clip(x, k, 1.0 + k) - 1.0 - k) / k)
    straight = x <= k
    beta = np.where(straight, 0.0, np.where(x >= 1.0 + k, 1.0, (np.clip(x, k, 1.0 + k) - k) * bend))
    alpha = np.where(x >= 1.0 + k, 0.0, 1.0 - bend)
    return alpha, beta


def largest_gains(request_soc: Array, missing_soc: Array, k: Array) -> Array:
    """g(d, m) for d > 0."""
    x = missing_soc / request_soc
    alpha, beta = tangent_slopes(x, k)
    gains: Array = alpha * missing_soc + beta * request_soc
    return gains
