"""`pev train`: one policy for all stations, from nothing to a table and a film."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from pev_battery_charge.cli.console import tell
from pev_battery_charge.cli.evaluate import evaluate_and_tell
from pev_battery_charge.cli.progress import progress
from pev_battery_charge.cli.simulate import write_film
from pev_battery_charge.controllers import BASELINES, make_controller
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import run
from pev_battery_charge.scenario import resolve_scenario
from pev_battery_charge.training import FIRST_EVALUATION_SEED, TrainConfig, load_policy, resume, train
from pev_battery_charge.training.run_folder import RunFolder


@dataclass(frozen=True)
class TrainCommand:
    """Train one policy that all stations share, compare it with simple controllers, and film an episode.

    Needs the extra: python -m pip install "pev-battery-charge[train]". The folder of the run holds everything that is
    needed to use the policy (`pev evaluate`, `pev render`), to go on after a break (--resume), and to repeat the run.
    While it runs: tensorboard --logdir runs.
    """

    config: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(default_factory=TrainConfig)
    out: Path | None = None
    """Folder for the run, new or empty; if not given, runs/SCENARIO-ALGORITHM-SEED."""
    resume: Path | None = None
    """Folder of a run that was broken off: go on from its last checkpoint. Takes no other option."""
    repeat: Path | None = None
    """Folder of a run to do again, from its configuration and scenario, into --out."""
    episodes: int = 100
    """Episodes of the comparison in the end, on seeds from 1,000,000 on, which are never trained on."""
    gif: bool = True
    """Film an episode under the trained policy: episode.gif in the run's folder."""

    def run(self) -> None:
        """Train, tell, compare, film."""
        if self.episodes < 1:
            raise InputError("--episodes", [f"must be at least 1 (it is {self.episodes})"])
        if self.resume is not None:
            if self.config != TrainConfig() or self.out is not None or self.repeat is not None:
                problem = f"takes everything from {self.resume}: leave out the other options"
                raise InputError("--resume", [problem])
            with progress("training", RunFolder.open(self.resume).config.steps, "agent-steps") as advance:
                result = resume(self.resume, progress=advance)
        else:
            if self.repeat is None:
                config, scenario = self.config.checked(), resolve_scenario(self.config.scenario)
            elif self.config == TrainConfig():
                folder = RunFolder.open(self.repeat)
                config, scenario = folder.config, folder.scenario
            else:
                problem = "takes the configuration from the run's folder: give only --out beside it"
                raise InputError("--repeat", [problem])
            out = self.out or Path("runs") / f"{scenario.name}-{config.algorithm}-{config.seed}"
            with progress("training", config.steps, "agent-steps") as advance:
                result = train(config, out, scenario=scenario, progress=advance)
        tell(
            f"{result.folder}: {result.agent_steps:,} agent-steps in {result.seconds:.0f} s, "
            f"{result.agent_steps_per_s:,.0f} a second; {result.env_share:.1%} of the time in the environment"
        )
        tell(f"policy: {result.folder / 'policy.zip'}, sha256 of its weights {result.policy_sha256}")
        scenario, policy = RunFolder.open(result.folder).scenario, load_policy(result.folder)
        seeds = range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + self.episodes)
        evaluate_and_tell(scenario, {"policy": policy, **{name: make_controller(name) for name in BASELINES}}, seeds)
        if self.gif:
            write_film(run(scenario, policy, seed=FIRST_EVALUATION_SEED), result.folder / "episode.gif")
