"""What an evaluation leaves in files."""

import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Scenario, load_scenario
from pev_battery_charge.evaluation import Evaluation, check_result_paths, evaluate, write_results
from pev_battery_charge.evaluation.statistics import statistics
from tests.evaluation.usual import USUAL


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    scenario = load_scenario("jpl-52").replace(name="few", population={"sessions_per_day": 1.0}, horizon_steps=120)
    return evaluate(scenario, {"all at once": "uncontrolled", "line": "constant"}, [3, 1, 4, 2])


def test_tables_hold_every_episode_and_say_null_for_what_is_not_there(evaluation: Evaluation, tmp_path: Path) -> None:
    paths = [tmp_path / "new folder" / "all.csv", tmp_path / "all.parquet"]
    write_results(evaluation, paths)
    schema = evaluation.episodes.schema
    assert evaluation.episodes["delivered_percent"].null_count() > 0, "an episode without PEVs"
    assert pl.read_csv(paths[0], schema=schema).equals(evaluation.episodes)
    assert pl.read_parquet(paths[1]).equals(evaluation.episodes)
    assert list(schema) == ["controller", "seed", *USUAL]
    assert [schema[name] for name in ("seed", "pevs", "reward")] == [pl.Int64, pl.Int64, pl.Float64]
    scenario = Scenario.from_toml(pl.read_parquet_metadata(paths[1])["scenario"])
    assert scenario == evaluation.scenario


def test_the_json_tells_settings_and_statistics(evaluation: Evaluation, tmp_path: Path) -> None:
    write_results(evaluation, [tmp_path / "all.json"])
    told = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert (told["scenario"], told["seeds"], told["package_version"]) == ("few", [3, 1, 4, 2], pbc.__version__)
    assert Scenario.from_toml(told["scenario_toml"]) == evaluation.scenario
    assert list(told["controllers"]) == ["all at once", "line"]
    assert told["figures"]["loss_kwh"] == {"label": "energy lost in charging", "unit": "kWh", "better": None}
    for row in statistics(evaluation.episodes).iter_rows(named=True):
        written = told["controllers"][row.pop("controller")][row.pop("figure")]
        assert written == row


def test_the_picture_is_as_wide_as_the_others(evaluation: Evaluation, tmp_path: Path) -> None:
    write_results(evaluation, [tmp_path / "all.PNG"])
    with Image.open(tmp_path / "all.PNG") as image:
        assert (image.format, image.size[0]) == ("PNG", 900)


def test_statistics_at_hand_are_written_as_they_are(evaluation: Evaluation, tmp_path: Path) -> None:
    found = statistics(evaluation.episodes).with_columns(mean=pl.lit(1.25))
    write_results(evaluation, [tmp_path / "all.json"], found)
    told = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert told["controllers"]["line"]["reward"]["mean"] == 1.25


def test_unknown_endings_are_refused_at_once_and_nothing_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    paths = [tmp_path / "all.csv", tmp_path / "all.xlsx", tmp_path / "all"]
    with pytest.raises(InputError) as refused:
        check_result_paths(paths)
    assert len(refused.value.problems) == 2
    assert "must end in one of .csv, .parquet, .json, .png" in str(refused.value)
    with pytest.raises(InputError):
        write_results(evaluation, paths)
    assert list(tmp_path.iterdir()) == []
    check_result_paths([tmp_path / "all.csv", "b.JSON"])
