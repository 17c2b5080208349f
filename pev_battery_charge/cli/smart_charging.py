"""`pev smart-charging`: the small decision problem; its exact optimum, tables and networks that learn it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar, cast

import tyro
from rich.text import Text

from pev_battery_charge.cli.console import print_results, print_table, tell, write_markdown
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.errors import InputError, raise_if, whole_number_problems
from pev_battery_charge.files import make_folder
from pev_battery_charge.reading import ending
from pev_battery_charge.smart_charging import pictures
from pev_battery_charge.smart_charging.dqn import DqnConfig
from pev_battery_charge.smart_charging.exact import PolicyValue, solve
from pev_battery_charge.smart_charging.learning import (
    DQN,
    LABELS,
    TableConfig,
    check,
    learn,
    load_learned,
    num_episodes,
)
from pev_battery_charge.smart_charging.method_comparison import compare_methods
from pev_battery_charge.smart_charging.problem import SmartCharging
from pev_battery_charge.tabular import save_table
from pev_battery_charge.training.claim import claimed

Options = TypeVar("Options", SmartCharging, DqnConfig)

Algorithm = Literal["sarsa", "q", "double-q", "dqn"]

_TABLE_STEP_KWH = 2.0


@dataclass(frozen=True)
class ProblemOptions(SmartCharging):
    """The problem's figures."""


@dataclass(frozen=True)
class DqnOptions(DqnConfig):
    """How the network learns."""


def _checked(options: Options) -> Options:
    """The class whose options these are, made of them; raises `InputError` with everything that breaks a rule.

    As plain dataclasses, options are taken as they come: what is raised while the command line is read does not reach
    the user whole.
    """
    return cast(Options, type(options).__bases__[0](**vars(options)))


@dataclass(frozen=True)
class OptimumCommand:
    """Solve the problem exactly, by dynamic programming: the best rate for every slot and every energy.

    Prints expected return, shortage probability and cost, the policy as a table, and draws it as a heat map.
    """

    problem: ProblemOptions = field(default_factory=ProblemOptions)
    every_kwh: float = _TABLE_STEP_KWH
    """Distance of the table's rows."""
    png: Path | None = None
    """Heat map to write: time by battery, the colour is the rate."""

    def run(self) -> None:
        """Solve, print, draw."""
        _check_png(self.png)
        value = solve(_checked(self.problem))
        _print_value("exact optimum", value, None)
        print_policy("Best rate", value, self.every_kwh)
        _write_map("The best policy", value, self.png)


@dataclass(frozen=True)
class TrainCommand:
    """Let one method learn the problem, and compare what it has learned with the exact optimum.

    Writes into a folder: table.npz (what was learned; `show` reads it), returns.png (running average of the returns),
    policy.png (time by battery, the colour is the rate); for dqn also model.zip, as Stable-Baselines3 writes it.
    """

    algorithm: Algorithm = "q"
    """sarsa, q, double-q: a table; dqn: a network, needs the extra `train`."""
    seed: int = 0
    """Seed of arrivals and demands, of exploration, and of the network."""
    out: Path | None = None
    """Folder for the results; if not given, runs/smart-charging-ALGORITHM-SEED."""
    problem: ProblemOptions = field(default_factory=ProblemOptions)
    table: TableConfig = field(default_factory=TableConfig)
    dqn: DqnOptions = field(default_factory=DqnOptions)

    def run(self) -> None:
        """Learn, print, write."""
        out = self.out or Path("runs") / f"smart-charging-{self.algorithm}-{self.seed}"
        problem, dqn, label = _checked(self.problem), _checked(self.dqn), LABELS[self.algorithm]
        check((self.algorithm,), problem, self.table, dqn, (self.seed,))
        episodes = num_episodes(self.algorithm, problem, self.table, dqn)
        with claimed(out):
            make_folder(out)
            with progress(label, episodes, "episodes") as advance:
                training = learn(
                    self.algorithm,
                    problem,
                    tables=self.table,
                    dqn=dqn,
                    seed=self.seed,
                    progress=advance,
                    save_model=out / "model.zip" if self.algorithm == DQN else None,
                )
            save_table(out / "table.npz", training.learned)
        optimum, returns = solve(problem), training.learned.returns
        tell(f"{label}, seed {self.seed}: {returns.size:,} episodes in {training.seconds:.1f} s")
        _print_value(label, training.value, optimum)
        title, best = f"{label}: returns while learning, seed {self.seed}", optimum.expected_return
        window = max(1, round(0.01 * returns.size))
        pictures.write_returns(title, out / "returns.png", returns=returns, window=window, optimum=best)
        _write_map(f"The policy that {label} has learned", training.value, out / "policy.png")
        tell(f"{out}: table.npz, returns.png, policy.png" + (", model.zip" if self.algorithm == DQN else ""))


@dataclass(frozen=True)
class ShowCommand:
    """Show a table that was learned: what its policy is worth, exactly, and what it does."""

    table: tyro.conf.Positional[Path]
    """The .npz file that `train` wrote."""
    problem: ProblemOptions = field(default_factory=ProblemOptions)
    every_kwh: float = _TABLE_STEP_KWH
    """Distance of the printed rows."""
    png: Path | None = None
    """Heat map to write."""

    def run(self) -> None:
        """Read, print, draw."""
        _check_png(self.png)
        problem = _checked(self.problem)
        learned, value = load_learned(self.table, problem)
        label = LABELS.get(learned.method, learned.method)
        _print_value(label, value, solve(problem))
        print_policy("Rate", value, self.every_kwh)
        _write_map(f"The policy that {label} has learned", value, self.png)


