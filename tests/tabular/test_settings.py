"""Exploration and step sizes: where they begin and end, how they fall, what is refused."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.errors import InputError
from pev_battery_charge.tabular import Epsilon, Settings, StepSize

FALLS = ["linear", "exponential", "constant"]

shares = st.floats(0.0, 1.0)
above_0 = st.floats(0.0, 1.0, exclude_min=True)
epsilons = st.builds(Epsilon, above_0, above_0, st.sampled_from(FALLS), shares)


def problems_of(kind: type, **arguments: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as refused:
        kind(**arguments)
    return refused.value.problems


@pytest.mark.parametrize(
    ("epsilon", "expected"),
    [
        (Epsilon(), [1.0, 0.75, 0.5, 0.25, 0.0]),
        (Epsilon(0.8, 0.4), [0.8, 0.7, 0.6, 0.5, 0.4]),
        (Epsilon(1.0, 0.1, share=0.5), [1.0, 0.55, 0.1, 0.1, 0.1]),
        (Epsilon(1.0, 0.0625, "exponential"), [1.0, 0.5, 0.25, 0.125, 0.0625]),
        (Epsilon(0.8, 0.008, "exponential", 0.5), [0.8, 0.08, 0.008, 0.008, 0.008]),
        (Epsilon(0.1, 0.3, "constant"), [0.1] * 5),
        (Epsilon(1.0, 0.2, "linear", share=0.0), [0.2] * 5),
        (Epsilon(1.0, 0.2, "exponential", share=0.0), [0.2] * 5),
        (Epsilon(0.1, 0.2, "constant", share=0.0), [0.1] * 5),
        (Epsilon(0.2, 0.6), [0.2, 0.3, 0.4, 0.5, 0.6]),
    ],
)
def test_epsilon_by_hand(epsilon: Epsilon, expected: list[float]) -> None:
    assert [epsilon.at(quarters / 4) for quarters in range(5)] == pytest.approx(expected, abs=1e-15)


@given(epsilons)
def test_epsilon_begins_at_its_start_and_ends_at_its_end_to_the_bit(epsilon: Epsilon) -> None:
    constant = epsilon.fall == "constant"
    assert epsilon.at(0.0) == (epsilon.start if epsilon.share > 0.0 or constant else epsilon.end)
    assert epsilon.at(1.0) == (epsilon.start if constant else epsilon.end)


@given(epsilons, st.lists(shares, min_size=2, max_size=10).map(sorted))
def test_epsilon_goes_one_way_and_stays_between_its_ends(epsilon: Epsilon, moments: list[float]) -> None:
    seen = [epsilon.at(moment) for moment in moments]
    falling = sorted(seen, reverse=epsilon.end < epsilon.start)
    # Two values that are equal but for rounding may come in either order.
    assert seen == pytest.approx(falling, rel=1e-12)
    low, high = sorted([epsilon.start, epsilon.end])
    assert min(seen) >= low * (1 - 1e-12)
    assert max(seen) <= high * (1 + 1e-12)


@given(epsilons, shares)
def test_epsilon_has_reached_its_end_after_its_share(epsilon: Epsilon, moment: float) -> None:
    if epsilon.fall != "constant" and moment >= epsilon.share:
        assert epsilon.at(moment) == epsilon.end


@given(above_0, above_0, shares)
def test_an_exponential_fall_is_a_linear_one_of_logarithms(start: float, end: float, moment: float) -> None:
    expected = math.log(start) + (math.log(end) - math.log(start)) * moment
    assert math.log(Epsilon(start, end, "exponential").at(moment)) == pytest.approx(expected, abs=1e-9)


def test_every_problem_of_an_epsilon_is_told() -> None:
    problems = problems_of(Epsilon, start=-0.1, end=1.1, fall="slow", share=math.nan)
    assert problems == (
        "start: must be in [0, 1] (it is -0.1)",
        "end: must be in [0, 1] (it is 1.1)",
        "fall: must be one of linear, exponential, constant (it is 'slow')",
        "share: must be in [0, 1] (it is nan)",
    )


@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_an_exponential_fall_from_or_to_0_is_refused(start: float, end: float) -> None:
    (problem,) = problems_of(Epsilon, start=start, end=end, fall="exponential")
    assert problem == "start, end: must be above 0 for an exponential fall, which never reaches it"


@pytest.mark.parametrize("value", [-1e-9, 1.0 + 1e-9, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", ["start", "end", "share"])
def test_numbers_that_are_no_shares_are_refused(name: str, value: float) -> None:
    (problem,) = problems_of(Epsilon, **{name: value})
    assert problem == f"{name}: must be in [0, 1] (it is {value!r})"


@given(st.floats(0.0, 1.0, exclude_min=True), st.floats(0.0, 1.0), st.integers(1, 10**9))
def test_a_step_size_begins_at_the_first_falls_with_its_power_and_stays_above_0(
    first: float, power: float, visit: int
) -> None:
    step_size = StepSize(first, power)
    assert step_size.at(1) == first
    assert step_size.at(visit) == pytest.approx(first * math.exp(-power * math.log(visit)))
    assert step_size.at(visit + 1) <= step_size.at(visit)


def test_a_power_of_0_keeps_a_step_size_and_one_of_1_divides_by_the_visits() -> None:
    assert [StepSize(0.3, 0).at(visit) for visit in (1, 2, 1000)] == [0.3, 0.3, 0.3]
    assert [StepSize(1.0, 1).at(visit) for visit in (1, 2, 4, 5)] == [1.0, 0.5, 0.25, 0.2]
    assert StepSize(0.5, 0.5).at(100) == pytest.approx(0.05)


@given(st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=50))
def test_steps_of_power_1_make_the_arithmetic_mean_whatever_was_there_before(targets: list[float]) -> None:
    estimate = -1000.0
    for visit, target in enumerate(targets, 1):
        estimate += StepSize(1.0, 1.0).at(visit) * (target - estimate)
    assert estimate == pytest.approx(sum(targets) / len(targets), abs=1e-9)


@pytest.mark.parametrize("first", [0.0, -0.5, 1.5, math.nan])
@pytest.mark.parametrize("power", [-0.1, 1.1, math.nan])
def test_every_problem_of_a_step_size_is_told(first: float, power: float) -> None:
    assert problems_of(StepSize, first=first, power=power) == (
        f"first: must be above 0, at most 1 (it is {first!r})",
        f"power: must be in [0, 1] (it is {power!r})",
    )


@pytest.mark.parametrize("episodes", [0, -1, 1.5, True, "3"])
def test_every_problem_of_settings_is_told(episodes: Any) -> None:
    assert problems_of(Settings, episodes=episodes, discount=1.01, initial_value=math.inf) == (
        f"episodes: must be a whole number of at least 1 (it is {episodes!r})",
        "discount: must be in [0, 1] (it is 1.01)",
        "initial_value: must be a finite number (it is inf)",
    )
