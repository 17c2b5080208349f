"""Cases worked out by hand, each a folder in `tests/golden`; its README tells how."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pev_battery_charge import Scenario, Schedule, Simulation

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
COLUMNS = ("session", "power_kw", "energy_kwh", "area_grid_kwh", "area_loss_kwh", "area_unmet_kwh")
TOLERANCE = 1e-12


def play(case: Path) -> pl.DataFrame:
    """What the package makes of a case, in the columns of `expected.csv`."""
    scenario = Scenario.load(case / "scenario.toml")
    simulation = Simulation(scenario, record=True)
    simulation.reset(schedule=Schedule.read(case / "schedule.csv"))
    books = []
    for row in pl.read_csv(case / "requests.csv", schema_overrides=[pl.Float64] * scenario.num_stations).iter_rows():
        simulation.step([row])
        area = simulation.areas[0]
        kwh = (area["books"]["grid_kwh"], area["books"]["loss_kwh"], area["unmet_kwh"])
        books += [tuple(map(float, kwh))] * scenario.num_stations
    assert simulation.over
    trace = simulation.trace().to_frame().select("step", "station", "session", "power_kw", "energy_kwh", "reward")
    return trace.hstack(pl.DataFrame(books, schema=list(COLUMNS[-3:]), orient="row"))


@pytest.mark.parametrize("case", CASES)
def test_the_case_goes_as_worked_out_by_hand(case: str) -> None:
    expected = pl.read_csv(FOLDER / case / "expected.csv", infer_schema_length=None)
    actual = play(FOLDER / case)
    assert actual.columns == expected.columns
    assert actual.select("step", "station").rows() == expected.select("step", "station").rows()
    for name in COLUMNS:
        np.testing.assert_allclose(actual[name], expected[name], rtol=0.0, atol=TOLERANCE, err_msg=name)
    np.testing.assert_allclose(actual["reward"], expected["reward"], rtol=2.0**-22, atol=TOLERANCE, err_msg="reward")


@pytest.mark.parametrize("case", CASES)
def test_the_case_is_complete_and_explained(case: str) -> None:
    files = {path.name for path in (FOLDER / case).iterdir()}
    assert files == {"README.md", "scenario.toml", "schedule.csv", "requests.csv", "expected.csv"}
    assert Scenario.load(FOLDER / case / "scenario.toml").name == case
