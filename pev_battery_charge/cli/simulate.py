"""`pev simulate` and `pev render`: run an episode, see what came out, make a film of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import tyro

from pev_battery_charge import rendering
from pev_battery_charge.catalogue import COORDINATORS
from pev_battery_charge.cli.console import print_table, tell
from pev_battery_charge.cli.policies import CONTROLLER_HELP, find_controller
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.controllers import Reporting
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import run, summarise
from pev_battery_charge.files import write_beside
from pev_battery_charge.reading import ending
from pev_battery_charge.scenario import Scenario, resolve_scenario, scenario_names
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.trace import Trace
from pev_battery_charge.training import FIRST_EVALUATION_SEED, load_policy
from pev_battery_charge.training.run_folder import RunFolder

_COORDINATOR_HELP: Final = (
    f"How the area cuts requests down to its cap: {', '.join(COORDINATORS)}, or a registered one; if not given, as the "
    "scenario says."
)


@dataclass(frozen=True)
class SimulateCommand:
    """Run one episode under a controller and print what came out; write the trace and a GIF on request."""

    scenario: str | None = None
    """A name (see `pev scenario list`), or a path to a TOML file; if not given, the schedule's own, or paper-5x20."""
    schedule: Path | None = None
    """Schedule file to replay; if not given, one is drawn from the seed."""
    seed: int = 0
    """Seed of the schedule, and of a controller that draws."""
    controller: Annotated[str, tyro.conf.arg(help=CONTROLLER_HELP)] = "constant"
    coordinator: Annotated[str | None, tyro.conf.arg(help=_COORDINATOR_HELP, metavar="RULE")] = None
    trace: Path | None = None
    """Trace to write, .parquet."""
    gif: Path | None = None
    """Film to write, .gif."""

    def run(self) -> None:
        """Simulate, print, write."""
        scenario, schedule = self._resolve()
        for path, wanted in ((self.trace, ".parquet"), (self.gif, ".gif")):
            if path is not None and ending(path) != wanted:
                raise InputError(str(path), [f"must end in {wanted}"])
        text = "simulating (the first run ever also compiles)"
        with progress(text, scenario.horizon_steps, "steps") as advance:
            controller = find_controller(self.controller, self.seed)
            trace = run(scenario, controller, seed=self.seed, schedule=schedule, progress=advance)
        source = f"seed {self.seed}" if self.schedule is None else str(self.schedule)
        title = f"{scenario.name}, {source}, controller {self.controller}, coordinator {scenario.coordinator}"
        rows = summarise(trace).rows(scenario.currency)
        if isinstance(controller, Reporting):
            rows += controller.report()
        print_table(title, ("result", "value", "unit"), rows, ("value",), ("result",))
        if self.trace is not None:
            trace.write(self.trace)
            tell(f"{self.trace}: trace of {trace.num_steps} steps")
        if self.gif is not None:
            write_film(trace, self.gif)

    def _resolve(self) -> tuple[Scenario, Schedule | None]:
        """The scenario with the schedule's clock, and the schedule."""
        schedule = None if self.schedule is None else Schedule.read(self.schedule)
        name = self.scenario
        changes: dict[str, object] = {} if self.coordinator is None else {"coordinator": self.coordinator}
        if schedule is not None:
            info = schedule.info
            name = name or info.scenario
            if name is None:
                raise InputError(str(self.schedule), ["names no scenario: give one with --scenario"])
            # What a schedule says of itself is never opened as a file.
            if self.scenario is None and name not in scenario_names():
                problem = f"was made for the scenario {name!r}, which the package does not have: give --scenario"
                raise InputError(str(self.schedule), [problem])
            if info.step_minutes is not None and info.horizon_steps is not None:
                changes |= {"step_minutes": info.step_minutes, "horizon_steps": info.horizon_steps}
        return resolve_scenario(name, **changes), schedule


@dataclass(frozen=True)
class RenderCommand:
    """Make pictures of a trace, or of an episode under a trained policy: a GIF of it, or a PNG of one moment."""

    trace: tyro.conf.Positional[Path]
    """Trace that `pev simulate --trace` has written, .parquet; or the folder of a run that `pev train` has written."""
    gif: Path | None = None
    """Film to write, .gif."""
    png: Path | None = None
    """Picture of one moment to write, .png."""
    step: int | None = None
    """Which moment: after so many steps; if not given, at the end."""
    scenario: str | None = None
    """For a trained policy: a name, or a path to a TOML file; if not given, what it was trained on."""
    seed: int = FIRST_EVALUATION_SEED
    """For a trained policy: the seed of the schedule."""

    def run(self) -> None:
        """Read or run, draw, write."""
        if self.gif is None and self.png is None:
            raise InputError("pev render", ["nothing to write: give --gif FILE, or --png FILE"])
        if self.png is not None and ending(self.png) != ".png":
            raise InputError(str(self.png), ["must end in .png"])
        if self.trace.is_dir():
            scenario = RunFolder.open(self.trace).scenario if self.scenario is None else resolve_scenario(self.scenario)
            trace = run(scenario, load_policy(self.trace), seed=self.seed)
        else:
            trace = Trace.read(self.trace)
        if self.gif is not None:
            write_film(trace, self.gif)
        if self.png is not None:
            import imageio.v3 as imageio  # noqa: PLC0415  loaded only to draw

            step = trace.num_steps if self.step is None else self.step
            content = imageio.imwrite("<bytes>", rendering.render_frame(trace, step), extension=".png")
            with write_beside(self.png) as beside:
                beside.write_bytes(content)
            tell(f"{self.png}: the moment after {step} steps")


def write_film(trace: Trace, path: Path) -> None:
    """Write a GIF and tell its size."""
    with progress("drawing", None, "frames") as advance:
        rendering.write_gif(trace, path, progress=advance)
    tell(f"{path}: {path.stat().st_size / 2**20:.2f} MiB")
