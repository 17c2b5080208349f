"""How instances are drawn: the kinds of populations, one a file, and the registry for kinds of one's own."""

from pev_battery_charge.populations.base import Generator, Population, population
from pev_battery_charge.populations.site import SitePopulation
from pev_battery_charge.populations.spread import SpreadPopulation
from pev_battery_charge.schedule.validation import Site

__all__ = ["Generator", "Population", "Site", "SitePopulation", "SpreadPopulation", "population"]
