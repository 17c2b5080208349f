"""Writing files so that nobody ever finds half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pev_battery_charge.errors import InputError


def make_folder(path: str | Path, otherwise: str = "choose another folder") -> None:
    """Make a folder, or take one that is empty.

    otherwise: what to do where it is not empty.

    Raises `InputError` where there is something, or it cannot be made.
    """
    path = Path(path)
    try:
        if path.exists() and any(path.iterdir()):
            raise InputError(str(path), [f"already holds files: {otherwise}"])
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(path), [f"cannot be written: {error.strerror}"]) from None


@contextmanager
def write_beside(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` when the block ends well, removed when it does not.

    Missing parent folders are made. Raises `InputError` where the folder cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(str(path), ["is a folder, not a file to write"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    except OSError as error:
        raise InputError(str(path), [f"cannot be written: {error.strerror}"]) from None
    os.close(handle)
    beside = Path(name)
    umask = os.umask(0)
    os.umask(umask)
    try:
        yield beside
        beside.chmod(0o666 & ~umask)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
