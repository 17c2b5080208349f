"""Folders that one process at a time writes into."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pev_battery_charge.errors import InputError


@contextmanager
def claimed(path: str | Path) -> Iterator[bool]:
    """A folder, made if it is missing, that no other process claims before the block ends.

    Yields whether that is certain: the claim is a lock of the operating system on the folder itself. It ends with the
    process, however that ends, and leaves no file behind; but some network file systems, and Windows, have none.

    Raises `InputError` where another process has claimed the folder, or it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(path), [f"cannot be written: {error.strerror}"]) from None
    if sys.platform == "win32":
        yield False
        return
    import fcntl  # noqa: PLC0415  not on Windows

    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror}"]) from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            certain = True
        except BlockingIOError:
            problem = "another process is writing there: let it end, or choose another folder"
            raise InputError(str(path), [problem]) from None
        except OSError:  # a file system without locks
            certain = False
        yield certain
    finally:
        os.close(folder)
