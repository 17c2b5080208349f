"""Coordination, rewards and observations: entries by name, and the kernels composed of those that a scenario names."""

from pev_battery_charge.catalogue import (
    calendar_features,
    rules,
    site_features,
    terms,
    terms_of_goals,
    terms_of_meter,
    terms_published,
)
from pev_battery_charge.catalogue.choice import Choice, choose_feature, look_ahead
from pev_battery_charge.catalogue.expand import expand_features
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
    "calendar_features",
    "choose_feature",
    "coordinator",
    "expand_features",
    "feature",
    "look_ahead",
    "reward_term",
    "rules",
    "site_features",
    "terms",
    "terms_of_goals",
    "terms_of_meter",
    "terms_published",
]
