"""`pev schedule`: make schedules, import real sessions, look at them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from pev_battery_charge.cli.console import print_table, tell
from pev_battery_charge.core.records import Status
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.importers import import_sessions
from pev_battery_charge.scenario import resolve_scenario
from pev_battery_charge.schedule.local_time import LocalTime
from pev_battery_charge.schedule.table import Schedule


@dataclass(frozen=True)
class GenerateCommand:
    """Draw a schedule from a scenario's population and write it to a file.

    The same scenario and seed give the same schedule, to the bit.
    """

    scenario: str = "paper-5x20"
    """A name (see `pev scenario list`), or a path to a TOML file."""
    seed: int = 0
    """Seed of the random generator."""
    out: Path | None = None
    """File to write, .csv or .parquet; if not given, SCENARIO-SEED.csv."""

    def run(self) -> None:
        """Draw, write, tell."""
        scenario = resolve_scenario(self.scenario)
        schedule = generate_schedule(scenario, self.seed)
        out = self.out or Path(f"{scenario.name}-{self.seed}.csv")
        schedule.write(out)
        tell(f"{out}: {len(schedule)} sessions")


@dataclass(frozen=True)
class ImportCommand:
    """Import real charging sessions: a day, or some days, of ACN-Data (JSON or CSV, also gzipped), or of your own file.

    Prints what was read, what was mended, and what was set aside, and why.
    """

    sessions: tyro.conf.Positional[Path]
    """The file with the sessions."""
    out: Path | None = None
    """Schedule to write, .csv or .parquet; if not given, SESSIONS-DAY.csv in this folder."""
    format: str = "acn"
    """acn: ACN-Data; sessions: a schedule file without the columns station and plug_in_min; or that of a plugin."""
    scenario: str | None = None
    """Scenario the sessions are for; ACN-Data's own garages are recognised."""
    day: str | None = None
    """First day, YYYY-MM-DD in the site's time; the first with sessions if not given."""
    last_day: str | None = None
    """Last day; the same as the first if not given."""
    energy: Literal["delivered", "requested"] = "delivered"
    """What a PEV wants: the energy it was given, or the energy its driver asked for."""
    stations: Literal["recorded", "assigned"] = "recorded"
    """recorded: PEVs keep the stations they had; assigned: first come, first served."""

    time_zone: str | None = None
    """The site's time zone, such as Europe/Amsterdam, where neither file nor garage gives it."""

    def run(self) -> None:
        """Import, write, report."""
        options = {name: value for name, value in vars(self).items() if name not in {"sessions", "out"}}
        schedule, report = import_sessions(self.sessions, **options)
        start = schedule.info.start or ""
        day = f"-{start.split()[0]}" if " " in start else ""
        out = self.out or Path(f"{self.sessions.name.split('.')[0]}{day}.csv")
        schedule.write(out)
        tell(str(report))
        tell(f"{out}: {len(schedule)} sessions; replay them with: pev simulate --schedule {out}")


@dataclass(frozen=True)
class ShowCommand:
    """Show a schedule: where it comes from, what becomes of its sessions, and the sessions themselves."""

    schedule: tyro.conf.Positional[Path]
    """Schedule file, .csv or .parquet."""
    rows: int = 12
    """How many sessions to print."""

    def run(self) -> None:
        """Print the schedule."""
        schedule = Schedule.read(self.schedule)
        info, table = schedule.info, schedule.sessions
        facts = [(name.replace("_", " "), str(value)) for name, value in vars(info).items() if value is not None]
        facts += [("sessions", str(table.height)), ("without a station", str(table["station"].null_count()))]
        if info.step_minutes is not None and info.horizon_steps is not None:
            grid = schedule.on_grid(info.step_minutes, info.horizon_steps)
            facts.append(("too short for a step", str(int((grid["status"] == Status.TOO_SHORT).sum()))))
        wanted = float((table["energy_target_kwh"] - table["energy_arrival_kwh"]).sum())
        facts.append(("energy wanted", f"{wanted:,.1f} kWh"))
        print_table(str(self.schedule), ("what", "value"), facts, (), ("what", "value"))
        shown = table.head(self.rows)
        rows = [_session_cells(session, LocalTime(info)) for session in shown.iter_rows(named=True)]
        title = f"The first {shown.height} of {table.height} sessions (day hh:mm, min, kWh in the battery, kW)"
        print_table(title, _HEADS, rows, _HEADS[1:])


@dataclass(frozen=True)
class ScheduleCommand:
    """Schedules: generate one, import real sessions, or look at one."""

    command: (
        Annotated[GenerateCommand, tyro.conf.subcommand("generate")]
        | Annotated[ImportCommand, tyro.conf.subcommand("import")]
        | Annotated[ShowCommand, tyro.conf.subcommand("show")]
    )


_LONGEST_NAME = 12
_HEADS = ("pev", "station", "arrives", "waits", "leaves", "has", "wants", "of", "at most")


def _session_cells(session: dict[str, Any], clock: LocalTime) -> tuple[str, ...]:
    rejected = session["station"] is None
    name = session["pev"]
    return (
        name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
        "none" if rejected else str(session["station"]),
        _time(session["arrival_min"], clock),
        "-" if rejected else f"{session['plug_in_min'] - session['arrival_min']:.0f}",
        _time(session["departure_min"], clock),
        f"{session['energy_arrival_kwh']:.1f}",
        f"{session['energy_target_kwh']:.1f}",
        f"{session['capacity_kwh']:.1f}",
        f"{session['power_max_kw']:g}",
    )


def _time(minute: float, clock: LocalTime) -> str:
    """Local time of a minute of the episode: the day, counted from 1, and hh:mm."""
    return f"{clock.day(round(minute))} {clock.at(round(minute)):%H:%M}"
