"""`pev benchmark`: how fast the package is on this machine, next to what the machine can do at all."""

from dataclasses import dataclass
from pathlib import Path

from pev_battery_charge.benchmark import measure_all
from pev_battery_charge.benchmark_controllers import measure_all_controllers
from pev_battery_charge.benchmark_training import TrainingSizes, measure_all_training
from pev_battery_charge.cli.console import print_table, progress, tell
from pev_battery_charge.files import write_beside
from pev_battery_charge.training.extras import need


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
    """How often each figure is taken; the median is told."""
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
        with progress("measuring") as advance:
            machine, figures = measure_all(self.areas, self.stations, self.repeats, cold=self.cold, progress=advance)
        if self.controllers:
            with progress("measuring controllers") as advance:
                figures += measure_all_controllers(self.areas, self.stations, self.repeats, progress=advance)
        if self.training:
            with progress("measuring training") as advance:
                figures += measure_all_training(TrainingSizes(), progress=advance)
        columns = ("figure", "median", "unit", "goal", "beside it, in the same run")
        rows = [figure.row() for figure in figures]
        print_table(machine, columns, rows, ("median",), (columns[0], *columns[2:]))
        if self.markdown is not None:
            lines = [f"Measured on: {machine}", "", "| " + " | ".join(columns) + " |", "|---|--:|---|---|---|"]
            lines += ["| " + " | ".join(row) + " |" for row in rows]
            with write_beside(self.markdown) as beside:
                beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
            tell(f"{self.markdown}: the same as Markdown")
