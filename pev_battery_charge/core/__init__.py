"""The physics of a charging area, compiled: records, battery, limits, clock, transition.

Nothing in here draws a random number, opens a file or knows an object: plain functions over NumPy structured arrays.
"""
