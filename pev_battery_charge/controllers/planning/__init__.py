"""Charging as a linear program: vehicles, constraints, the battery's taper as tangents, and the solver."""
