"""`pev evaluate`: controllers and trained policies on identical schedules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import polars as pl
import tyro

from pev_battery_charge.cli.console import print_results, tell
from pev_battery_charge.cli.policies import POLICIES_HELP, find_controller, label_all
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.controllers import CONTROLLERS, Controller
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import (
    MAIN_METRICS,
    MAIN_SITE_METRICS,
    Evaluation,
    check_result_paths,
    evaluate,
    metrics_in,
    results_table,
    write_results,
)
from pev_battery_charge.evaluation.statistics import statistics
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.sizes import MOST_EPISODES
from pev_battery_charge.training import FIRST_EVALUATION_SEED
from pev_battery_charge.training.run_folder import RunFolder


@dataclass(frozen=True)
class EvaluateCommand:
    """Compare trained policies and simple controllers on the same schedules, many episodes at once.

    Prints the mean of each figure with its 95 % bootstrap interval over the episodes.
    """

    policies: Annotated[tuple[str, ...], tyro.conf.arg(help=POLICIES_HELP)] = ("uncontrolled", "constant", "random")
    scenario: str | None = None
    """A name (see `pev scenario list`), or a path to a TOML file; if not given, the first run's own, or paper-5x20."""
    episodes: int = 100
    """How many schedules; not used if --seeds gives several."""
    seeds: tuple[int, ...] = (FIRST_EVALUATION_SEED,)
    """Seed of the first schedule, the others count up from it; or, if several, the seeds of all schedules."""
    every_figure: bool = False
    """Print all figures, not only the main ones."""
    out: tuple[Path, ...] = ()
    """Files to write: .csv or .parquet (a row for each episode), .json (statistics), .png (distributions)."""

    def run(self) -> None:
        """Evaluate, print, write."""
        check_result_paths(self.out)
        if not 1 <= self.episodes <= MOST_EPISODES:
            rule = "at least 1" if self.episodes < 1 else f"at most {MOST_EPISODES}"
            raise InputError("--episodes", [f"must be {rule} (it is {self.episodes})"])
        runs = [name for name in self.policies if name not in CONTROLLERS and Path(name).exists()]
        own = RunFolder.open(runs[0]).scenario if runs and not self.scenario else None
        scenario = resolve_scenario(self.scenario or own)
        seeds = self.seeds
        if len(seeds) == 1:
            seeds = tuple(range(seeds[0], seeds[0] + self.episodes))
        controllers = {label: find_controller(name) for label, name in label_all("--policies", self.policies).items()}
        metrics = None if self.every_figure else MAIN_METRICS
        result, found = evaluate_and_tell(scenario, controllers, seeds, metrics)
        write_results(result, self.out, found)
        for path in self.out:
            tell(f"{path}: written")


def evaluate_and_tell(
    scenario: Scenario,
    controllers: Mapping[str, Controller],
    seeds: Sequence[int],
    metrics: Sequence[str] | None = MAIN_METRICS,
) -> tuple[Evaluation, pl.DataFrame]:
    """Evaluate controllers and print the table, of all metrics where none are named; return episodes and statistics."""
    with progress("evaluating", len(controllers) * len(seeds), "episodes") as advance:
        result = evaluate(scenario, controllers, seeds, progress=advance)
    found = statistics(result.episodes)
    if metrics is None:
        metrics = metrics_in(result.episodes.columns)
    else:
        metrics = (*metrics, *(name for name in MAIN_SITE_METRICS if name in result.episodes.columns))
    title = f"{scenario.name}, {len(seeds):,} episodes, seeds {min(seeds):,} to {max(seeds):,}"
    print_results(title, results_table(found, metrics, scenario.currency), ("figure",))
    return result, found
