"""How every kernel of the package is compiled: once, cached on disk, without the global interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile `function` with Numba, keeping its Python type.

    Kernels release the global interpreter lock, so that threads may step different areas at the same time. Division
    follows NumPy (no check for a zero divisor in the inner loop); floating point is IEEE 754 to the letter (no
    `fastmath`), so that results do not depend on the machine's vector width. `NUMBA_DISABLE_JIT=1` runs the same
    functions as plain Python.
    """
    return cast(Kernel, njit(cache=True, nogil=True, error_model="numpy")(function))
