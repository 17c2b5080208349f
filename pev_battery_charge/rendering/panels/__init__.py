"""The panels of a frame, from top to bottom: header, power, Gantt chart, batteries, area."""
