"""Entries of a researcher's own: what is refused, by which one error, and what is taken."""

import math
import re
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pytest
from numba import config, njit
from pydantic import Field

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Scenario, Simulation
from pev_battery_charge.catalogue import COORDINATORS, FEATURES, TERMS

TERM = pbc.reward_term(unit="1")
FEATURE = pbc.feature(unit="1")
RULE = pbc.coordinator(by="weight")
ALL = pytest.mark.parametrize("decorate", [TERM, FEATURE, RULE], ids=["term", "feature", "rule"])


def function(body: str, parameters: str = "area, station, moments", name: str = "mine") -> Callable[..., float]:
    """A function of this module, as a researcher writes one."""
    made: dict[str, Any] = {"__name__": __name__, "np": np, "math": math}
    exec(f"def {name}({parameters}):\n    {body}\n", made)  # noqa: S102  the test's own text
    found: Callable[..., float] = made[name]
    return found


def problems(decorate: Any, one: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as raised:
        decorate(one)
    assert "'mine'" in raised.value.subject
    assert raised.value.subject.startswith(("reward term", "observation", "coordinator"))
    return raised.value.problems


@ALL
@pytest.mark.parametrize(
    "parameters", ["", "area", "area, station", "station, area, moments", "area, station, moments, *more", "*all"]
)
def test_a_wrong_signature_is_told(decorate: Any, parameters: str) -> None:
    (problem,) = problems(decorate, function("return 0.0", parameters))
    assert problem.startswith("signature: must begin with (area, station, moments) (it is (")


@pytest.mark.parametrize("parameter", ["x", "x='1'", "x=True", "x=None", "x=float('nan')", "x=1j"])
def test_a_literal_of_a_term_has_a_number_as_its_default(parameter: str) -> None:
    one = function("return 0.0", f"area, station, moments, {parameter}")
    assert problems(TERM, one) == ("signature: x must have a number as its default",)


@pytest.mark.parametrize("name", ["weight", "_x", "copy", "model_dump"])
def test_a_literal_that_no_scenario_could_give_is_refused(name: str) -> None:
    one = function("return 0.0", f"area, station, moments, {name}=1.0")
    assert problems(TERM, one) == (f"signature: {name} cannot be a literal's name",)


def test_terms_do_not_look_ahead_and_features_and_rules_have_no_further_literals() -> None:
    ahead = function("return 0.0", "area, station, moments, ahead_steps=1")
    assert problems(TERM, ahead) == ("signature: ahead_steps is for features: a term is of the step just made",)
    assert problems(RULE, ahead) == ("signature: a rule has no literals (it has ahead_steps)",)
    further = function("return 0.0", "area, station, moments, x=1.0")
    assert problems(FEATURE, further) == ("signature: a feature's only literal is ahead_steps (it has x)",)


@pytest.mark.parametrize("unit", ["", " ", None, 3])
def test_a_unit_must_be_given(unit: Any) -> None:
    for decorate in (pbc.reward_term(unit=unit), pbc.feature(unit=unit)):
        assert problems(decorate, function("return 0.0")) == ('unit: must be given ("1" for a share)',)
    assert problems(pbc.reward_term, function("return 0.0")) == ('unit: must be given ("1" for a share)',)


def test_a_rule_says_what_it_tells() -> None:
    assert problems(pbc.coordinator(), function("return 0.0")) == ("by: must be 'weight' or 'place' (it is None)",)
    wrong = pbc.coordinator(by="turn")  # type: ignore[arg-type]
    assert problems(wrong, function("return 0.0")) == ("by: must be 'weight' or 'place' (it is 'turn')",)


def test_bounds_and_scale_of_a_feature_are_checked() -> None:
    decorate = pbc.feature(unit="1", low=2.0, high=1.0, scale=0.0)
    assert problems(decorate, function("return 1.5"))[1:] == (
        "low: must not be above high (they are 2.0 and 1.0)",
        "scale: must be a number above 0, or a function (it is 0.0)",
    )
    (problem,) = problems(pbc.feature(unit="1", low=0.0), function("return -3.0"))
    assert problem == "must return a number from 0 to inf, its bounds: it returns -3 (at step 0 of 4, an empty station)"


def test_the_optimum_knows_no_own_terms() -> None:
    decorate = pbc.reward_term(unit="1", linear=True)
    assert problems(decorate, function("return 0.0")) == (
        "linear: is for the package's own terms, which the optimum knows",
    )


@ALL
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("station['energy_kwh'] = 1.0; return 0.0", "writes into the records"),
        ("station['made']['reward'] = 1.0; return 0.0", "writes into the records"),
        ("area['step'] += 1; return 0.0", "writes into the records"),
        ("moments['cap_kw'][:] = 0.0; return 0.0", "writes into the records"),
        ("return math.nan", "must return a finite number: it returns nan"),
        ("return math.inf", "must return a finite number: it returns inf"),
        ("return np.divide(1.0, station['energy_kwh'] - 20.0)", "must return a finite number: it returns "),
        ("return 'much'", "must return a finite number: it returns 'much'"),
        ("return None", "must return a finite number: it returns None"),
        ("return True", "must return a finite number: it returns True"),
        ("return 1j", "must return a finite number: it returns 1j"),
        ("yield 1.0", "must return a finite number: it returns <generator"),
        ("return moments[area['step'] + 2]['buy_price']", "reads beyond the series: index "),
        ("return moments[99]['buy_price']", "reads beyond the series: index "),
        ("return station['hidden']['depart_step']", "fails: ValueError: no field of name hidden"),
        ("return station['voltage']", "fails: ValueError: no field of name voltage"),
        ("return nowhere", "fails: NameError: name 'nowhere' is not defined"),
        ("return 1 // 0", "fails: ZeroDivisionError: "),
    ],
)
def test_what_a_trial_finds_is_told_with_its_place(decorate: Any, body: str, problem: str) -> None:
    (found,) = problems(decorate, function(body))
    assert found.startswith(problem)
    assert re.search(r" \(at step \d of 4, (an empty station|a charging PEV|a PEV that has just left)\)$", found)


