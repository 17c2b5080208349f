"""The command `pev`: training, evaluation, simulations, schedules, pictures and benchmarks from a terminal."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pev_battery_charge
from pev_battery_charge.cli.process import any_encoding, drop_output, orderly_end, standard_output
from pev_battery_charge.cli.texts import literal_lines
from pev_battery_charge.errors import InputError

_UNREAD = 1
_REFUSED = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Exit code 0: done; 1: what reads the output has gone; 2: bad input, or a disk that cannot be written to, told on
    standard error; 130: interrupted; 143: terminated.
    """
    with orderly_end(), any_encoding():
        try:
            _run(sys.argv[1:] if arguments is None else arguments)
        except InputError as error:
            _tell(str(error), style="red")
            sys.exit(_REFUSED)
        except BrokenPipeError:
            drop_output()
            sys.exit(_UNREAD)
        except OSError as error:
            _tell(": ".join(str(part) for part in (error.filename, error.strerror or error) if part), style="red")
            sys.exit(_REFUSED)
        except KeyboardInterrupt:
            _tell("interrupted")
            sys.exit(_INTERRUPTED)


def _run(arguments: Sequence[str]) -> None:
    if sys.stdout is None:
        raise InputError("standard output", ["is closed: send it to a file, or to /dev/null"])
    try:
        command = _choose(arguments)
        if command is not None:
            command.run()
    finally:
        with standard_output():  # what is still held back: it is told here whether it can be written
            sys.stdout.flush()


def _choose(arguments: Sequence[str]) -> Any:
    """The command that is asked for; None where all has been told."""
    if list(arguments) == ["--version"]:
        with standard_output():
            print(f"pev {pev_battery_charge.__version__}")
        return None
    # Here, since it takes seconds, in which it may be interrupted.
    from pev_battery_charge.cli.commands import load_plugins, parse  # noqa: PLC0415

    arguments = load_plugins(arguments)
    with standard_output():
        return parse(arguments)


def _tell(problem: str, style: str = "") -> None:
    """Say on standard error what has gone wrong."""
    from rich.console import Console  # noqa: PLC0415  as above

    with suppress(OSError):  # of a standard error that cannot be written either
        console = Console(stderr=True, markup=False, emoji=False, highlight=False)
        console.print(f"pev: {literal_lines(problem)}", style=style, soft_wrap=True)
