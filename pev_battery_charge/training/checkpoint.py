"""Checkpoints: all that a run's next step depends on, so that a resumed run ends where an undisturbed one would.

A checkpoint is a folder, written beside and renamed, so that it is there whole or not at all:

- `parameters.zip`: networks and optimisers, in the format of Stable-Baselines3;
- `arrays.npz`: the running areas, the replay buffer, and the random generators whose states are arrays;
- `state.json`: counters, and the random generators whose states are numbers.

Nothing in it is unpickled: arrays are plain, and parameters are read with torch's `weights_only`.
"""

import json
import random
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.errors import InputError
from pev_battery_charge.simulation_state import SimulationState
from pev_battery_charge.training.parameters import DAMAGES, read_arrays, read_parameters

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from pev_battery_charge.training.vec_env import AreaVecEnv

Arrays = dict[str, npt.NDArray[Any]]

_COUNTERS: Final = ("num_timesteps", "_n_updates", "_episode_num")
_RECORDS: Final = ("areas", "stations", "sessions", "moments")
_REPLAY: Final = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def write_checkpoint(
    folder: Path, model: "BaseAlgorithm", env: "AreaVecEnv", arrays: Arrays, numbers: dict[str, Any]
) -> Path:
    """Write a checkpoint into `folder`, named after the agent-steps made; older ones than the last two are removed.

    arrays, numbers: what the caller wants back besides.

    Raises `InputError` where it cannot be written: on a full disk, for instance.
    """
    from stable_baselines3.common.save_util import save_to_zip_file  # noqa: PLC0415  of the extra `train`

    target = folder / f"{model.num_timesteps:012d}"
    beside = folder / f".{target.name}.{secrets.token_hex(8)}"
    try:
        beside.mkdir(parents=True)
        _, variables = model._get_torch_save_params()
        save_to_zip_file(
            beside / "parameters.zip",
            params=model.get_parameters(),
            pytorch_variables={name: getattr(model, name) for name in variables} or None,
        )
        own_arrays, own_numbers = _state_of(model, env)
        with (beside / "arrays.npz").open("wb") as file:
            np.savez(file, allow_pickle=False, **own_arrays, **{f"caller.{name}": a for name, a in arrays.items()})
        text = json.dumps({**own_numbers, "caller": numbers})
        (beside / "state.json").write_text(text, encoding="utf-8")
        beside.rename(target)
    except OSError as error:
        raise InputError(str(target), [f"cannot be written: {error.strerror or error}"]) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for old in checkpoints(folder)[:-2]:
        shutil.rmtree(old)
    return target


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, oldest first."""
    return sorted(path for path in folder.glob("[0-9]*") if path.is_dir())


def read_checkpoint(path: Path, model: "BaseAlgorithm", env: "AreaVecEnv") -> tuple[Arrays, dict[str, Any]]:
    """Put a fresh model and its environment where the checkpoint was written; return the caller's arrays and numbers.

    Raises `InputError` where the checkpoint is damaged, holds what would execute code when read, or is of another
    scenario or version, whose records differ.
    """
    import torch  # noqa: PLC0415  of the extra `train`

    with damage_told(path):
        numbers = json.loads((path / "state.json").read_text(encoding="utf-8"))
        arrays = read_arrays(path / "arrays.npz")
        parameters, variables = read_parameters(path / "parameters.zip")
        model.set_parameters(parameters, device="cpu")
        for name, value in variables.items():
            getattr(model, name).data = value.data
        try:
            _restore(model, env, arrays, numbers)
        except InputError as error:
            problems = [f"{problem}; --repeat does the run anew" for problem in error.problems]
            raise InputError(str(path), problems) from None
        torch.set_rng_state(torch.from_numpy(arrays["random.torch"]))
        own = {name.removeprefix("caller."): array for name, array in arrays.items() if name.startswith("caller.")}
        return own, numbers["caller"]


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raise what reading a damaged checkpoint raises in the block as an `InputError` that names the checkpoint."""
    try:
        yield
    except InputError:
        raise
    except DAMAGES as error:
        problem = f"is damaged ({type(error).__name__}); remove this folder, and the run resumes from the one before"
        raise InputError(str(path), [problem]) from None


def _state_of(model: "BaseAlgorithm", env: "AreaVecEnv") -> tuple[Arrays, dict[str, Any]]:
    """What the next step depends on, besides the networks and their optimisers."""
    import torch  # noqa: PLC0415  of the extra `train`

    areas = env.simulation.state()
    _, keys, *numpy_state = np.random.get_state(legacy=True)  # noqa: NPY002  where PPO draws its minibatches
    arrays: Arrays = {
        **{f"simulation.{name}": getattr(areas, name) for name in _RECORDS},
        "random.torch": torch.get_rng_state().numpy(),
        "random.numpy": np.asarray(keys),
        "episode.returns": env.returns_so_far,
    }
    numbers: dict[str, Any] = {
        "counters": {name: getattr(model, name) for name in _COUNTERS if hasattr(model, name)},
        "step": areas.step,
        "areas": areas.random_states,
        "python": random.getstate(),
        "numpy": numpy_state,
        "action_space": model.action_space.np_random.bit_generator.state,
    }
    normaliser = model.get_vec_normalize_env()
    if normaliser is not None:
        returns = normaliser.ret_rms
        arrays["normalisation.returns"] = normaliser.returns
        numbers["normalisation"] = [float(returns.mean), float(returns.var), float(returns.count)]
    replay = getattr(model, "replay_buffer", None)
    if replay is not None:
        filled = replay.buffer_size if replay.full else replay.pos
        arrays |= {f"replay.{name}": getattr(replay, name)[:filled] for name in _REPLAY}
        numbers["replay"] = [replay.pos, replay.full]
    return arrays, numbers


def _restore(model: "BaseAlgorithm", env: "AreaVecEnv", arrays: Arrays, numbers: dict[str, Any]) -> None:
    records = {name: arrays.get(f"simulation.{name}", np.empty(0)) for name in _RECORDS}
    env.simulation.restore(SimulationState(step=numbers["step"], random_states=numbers["areas"], **records))
    env.returns_so_far[:] = arrays.get("episode.returns", 0.0)  # older checkpoints tell nothing of the episode so far
    for name, value in numbers["counters"].items():
        setattr(model, name, value)
    observations = env.observe()
    model._last_obs, model._last_original_obs = observations, observations
    model._last_episode_starts = np.full(env.num_envs, numbers["step"] == 0)
    normaliser = model.get_vec_normalize_env()
    if normaliser is not None:
        normaliser.returns = arrays["normalisation.returns"]
        returns = normaliser.ret_rms
        mean, variance, returns.count = numbers["normalisation"]
        returns.mean, returns.var = np.array(mean), np.array(variance)
    replay = getattr(model, "replay_buffer", None)
    if replay is not None:
        for name in _REPLAY:
            stored = arrays[f"replay.{name}"]
            getattr(replay, name)[: len(stored)] = stored
        replay.pos, replay.full = numbers["replay"]
    version, words, gauss = numbers["python"]
    random.setstate((version, tuple(words), gauss))
    np.random.set_state(("MT19937", arrays["random.numpy"], *numbers["numpy"]))  # noqa: NPY002  as above
    model.action_space.np_random.bit_generator.state = numbers["action_space"]
