"""Array types, by what their axes are.

B areas, N stations, S sessions, T steps, F features, K reward terms. Types say what an element is; the name, or the
docstring of the argument, says the shape.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""`[...]`: numbers of the physics, of any shape."""

Integers = npt.NDArray[np.int64]
"""`[...]`: counts, steps, rows."""

Booleans = npt.NDArray[np.bool_]
"""`[...]`: masks."""

Float32 = npt.NDArray[np.float32]
"""`[...]`: what learning libraries work with."""

PerArea = npt.NDArray[np.float64]
"""`[B]`: one number for each area."""

PerStation = npt.NDArray[np.float64]
"""`[B, N]`: one number for each station of each area; requests in kW."""

Observations = npt.NDArray[np.float32]
"""`[B, N, F]`: what the stations see."""

Rewards = npt.NDArray[np.float32]
"""`[B, N]`: what the stations earn for one step."""

RewardParts = npt.NDArray[np.float32]
"""`[K, B, N]`: the weighted terms of a reward."""

Image = npt.NDArray[np.uint8]
"""`[height, width, 3]`: red, green, blue."""

Records = npt.NDArray[np.void]
"""An array of one of the structured types of `core.records`."""

Record = Any
"""One element of such an array, inside a kernel: fields are read and written by name."""
