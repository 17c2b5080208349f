"""Running controllers, and measuring what came out."""

from pev_battery_charge.evaluation.comparison import Evaluation, evaluate
from pev_battery_charge.evaluation.metrics import (
    MAIN_METRICS,
    MAIN_SITE_METRICS,
    METRICS,
    PLOTTED_METRICS,
    SITE_METRICS,
    Metric,
    Summary,
    metrics_in,
)
from pev_battery_charge.evaluation.regret import RegretReport, measure_regret
from pev_battery_charge.evaluation.results import check_result_paths, write_results
from pev_battery_charge.evaluation.results_table import ResultsTable, results_table
from pev_battery_charge.evaluation.runner import play, run
from pev_battery_charge.evaluation.suite import Group, Suite, load_suite
from pev_battery_charge.evaluation.totals import Totals, summarise

__all__ = [
    "MAIN_METRICS",
    "MAIN_SITE_METRICS",
    "METRICS",
    "PLOTTED_METRICS",
    "SITE_METRICS",
    "Evaluation",
    "Group",
    "Metric",
    "RegretReport",
    "ResultsTable",
    "Suite",
    "Summary",
    "Totals",
    "check_result_paths",
    "evaluate",
    "load_suite",
    "measure_regret",
    "metrics_in",
    "play",
    "results_table",
    "run",
    "summarise",
    "write_results",
]
