"""A second telling of the physics, in plain Python objects, written from the formulas and not from the kernels.

A PEV knows its battery, a ChargeStation its limits and its visits, a LoadArea its cap, its clock and its books. It is
slow and obvious; `tests/test_simulation.py` holds the kernels against it state by state.
"""

from tests.reference.coordinators import KnifeEdgeError
from tests.reference.load_area import LoadArea
from tests.reference.pev import PEV

__all__ = ["PEV", "KnifeEdgeError", "LoadArea"]
