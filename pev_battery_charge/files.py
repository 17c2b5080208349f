"""Writing files whole or not at all."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pev_battery_charge.errors import InputError

if TYPE_CHECKING:
    import polars as pl

_STEM_LENGTH: Final = 40
"""How much of a file's name the one beside it repeats, which has to fit into a folder as well."""
_TOKEN_BYTES: Final = 8


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


def is_half_written(name: str, of: str) -> bool:
    """Whether a file called `name` is what `write_beside` leaves of the file called `of` when its process is killed."""
    stem, suffix = re.escape(Path(of).stem[:_STEM_LENGTH]), re.escape(Path(of).suffix)
    return re.fullmatch(rf"\.{stem}\.[0-9a-f]{{{2 * _TOKEN_BYTES}}}{suffix}", name) is not None


@contextmanager
def write_beside(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` when the block ends well, removed when it does not.

    Missing parent folders are made. Raises `InputError` where the folder cannot be written to, where `path` is a
    folder or a device, and where writing fails: on a full disk, for instance.
    """
    path = Path(path)
    beside = path.parent / f".{path.stem[:_STEM_LENGTH]}.{secrets.token_hex(_TOKEN_BYTES)}{path.suffix}"
    try:
        if path.exists() and not path.is_file():
            what = "folder" if path.is_dir() else "device"
            raise InputError(str(path), [f"is a {what}, not a file to write"])
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.touch(exist_ok=False)
        yield beside
        beside.replace(path)
    except BrokenPipeError:  # of what is printed meanwhile: a file has no reader that could leave
        raise
    except OSError as error:
        raise InputError(str(path), [f"cannot be written: {error.strerror or error}"]) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_parquet(path: str | Path, table: "pl.DataFrame", metadata: Mapping[str, str] | None = None) -> None:
    """Write a table as Parquet, an existing file being replaced whole or not at all; raises as `write_beside`.

    It is made in memory: what Polars raises for a full disk is no `OSError`.
    """
    content = BytesIO()
    table.write_parquet(content, metadata=None if metadata is None else dict(metadata))
    with write_beside(path) as beside:
        beside.write_bytes(content.getbuffer())
