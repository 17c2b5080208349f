"""Regret on the benchmark suite: what controllers lose beyond what the certified optimum loses on the same instance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.controllers import CONTROLLERS, Clairvoyant, Controller, make_controller
from pev_battery_charge.controllers.optimum import TOLERANCE, OptimalController, Optimum
from pev_battery_charge.errors import raise_if
from pev_battery_charge.evaluation.comparison import evaluate
from pev_battery_charge.evaluation.metrics import metrics_in
from pev_battery_charge.evaluation.statistics import statistics
from pev_battery_charge.evaluation.suite import Suite, load_suite

OPTIMUM: Final = "optimum"
"""The zero of the scale: a controller like the others, and a row of every report."""

OVERALL: Final = "overall"
"""What statistics call all groups together."""

REGRET_METRICS: Final = (
    *("reward_loss", "optimum_loss", "optimum_bound", "regret", "regret_percent"),
    *("energy_lacking_kwh", "energy_lacking_least_kwh", "unmet_regret_kwh"),
)
"""The columns of `RegretReport.instances` that `pev_battery_charge.evaluation.metrics` does not have."""

_ROUNDING: Final = float(np.finfo(np.float32).eps)
"""Relative error of rewards, which are float32."""


@dataclass(frozen=True)
class RegretReport:
    """What controllers lost on the suite, next to the optimum.

    suite: the groups that were run.
    instances: one row for each controller and instance, with the columns

    ==========================  ======================================================================================
    group, controller, seed     the instance and its controller
    reward_loss                 the negative sum of all rewards
    optimum_loss                that of the optimum
    optimum_bound               no plan whatsoever loses less
    regret                      reward_loss - optimum_loss
    regret_percent              the same in % of optimum_loss; null where that is 0
    energy_lacking_kwh          what PEVs lack in the end: when they left or drove on, or at the horizon's end
    energy_lacking_least_kwh    no plan leaves less
    unmet_regret_kwh            energy_lacking_kwh - energy_lacking_least_kwh
    ==========================  ======================================================================================

        and all those of `pev_battery_charge.evaluation.metrics.METRICS`.
    clairvoyant: the controllers that were told the future.
    """

    suite: Suite
    instances: pl.DataFrame
    clairvoyant: frozenset[str]

    @property
    def controllers(self) -> list[str]:
        """The names of the controllers, in the order in which they were given."""
        return self.instances["controller"].unique(maintain_order=True).to_list()

    @property
    def largest_gap(self) -> float:
        """The largest gap between optimum and bound of all instances, relative to the optimum's loss or to 1."""
        loss, bound = (self.instances[name].to_numpy() for name in ("optimum_loss", "optimum_bound"))
        return float(np.max((loss - bound) / np.maximum(loss, 1.0), initial=0.0))

    def statistics(self) -> pl.DataFrame:
        """Means over the instances of each group, and of all of them (group "overall"), with 95 % bootstrap intervals.

        One row for each group, controller and metric; columns as those of
        `pev_battery_charge.evaluation.statistics.statistics`.
        """
        groups = [(group.name, pl.col("group") == group.name) for group in self.suite.groups]
        metrics = (*REGRET_METRICS, *metrics_in(self.instances.columns))
        return pl.concat(
            statistics(self.instances.filter(which), metrics).insert_column(0, pl.lit(name).alias("group"))
            for name, which in [*groups, (OVERALL, pl.lit(True))]
        )


