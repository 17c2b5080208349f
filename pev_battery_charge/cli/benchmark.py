"""`pev benchmark`: how fast the package is on this machine, next to what the machine can do at all."""

from dataclasses import dataclass
from pathlib import Path

from pev_battery_charge.benchmark.controllers import measure_all_controllers
from pev_battery_charge.benchmark.simulation import measure_all
from pev_battery_charge.benchmark.training import TrainingSizes, measure_all_training
from pev_battery_charge.cli.console import print_results, write_markdown
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.evaluation import ResultsTable
from pev_battery_charge.training.requirements import need


@dataclass(frozen=True)
class BenchmarkCommand:
    """Measure speed and memory: medians, each next to the time of filling the same bytes of memory in the same run.

    With other programs running, or on a virtual machine, figures vary: compare ratios within one run.
    """

    areas: int = 1024
    """Areas of the batch."""
    stations: int = 20
    """Stations of each area."""
    repeats: int = 7
    """How often each figure is taken; the median is reported."""
    cold: bool = True
    """Also start a fresh process without compiled code, which takes half a minute."""
    controllers: bool = True
    """Also measure controllers and the optimum, at sizes of their own, which takes a quarter of a minute."""
    training: bool = False
    """Also measure training, and the evaluation of policies, at sizes of their own, which takes a minute. Needs the
    extra: python -m pip install "pev-battery-charge[train]"."""
    markdown: Path | None = None
    """Also write the table as Markdown."""

    def run(self) -> None:
        """Measure and print."""
        if self.training:
            need("train")
        with progress("measuring", None, "parts") as advance:
            machine, found = measure_all(self.areas, self.stations, self.repeats, cold=self.cold, progress=advance)
        if self.controllers:
            with progress("measuring controllers", None, "parts") as advance:
                found += measure_all_controllers(self.areas, self.stations, self.repeats, progress=advance)
        if self.training:
            with progress("measuring training", None, "parts") as advance:
                found += measure_all_training(TrainingSizes(), progress=advance)
        columns = ("figure", "median", "unit", "goal", "beside it, in the same run")
        table = ResultsTable(columns, [one.row() for one in found], ("median",), [])
        print_results(machine, table, (columns[0], *columns[2:]))
        write_markdown(self.markdown, f"Measured on: {machine}\n\n{table.to_markdown().rstrip()}\n")
