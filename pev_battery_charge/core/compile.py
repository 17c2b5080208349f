"""How every kernel of the package is compiled: once, cached on disk, without the global interpreter lock."""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

import numpy as np
from numba import njit

from pev_battery_charge.core.compile_cache import KernelCache, replace_file, say_uncached

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_PACKAGE: Final = Path(__file__).parent.parent
_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))
_KNOWN: Final = (_PACKAGE.name, "numpy", "math", "numba")
"""Packages whose functions are what they are: the files of this one are known as a whole, the others are Numba's."""


def kernel(function: Kernel) -> Kernel:
    """Compile `function` with Numba, keeping its Python type.

    Kernels release the global interpreter lock, so that threads may step different areas at the same time. Division
    follows NumPy (no check for a zero divisor in the inner loop); floating point is IEEE 754 to the letter (no
    `fastmath`), so that results do not depend on the machine's vector width. `NUMBA_DISABLE_JIT=1` runs the same
    functions as plain Python. Where compiled code cannot be kept on disk, every process compiles anew, and says so.
    """
    compiled = njit(nogil=True, error_model="numpy")(function)
    if hasattr(compiled, "_cache"):
        # Numba holds compiled code for fresh as long as the kernel's own file is unchanged, although the kernels it
        # calls, from other files, are compiled into it. Here it is fresh as long as no file of the package has changed.
        try:
            compiled._cache = KernelCache(function, _package_digest())
        except (RuntimeError, OSError):
            say_uncached("neither the package's folder nor the user's can be written to")
    return cast(Kernel, compiled)


def kernel_part(function: Kernel) -> Kernel:
    """Compile a function from outside the package for use inside kernels; it is kept on disk as a part of those.

    Its indices are checked: one beyond an array is an `IndexError`, as in plain Python.
    """
    return cast(Kernel, njit(nogil=True, error_model="numpy", boundscheck=True)(function))


def load_text(text: str, made_of: str) -> ModuleType:
    """Run the text of a module with kernels.

    made_of: a digest of the functions from outside the package that it calls.

    The text is kept in a file, for Numba's disk cache, tracebacks and debuggers; what is run is the text itself,
    whatever that file holds.
    """
    digest = hashlib.sha256((_package_digest() + made_of + text).encode()).hexdigest()[:24]
    path = _text_folder() / f"composed_{digest}.py"
    with suppress(OSError):  # on a full disk, for instance: then the kernels are compiled without a cache
        if not _holds(path, text):
            replace_file(path, text.encode())
    module = ModuleType(f"{_PACKAGE.name}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where Numba looks for it when it loads what it has compiled
    exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102  the text is the package's own
    return module


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


@cache
def _text_folder() -> Path:
    """Where the texts of composed modules are kept: Numba's own folder where one is set, the package's, the user's.

    Numba unpickles what it finds beside them, so a folder that is another user's, or that others may write to, is
    passed over. Where none can be written, a temporary one lasts as long as the process; where not even that can be
    made, it is one that texts cannot be kept in.
    """
    folders = [_PACKAGE / "__pycache__", Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "pev_battery_charge"]
    if os.environ.get("NUMBA_CACHE_DIR"):
        folders.insert(0, Path(os.environ["NUMBA_CACHE_DIR"]) / "pev_battery_charge")
    for one in folders:
        try:
            folder = one.expanduser()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
            status = folder.stat()
        except (OSError, RuntimeError):
            continue
        if not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022):
            return folder
    try:
        folder = Path(tempfile.mkdtemp(prefix="pev_battery_charge_"))
    except OSError:
        return folders[0]
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def fingerprint(function: Callable[..., Any]) -> str:
    """A digest of what a function does: its code, defaults, and all that Numba freezes into what it compiles.

    That is the values, arrays and functions that it reads from its module, from other modules, and from the functions
    around it. Empty for a function of the package, whose files are known as a whole.
    """
    if _is_known(function):
        return ""
    digest = hashlib.sha256()
    seen: set[tuple[object, ...]] = set()

    def add(value: Any, names: tuple[str, ...] = ()) -> None:
        """names: those by which the code that reads the value may go on into it, where it is a module."""
        value = getattr(value, "py_func", value)
        if isinstance(value, _PLAIN):
            digest.update(repr(value).encode())
        elif isinstance(value, tuple):
            digest.update(f"{len(value)}".encode())
            for one in value:
                add(one)
        elif isinstance(value, np.ndarray | np.generic):
            digest.update(repr((value.dtype, value.shape)).encode() + value.tobytes())
        elif isinstance(value, ModuleType) and value.__name__.split(".")[0] not in _KNOWN:
            if (id(value), names) not in seen:
                seen.add((id(value), names))
                add_named(vars(value), names)
        elif isinstance(value, FunctionType) and not _is_known(value) and (id(value),) not in seen:
            seen.add((id(value),))
            add((value.__module__, value.__qualname__))  # what Numba keeps on disk leads back to them by these names
            add(value.__defaults__)
            add_named(value.__globals__, add_code(value.__code__))
            for cell in value.__closure__ or ():
                add(cell.cell_contents)

    def add_named(found: dict[str, Any], names: tuple[str, ...]) -> None:
        for name in names:
            if name in found:
                digest.update(name.encode())
                add(found[name], names)

    def add_code(code: CodeType) -> tuple[str, ...]:
        """Add a function's code with that of the functions inside it; give back the names that they read."""
        digest.update(repr((code.co_code, code.co_names)).encode())
        names = code.co_names
        for one in code.co_consts:
            if isinstance(one, CodeType):
                names += add_code(one)
            else:
                add(one)
        return names

    add(function)
    return digest.hexdigest()


def _is_known(function: Callable[..., Any]) -> bool:
    return (function.__module__ or "").split(".")[0] in _KNOWN


@cache
def _package_digest() -> str:
    """A digest of every file of the package."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        if "__pycache__" not in path.parts:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
