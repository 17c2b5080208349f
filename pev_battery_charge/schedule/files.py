"""Schedule files: CSV with leading `# key: value` lines, or Parquet with the same as its metadata."""

from pathlib import Path
from typing import Final

import polars as pl

from pev_battery_charge.errors import InputError
from pev_battery_charge.files import write_beside, write_parquet

_ENDINGS: Final = (".csv", ".parquet")


def read_table(path: str | Path) -> tuple[pl.DataFrame, dict[str, str]]:
    """The table of a file, its columns not yet checked, and its metadata; raises `InputError`."""
    path = _schedule_path(path)
    if not path.is_file():
        raise InputError(str(path), ["no such file"])
    try:
        if path.suffix == ".csv":
            return parse_csv(path.read_text(encoding="utf-8"), str(path))
        if path.stat().st_size == 0:
            raise InputError(str(path), ["is empty"])
        metadata = {key: value for key, value in pl.read_parquet_metadata(path).items() if not key.startswith("ARROW")}
        return pl.read_parquet(path), metadata
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        problem = f"is not a readable {path.suffix[1:]} file: {str(error).splitlines()[0]}"
        raise InputError(str(path), [problem]) from None


def write_table(path: str | Path, sessions: pl.DataFrame, metadata: dict[str, str]) -> None:
    """Write a file by its ending; an existing one is replaced whole or not at all."""
    path = _schedule_path(path)
    if path.suffix == ".parquet":
        write_parquet(path, sessions, metadata)
        return
    with write_beside(path) as beside:
        beside.write_text(format_csv(sessions, metadata), encoding="utf-8")


def format_csv(sessions: pl.DataFrame, metadata: dict[str, str]) -> str:
    """The text of a CSV file; floats are written so that they come back to the bit."""
    head = "".join(f"# {key}: {' '.join(value.split())}\n" for key, value in metadata.items())
    return head + sessions.write_csv()


def parse_csv(text: str, source: str) -> tuple[pl.DataFrame, dict[str, str]]:
    """The table, all cells as text, and the metadata of a CSV file's text; raises `InputError`."""
    metadata = {}
    begin = 0
    while text.startswith("#", begin):
        end = text.find("\n", begin) + 1 or len(text)
        key, _, value = text[begin + 1 : end].partition(":")
        metadata[key.strip()] = value.strip()
        begin = end
    try:
        sessions = pl.read_csv(text[begin:].encode(), infer_schema=False)
    except pl.exceptions.NoDataError:
        raise InputError(source, ["is empty"]) from None
    except pl.exceptions.PolarsError as error:
        raise InputError(source, [f"is not a readable csv file: {str(error).splitlines()[0]}"]) from None
    return sessions, metadata


def _schedule_path(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix not in _ENDINGS:
        raise InputError(str(path), [f"a schedule file must end in {' or '.join(_ENDINGS)}"])
    return path
