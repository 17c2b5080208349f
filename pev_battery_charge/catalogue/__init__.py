"""Coordination, rewards and observations: entries by name, and the kernels composed of those that a scenario names."""

from pev_battery_charge.catalogue import bill_terms, goal_terms, published_terms, rules
from pev_battery_charge.catalogue.choice import Choice, choose_feature, look_ahead
from pev_battery_charge.catalogue.features import DEFAULT_FEATURES, STATE_FEATURES
from pev_battery_charge.catalogue.registry import (
    COORDINATORS,
    FEATURES,
    TERMS,
    Feature,
    Limits,
    Rule,
    Term,
    coordinator,
    feature,
    reward_term,
)
from pev_battery_charge.catalogue.terms import DEFAULT_TERMS

__all__ = [
    "COORDINATORS",
    "DEFAULT_FEATURES",
    "DEFAULT_TERMS",
    "FEATURES",
    "STATE_FEATURES",
    "TERMS",
    "Choice",
    "Feature",
    "Limits",
    "Rule",
    "Term",
    "bill_terms",
    "choose_feature",
    "coordinator",
    "feature",
    "goal_terms",
    "look_ahead",
    "published_terms",
    "reward_term",
    "rules",
]
