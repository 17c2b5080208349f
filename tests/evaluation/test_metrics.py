"""The summary of an episode, held against sums made by hand."""

import numpy as np
import polars as pl
import pytest

from pev_battery_charge.evaluation import run, summarise
from pev_battery_charge.scenario import Scenario, scenario_names
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.simulation import Simulation

SCENARIO = Scenario(
    name="two-stations",
    step_minutes=30,
    horizon_steps=8,
    stations={"count": 2, "power_max_kw": 10.0},
    area={"power_max_kw": 12.0},
    population={"pevs": 2, "stay_minutes": 60.0},
)


def _schedule() -> Schedule:
    """Two PEVs that meet the cap, one that waited, one without a station, one too short, one still there at the end."""
    rows = [
        # pev, arrival, departure, capacity, on arrival, target, power, efficiency, transition, station, plug-in
        ("a", 0.0, 60.0, 40.0, 10.0, 14.0, 22.0, 0.8, 1.0, 0, 0.0),
        ("b", 0.0, 60.0, 40.0, 10.0, 20.0, 22.0, 0.8, 1.0, 1, 0.0),
        ("c", 50.0, 120.0, 40.0, 0.0, 2.0, 22.0, 0.5, 1.0, 0, 60.0),
        ("d", 50.0, 70.0, 40.0, 0.0, 3.0, 22.0, 0.8, 1.0, None, None),
        ("e", 61.0, 85.0, 40.0, 0.0, 1.0, 22.0, 0.8, 1.0, 1, 61.0),
        ("f", 180.0, 600.0, 40.0, 0.0, 30.0, 22.0, 1.0, 1.0, 1, 180.0),
    ]
    columns = (
        "pev,arrival_min,departure_min,capacity_kwh,energy_arrival_kwh,energy_target_kwh,"
        "power_max_kw,efficiency,transition_soc,station,plug_in_min"
    )
    return Schedule(pl.DataFrame(rows, columns.split(","), orient="row"))


def test_every_figure_of_a_small_episode_is_the_one_made_by_hand() -> None:
    summary = summarise(run(SCENARIO, "uncontrolled", schedule=_schedule()))
    assert (summary.pevs, summary.pevs_served, summary.pevs_waited) == (6, 4, 1)
    assert (summary.pevs_rejected, summary.pevs_too_short) == (1, 1)
    # Step 0: both ask for 10 kW and share 12 kW: 6 kW each, 2.4 kWh stored each.
    # Step 1: a lacks 1.6 kWh, so accepts 4 kW, b 10 kW; the cap leaves 12/14 of each.
    a_kwh, b_kwh = 2.4 + 4 * 12 / 14 * 0.4, 2.4 + 10 * 12 / 14 * 0.4
    # Step 2: c accepts 8 kW for its 2 kWh. Steps 6 and 7: f takes 10 kW.
    assert summary.energy_delivered_kwh == pytest.approx(a_kwh + b_kwh + 2.0 + 10.0, abs=1e-9)
    assert summary.energy_wanted_kwh == pytest.approx(4 + 10 + 2 + 3 + 1 + 30, abs=1e-9)
    assert summary.energy_unmet_kwh == pytest.approx(4 - a_kwh + 10 - b_kwh + 3 + 1, abs=1e-9)
    assert summary.energy_pending_kwh == pytest.approx(20.0, abs=1e-9)
    assert summary.pevs_full == 1
    assert summary.grid_energy_kwh == pytest.approx((12 + 12 + 8 + 10 + 10) / 2, abs=1e-9)
    assert summary.loss_kwh == pytest.approx(12 * 0.2 + 4 * 0.5, abs=1e-9)
    assert summary.power_peak_kw == pytest.approx(12.0, abs=1e-12)
    assert summary.power_mean_kw == pytest.approx(52 / 8, abs=1e-9)
    assert (summary.power_cap_kw, summary.request_peak_kw, summary.steps_above_cap) == (12.0, 20.0, 2)
    assert summary.excess_kwh == pytest.approx(2 * 8 / 2)
    # In their two, two, one and two steps at 10 kW: a is full, b gets 8 kWh, c is full, f gets 10 kWh.
    assert summary.energy_attainable_kwh == pytest.approx(4 + 8 + 2 + 10)
    shares = [a_kwh / 4, b_kwh / 10, 1.0, 10 / 30]
    assert summary.satisfaction_mean == pytest.approx(np.mean(shares))
    assert summary.satisfaction_p5 == pytest.approx(np.percentile(shares, 5))
    assert summary.satisfaction_jain == pytest.approx(np.sum(shares) ** 2 / 4 / np.sum(np.square(shares)))


@pytest.mark.parametrize("name", scenario_names())
def test_the_figures_of_every_named_scenario_balance(name: str) -> None:
    trace = run(name, "random", seed=1)
    summary = summarise(trace)
    balance = summary.energy_delivered_kwh + summary.energy_unmet_kwh + summary.energy_pending_kwh
    assert balance == pytest.approx(summary.energy_wanted_kwh, abs=1e-8)
    assert summary.grid_energy_kwh == pytest.approx(summary.energy_delivered_kwh + summary.loss_kwh, abs=1e-8)
    assert summary.pevs == summary.pevs_served + summary.pevs_rejected + summary.pevs_too_short
    assert summary.power_peak_kw <= summary.power_cap_kw
    assert summary.reward == pytest.approx(float(trace.records["reward"].astype(np.float64).sum()))


def test_an_episode_that_has_just_begun_has_figures_too() -> None:
    simulation = Simulation(SCENARIO, record=True)
    simulation.reset(schedule=_schedule())
    summary = summarise(simulation.trace())
    assert (summary.power_mean_kw, summary.power_peak_kw, summary.energy_delivered_kwh) == (0.0, 0.0, 0.0)
    assert summary.energy_unmet_kwh == pytest.approx(3 + 1)
    assert summary.energy_pending_kwh == pytest.approx(4 + 10 + 2 + 30)
    assert (summary.energy_attainable_kwh, summary.delivered_percent, summary.satisfaction_mean) == (0.0, None, None)


def test_an_interrupted_episode_counts_the_pevs_and_the_steps_there_have_been() -> None:
    simulation = Simulation(SCENARIO, record=True)
    simulation.reset(schedule=_schedule())
    simulation.step([[10.0, 5.0]])
    summary = summarise(simulation.trace())
    # a and b have been there for half an hour; each could have had 10 kW: 4 kWh stored; b wanted 10 kWh, and got 2.
    assert summary.energy_attainable_kwh == pytest.approx(4 + 4)
    assert summary.energy_delivered_kwh == pytest.approx(12 * 0.5 * 0.8)
    share = 12 / 15
    assert summary.satisfaction_mean == pytest.approx(share * (4 / 4 + 2 / 10) / 2)


def test_rows_carry_units() -> None:
    rows = summarise(run(SCENARIO, "constant", schedule=_schedule())).rows()
    units = {label: unit for label, _, unit in rows}
    assert units["energy drawn from the grid"] == "kWh"
    assert units["highest power of the area"] == "kW"
    assert units["PEVs that came"] == ""
