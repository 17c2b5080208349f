"""A suite of small groups: the same kinds of instances as in the package's own, in seconds."""

from pathlib import Path

from pev_battery_charge import Scenario
from pev_battery_charge.evaluation import Group, Suite

SPREAD = Scenario(
    name="three",
    step_minutes=15.0,
    horizon_steps=24,
    stations={"count": 3},
    area={"power_max_kw": 20.0},
    population={"kind": "spread", "pevs": 7, "stay_minutes": 120.0, "transition_soc": 0.8},
)
"""Three stations behind a cap that binds, seven PEVs."""

SITE = Scenario(
    name="site",
    step_minutes=30.0,
    horizon_steps=48,
    stations={"count": 4, "power_max_kw": 11.0},
    area={"power_max_kw": 11.0},
    population={"profile": "workplace", "sessions_per_day": 5.0, "patience_minutes": 15.0},
)
"""Four stations of a company, some PEVs of which find none."""


def small_suite(folder: Path) -> Suite:
    """Three groups, frozen; their scenarios are written into the folder."""
    for scenario in (SPREAD, SITE):
        scenario.save(folder / f"{scenario.name}.toml")
    groups = (
        Group(name="three", scenario=str(folder / "three.toml"), first_seed=7, instances=2),
        Group(name="site-4", scenario=str(folder / "site.toml"), first_seed=0, instances=3),
        Group(
            name="site-4-erring",
            scenario=str(folder / "site.toml"),
            first_seed=0,
            instances=3,
            stated_error_hours=(-5.9, -0.5, 1.2),
        ),
    )
    return Suite(version=0, groups=tuple(group.frozen() for group in groups))
