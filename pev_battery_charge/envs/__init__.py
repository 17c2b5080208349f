"""Wrappers of the simulation: PettingZoo (parallel and AEC), Gymnasium (vector and central). No physics here."""
