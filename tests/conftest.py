"""What all tests share: the Hypothesis profile, catalogues without strangers, and the real sessions of ACN-Data."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from pev_battery_charge import threads
from pev_battery_charge.catalogue import COORDINATORS, FEATURES, TERMS
from pev_battery_charge.registry import Registry

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],
    # The first example of a test may compile kernels; that is not the strategy's slowness.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _threads_share_small_batches_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches are stepped by the calling thread alone; in tests they are shared, so that threads are tested."""
    monkeypatch.setattr(threads, "HEAD_START_STATIONS", 0)


def _own_entries() -> list[tuple[Registry[Any], dict[str, Any]]]:
    return [(registry, dict(registry)) for registry in (TERMS, FEATURES, COORDINATORS)]


def _restore(entries: list[tuple[Registry[Any], dict[str, Any]]]) -> None:
    for registry, before in entries:
        registry.clear()
        registry.update(before)


@pytest.fixture(autouse=True, scope="module")
def _own_entries_of_this_module_only(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hides the terms, features and rules of other test modules, before this module's own fixtures run."""
    near = {request.module.__name__}
    near |= {one.__name__ for one in vars(request.module).values() if isinstance(one, ModuleType)}
    before = _own_entries()
    for registry, entries in before:
        for name, entry in entries.items():
            home = entry.plain.__module__ or ""
            if home not in near and not home.startswith("pev_battery_charge."):
                del registry[name]
    yield
    _restore(before)


@pytest.fixture(autouse=True)
def _own_entries_of_a_test_end_with_it() -> Iterator[None]:
    """Forgets the terms, features and rules that a test registers."""
    before = _own_entries()
    yield
    _restore(before)


@pytest.fixture(scope="session")
def acn_data() -> Path:
    """The folder of real sessions, `caltech-2019-summer.csv.gz` and `jpl-2019-summer.csv.gz`; skips without it."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "acn"
    if not folder.is_dir():
        pytest.skip(f"needs the ACN-Data sessions in {folder}, which are not part of the project")
    return folder
