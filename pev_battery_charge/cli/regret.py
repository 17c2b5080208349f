"""`pev regret`: controllers and trained policies on the frozen benchmark suite, next to the certified optimum."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import tyro

from pev_battery_charge.cli.console import print_results, tell, write_markdown
from pev_battery_charge.cli.policies import CONTROLLER_HELP, find_controller, label_all
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.controllers import CONTROLLERS, Controller
from pev_battery_charge.evaluation import check_result_paths, load_suite, measure_regret
from pev_battery_charge.evaluation.regret import OPTIMUM
from pev_battery_charge.evaluation.regret_table import regret_markdown, regret_table
from pev_battery_charge.evaluation.results import write_regret_results

GROUPS_HELP: Final = f"Groups of the suite to run, of {', '.join(group.name for group in load_suite().groups)}; or all."


@dataclass(frozen=True)
class RegretCommand:
    """Measure the regret of controllers: what they lose beyond what the certified optimum loses.

    The suite's schedules are frozen by version, and results are the same on every run, to the last digit. All
    controllers on all groups take two to four minutes.
    """

    controllers: Annotated[tuple[str, ...], tyro.conf.arg(help=CONTROLLER_HELP)] = CONTROLLERS
    groups: Annotated[tuple[str, ...], tyro.conf.arg(help=GROUPS_HELP)] = ()
    out: tuple[Path, ...] = ()
    """Files to write: .csv or .parquet (a row for each controller and instance), .json (statistics), .png (picture)."""
    markdown: Path | None = None
    """Also write the table as Markdown."""

    def run(self) -> None:
        """Measure, print, write."""
        check_result_paths(self.out)
        suite = load_suite().choose(self.groups or None)
        controllers: dict[str, Controller | str] = {
            label: name if name in CONTROLLERS else find_controller(name)
            for label, name in label_all("--controllers", self.controllers).items()
        }
        episodes = suite.num_instances * len({*controllers, OPTIMUM})
        with progress("measuring regret", episodes, "episodes") as advance:
            report = measure_regret(controllers, suite=suite, progress=advance)
        found = report.statistics()
        title = f"Regret, suite {suite.version}: {', '.join(group.name for group in suite.groups)}"
        print_results(title, regret_table(report, found))
        write_regret_results(report, self.out, found)
        for path in self.out:
            tell(f"{path}: written")
        write_markdown(self.markdown, regret_markdown(report, found))
