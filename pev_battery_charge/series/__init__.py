"""Moments over time: what the world is in each step, whatever the stations do."""

from pev_battery_charge.series.sources import SeriesSources, Source
from pev_battery_charge.series.table import Series

__all__ = ["Series", "SeriesSources", "Source"]
