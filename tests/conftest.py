"""What all tests share: the Hypothesis profile, and the real sessions of ACN-Data where they are at hand."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from pev_battery_charge import threads

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


@pytest.fixture(scope="session")
def acn_data() -> Path:
    """The folder of real sessions, `caltech-2019-summer.csv.gz` and `jpl-2019-summer.csv.gz`; skips without it."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "acn"
    if not folder.is_dir():
        pytest.skip(f"needs the ACN-Data sessions in {folder}, which are not part of the project")
    return folder
