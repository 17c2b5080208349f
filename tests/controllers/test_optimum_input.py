"""Bad input: every problem at once, with its place and its rule; and the forms in which things may be given."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pev_battery_charge import Scenario, generate_schedule, load_scenario, optimal_schedule, reward_term
from pev_battery_charge.controllers import CentralMpc, DecentralisedMpc
from pev_battery_charge.core.arrays import Record, Records
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation import run
from tests.controllers.planning.plans import area, pev
from tests.strategies import schedule_of

SCENARIO = area(1, 10.0, 4)
SCHEDULE = schedule_of([pev(0, 4, 12.0)], 1)


def problems_of(**arguments: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        optimal_schedule(**{"scenario": SCENARIO, "schedule": SCHEDULE} | arguments)
    assert caught.value.subject == "optimal_schedule"
    return caught.value.problems


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"objective": "loss"}, "objective: must be one of reward, unmet, peak, cost (it is 'loss')"),
        ({"objective": None}, "objective: must be one of reward, unmet, peak, cost (it is None)"),
        ({"objective": "cost"}, "prices: must be given for the objective 'cost', and for no other"),
        ({"prices": [1.0] * 4}, "prices: must be given for the objective 'cost', and for no other"),
        (
            {"objective": "peak", "prices": [1.0] * 4},
            "prices: must be given for the objective 'cost', and for no other",
        ),
        ({"objective": "cost", "prices": [1.0] * 3}, "prices: must be one for each of 4 steps (their shape is (3,))"),
        ({"objective": "cost", "prices": 1.0}, "prices: must be one for each of 4 steps (their shape is ())"),
        (
            {"objective": "cost", "prices": [[1.0] * 4]},
            "prices: must be one for each of 4 steps (their shape is (1, 4))",
        ),
        ({"objective": "cost", "prices": [1.0, np.nan, 2.0, 3.0]}, "prices: step 1: must be finite (it is nan)"),
        ({"objective": "cost", "prices": [1.0, 0.0, -np.inf, 3.0]}, "prices: step 2: must be finite (it is -inf)"),
        ({"objective": "cost", "prices": ["a"] * 4}, "prices: must be numbers, one for each of 4 steps"),
        ({"objective": "cost", "prices": [[1.0], 2.0, 3.0, 4.0]}, "prices: must be numbers, one for each of 4 steps"),
        ({"objective": "cost", "prices": [None, 1.0, "x", 2.0]}, "prices: must be numbers, one for each of 4 steps"),
        ({"time_limit_s": 0.0}, "time_limit_s: must be above 0 (it is 0.0)"),
        ({"time_limit_s": -1}, "time_limit_s: must be above 0 (it is -1)"),
        ({"time_limit_s": float("nan")}, "time_limit_s: must be above 0 (it is nan)"),
    ],
)
def test_a_bad_argument_is_named_with_its_rule(arguments: dict[str, Any], problem: str) -> None:
    assert problems_of(**arguments) == (problem,)


def test_every_problem_is_told_at_once() -> None:
    problems = problems_of(objective="loss", prices=[1.0], time_limit_s=0.0)
    assert [problem.split(":")[0] for problem in problems] == ["objective", "time_limit_s", "prices"]
    problems = problems_of(objective="cost", prices=[np.nan, 1.0, np.inf, 2.0], time_limit_s=-2.0)
    assert [problem.split(": must")[0] for problem in problems] == ["time_limit_s", "prices: step 0", "prices: step 2"]


def test_a_schedule_that_does_not_fit_is_refused() -> None:
    crowded = schedule_of([pev(0, 4, 12.0), pev(0, 4, 12.0), pev(0, 4, 1.0)], 3)
    with pytest.raises(InputError, match=re.escape("row 2, station: unknown station: the scenario has 0 to 0")) as two:
        optimal_schedule(SCENARIO, crowded)
    assert len(two.value.problems) == 2
    longer = SCHEDULE.replace_info(step_minutes=60.0, horizon_steps=5)
    with pytest.raises(InputError, match="it was made for 300 min, the scenario has 240 min"):
        optimal_schedule(SCENARIO, longer)


@pytest.mark.parametrize(
    ("scenario", "schedule", "what"),
    [
        ("no-such-area", None, "no-such-area"),
        ("no-such-file.toml", None, "no-such-file.toml"),
        (7, None, "must be a Scenario"),
        (SCENARIO, "no-such-file.csv", "no-such-file.csv"),
    ],
)
def test_what_is_not_there_is_named(scenario: Any, schedule: Any, what: str) -> None:
    with pytest.raises(InputError, match=re.escape(what)):
        optimal_schedule(scenario, schedule)


def test_scenario_and_schedule_may_be_names_files_and_seeds(tmp_path: Path) -> None:
    scenario = load_scenario("paper-5x20")
    schedule = generate_schedule(scenario, 7)
    scenario.save(tmp_path / "area.toml")
    schedule.write(tmp_path / "day.csv")
    expected = optimal_schedule(scenario, schedule, "unmet")
    for given in (
        optimal_schedule(None, None, "unmet", seed=7),
        optimal_schedule("paper-5x20", schedule, "unmet"),
        optimal_schedule(tmp_path / "area.toml", tmp_path / "day.csv", "unmet"),
        optimal_schedule(str(tmp_path / "area.toml"), str(tmp_path / "day.csv"), "unmet"),
    ):
        assert (given.objective, given.bound) == (expected.objective, expected.bound)
        np.testing.assert_array_equal(given.requests_kw, expected.requests_kw)
    assert optimal_schedule(None, None, "unmet").trace.schedule == generate_schedule(scenario, 0)


def test_prices_may_be_whole_numbers_and_tuples() -> None:
    scenario = Scenario(horizon_steps=40, population={"pevs": 3, "stay_minutes": 100.0})
    of_list, of_tuple, of_array = (
        optimal_schedule(scenario, objective="cost", prices=kind(range(40))) for kind in (list, tuple, np.array)
    )
    assert of_list.objective == of_tuple.objective == of_array.objective > 0.0


def test_what_is_given_is_not_changed() -> None:
    prices = np.linspace(1.0, 2.0, 4)
    kept, text = prices.copy(), SCHEDULE.to_text()
    optimal_schedule(SCENARIO, SCHEDULE, "cost", prices=prices)
    np.testing.assert_array_equal(prices, kept)
    assert SCHEDULE.to_text() == text


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    minima = area([{"power_min_kw": 4.0, "power_max_kw": 6.0}] * 2, 7.0, 4)
    for scenario in (SCENARIO, minima):
        for objective in ("reward", "unmet", "peak"):
            optimal_schedule(scenario, SCHEDULE, objective, time_limit_s=5.0)
    assert capfd.readouterr() == ("", "")


@reward_term(unit="kW")
def quiet(area: Record, station: Record, moments: Records) -> float:
    """Minus the power of the step just made."""
    return -float(station["made"]["power_kw"])


@pytest.mark.parametrize("find", [optimal_schedule, lambda one: run(one, CentralMpc()), DecentralisedMpc])
def test_terms_without_a_linear_form_are_refused_by_name(find: Any) -> None:
    scenario = SCENARIO.replace(reward={"terms": {"missing": 1.0, "quiet": 0.5}})
    with pytest.raises(InputError, match=r"terms\.quiet: has no linear form; only missing, out_of_bounds, overload"):
        find(scenario)
    found = optimal_schedule(SCENARIO.replace(reward={"terms": {"missing": 1.0, "quiet": 0.0}}), SCHEDULE)
    assert found.objective == optimal_schedule(SCENARIO.replace(reward={"terms": {"missing": 1.0}}), SCHEDULE).objective
    assert optimal_schedule(scenario, SCHEDULE, "unmet").status == "optimal"
