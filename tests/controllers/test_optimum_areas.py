"""Whole days: the named scenarios, and real sessions of JPL and Caltech."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pev_battery_charge import generate_schedule, import_sessions, load_scenario, optimal_schedule
from pev_battery_charge.controllers import make_controller
from tests.controllers.planning.plans import assert_certified, play_controller, slack, value

SEEDS = {"paper-5x20": 1, "workplace-20": 2, "public-10": 3, "residential-12": 4, "jpl-52": 5, "caltech-54": 6}


@pytest.mark.parametrize("objective", ["reward", "unmet", "peak", "cost"])
@pytest.mark.parametrize("name", SEEDS)
def test_the_optimum_of_every_named_scenario_is_certified(name: str, objective: str) -> None:
    scenario = load_scenario(name)
    schedule = generate_schedule(scenario, SEEDS[name])
    hours = np.arange(scenario.horizon_steps) * scenario.step_minutes / 60.0
    prices = 0.3 + 0.1 * np.sin(hours / 24.0 * 2.0 * np.pi) if objective == "cost" else None
    optimum = optimal_schedule(name, None, objective, seed=SEEDS[name], prices=prices)
    assert optimum.status == "optimal"
    assert optimum.trace.schedule == schedule
    assert_certified(optimum, scenario, schedule, objective, prices)
    for rival in ("constant", "uncontrolled", "earliest-deadline", "least-laxity"):
        trace = play_controller(scenario, schedule, make_controller(rival))
        lacks, reached = value(trace, "unmet"), value(trace, objective, prices)
        assert lacks >= optimum.least_unmet_kwh - slack(lacks)
        if objective in ("reward", "unmet") or lacks <= optimum.unmet_kwh:
            assert reached >= optimum.bound - slack(reached)


@pytest.mark.parametrize("objective", ["reward", "unmet"])
@pytest.mark.parametrize(("name", "site"), [("jpl-52", "jpl"), ("caltech-54", "caltech")])
def test_a_real_day_is_certified(acn_data: Path, name: str, site: str, objective: str) -> None:
    scenario = load_scenario(name)
    schedule, report = import_sessions(acn_data / f"{site}-2019-summer.csv.gz", day="2019-05-02")
    assert report.kept == len(schedule) > 20
    optimum = optimal_schedule(scenario, schedule, objective)
    assert optimum.status == "optimal"
    assert_certified(optimum, scenario, schedule, objective)
    for rival in ("uncontrolled", "least-laxity", "valley-filling"):
        reached = value(play_controller(scenario, schedule, make_controller(rival)), objective)
        assert reached >= optimum.bound - slack(reached)


def test_a_real_day_under_half_the_cap_lacks_more(acn_data: Path) -> None:
    scenario = load_scenario("caltech-54")
    schedule, _ = import_sessions(acn_data / "caltech-2019-summer.csv.gz", day="2019-05-02")
    optima = []
    for share in (1.0, 0.2, 0.1):
        tighter = scenario.replace(area={"power_max_kw": share * scenario.area.power_max_kw})
        optima.append(optimal_schedule(tighter, schedule, "unmet"))
        assert optima[-1].status == "optimal"
    assert all(wider.bound <= tighter.objective for wider, tighter in pairwise(optima))
    assert optima[2].bound > optima[0].objective + 10.0