def measure_regret(
    controllers: Mapping[str, Controller | str],
    groups: Sequence[str] | None = None,
    *,
    suite: Suite | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RegretReport:
    """The regret of controllers on the instances of the suite, with the optimum of each.

    controllers: by the name that tables give them; in place of a controller its name in `CONTROLLERS`, which is then
        made anew for each group, with random draws from the group's first seed. The optimum is added as `optimum`.
    groups: the names of the groups to run; None are all of the suite.
    suite: None is version 1 of the package's own.
    progress: called after each step with the steps of single areas made, and those in all.

    The same call gives the same numbers to the last digit. Raises `InputError` for unknown controllers and groups, a
    controller that takes the optimum's name, and a group that is no longer what the suite has frozen; `RuntimeError` if
    a controller should do better than what has been certified to be the best: a fault of the package.
    """
    suite = (load_suite() if suite is None else suite).choose(groups)
    problems = []
    for name, one in controllers.items():
        if name == OPTIMUM and one != OPTIMUM:
            problems.append(f"{name}: is the name of the zero of the scale; give this controller another")
        elif isinstance(one, str) and one not in CONTROLLERS:
            problems.append(f"{name}: there is no controller {one!r}; there are {', '.join(CONTROLLERS)}")
    raise_if("controllers", problems)
    loaded = [(group, *group.load()) for group in suite.groups]
    steps = [len({*controllers, OPTIMUM}) * group.instances * scenario.horizon_steps for group, scenario, _ in loaded]
    frames: list[pl.DataFrame] = []
    clairvoyant = {OPTIMUM}
    for number, (group, scenario, schedules) in enumerate(loaded):
        seed = group.first_seed
        made = {name: make_controller(one, seed) if isinstance(one, str) else one for name, one in controllers.items()}
        clairvoyant |= {name for name, one in made.items() if isinstance(one, Clairvoyant)}

        def advance(done: int, _: int, before: int = sum(steps[:number]), areas: int = group.instances) -> None:
            if progress is not None:
                progress(before + done * areas, sum(steps))

        optimal = OptimalController()
        everybody = {**made, OPTIMUM: optimal}
        episodes = evaluate(scenario, everybody, group.seeds, schedules=schedules, progress=advance).episodes
        instances = with_regret(episodes, optimal.optima).insert_column(0, pl.lit(group.name).alias("group"))
        check_possible(instances)
        frames.append(instances)
    return RegretReport(suite, pl.concat(frames, how="diagonal"), frozenset(clairvoyant))


def with_regret(episodes: pl.DataFrame, optima: Sequence[Optimum]) -> pl.DataFrame:
    """Episodes of controllers, one of them the optimum, with their regret.

    episodes: as `Evaluation.episodes` has them.
    optima: those of the seeds, in their order.

    The optimum's loss is what it lost in these episodes. Raises `RuntimeError` if that is not the certified one.
    """
    optimum = episodes.filter(pl.col("controller") == OPTIMUM)
    for seed, reward, one in zip(optimum["seed"], optimum["reward"], optima, strict=True):
        if abs(reward + one.objective) > _ROUNDING * max(one.objective, 1.0):
            raise RuntimeError(f"seed {seed}: the optimum is certified to lose {one.objective}, and has lost {-reward}")
    certificates = optimum.select(
        "seed",
        optimum_loss=-pl.col("reward"),
        optimum_bound=pl.Series([one.bound for one in optima]),
        energy_lacking_least_kwh=pl.Series([one.least_unmet_kwh for one in optima]),
    )
    loss, zero, lacking = pl.col("reward_loss"), pl.col("optimum_loss"), pl.col("energy_lacking_kwh")
    return (
        episodes.join(certificates, on="seed", maintain_order="left")
        .with_columns(
            reward_loss=-pl.col("reward"),
            energy_lacking_kwh=pl.col("energy_unmet_kwh") + pl.col("energy_pending_kwh"),
        )
        .with_columns(
            regret=loss - zero,
            regret_percent=pl.when(zero > 0.0).then(100.0 * (loss - zero) / zero),
            unmet_regret_kwh=lacking - pl.col("energy_lacking_least_kwh"),
        )
        .select("controller", "seed", *REGRET_METRICS, *metrics_in(episodes.columns))
    )


def check_possible(instances: pl.DataFrame) -> None:
    """Raise `RuntimeError` for a row in which a controller beats the certified best, beyond its tolerance.

    Tolerated are the gap of the certificate, or `TOLERANCE` of the loss or of 1, and the rounding of the rewards.
    """
    loss, optimum, bound = (pl.col(name) for name in ("reward_loss", "optimum_loss", "optimum_bound"))
    gap = pl.max_horizontal(optimum - bound, TOLERANCE * pl.max_horizontal(optimum, 1.0))
    least = pl.col("energy_lacking_least_kwh")
    too_good = (pl.col("regret") < -gap - _ROUNDING * (loss + optimum)) | (
        pl.col("unmet_regret_kwh") < -TOLERANCE * pl.max_horizontal(least, 1.0)
    )
    for row in instances.filter(too_good).iter_rows(named=True):
        raise RuntimeError(
            f"group {row['group']}, seed {row['seed']}: {row['controller']} loses {row['reward_loss']} of reward and "
            f"leaves {row['energy_lacking_kwh']} kWh lacking, which cannot be: the certified optimum loses "
            f"{row['optimum_loss']} (no plan less than {row['optimum_bound']}), and no plan leaves less than "
            f"{row['energy_lacking_least_kwh']} kWh lacking"
        )
