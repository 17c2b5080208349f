"""A trained policy as a controller like any other."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from gymnasium.spaces import Box

from pev_battery_charge.catalogue import DEFAULT_FEATURES
from pev_battery_charge.controllers import Snapshot
from pev_battery_charge.core.arrays import Array
from pev_battery_charge.errors import InputError
from pev_battery_charge.training.algorithms import algorithm_class, policy_arguments
from pev_battery_charge.training.parameters import DAMAGES, read_parameters
from pev_battery_charge.training.requirements import need
from pev_battery_charge.training.run_folder import RunFolder
from pev_battery_charge.training.scaling import action_space, scale_actions, scale_observations, squash

if TYPE_CHECKING:
    from stable_baselines3.common.policies import BasePolicy


class TrainedPolicy:
    """A shared policy that asks, for every station from what that station sees alone, for its most likely power.

    policy: of Stable-Baselines3.
    names: the features it was trained with; it is shown them in every scenario.
    squashes: whether its actions go through `scaling.squash`.
    """

    def __init__(self, policy: "BasePolicy", names: tuple[str, ...] = DEFAULT_FEATURES, *, squashes: bool) -> None:
        self._policy, self._names, self._squashes = policy, names, squashes

    def __call__(self, snapshot: Snapshot) -> Array:
        """The requests of all stations, `[B, N]` in kW."""
        observations = scale_observations(snapshot.observe(self._names), self._names)
        actions, _ = self._policy.predict(observations.reshape(-1, len(self._names)), deterministic=True)
        limits: tuple[Array, Array] = snapshot.stations["power_min_kw"], snapshot.stations["power_max_kw"]
        shares = squash(actions) if self._squashes else actions
        return scale_actions(shares.reshape(limits[0].shape), *limits)


def load_policy(run: str | Path) -> TrainedPolicy:
    """The policy in a run folder. No code in the files is executed.

    Raises `InputError` where the folder holds no run, the run has not ended, or the policy is damaged, has weights that
    are no numbers, or is of other spaces than its configuration says.
    """
    need("train")
    import torch  # noqa: PLC0415  of the extra `train`

    folder = RunFolder.open(run)
    if not folder.policy_file.is_file():
        raise InputError(str(run), [f"has no policy.zip yet: let the run end with pev train --resume {run}"])
    path, config, names = folder.policy_file, folder.config, folder.scenario.observations
    spaces = Box(0.0, np.inf, (len(names),), np.float32), action_space(squashed=config.squashes)
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are overwritten
        policy_class = algorithm_class(config).policy_aliases["MlpPolicy"]
        policy = policy_class(*spaces, lambda _: 0.0, **policy_arguments(config))
    try:
        weights = cast("dict[str, torch.Tensor]", read_parameters(path)[0]["policy"])
    except InputError:
        raise
    except DAMAGES as error:
        raise InputError(str(path), [f"is no policy, or damaged ({type(error).__name__})"]) from None
    try:
        policy.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError):
        problem = "was trained for other spaces, or with another network, than config.toml and scenario.toml say"
        raise InputError(str(path), [problem]) from None
    if not is_finite(policy):
        raise InputError(str(path), ["has weights that are no finite numbers: its training has diverged"])
    policy.set_training_mode(False)
    return TrainedPolicy(policy, names, squashes=config.squashes)


def is_finite(policy: "BasePolicy") -> bool:
    """Whether every weight is a finite number."""
    return all(bool(tensor.isfinite().all()) for tensor in policy.state_dict().values())


def digest(policy: "BasePolicy") -> str:
    """A hash of every weight of a policy: the same for the same policy, to the bit."""
    summary = hashlib.sha256()
    for name, tensor in sorted(policy.state_dict().items()):
        summary.update(name.encode())
        summary.update(tensor.detach().cpu().numpy().tobytes())
    return summary.hexdigest()
