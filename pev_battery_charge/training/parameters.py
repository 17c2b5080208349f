"""What Stable-Baselines3 and NumPy have written, read without executing anything that stands in the files."""

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.errors import InputError

DAMAGES: Final = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError, EOFError),
    *(AssertionError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What readers raise for files that are damaged, or of another kind."""

_OBJECTS: Final = "holds objects that would execute code when read: refused, and nothing of it was executed"


def read_parameters(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of networks and optimisers, and other tensors, by name.

    Raises `InputError` where there is more than numbers in the file, and one of `DAMAGES` where it is damaged.
    """
    from stable_baselines3.common.save_util import load_from_zip_file  # noqa: PLC0415  of the extra `train`

    try:
        _, parameters, variables = load_from_zip_file(path, device="cpu", load_data=False)
    except Exception as error:
        if type(error).__name__ != "UnpicklingError":  # of a module that is not imported here
            raise
        if "Unsupported operand" in str(error):
            raise ValueError("neither numbers nor objects") from None
        raise InputError(str(path), [_OBJECTS]) from None
    return parameters, variables or {}


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an .npz file, by name; raises as `read_parameters` does."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except ValueError as error:
        if "Object arrays" in str(error):
            raise InputError(str(path), [_OBJECTS]) from None
        raise
