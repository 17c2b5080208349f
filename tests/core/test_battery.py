"""The closed form of the two-stage battery against the equation that it solves, and what must hold of it."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp  # type: ignore[import-untyped]  # SciPy carries no types

from pev_battery_charge.core.battery import acceptance_kw, hours_to_charge, request_for_kw, stored_soc
from tests import strategies
from tests.records import battery as battery_of

TOLERANCE = 1e-9
FIELDS = ("capacity_kwh", "power_max_kw", "efficiency", "transition_soc")


def accepted_kw(case: dict[str, float]) -> float:
    """What the battery of a case accepts: the fields of its record and the numbers of the step in one table."""
    record = battery_of(**{name: case[name] for name in FIELDS})
    return float(acceptance_kw(record, case["energy_kwh"], case["target_kwh"], case["request_kw"], case["step_hours"]))


def needed_request_kw(power_kw: float, case: dict[str, float]) -> float:
    record = battery_of(**{name: case[name] for name in FIELDS})
    return float(request_for_kw(record, case["energy_kwh"], power_kw, case["step_hours"]))


def hours(case: dict[str, float], soc: float, target_soc: float) -> float:
    record = battery_of(**{name: case[name] for name in FIELDS})
    return float(hours_to_charge(record, soc, target_soc, case["power_max_kw"]))


def integrated_gain(soc: float, request_soc: float, request_max_soc: float, transition_soc: float) -> float:
    """What the battery stores in one step, from dsoc/dt = min(request, maximum * (1 - soc) / (1 - transition))."""

    def rate(_: float, state: list[float]) -> list[float]:
        if transition_soc >= 1.0:
            return [request_soc if state[0] < 1.0 else 0.0]
        return [min(request_soc, request_max_soc * (1.0 - state[0]) / (1.0 - transition_soc))]

    # Where the taper meets the request the rate has a corner, and where a linear battery is full it has a step: the
    # integration goes up to there and begins anew.
    corner = 1.0 if transition_soc >= 1.0 else 1.0 - request_soc / request_max_soc * (1.0 - transition_soc)

    def reaches_corner(_: float, state: list[float]) -> float:
        return state[0] - corner

    reaches_corner.terminal = True  # type: ignore[attr-defined]  # how solve_ivp is told to stop there
    begin, state = 0.0, soc
    if state < corner:
        first = solve_ivp(rate, (0.0, 1.0), [state], "DOP853", events=reaches_corner, rtol=1e-12, atol=1e-14)
        begin, state = float(first.t[-1]), float(first.y[0, -1])
    if begin < 1.0 and corner < 1.0:
        rest = solve_ivp(rate, (begin, 1.0), [state], "LSODA", rtol=1e-12, atol=1e-14)
        state = float(rest.y[0, -1])
    return min(state, 1.0) - soc


@st.composite
def steps_in_soc(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """soc, what the request would add, what the maximum would add, transition."""
    request_max_soc = draw(st.floats(0.001, 1.5))
    share = draw(st.just(1.0) | st.floats(0.01, 1.0))
    return draw(st.floats(0.0, 1.0)), share * request_max_soc, request_max_soc, draw(strategies.transition_socs())


@given(steps_in_soc())
def test_the_closed_form_is_the_integral_of_the_two_stage_equation(step: tuple[float, float, float, float]) -> None:
    assert stored_soc(*step) == pytest.approx(integrated_gain(*step), abs=TOLERANCE)


def test_a_request_too_small_to_meet_a_taper_fills_the_battery_and_no_more() -> None:
    missing = 2.0**-53
    assert stored_soc(1.0 - missing, 3.0 * missing, 1000.0, 0.5) == missing


@given(battery=strategies.batteries())
def test_acceptance_is_the_integral_cut_at_the_target(battery: dict[str, float]) -> None:
    capacity_kwh, kwh_per_kw = battery["capacity_kwh"], battery["efficiency"] * battery["step_hours"]
    request_kw = min(battery["request_kw"], battery["power_max_kw"])
    gain_soc = integrated_gain(
        battery["energy_kwh"] / capacity_kwh,
        request_kw * kwh_per_kw / capacity_kwh,
        battery["power_max_kw"] * kwh_per_kw / capacity_kwh,
        battery["transition_soc"],
    )
    stored_kwh = min(gain_soc * capacity_kwh, battery["target_kwh"] - battery["energy_kwh"])
    found_kw = accepted_kw(battery)
    assert found_kw * kwh_per_kw == pytest.approx(stored_kwh, abs=TOLERANCE * capacity_kwh)


@given(battery=strategies.batteries(), other_soc=strategies.socs())
def test_a_fuller_battery_never_accepts_more(battery: dict[str, float], other_soc: float) -> None:
    battery["target_kwh"] = battery["capacity_kwh"]
    socs = sorted([battery["energy_kwh"] / battery["capacity_kwh"], other_soc])
    emptier, fuller = (accepted_kw(battery | {"energy_kwh": soc * battery["capacity_kwh"]}) for soc in socs)
    assert fuller <= emptier + TOLERANCE


@given(battery=strategies.batteries(), tau=st.floats(0.1, 0.95), below=st.floats(0.0, 1.0), above=st.floats(0.0, 1.0))
def test_above_the_transition_full_power_is_never_reached_and_a_step_that_stays_below_is_never_cut(
    battery: dict[str, float], tau: float, below: float, above: float
) -> None:
    battery |= {"transition_soc": tau, "target_kwh": battery["capacity_kwh"], "request_kw": battery["power_max_kw"]}
    gain_soc = battery["power_max_kw"] * battery["efficiency"] * battery["step_hours"] / battery["capacity_kwh"]
    high = battery | {"energy_kwh": (tau + above * (1.0 - tau)) * battery["capacity_kwh"]}
    assert accepted_kw(high) < battery["power_max_kw"]
    assume(gain_soc < tau - 1e-6)
    low = battery | {"energy_kwh": below * (tau - gain_soc - 1e-6) * battery["capacity_kwh"]}
    assert accepted_kw(low) == battery["power_max_kw"]


@given(battery=strategies.batteries())
def test_asking_for_more_never_gets_less(battery: dict[str, float]) -> None:
    more = accepted_kw(battery | {"request_kw": 1.2 * battery["request_kw"]})
    assert more >= accepted_kw(battery) - TOLERANCE


@given(battery=strategies.batteries())
def test_a_battery_at_its_target_draws_nothing_be_it_full_or_not(battery: dict[str, float]) -> None:
    assert accepted_kw(battery | {"energy_kwh": battery["target_kwh"]}) == 0.0
    rounded_up = math.nextafter(battery["target_kwh"], math.inf)
    assert accepted_kw(battery | {"energy_kwh": rounded_up}) == 0.0
    full = {"energy_kwh": battery["capacity_kwh"], "target_kwh": battery["capacity_kwh"]}
    assert accepted_kw(battery | full) == 0.0


@given(battery=strategies.batteries())
def test_the_target_is_never_passed(battery: dict[str, float]) -> None:
    stored_kwh = accepted_kw(battery) * battery["efficiency"] * battery["step_hours"]
    assert battery["energy_kwh"] + stored_kwh <= battery["target_kwh"] + 1e-12


@given(battery=strategies.batteries())
def test_acceptance_is_between_nothing_and_the_request_and_the_vehicles_own_limit(battery: dict[str, float]) -> None:
    assert 0.0 <= accepted_kw(battery) <= min(battery["request_kw"], battery["power_max_kw"])


@given(battery=strategies.batteries())
def test_a_request_that_nothing_cuts_comes_back_to_the_bit(battery: dict[str, float]) -> None:
    untapered_kwh = min(battery["request_kw"], battery["power_max_kw"]) * battery["efficiency"] * battery["step_hours"]
    battery |= {"transition_soc": 1.0, "energy_kwh": 0.0, "target_kwh": battery["capacity_kwh"]}
    assume(untapered_kwh <= battery["capacity_kwh"])
    assert accepted_kw(battery) == min(battery["request_kw"], battery["power_max_kw"])


@given(battery=strategies.batteries())
def test_without_a_taper_the_battery_is_linear_up_to_its_target(battery: dict[str, float]) -> None:
    battery["transition_soc"] = 1.0
    kwh_per_kw = battery["efficiency"] * battery["step_hours"]
    missing_kw = (battery["target_kwh"] - battery["energy_kwh"]) / kwh_per_kw
    expected_kw = min(battery["request_kw"], battery["power_max_kw"], missing_kw)
    assert accepted_kw(battery) == pytest.approx(expected_kw, abs=TOLERANCE)


def test_nothing_is_accepted_of_a_request_of_nothing() -> None:
    limits = {"capacity_kwh": 24.0, "power_max_kw": 22.0, "efficiency": 0.9, "transition_soc": 0.8, "step_hours": 0.1}
    assert accepted_kw({"request_kw": 0.0, "energy_kwh": 1.0, "target_kwh": 24.0, **limits}) == 0.0


@given(battery=strategies.batteries(), transition_soc=strategies.transition_socs(), target_soc=st.floats(0.0, 0.999))
def test_the_hours_to_charge_are_those_that_stepping_at_full_power_takes(
    battery: dict[str, float], transition_soc: float, target_soc: float
) -> None:
    soc = battery["energy_kwh"] / battery["capacity_kwh"]
    needed_hours = hours(battery | {"transition_soc": transition_soc}, soc, target_soc)
    assume(needed_hours > 1e-6)
    battery |= {
        "target_kwh": battery["capacity_kwh"],
        "transition_soc": transition_soc,
        "request_kw": battery["power_max_kw"],
        "step_hours": needed_hours / 7.0,
    }
    for _ in range(7):
        battery["energy_kwh"] += accepted_kw(battery) * battery["efficiency"] * battery["step_hours"]
    assert battery["energy_kwh"] / battery["capacity_kwh"] == pytest.approx(target_soc, abs=TOLERANCE)


def test_the_hours_to_charge_are_none_at_the_target_and_without_end_for_a_full_battery_above_a_taper() -> None:
    battery = {"capacity_kwh": 40.0, "power_max_kw": 10.0, "efficiency": 0.8, "transition_soc": 0.8}
    assert hours(battery, 0.5, 0.5) == 0.0
    assert hours(battery, 0.6, 0.5) == 0.0
    assert hours(battery, 1.0, 1.0) == 0.0
    assert hours(battery, 0.5, 1.0) == math.inf
    # 20 kWh at 10 kW x 0.8.
    assert hours(battery | {"transition_soc": 1.0}, 0.5, 1.0) == pytest.approx(2.5)
    # 12 kWh at 8 kW up to 0.8, then (1 - 0.8) / 0.2 per hour x ln(0.2 / 0.1).
    assert hours(battery, 0.5, 0.9) == pytest.approx(1.5 + math.log(2.0))


def drawn_kw(battery: dict[str, float], request_kw: float) -> float:
    """What the battery draws when asked for `request_kw`, with its target out of the way."""
    return accepted_kw(battery | {"request_kw": request_kw, "target_kwh": battery["capacity_kwh"]})


@given(battery=strategies.batteries(), share=st.just(1.0) | st.floats(0.0, 1.0))
def test_the_request_for_a_power_draws_that_power(battery: dict[str, float], share: float) -> None:
    power_kw = share * drawn_kw(battery, battery["power_max_kw"])
    request_kw = needed_request_kw(power_kw, battery)
    assert power_kw <= request_kw <= battery["power_max_kw"]
    assert drawn_kw(battery, request_kw) == pytest.approx(power_kw, rel=TOLERANCE, abs=1e-12)


@given(battery=strategies.batteries(), share=st.floats(0.01, 1.0), less=st.floats(1e-3, 1.0))
def test_no_smaller_request_draws_that_power(battery: dict[str, float], share: float, less: float) -> None:
    power_kw = share * drawn_kw(battery, battery["power_max_kw"])
    assume(power_kw > 1e-6)
    request_kw = needed_request_kw(power_kw, battery)
    assert drawn_kw(battery, request_kw * (1.0 - less)) < power_kw * (1.0 - 1e-8)


@given(battery=strategies.batteries(), share=st.floats(0.0, 1.0))
def test_off_the_taper_the_request_is_the_power_to_the_bit(battery: dict[str, float], share: float) -> None:
    power_kw = share * battery["power_max_kw"]
    assume(battery["transition_soc"] == 1.0 or drawn_kw(battery, power_kw * (1.0 + 1e-6)) >= power_kw * (1.0 + 1e-6))
    assert needed_request_kw(power_kw, battery) == power_kw


@given(battery=strategies.batteries(), more=st.floats(1e-3, 3.0), transition_soc=st.floats(0.0, 0.99))
def test_for_more_than_can_be_drawn_the_request_draws_as_much_as_any(
    battery: dict[str, float], more: float, transition_soc: float
) -> None:
    battery["transition_soc"] = transition_soc
    most_kw = drawn_kw(battery, battery["power_max_kw"])
    assume(1e-6 < most_kw < 0.99 * battery["power_max_kw"])
    request_kw = needed_request_kw(most_kw * (1.0 + more), battery)
    assert request_kw <= battery["power_max_kw"]
    assert drawn_kw(battery, request_kw) == pytest.approx(most_kw, rel=TOLERANCE)


def test_the_request_for_a_power_by_hand() -> None:
    # 40 kWh at 0.8 taper from 0.5 on; an hour at 20 kW adds D = 0.4, so that k = 0.5 / 0.4 = 1.25.
    battery = {"capacity_kwh": 40.0, "power_max_kw": 20.0, "efficiency": 0.8, "transition_soc": 0.5, "step_hours": 1.0}
    kw_per_soc = 40.0 / 0.8
    # 10 kW would add d = 0.2. From 0.7 on, m = 0.3 is missing, between k d and (1 + k) d: the taper is met on the way.
    crossing = 0.3 - 0.25 * math.exp(0.3 / 0.25 - 2.25 / 1.25)
    assert needed_request_kw(crossing * kw_per_soc, battery | {"energy_kwh": 28.0}) == pytest.approx(10.0, rel=1e-12)
    # From 0.9 on, m = 0.1: all requests with k d > m meet the taper at once and add m (1 - exp(-1 / k)). The smallest
    # adds 0.08, with 4 kW.
    at_the_limit = 0.1 * (1.0 - math.exp(-1.0 / 1.25))
    assert needed_request_kw(at_the_limit * kw_per_soc, battery | {"energy_kwh": 36.0}) == pytest.approx(4.0, rel=1e-6)
    # From 0.5 on, m = 0.5: d = 0.1 stays below the taper.
    assert needed_request_kw(0.1 * kw_per_soc, battery | {"energy_kwh": 20.0}) == 0.1 * kw_per_soc
    # Over two and a half hours, D = 1; with the taper from 0.9 on, k = 0.1 / 1. From 0.5 on, d = 0.8 is 16 kW.
    steep = battery | {"transition_soc": 0.9, "step_hours": 2.5, "energy_kwh": 20.0}
    nearly_all = 0.5 - 0.08 * math.exp(0.5 / 0.08 - 1.1 / 0.1)
    assert needed_request_kw(nearly_all * kw_per_soc / 2.5, steep) == pytest.approx(16.0, rel=1e-9)
