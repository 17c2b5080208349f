"""Heuristics: rules of thumb, which solve no program."""
