"""Controllers on identical schedules, many episodes at once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pev_battery_charge.controllers import Controller, make_controller
from pev_battery_charge.errors import InputError, raise_if, whole_number_problems
from pev_battery_charge.evaluation.metrics import METRICS
from pev_battery_charge.evaluation.runner import play
from pev_battery_charge.evaluation.session_metrics import MetricValues
from pev_battery_charge.evaluation.totals import Totals
from pev_battery_charge.instance import Instance
from pev_battery_charge.scenario import Scenario, resolve_scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation
from pev_battery_charge.sizes import MOST_EPISODES

CHUNK_AREAS: Final = 256
"""How many episodes run at once: enough to make the calls of a step cheap, few enough for a small memory."""

_LARGEST_SEED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Evaluation:
    """What controllers made of the same schedules.

    scenario: the scenario.
    episodes: one row for each controller and seed: the columns `controller` and `seed`, and one for each metric of
        `pev_battery_charge.evaluation.metrics.METRICS`; null where an episode does not have it.
    """

    scenario: Scenario
    episodes: pl.DataFrame

    @property
    def controllers(self) -> list[str]:
        """The names of the controllers, in the order in which they were given."""
        return self.episodes["controller"].unique(maintain_order=True).to_list()

    @property
    def seeds(self) -> list[int]:
        """The seeds of the schedules, in the order in which they were given."""
        return self.episodes["seed"].unique(maintain_order=True).to_list()


def evaluate(
    scenario: Scenario | str | Path | None,
    controllers: Mapping[str, Controller | str],
    seeds: Sequence[int],
    *,
    schedules: Sequence[Schedule | Instance] | None = None,
    num_threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Every controller, run through the schedules of all seeds.

    controllers: by the name that tables give them; in place of a controller its name in `CONTROLLERS`.
    seeds: one for each episode; its schedule is the one of `generate_schedule(scenario, seed)`.
    schedules: one for each seed, in place of the drawn ones; or instances, with prices, load and sun.
    num_threads: how many threads step the areas; results do not depend on it.
    progress: called after each step with the steps made and the steps in all.

    Episodes run in chunks of `CHUNK_AREAS` areas. Results do not depend on it, except for controllers that draw: these
    draw for a whole chunk at once. A controller that remembers begins anew where `snapshot.step` is 0.

    Raises `InputError` for no controllers, an unknown name, and for no seeds, bad seeds, or a seed given twice; for
    another number of schedules than seeds, and for a schedule that does not fit the scenario.
    """
    scenario = resolve_scenario(scenario)
    _check(controllers, seeds, schedules)
    for schedule in schedules or ():
        schedule.validate(scenario)
    made = {name: make_controller(one) if isinstance(one, str) else one for name, one in controllers.items()}
    chunks = [slice(first, first + CHUNK_AREAS) for first in range(0, len(seeds), CHUNK_AREAS)]
    total_steps = len(made) * len(chunks) * scenario.horizon_steps
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in made}
    done_steps = 0
    for chunk in chunks:
        own_seeds, own_schedules = list(seeds[chunk]), None if schedules is None else list(schedules[chunk])
        size = len(own_seeds)
        totals = Totals(scenario, size)
        with closing(Simulation(scenario, size, num_threads=num_threads, reuse_buffers=True)) as simulation:
            for name, controller in made.items():
                simulation.reset(seed=own_seeds, schedule=own_schedules)
                totals.reset()
                for result in play(simulation, controller):
                    totals.add(simulation, result)
                    done_steps += 1
                    if progress is not None:
                        progress(done_steps, total_steps)
                frames[name].append(_episodes(name, own_seeds, totals.metrics(simulation)))
    return Evaluation(scenario, pl.concat([frame for name in made for frame in frames[name]]))


def _check(
    controllers: Mapping[str, Controller | str], seeds: Sequence[int], schedules: Sequence[Schedule | Instance] | None
) -> None:
    problems = [] if controllers else ["controllers: must be at least one"]
    if not len(seeds):
        problems.append("seeds: must be at least one")
    if len(seeds) > MOST_EPISODES:
        raise InputError("evaluation", [f"seeds: must be at most {MOST_EPISODES:,} (there are {len(seeds):,})"])
    for place, seed in enumerate(seeds):
        large = [f"seeds[{place}]: must be at most {_LARGEST_SEED} (it is {seed})"]
        problems += whole_number_problems(f"seeds[{place}]", seed, 0) or (large if seed > _LARGEST_SEED else [])
    if not problems and len(set(seeds)) < len(seeds):
        problems.append("seeds: must be different, or the same episode is counted twice")
    if schedules is not None and len(schedules) != len(seeds):
        problems.append(f"schedules: {len(schedules)} for {len(seeds)} seeds")
    raise_if("evaluation", problems)


def _episodes(controller: str, seeds: list[int], metrics: MetricValues) -> pl.DataFrame:
    types = {name: pl.Int64 if metric.whole else pl.Float64 for name, metric in METRICS.items() if name in metrics}
    columns = {name: pl.Series(metrics[name], dtype=kind, nan_to_null=True) for name, kind in types.items()}
    return pl.DataFrame({"controller": [controller] * len(seeds), "seed": pl.Series(seeds, dtype=pl.Int64), **columns})