@dataclass(frozen=True)
class CompareCommand:
    """Let every method learn the problem from several seeds, next to the exact optimum: a table and a figure.

    About ten minutes with all methods and five seeds.
    """

    algorithms: tuple[Algorithm, ...] = ("sarsa", "q", "double-q", "dqn")
    """The methods; dqn needs the extra `train`."""
    seeds: int = 5
    """Seeds to learn from, 0, 1, and so on."""
    episodes: int = 100_000
    """Episodes in which each policy is played in the end, the same for all."""
    figure: Path = Path("smart_charging.png")
    """Picture to write: learning curves with intervals, and policies."""
    markdown: Path | None = None
    """Also write the table as Markdown."""
    problem: ProblemOptions = field(default_factory=ProblemOptions)
    table: TableConfig = field(default_factory=TableConfig)
    dqn: DqnOptions = field(default_factory=DqnOptions)

    def run(self) -> None:
        """Learn, print, draw."""
        problems = whole_number_problems("--seeds", self.seeds, 1)
        problems += whole_number_problems("--episodes", self.episodes, 1)
        raise_if("command line", problems)
        _check_png(self.figure)
        with progress("learning", len(self.algorithms) * self.seeds, "trainings") as advance:
            found = compare_methods(
                _checked(self.problem),
                algorithms=self.algorithms,
                seeds=range(self.seeds),
                tables=self.table,
                dqn=_checked(self.dqn),
                episodes=self.episodes,
                progress=advance,
            )
        table = found.table()
        print_results("Methods against the exact optimum", table)
        found.write_figure(self.figure)
        tell(f"{self.figure}: written")
        write_markdown(self.markdown, table.to_markdown())


@dataclass(frozen=True)
class SmartChargingCommand:
    """The smart-charging problem: one vehicle, four rates, eight slots, and a demand that shows at departure."""

    command: (
        Annotated[OptimumCommand, tyro.conf.subcommand("optimum")]
        | Annotated[TrainCommand, tyro.conf.subcommand("train")]
        | Annotated[ShowCommand, tyro.conf.subcommand("show")]
        | Annotated[CompareCommand, tyro.conf.subcommand("compare")]
    )


def print_policy(what: str, value: PolicyValue, every_kwh: float) -> None:
    """The rate in each slot, a heat map where the terminal has colours, and what is to be expected on arrival.

    every_kwh: distance of the rows, which are of the levels at its multiples, or next above one.
    """
    problem = value.problem
    if not every_kwh > 0.0:
        raise InputError("--every-kwh", [f"must be above 0 (it is {every_kwh:g})"])
    levels = range(0, problem.num_levels, max(1, round(every_kwh / problem.energy_step_kwh)))
    slots = range(problem.num_slots)
    starts = [pictures.clock_text(problem.start_min + slot * problem.slot_minutes) for slot in slots]
    cells = [
        Text(f"{rate:>{len(starts[0])}g}", style=f"{pictures.ink_on(colour)} on {colour}")
        for rate, colour in zip(problem.rates_kw, pictures.rate_colours(problem.rates_kw), strict=True)
    ]
    columns = ("kWh", *starts, "return")
    rows = []
    for level in levels:
        rates = (cells[value.actions[slot, level]] for slot in slots)
        rows.append((f"{problem.energies_kwh[level]:g}", *rates, f"{value.values[0, level]:.4g}"))
    title = f"{what} (kW) by energy in the battery and beginning of the slot; expected return on arrival"
    print_table(title, columns, rows, columns)


def _print_value(name: str, value: PolicyValue, optimum: PolicyValue | None) -> None:
    """What a policy comes to, exactly."""
    unit = value.problem.cost_unit
    rows = [
        ("expected return", f"{value.expected_return:.5g}", unit),
        ("expected cost of charging", f"{value.expected_charging_cost:.5g}", unit),
        ("expected cost of shortage", f"{value.shortage_probability * value.problem.shortage_cost:.5g}", unit),
        ("probability of a shortage", f"{100.0 * value.shortage_probability:.3f}", "%"),
    ]
    if optimum is not None:
        rows.append(("expected return of the exact optimum", f"{optimum.expected_return:.5g}", unit))
        rows.append(("behind the optimum", f"{100.0 * value.shortfall(optimum):.3f}", "%"))
    print_table(f"{name}: exact figures", ("figure", "value", "unit"), rows, ("value",), ("figure", "unit"))


def _write_map(title: str, value: PolicyValue, path: Path | None) -> None:
    if path is None:
        return
    problem, shortage = value.problem, f"{100.0 * value.shortage_probability:.2f} % of days"
    about = f"expected return {value.expected_return:.4g}; shortage in {shortage}"
    scale = pictures.MapScale(problem.rates_kw, problem.energies_kwh, problem.slot_minutes, problem.start_min)
    pictures.write_policy_map(title, about, path, actions=value.actions, scale=scale)


def _check_png(path: Path | None) -> None:
    if path is not None and ending(path) != ".png":
        raise InputError(str(path), ["must end in .png"])
