"""Reading files: their kind by name, and the text, TOML or JSON inside, or one clear error."""

import json
import tomllib
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pev_battery_charge.errors import InputError
from pev_battery_charge.sizes import MOST_FILE_BYTES, MOST_FILE_VALUES

if TYPE_CHECKING:
    import polars as pl

TOO_LARGE: Final = f"must hold at most {MOST_FILE_BYTES // 2**20} MiB, unpacked"
_PART_BYTES: Final = 2**20


def ending(path: str | Path) -> str:
    """The ending of a file's name in small letters, such as ".csv", which gives its kind."""
    return Path(path).suffix.lower()


def read_text(path: str | Path) -> str:
    """The text of a file, as `decode_text` gives it; raises `InputError` where it cannot be read, or is too large."""
    return decode_text(read_content(path), str(path))


def read_content(path: str | Path) -> bytes:
    """What is in a file; raises `InputError` where it cannot be read, or is more than `MOST_FILE_BYTES`."""
    try:
        with Path(path).open("rb") as file:
            content = read_at_most(file, str(path))
    except InputError:
        raise
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror or error}"]) from None
    except ValueError:  # of a path with NUL in it
        raise InputError(repr(path), ["is no path of a file"]) from None
    return content


def read_at_most(file: BufferedIOBase, source: str) -> bytes:
    """What an opened file holds; raises `InputError` as soon as that is more than `MOST_FILE_BYTES`."""
    content = bytearray()
    while part := file.read(_PART_BYTES):  # to ask for all at once would take as much memory for the smallest file
        content += part
        if len(content) > MOST_FILE_BYTES:
            raise InputError(source, [TOO_LARGE])
    return bytes(content)


def read_parquet(path: Path) -> tuple[dict[str, str], "pl.DataFrame"]:
    """The metadata and the table of a Parquet file.

    Raises `InputError` where there is none, and, before anything is unpacked, where it is more than `MOST_FILE_BYTES`
    or holds more than `MOST_FILE_VALUES`: a column of one value repeated takes next to nothing in the file.
    """
    import polars as pl  # noqa: PLC0415  slow to import

    try:
        if (size := path.stat().st_size) == 0:
            raise InputError(str(path), ["is empty"])
        if size > MOST_FILE_BYTES:
            raise InputError(str(path), [TOO_LARGE])
        metadata, table = pl.read_parquet_metadata(path), pl.scan_parquet(path, glob=False)
        rows, columns = table.select(pl.len()).collect().item(), len(table.collect_schema())
        if rows * columns > MOST_FILE_VALUES:
            told = f"{rows:,} rows of {columns:,} columns"
            raise InputError(str(path), [f"must hold at most {MOST_FILE_VALUES:,} values (it holds {told})"])
        return metadata, pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        problem = f"is not a readable Parquet file: {str(error).partition(chr(10))[0]}"
        raise InputError(str(path), [problem]) from None


def decode_text(content: bytes, source: str) -> str:
    """Text in UTF-8, without its byte-order mark; raises `InputError` for other bytes, and for NUL."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(source, [f"cannot be read as text: it is not UTF-8 from byte {error.start + 1} on"]) from None
    if (nul := text.find("\0")) >= 0:
        raise InputError(source, [f"line {line_at(text, nul)}: holds the character NUL, as no text does"])
    return text


def line_at(text: str, place: int) -> int:
    """The line, from 1, of a place in a text, as editors count: it ends with LF, CR or both."""
    return 1 + text.count("\n", 0, place) + text.count("\r", 0, place) - text.count("\r\n", 0, place)


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The table of a TOML text; raises `InputError`, also for what Python's parser has no patience for."""
    table: dict[str, Any] = _parsed(tomllib.loads, text, source, "TOML")
    return table


def parse_json(text: str, source: str) -> Any:
    """The value of a JSON text; raises `InputError` as `parse_toml` does."""
    return _parsed(json.loads, text, source, "readable JSON")


def _parsed(parse: Callable[[str], Any], text: str, source: str, what: str) -> Any:
    try:
        return parse(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deep"
    except ValueError:
        problem = "a number has too many digits"
    raise InputError(source, [f"is not {what}: {problem}"])
