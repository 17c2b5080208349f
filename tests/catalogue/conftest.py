"""What the tests of the catalogues share."""

from collections.abc import Iterator

import pytest

from pev_battery_charge.catalogue import COORDINATORS, FEATURES, TERMS


@pytest.fixture(autouse=True)
def entries_as_before() -> Iterator[None]:
    """Forgets what a test has registered."""
    before = [(registry, dict(registry)) for registry in (TERMS, FEATURES, COORDINATORS)]
    yield
    for registry, entries in before:
        registry.clear()
        registry.update(entries)
