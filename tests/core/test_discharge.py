"""One battery, both ways: values by hand, and those of EV2Gym where they are physically right."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pev_battery_charge.core.arrays import Record
from pev_battery_charge.core.battery import acceptance_kw, release_kw
from tests.loading import ROOT
from tests.records import battery

PUBLISHED: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "published_rewards.json").read_text(encoding="utf-8"))
KW_PER_AMPERE = 400.0 * math.sqrt(3.0) / 1000.0
"""Of three phases of 400 V between lines."""


def both_ways(floor_kwh: float, limit_kw: float, efficiency_out: float) -> Record:
    made = battery(50.0, 11.0, 0.9, 1.0)
    made["energy_min_kwh"], made["power_min_kw"], made["efficiency_out"] = floor_kwh, limit_kw, efficiency_out
    return made


@pytest.mark.parametrize(
    ("energy_kwh", "request_kw", "given_kw"),
    [
        (20.0, -8.0, -8.0),
        (20.0, -30.0, -11.0),  # the battery's own limit
        (6.0, -8.0, -1.8),  # an hour: 2 kWh above the floor, of which nine tenths reach the grid
        (4.0, -8.0, 0.0),
        (3.0, -8.0, 0.0),  # below the floor nothing is given, and nothing lifted
        (20.0, 0.0, 0.0),
        (20.0, 5.0, 0.0),
    ],
)
def test_what_a_battery_gives_by_hand(energy_kwh: float, request_kw: float, given_kw: float) -> None:
    assert release_kw(both_ways(4.0, -11.0, 0.9), energy_kwh, request_kw, 1.0) == pytest.approx(given_kw, abs=1e-12)


def test_a_battery_that_is_only_charged_gives_nothing() -> None:
    assert release_kw(battery(50.0, 11.0, 0.9, 1.0), 20.0, -8.0, 1.0) == 0.0


@given(
    energy_kwh=st.floats(0.0, 50.0),
    floor_kwh=st.floats(0.0, 50.0),
    request_kw=st.floats(-40.0, 0.0),
    efficiency_out=st.floats(0.5, 1.0),
    hours=st.floats(1 / 60, 4.0),
)
def test_never_more_than_asked_nor_below_the_floor(
    energy_kwh: float, floor_kwh: float, request_kw: float, efficiency_out: float, hours: float
) -> None:
    given_kw = release_kw(both_ways(floor_kwh, -11.0, efficiency_out), energy_kwh, request_kw, hours)
    assert max(request_kw, -11.0) <= given_kw <= 0.0
    taken_kwh = -given_kw * hours / efficiency_out
    assert taken_kwh <= max(energy_kwh - floor_kwh, 0.0) + 1e-9


@pytest.mark.parametrize("row", PUBLISHED["ev2gym_discharges"], ids=lambda row: f"{row['battery_before_kwh']:g} kWh")
def test_discharges_are_those_of_ev2gym_with_losses_in_place(row: dict[str, float]) -> None:
    """EV2Gym lets the losses vanish, and lifts a battery below its minimum: its right values stand beside its own."""
    hours = row["minutes"] / 60.0
    made = both_ways(row["min_battery_kwh"], row["max_discharge_power"], row["eff"])
    given_kw = release_kw(made, row["battery_before_kwh"], row["amps"] * KW_PER_AMPERE, hours)
    assert -given_kw * hours == pytest.approx(abs(row["right_grid_energy_kwh"]), abs=1e-9)
    after_kwh = row["battery_before_kwh"] + given_kw * hours / row["eff"]
    assert after_kwh == pytest.approx(row["right_battery_after_kwh"], abs=1e-9)


@pytest.mark.parametrize("row", PUBLISHED["ev2gym_charges"], ids=lambda row: f"{row['soc']:g}, {row['amps']} A")
def test_charges_are_those_of_ev2gym_before_it_rounds_up(row: dict[str, float]) -> None:
    hours = row["minutes"] / 60.0
    made = battery(row["cap"], row["maxkw"], row["eff"], row["tr"])
    request_kw = row["amps"] * row["volt"] * math.sqrt(row["ph"]) / 1000.0
    accepted_kw = acceptance_kw(made, row["soc"] * row["cap"], row["cap"], request_kw, hours)
    assert accepted_kw * row["eff"] * hours == pytest.approx(row["stored_kwh_exact"], abs=1e-9)
