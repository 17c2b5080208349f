"""What a station earns and sees: entries by name, and the kernel that is composed of those a scenario names."""

from pev_battery_charge.catalogue.choice import Choice, choose_feature, look_ahead
from pev_battery_charge.catalogue.features import DEFAULT_FEATURES, STATE_FEATURES
from pev_battery_charge.catalogue.registry import FEATURES, TERMS, Feature, Term, feature, reward_term
from pev_battery_charge.catalogue.terms import DEFAULT_TERMS

__all__ = [
    "DEFAULT_FEATURES",
    "DEFAULT_TERMS",
    "FEATURES",
    "STATE_FEATURES",
    "TERMS",
    "Choice",
    "Feature",
    "Term",
    "choose_feature",
    "feature",
    "look_ahead",
    "reward_term",
]