def test_a_look_ahead_too_far_is_told() -> None:
    one = function("return moments[area['step'] + ahead_steps + 1]['buy_price']", "area, station, moments, ahead_steps")
    (found,) = problems(FEATURE, one)
    assert found.startswith("reads beyond the series: index ")


@ALL
@pytest.mark.parametrize("one", [3, "mine", None, math.sqrt, dict, Scenario().replace, np.max])
def test_what_is_no_function_is_refused(decorate: Any, one: Any) -> None:
    with pytest.raises(InputError):
        decorate(one)


@pytest.mark.parametrize("name", ["Mine", "a" * 33, "mäh"])
def test_a_bad_name_is_told(name: str) -> None:
    with pytest.raises(InputError, match="the name must be at most 32 lower-case letters") as raised:
        TERM(function("return 0.0", name=name))
    assert name in raised.value.subject


def test_a_name_that_another_function_has_is_refused_and_the_same_one_again_replaces_it() -> None:
    first = function("return 1.0")
    TERM(first)
    assert TERMS["mine"].plain is first
    again = function("return 2.0")
    TERM(again)
    assert TERMS["mine"].plain is again
    other = function("return 3.0")
    other.__module__ = "elsewhere"
    assert problems(TERM, other) == (f"the name is already that of {__name__}.mine",)
    missing = function("return 0.0", name="missing")
    with pytest.raises(InputError, match=r"is already that of pev_battery_charge\.catalogue\.terms\.missing"):
        TERM(missing)
    assert TERMS["mine"].plain is again
    # Names of one catalogue are free in the others.
    FEATURE(first)
    RULE(first)
    assert FEATURES["mine"].plain is COORDINATORS["mine"].plain is first


def test_environments_made_before_keep_the_function_that_they_were_made_with() -> None:
    TERM(function("return 1.0"))
    scenario = Scenario(reward={"terms": {"mine": 1.0}})
    before = Simulation(scenario)
    TERM(function("return 2.0"))
    after = Simulation(scenario)
    assert [served(one)[0] for one in (before, after)] == [1.0, 2.0]


def served(simulation: Simulation, seed: int = 0) -> Any:
    """The first reward term of a station that has served a PEV."""
    simulation.reset(seed=seed)
    while True:
        result = simulation.step(simulation.stations["power_max_kw"])
        plugged = simulation.stations["made"]["session"] >= 0
        if plugged.any():
            return result.parts[0][plugged]


def test_what_numba_has_compiled_already_and_what_has_no_module_is_taken() -> None:
    TERM(njit(function("return 4.0")))
    assert served(Simulation(Scenario(reward={"terms": {"mine": 1.0}})))[0] == 4.0
    names: dict[str, Any] = {"pbc": pbc}
    exec('@pbc.reward_term(unit="1")\ndef loose(area, station, moments):\n    return 5.0\n', names)  # noqa: S102
    assert served(Simulation(Scenario(reward={"terms": {"loose": 1.0}})))[0] == 5.0


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")
def test_what_numba_cannot_compile_is_told_by_name_when_it_is_first_used() -> None:
    one = function("return float(eval('1.0'))")
    for decorate in (TERM, FEATURE, RULE):
        decorate(one)
    with pytest.raises(InputError, match="observation 'mine': cannot be compiled by Numba: ") as raised:
        Simulation(Scenario(observations=["plugged", "mine"])).reset(seed=0)
    assert len(str(raised.value)) < 600
    own_term = {"reward": {"terms": {"missing": 1.0, "mine": 1.0}}}
    for changes, what in ((own_term, "reward term"), ({"coordinator": "mine"}, "coordinator")):
        simulation = Simulation(Scenario(**changes))
        simulation.reset(seed=0)
        with pytest.raises(InputError, match=f"{what} 'mine': cannot be compiled by Numba: "):
            simulation.step(simulation.stations["power_max_kw"])


