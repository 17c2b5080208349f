"""The batteries inferred behind metered energies: large enough, full enough, and honest about what cannot be met."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pev_battery_charge import Scenario, import_sessions, load_scenario
from pev_battery_charge.importers.batteries import LEAVING_SOC
from pev_battery_charge.populations.profiles import load_pev_models
from tests.importers.import_files import Visit, charge_at_full_power, write_csv

JPL = load_scenario("jpl-52")
"""Stations of 6.656 kW, an efficiency of 0.9, a taper from 0.8 on, steps of 5 min."""


def visits_of(energies_kwh, stays_hours, arrivals_hours) -> list[Visit]:
    """One visit each on a Monday, each on a station of its own."""
    midnight = datetime.fromisoformat("2021-05-03 00:00:00-07:00")
    return [
        Visit(
            str(midnight + timedelta(hours=float(arrival))),
            str(midnight + timedelta(hours=float(arrival + stay))),
            delivered=float(energy),
            station=f"AG-{number:03d}",
        )
        for number, (energy, stay, arrival) in enumerate(zip(energies_kwh, stays_hours, arrivals_hours, strict=True))
    ]


def one(tmp_path, energy_kwh: float, stay_hours: float, scenario: Scenario = JPL):
    path = write_csv(tmp_path / "one.csv", visits_of([energy_kwh], [stay_hours], [8.0]))
    schedule, report = import_sessions(path, scenario=scenario)
    return schedule.sessions.row(0, named=True), report


@pytest.mark.parametrize(
    ("metered_kwh", "capacity_kwh"), [(1.0, 8.8), (7.8, 8.8), (7.9, 9.0), (8.1, 17.0), (30.0, 35.8), (87.0, 98.4)]
)
def test_the_battery_is_the_smallest_model_that_takes_the_energy_below_its_taper(tmp_path, metered_kwh, capacity_kwh):
    session, report = one(tmp_path, metered_kwh, 20.0)
    assert session["capacity_kwh"] == capacity_kwh
    assert 0.9 * metered_kwh <= 0.8 * capacity_kwh
    smaller = [kwh for kwh in load_pev_models("california").capacity_kwh if kwh < capacity_kwh]
    assert all(0.9 * metered_kwh > 0.8 * kwh for kwh in smaller)
    assert report.mended == ()


def test_energy_beyond_every_model_makes_a_battery_up_and_tells_it(tmp_path):
    session, report = one(tmp_path, 90.0, 24.0)
    assert session["capacity_kwh"] == pytest.approx(90 * 0.9 / 0.8)
    assert session["energy_target_kwh"] - session["energy_arrival_kwh"] == pytest.approx(81.0)
    (note,) = report.mended
    assert note == ("row 1, session s1", "no PEV model stores its energy below the taper: its capacity is made up")


def test_a_pev_leaves_nearly_full_if_its_stay_is_long_enough_for_the_taper_and_else_where_the_taper_begins(tmp_path):
    # Up to the taper power is constant; in it what is missing decays exponentially, here from 0.2 to 0.05.
    soc_per_hour = 0.9 * 6.656 / 8.8
    straight_h = (0.8 - (LEAVING_SOC - 6.0 / 8.8)) / soc_per_hour
    taper_h = 0.2 / soc_per_hour * np.log(0.2 / 0.05)
    steps = int(np.ceil((straight_h + taper_h) * 12))
    for stay_steps, leaving_soc in ((steps, LEAVING_SOC), (steps - 1, 0.8)):
        session, report = one(tmp_path, 6.0 / 0.9, stay_steps / 12)
        assert session["energy_target_kwh"] == pytest.approx(leaving_soc * 8.8)
        assert session["energy_target_kwh"] - session["energy_arrival_kwh"] == pytest.approx(6.0)
        assert report.unserved == ()


def test_only_whole_steps_count_for_what_can_be_met(tmp_path):
    metered_kwh = 6.656 * 2
    for late_minutes, told in ((0, False), (1, True)):
        path = write_csv(tmp_path / "a.csv", visits_of([metered_kwh], [2 + late_minutes / 60], [8 + late_minutes / 60]))
        _, report = import_sessions(path)
        assert [why for _, why in report.unserved] == [
            "its energy cannot be met in the whole steps of its stay at full power"
        ] * told


def test_energy_that_takes_all_of_the_stay_at_full_power_is_met_whatever_the_last_digit(tmp_path):
    hours = np.arange(1, 150) / 12
    scenario = JPL.replace(stations={"count": hours.size, "power_max_kw": 6.656})
    path = write_csv(tmp_path / "a.csv", visits_of(6.656 * hours, hours, np.full(hours.size, 6.0)))
    schedule, report = import_sessions(path, scenario=scenario)
    assert report.unserved == ()
    assert charge_at_full_power(scenario, schedule)["energy_unmet_kwh"].max() < 1e-9


def test_a_pev_s_own_limit_is_what_its_real_charging_took_and_at_least_the_strongest_station(tmp_path):
    mixed = JPL.replace(stations=[{"power_max_kw": 6.656}, {"power_max_kw": 11.0}])
    assert one(tmp_path, 3.0, 1.0)[0]["power_max_kw"] == 6.656
    assert one(tmp_path, 3.0, 1.0, mixed)[0]["power_max_kw"] == 11.0
    session, report = one(tmp_path, 7.5, 1.0)
    assert session["power_max_kw"] == pytest.approx(7.5)
    assert len(report.unserved) == 1


@pytest.mark.parametrize("transition_soc", [1.0, 0.97, 0.8, 0.3])
@pytest.mark.parametrize("efficiency", [1.0, 0.9])
def test_full_power_delivers_the_metered_energy_to_all_but_those_that_the_report_names(
    tmp_path, transition_soc, efficiency
):
    random = np.random.default_rng(7)
    count = 250
    stays_hours = random.uniform(0.02, 14.0, count)
    energies_kwh = np.minimum(random.uniform(0.05, 1.1, count) * 6.656 * stays_hours, 120.0)
    visits = visits_of(energies_kwh, stays_hours, random.uniform(0.0, 23.9, count))
    scenario = JPL.replace(
        stations={"count": count, "power_max_kw": 6.656},
        population={"transition_soc": transition_soc, "efficiency": efficiency},
    )
    schedule, report = import_sessions(write_csv(tmp_path / "many.csv", visits), scenario=scenario)
    wanted = schedule.sessions["energy_target_kwh"] - schedule.sessions["energy_arrival_kwh"]
    names = schedule.sessions["pev"].to_list()
    expected = {f"s{row}": efficiency * energy for row, energy in enumerate(energies_kwh, start=1)}
    assert wanted.to_list() == pytest.approx([expected[name] for name in names])
    charged = charge_at_full_power(scenario, schedule)
    unmet = set(charged.filter(pl.col("energy_unmet_kwh") > 1e-9)["pev"])
    assert unmet == {what.split()[-1] for what, _ in report.unserved}
    assert 10 < len(unmet) < count - 10
    met = charged.filter(~pl.col("pev").is_in(unmet))
    metered = [expected[name] / efficiency for name in met["pev"]]
    assert met["grid_energy_kwh"].to_list() == pytest.approx(metered, abs=1e-9)
