"""Compiled kernels on disk: without room, rights or a whole file, a kernel is compiled anew, and nothing is raised."""

import hashlib
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from numba.core.caching import FunctionCache, IndexDataCacheFile

_DIGEST_BYTES: Final = hashlib.sha256().digest_size

_said: list[str] = []


class KernelCache(FunctionCache):
    """Numba's cache of one kernel.

    kernel: the function.
    stamp: what is on disk is fresh as long as it was kept under the same one.

    Raises `RuntimeError` or `OSError` where there is no folder for it.
    """

    def __init__(self, kernel: Callable[..., Any], stamp: str) -> None:
        super().__init__(kernel)
        self._cache_file = _CheckedFiles(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is kept for a signature; None where there is nothing that can be used."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # unpickling what another version has kept may raise anything
            self._forget()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a signature, where that is possible."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self._give_up(error)

    def _forget(self) -> None:
        """Empty the index, so that what it leads to is not met again."""
        try:
            self.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.disable()
        say_uncached(f"{self.cache_path}: {error.strerror or error}")


class _CheckedFiles(IndexDataCacheFile):
    """Numba's files of one kernel, with a digest at the end of each: where it does not fit, the file counts as missing.

    Machine code is run as it stands in the file, so that no byte of it may have changed.
    """

    def _load_index(self) -> dict[Any, str]:
        index: dict[Any, str] = super()._load_index() if _is_whole(self._index_path) else {}
        return index

    def _load_data(self, name: str) -> Any:
        if not _is_whole(self._data_path(name)):
            raise FileNotFoundError(name)
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BytesIO]:
        content = BytesIO()
        yield content
        content.write(hashlib.sha256(content.getvalue()).digest())
        replace_file(Path(filepath), content.getvalue())


def _is_whole(path: str) -> bool:
    """Whether a file is there and ends in its digest; what reads it further does not mind the bytes at the end."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    return content[-_DIGEST_BYTES:] == hashlib.sha256(content[:-_DIGEST_BYTES]).digest()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; raises `OSError`."""
    beside = path.with_name(f"{path.name}.tmp.{secrets.token_hex(8)}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def say_uncached(reason: str) -> None:
    """Warn, once a process, that what is compiled is not kept."""
    if _said:
        return
    _said.append(reason)
    advice = "set NUMBA_CACHE_DIR to a folder that can be written to"
    told = f"compiled code cannot be kept on disk, so that every process compiles anew, for some seconds: {reason}"
    warnings.warn(f"{told}; {advice}", RuntimeWarning, stacklevel=2)