def test_an_index_that_a_literal_leads_beyond_the_series_is_an_error_and_no_memory_is_read() -> None:
    one = function("return moments[int(area['step'] + far)]['buy_price']", "area, station, moments, far=0.0")
    TERM(one)
    simulation = Simulation(Scenario(reward={"terms": {"mine": {"weight": 1.0, "far": 1e7}}}))
    with pytest.raises(IndexError, match="out of bounds"):
        served(simulation)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('coordinator = "proportionl"', "coordinator: unknown coordinator 'proportionl'; there are proportional, "),
        ('observations = ["socc"]', "observations: unknown observation 'socc'; there are soc, "),
        ('observations = ["socc@1h"]', "observations: unknown observation 'socc'; there are soc, "),
        ('observations = ["soc@1h"]', "observations: soc is of the present only: soc@1h means nothing"),
        ("[reward.terms]\nmising = 1.0", "reward.terms: unknown reward term 'mising'; there are missing, "),
        ("[reward.terms]\nmine = 1.0", "reward.terms: unknown reward term 'mine'; there are "),
        ("[reward]\nterms = 3", "reward.terms: must be a table of weights by the names of reward terms"),
    ],
)
def test_a_name_that_is_not_registered_is_told_with_those_near_it_first(table: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        Scenario.from_toml(table)
    (found,) = raised.value.problems
    assert found.startswith(problem)
    if "unknown" in problem:
        assert ". One of your own must be registered first: import its module, or pev --plugin MODULE" in found


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ahead@7min", "must lie a whole number of steps ahead, of 5 min each"),
        ("ahead@367d", "must lie at most 366 days ahead"),
        (f"ahead@{'9' * 400}h", "must lie at most 366 days ahead"),
        ("ahead@1y", "unknown observation 'ahead@1y'"),
        ("ahead@-1h", "unknown observation 'ahead@-1h'"),
    ],
)
def test_a_look_ahead_is_a_whole_number_of_steps_within_a_year(name: str, problem: str) -> None:
    FEATURE(function("return float(ahead_steps)", "area, station, moments, ahead_steps", "ahead"))
    with pytest.raises(InputError, match=re.escape(problem)):
        Scenario().replace(observations=[name])


def test_literals_and_weights_of_an_own_term_are_checked_at_their_place_and_come_back_from_a_file() -> None:
    def bounded(
        area: Any, station: Any, moments: Any, share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5, n: int = 2
    ) -> float:
        return -share * n

    TERM(bounded)
    for given, problem in (
        ({"share": 2.0}, "reward.terms.bounded.share: Input should be less than or equal to 1 (it is 2.0)"),
        ({"weight": -1.0}, "reward.terms.bounded.weight: Input should be greater than or equal to 0 (it is -1.0)"),
        ({"shares": 1.0}, "reward.terms.bounded.shares: Extra inputs are not permitted"),
        ({"n": 0.5}, "reward.terms.bounded.n: Input should be a valid integer"),
        ("much", "reward.terms.bounded: "),
    ):
        with pytest.raises(InputError) as raised:
            Scenario().replace(reward={"terms": {"bounded": given}})
        assert any(problem.split(".", 1)[1].split(":")[0] in one for one in raised.value.problems), raised.value
        assert problem.partition(": ")[2] in str(raised.value)
    scenario = Scenario(reward={"terms": {"bounded": {"weight": 3.0, "share": 0.25}}})
    assert Scenario.from_toml(scenario.to_toml()) == scenario
    assert served(Simulation(scenario))[0] == -3.0 * 0.25 * 2


def test_weights_that_are_no_numbers_leave_no_trace_of_the_stations_order() -> None:
    RULE(function("return 1.0 / max(station['energy_kwh'] - station['energy_kwh'], 0.0) if area['step'] > 4 else 1.0"))
    pbc.coordinator(by="place")(
        function("return np.sqrt(-1.0 - area['step']) if area['step'] > 4 else 0.0", name="nowhere_place")
    )
    for coordinator, same_as in (("mine", "equal"), ("nowhere_place", "first_come")):
        powers = []
        for rule in (coordinator, same_as):
            simulation = Simulation(Scenario(coordinator=rule), record=True)
            simulation.reset(seed=0)
            with np.errstate(all="ignore"):  # where kernels are plain Python
                while not simulation.over:
                    simulation.step(simulation.stations["power_max_kw"])
            powers.append(simulation.trace().power_kw)
        np.testing.assert_allclose(powers[0], powers[1], atol=1e-9)
