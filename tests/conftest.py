"""What all tests share: the Hypothesis profile, and the real sessions of ACN-Data where they are at hand."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

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


@pytest.fixture(scope="session")
def acn_data() -> Path:
    """The folder of real sessions, `caltech-2019-summer.csv.gz` and `jpl-2019-summer.csv.gz`; skips without it."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "acn"
    if not folder.is_dir():
        pytest.skip(f"needs the ACN-Data sessions in {folder}, which are not part of the project")
    return folder
