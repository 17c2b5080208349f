"""The metrics that every table has: neither those of a meter, nor terms of the reward that are not among the first."""

from typing import Final

from pev_battery_charge.catalogue import DEFAULT_TERMS
from pev_battery_charge.evaluation import METRICS, SITE_METRICS, metrics_in
from pev_battery_charge.evaluation.metrics import TERM_PREFIX

USUAL: Final = metrics_in(
    [
        name
        for name in METRICS
        if name not in SITE_METRICS
        and (
            name in ("reward_per_station", "reward_terms")
            or not name.startswith(TERM_PREFIX)
            or name.removeprefix(TERM_PREFIX) in DEFAULT_TERMS
        )
    ]
)
