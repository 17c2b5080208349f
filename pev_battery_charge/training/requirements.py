"""Libraries that the base installation does without."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from pev_battery_charge.errors import InputError

_MODULES: Final = {"train": ("stable_baselines3", "torch", "tensorboard")}


def need(extra: str) -> None:
    """Raise an `InputError` that gives the command to run where the modules of an extra are missing."""
    missing = [name for name in _MODULES[extra] if find_spec(name) is None]
    if missing:
        install = f'python -m pip install "pev-battery-charge[{extra}]"'
        raise InputError(", ".join(missing), [f"not installed; get what is missing with {install}"])


@contextmanager
def torch_threads(number: int) -> Iterator[None]:
    """So many threads for torch within the block."""
    import torch  # noqa: PLC0415  of the extra `train`

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
