"""The figures of one trace."""

import math
from typing import Any

import numpy as np

from pev_battery_charge.evaluation.books import traced_sessions
from pev_battery_charge.evaluation.figures import Summary
from pev_battery_charge.evaluation.totals import Totals
from pev_battery_charge.trace import Trace


def summarise(trace: Trace) -> Summary:
    """The figures of a trace, which knows no parts of the reward."""
    totals = Totals(trace.scenario)
    # One after the other, as the simulation adds them, so that the sums are the same to the last bit.
    request_kw = np.cumsum(trace.records["request_kw"], axis=1)[:, -1:]
    rows = zip(request_kw, trace.area_power_kw[:, None], trace.records["reward"][:, None], strict=True)
    for request, power, rewards in rows:
        totals.add_step(request, power, rewards)
    values: dict[str, Any] = {}
    for name, column in totals.figures_of(traced_sessions(trace)).items():
        value = column[0].item()
        values[name] = None if math.isnan(value) else value
    return Summary(**values)
