"""How stations share a cap: what every rule must keep, what each rule means, and grants computed by hand."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pev_battery_charge.catalogue import COORDINATORS as RULES
from pev_battery_charge.core.arrays import Records
from pev_battery_charge.core.limits import claim, raise_together, serve_in_line, settle
from pev_battery_charge.core.records import make_areas, make_moments, make_stations
from tests.bits import bits
from tests.reference.coordinators import Claim, KnifeEdgeError, share
from tests.strategies import COORDINATORS, quarters

TOLERANCE_KW = 1e-9
STEP, STEP_HOURS, EFFICIENCY = 10, 0.5, 0.9
CASES = tomllib.loads((Path(__file__).parent / "limit_cases.toml").read_text(encoding="utf-8"))["case"]
SHARING_RULES = COORDINATORS[1:]
PRIORITY_RULES = COORDINATORS[3:]


def make_set(columns: Mapping[str, Sequence[float]]) -> Records:
    """Plugged stations, `STATION[N]`, from columns of their fields; `missing_kwh` is what lacks to the target.

    Their PEVs hold 8 kWh each.
    """
    count = len(columns["acceptance_kw"])
    stations: Records = make_stations(1, np.zeros(count), np.zeros(count))[0]
    stations["session"] = np.arange(count)
    stations["battery"]["efficiency"] = EFFICIENCY
    fields = {
        "missing_kwh": (stations, "target_kwh"),
        "pev_power_max_kw": (stations["battery"], "power_max_kw"),
        "acceptance_kw": (stations["made"], "acceptance_kw"),
    }
    for name, column in columns.items():
        records, field = fields.get(name, (stations, name))
        records[field] = column
    stations["energy_kwh"] = 8.0
    stations["target_kwh"] += 8.0
    return stations


def share_claims(stations: Records, cap_kw: float, rule: str) -> float:
    """What the composed step does with a rule."""
    entry, total_kw = RULES[rule], claim(stations)
    if entry.by == "nothing" or total_kw <= cap_kw:
        return total_kw
    area = make_areas(1, power_max_kw=cap_kw, step_minutes=STEP_HOURS * 60.0, horizon_steps=100)[0]
    area["step"] = STEP
    for i in np.flatnonzero(stations["turn"]["takes_part"]):
        stations[i]["turn"]["rank"] = entry.function(area, stations[i], make_moments(1))
    return raise_together(stations, cap_kw) if entry.by == "weight" else serve_in_line(stations, cap_kw)


def grants_kw(columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str) -> list[float]:
    stations = make_set(columns)
    total_kw = share_claims(stations, cap_kw, rule)
    grants: list[float] = stations["made"]["power_kw"].tolist()
    in_order = 0.0
    for grant in grants:
        in_order += grant
    assert total_kw == in_order
    return grants


@st.composite
def columns_of_sets(draw: st.DrawFn, minima: bool = True) -> dict[str, Sequence[float]]:
    """Up to seven stations: idle ones, equal ones, and any others."""
    count = draw(st.integers(1, 7))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    power_max_kw = column(quarters(1.0, 25.0))
    part = st.just(1.0) | st.just(0.0) | st.floats(0.0, 1.0)
    return {
        "power_max_kw": power_max_kw,
        "acceptance_kw": [share * limit for share, limit in zip(column(part), power_max_kw, strict=True)],
        "least_kw": [
            share * limit if minima else 0.0
            for share, limit in zip(column(st.sampled_from([0.0, 0.25, 0.5, 1.0])), power_max_kw, strict=True)
        ],
        "pev_power_max_kw": column(quarters(1.0, 25.0)),
        "missing_kwh": column(quarters(0.0, 40.0)),
        "depart_stated_step": column(st.integers(STEP - 2, STEP + 4)),
        "session": draw(st.permutations(range(3, 3 + count))),
    }


def laxities_h(columns: Mapping[str, Sequence[float]]) -> list[float]:
    names = ("depart_stated_step", "missing_kwh", "power_max_kw", "pev_power_max_kw")
    rows = zip(*(columns[name] for name in names), strict=True)
    return [
        max(stated - STEP, 1) * STEP_HOURS - kwh / (EFFICIENCY * min(limit, own)) for stated, kwh, limit, own in rows
    ]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['rule']}: {case['name']}" for case in CASES])
def test_grants_are_those_computed_by_hand(case: dict[str, Any]) -> None:
    columns = {name: value for name, value in case.items() if name not in ("name", "rule", "cap_kw", "grant_kw")}
    assert grants_kw(columns, case["cap_kw"], case["rule"]) == pytest.approx(case["grant_kw"], abs=TOLERANCE_KW)


def test_there_is_a_case_by_hand_for_every_rule() -> None:
    assert {case["rule"] for case in CASES} == set(COORDINATORS) <= set(RULES)


@given(columns=columns_of_sets(), cap_kw=st.floats(0.1, 120.0), rule=st.sampled_from(COORDINATORS))
def test_a_grant_is_nothing_or_usable_and_never_above_the_acceptance(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str
) -> None:
    grants = grants_kw(columns, cap_kw, rule)
    for grant, acceptance, power_min in zip(grants, columns["acceptance_kw"], columns["least_kw"], strict=True):
        assert 0.0 <= grant <= acceptance
        assert grant == 0.0 or grant >= power_min


@given(columns=columns_of_sets(), cap_kw=st.floats(0.1, 120.0), rule=st.sampled_from(SHARING_RULES))
def test_grants_never_add_up_to_more_than_the_cap_to_the_last_bit(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str
) -> None:
    total_kw = 0.0
    for grant in grants_kw(columns, cap_kw, rule):
        total_kw += grant
    assert total_kw <= cap_kw


@pytest.mark.parametrize(("cap_kw", "first_kw"), [(0.3, 0.03), (0.6, 0.07), (0.9, 0.29), (1.7, 0.6), (2.9, 0.7)])
@pytest.mark.parametrize("rule", ["first_come", "earliest_departure"])
def test_a_remainder_that_rounds_up_is_lowered_until_the_sum_keeps_the_cap(
    cap_kw: float, first_kw: float, rule: str
) -> None:
    """Of such caps the exact remainder, cap - first, is no number: rounded, first + remainder is above the cap."""
    remainder_kw = cap_kw - first_kw
    assert first_kw + remainder_kw > cap_kw
    grants = grants_kw({"acceptance_kw": [first_kw, 22.0]}, cap_kw, rule)
    assert grants == [first_kw, np.nextafter(remainder_kw, 0.0)]
    stations = make_set({"acceptance_kw": [first_kw, 22.0]})
    stations["made"]["power_kw"] = [first_kw, 22.0]
    assert settle(stations, cap_kw) == sum(grants) <= cap_kw
    assert stations["made"]["power_kw"].tolist() == grants


@pytest.mark.parametrize(("cap_kw", "grants"), [(16.0, [10.0, 6.0, 0.0]), (15.75, [10.0, 0.0, 3.0])])
def test_what_settling_leaves_of_a_grant_is_as_much_as_the_station_needs_or_nothing(
    cap_kw: float, grants: list[float]
) -> None:
    stations = make_set({"acceptance_kw": [10.0, 7.0, 3.0], "least_kw": [0.0, 6.0, 0.0]})
    stations["made"]["power_kw"] = stations["made"]["acceptance_kw"]
    assert settle(stations, cap_kw) == sum(grants)
    assert stations["made"]["power_kw"].tolist() == grants


@given(columns=columns_of_sets(), rule=st.sampled_from(COORDINATORS), slack_kw=st.just(0.0) | st.floats(0.0, 50.0))
def test_what_fits_under_the_cap_is_granted_to_the_bit(
    columns: Mapping[str, Sequence[float]], rule: str, slack_kw: float
) -> None:
    usable = [
        acceptance if acceptance >= power_min else 0.0
        for acceptance, power_min in zip(columns["acceptance_kw"], columns["least_kw"], strict=True)
    ]
    assert grants_kw(columns, sum(usable) + slack_kw, rule) == usable


@given(columns=columns_of_sets(minima=False), share_of_all=st.floats(0.01, 1.0), rule=st.sampled_from(SHARING_RULES))
def test_without_minima_the_cap_is_used_to_the_full(
    columns: Mapping[str, Sequence[float]], share_of_all: float, rule: str
) -> None:
    cap_kw = share_of_all * sum(columns["acceptance_kw"])
    assert sum(grants_kw(columns, cap_kw, rule)) == pytest.approx(cap_kw, abs=TOLERANCE_KW)


@given(columns=columns_of_sets(minima=False), cap_kw=st.floats(0.1, 120.0))
def test_equal_is_max_min_fair(columns: Mapping[str, Sequence[float]], cap_kw: float) -> None:
    """Nobody can get more without somebody who has no more getting less: who is cut stands at the highest grant."""
    grants = grants_kw(columns, cap_kw, "equal")
    for grant, acceptance in zip(grants, columns["acceptance_kw"], strict=True):
        if grant < acceptance - TOLERANCE_KW:
            assert sum(grants) == pytest.approx(cap_kw, abs=TOLERANCE_KW)
            assert grant >= max(grants) - TOLERANCE_KW


@given(columns=columns_of_sets(minima=False), cap_kw=st.floats(0.1, 120.0))
def test_proportional_cuts_everybody_by_the_same_factor(columns: Mapping[str, Sequence[float]], cap_kw: float) -> None:
    claimed_kw = sum(columns["acceptance_kw"])
    factor = min(1.0, cap_kw / claimed_kw) if claimed_kw else 1.0
    expected_kw = [factor * acceptance for acceptance in columns["acceptance_kw"]]
    assert grants_kw(columns, cap_kw, "proportional") == pytest.approx(expected_kw, abs=TOLERANCE_KW)


@given(columns=columns_of_sets(minima=False), cap_kw=st.floats(0.1, 120.0), rule=st.sampled_from(PRIORITY_RULES))
def test_nobody_is_served_before_those_who_come_first_in_line_have_all_they_can_use(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str
) -> None:
    place = {
        "earliest_departure": columns["depart_stated_step"],
        "least_laxity": laxities_h(columns),
        "first_come": columns["session"],
        "largest_remaining": [-missing for missing in columns["missing_kwh"]],
    }[rule]
    grants = grants_kw(columns, cap_kw, rule)
    line = sorted(range(len(grants)), key=lambda k: (place[k], columns["session"][k]))
    for number, k in enumerate(line):
        if grants[k] > TOLERANCE_KW:
            before = line[:number]
            assert all(
                grants[other] == pytest.approx(columns["acceptance_kw"][other], abs=TOLERANCE_KW) for other in before
            )


@given(columns=columns_of_sets(), cap_kw=quarters(1.0, 120.0), rule=st.sampled_from(COORDINATORS))
def test_grants_are_those_of_the_reference_rule(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str
) -> None:
    laxity_h = laxities_h(columns)
    claims = [
        Claim(
            acceptance_kw=acceptance_kw,
            power_min_kw=columns["least_kw"][k],
            stated_step=int(columns["depart_stated_step"][k]),
            spare_hours=laxity_h[k],
            turn=int(columns["session"][k]),
        )
        for k, acceptance_kw in enumerate(columns["acceptance_kw"])
    ]
    try:
        expected_kw = share(rule, claims, cap_kw)
    except KnifeEdgeError:
        assume(False)
    assert grants_kw(columns, cap_kw, rule) == pytest.approx(expected_kw, abs=TOLERANCE_KW)


@given(columns=columns_of_sets(), cap_kw=quarters(1.0, 120.0), rule=st.sampled_from(COORDINATORS), data=st.data())
def test_permuting_the_stations_permutes_the_grants(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(columns["session"]))))
    permuted = {name: [column[k] for k in order] for name, column in columns.items()}
    grants = grants_kw(columns, cap_kw, rule)
    assert grants_kw(permuted, cap_kw, rule) == pytest.approx([grants[k] for k in order], abs=TOLERANCE_KW)


@given(columns=columns_of_sets(), cap_kw=st.floats(0.1, 120.0), rule=st.sampled_from(COORDINATORS))
def test_sharing_changes_nothing_but_the_grants(
    columns: Mapping[str, Sequence[float]], cap_kw: float, rule: str
) -> None:
    stations = make_set(columns)
    before = stations.copy()
    share_claims(stations, cap_kw, rule)
    after = bits(stations)
    for name, told in bits(before).items():
        assert name in ("made.power_kw", "turn.takes_part", "turn.rank") or after[name] == told
