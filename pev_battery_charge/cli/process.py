"""The process of a command: orderly end on signals, and output that may be closed, full or of another encoding."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from types import FrameType
from typing import Final, NoReturn

from pev_battery_charge.cli.texts import SPELLED
from pev_battery_charge.errors import InputError

_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let the signals that end a process end the block as `SystemExit` with 128 + their number: files are tidied up.

    A signal that is ignored, as by `nohup`, or that something else waits for, stays so.
    """
    mine: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        mine = [one for one in _ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for one in mine:
        signal.signal(one, _end)
    try:
        yield
    finally:
        for one in mine:
            signal.signal(one, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def any_encoding() -> Iterator[None]:
    """Let what is printed in the block be spelled in the letters of the terminal's encoding, where it has others."""
    changed: list[tuple[TextIOWrapper, str | None]] = []
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            changed.append((stream, stream.errors))
            stream.reconfigure(errors=SPELLED)
    try:
        yield
    finally:
        for stream, errors in changed:
            with suppress(OSError, ValueError):  # of a stream that has failed, or was closed
                stream.reconfigure(errors=errors)


@contextmanager
def standard_output() -> Iterator[None]:
    """A block that writes on standard output: raises `InputError` where that cannot be written to.

    That nothing reads it any more passes as `BrokenPipeError`.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise InputError("standard output", [f"cannot be written: {error.strerror or error}"]) from None


def drop_output() -> None:
    """Send what is still to be written on standard output nowhere: whoever read it has gone, or its disk is full."""
    with suppress(OSError, ValueError):  # of a stream without a file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
