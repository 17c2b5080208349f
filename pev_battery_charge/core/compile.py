"""How every kernel of the package is compiled: once, cached on disk, without the global interpreter lock."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

KERNEL_FILES = ("*.py", "core/*.py", "controllers/**/*.py", "evaluation/books.py", "populations/*.py", "schedule/*.py")
"""Where kernels are: a change in one of these files makes all compiled code stale."""


def kernel(function: Kernel) -> Kernel:
    """Compile `function` with Numba, keeping its Python type.

    Kernels release the global interpreter lock, so that threads may step different areas at the same time. Division
    follows NumPy (no check for a zero divisor in the inner loop); floating point is IEEE 754 to the letter (no
    `fastmath`), so that results do not depend on the machine's vector width. `NUMBA_DISABLE_JIT=1` runs the same
    functions as plain Python.
    """
    compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    disk_cache = getattr(compiled, "_cache", None)
    if disk_cache is not None:
        # Numba holds compiled code for fresh as long as the kernel's own file is unchanged, although the kernels it
        # calls, from other files, are compiled into it. Here it is fresh as long as no kernel's file has changed.
        disk_cache._cache_file._source_stamp = _fingerprint()
    return cast(Kernel, compiled)


@cache
def _fingerprint() -> str:
    """A digest of every file of the package that may hold a kernel."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for pattern in KERNEL_FILES for path in package.glob(pattern)):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
