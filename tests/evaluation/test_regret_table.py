"""What a report of regret is shown and written as: a table, Markdown, files."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

import pev_battery_charge as pbc
from pev_battery_charge import InputError, rendering
from pev_battery_charge.evaluation import RegretReport, Suite, measure_regret
from pev_battery_charge.evaluation.regret import REGRET_METRICS
from pev_battery_charge.evaluation.regret_table import mean_text, regret_markdown, regret_table
from pev_battery_charge.evaluation.results import write_regret_results
from tests.evaluation.small_suite import small_suite
from tests.evaluation.usual import USUAL

NAMES = ("uncontrolled", "equal-share", "night")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return small_suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def report(suite: Suite) -> RegretReport:
    return measure_regret({name: name for name in NAMES}, suite=suite)


@pytest.fixture(scope="module")
def found(report: RegretReport) -> pl.DataFrame:
    return report.statistics()


def means(found: pl.DataFrame, group: str, metric: str = "regret_percent") -> dict[str, float]:
    rows = found.filter(pl.col("group") == group, pl.col("figure") == metric)
    return dict(zip(rows["controller"], rows["mean"], strict=True))


def test_rows_are_sorted_by_regret_and_columns_are_all_instances_and_the_groups(
    report: RegretReport, found: pl.DataFrame
) -> None:
    table = regret_table(report, found)
    heads = ("controller", "regret, %", "unmet regret, kWh", "satisfaction p5")
    assert table.columns == (*heads, "three, %", "site-\n4, %", "site-4-\nerring, %")
    assert table.numbers == table.columns[1:]
    overall = means(found, "overall")
    order = sorted(overall, key=lambda name: overall[name])
    assert order[0] == "optimum"
    assert [row[0] for row in table.rows] == ["optimum †", *order[1:]]
    for row, name in zip(table.rows, order, strict=True):
        numbers = [float(text.split(" ")[0].replace(",", "")) for text in row[1:]]
        expected = [means(found, "overall", metric)[name] for metric in ("regret_percent", "unmet_regret_kwh")]
        expected += [means(found, "overall", "satisfaction_p5")[name]]
        expected += [means(found, group)[name] for group in ("three", "site-4", "site-4-erring")]
        assert numbers == pytest.approx(expected, rel=6e-3, abs=6e-3)
        assert all(text.endswith("]") for text in row[2:4])
        assert not any("[" in text for text in row[4:])
    assert table.rows[0][1] == table.rows[0][4] == "0"


def test_notes_tell_what_is_measured_against_what(report: RegretReport, found: pl.DataFrame) -> None:
    notes = regret_table(report, found).notes
    assert notes[0] == "mean [95 % bootstrap interval of the mean] over 8 instances of suite 0"
    assert f"certified with a relative gap of at most {report.largest_gap:.0e}" in notes[1]
    assert "† sees the future" in notes
    assert notes[-1] == "site-4-erring: drivers state their departure wrongly, by hours"


def test_of_a_single_group_everything_is_told_once(suite: Suite) -> None:
    alone = measure_regret({"night": "night"}, ["three"], suite=suite)
    table = regret_table(alone, alone.statistics())
    assert table.columns == ("controller", "regret, %", "unmet regret, kWh", "satisfaction p5")
    assert not any("erring" in note for note in table.notes)
    one = alone.suite.groups[0].model_copy(update={"instances": 1, "digest": None})
    single = measure_regret({"night": "night"}, suite=Suite(version=0, groups=(one,)))
    assert not any("[" in text for row in regret_table(single, single.statistics()).rows for text in row)


@pytest.mark.parametrize(
    ("mean", "text"),
    [
        (0.0, "0"),
        (None, "-"),
        (-1.4e-5, "0.000"),
        (0.00129, "0.001"),
        (0.2409, "0.241"),
        (4.3702, "4.37"),
        (22.187, "22.2"),
        (309.18, "309"),
        (3107.14, "3,107"),
    ],
)
def test_means_have_three_digits(mean: float | None, text: str) -> None:
    assert mean_text({"mean": mean}) == text


def test_the_markdown_is_one_table_and_the_notes(report: RegretReport, found: pl.DataFrame) -> None:
    lines = regret_markdown(report, found).splitlines()
    assert lines[0].startswith(
        "| controller | regret, % | unmet regret, kWh | satisfaction p5 | three, % | site-4, % |"
    )
    assert lines[1] == "|---|--:|--:|--:|--:|--:|--:|"
    assert lines[2].startswith("| optimum † | 0 | ")
    assert {line.count("|") for line in lines[:6]} == {8}
    assert lines[6] == ""
    assert all(line.startswith("- ") for line in lines[7:])


def test_tables_hold_every_instance(report: RegretReport, tmp_path: Path) -> None:
    paths = [tmp_path / "folder" / "all.csv", tmp_path / "all.parquet"]
    write_regret_results(report, paths)
    assert report.instances.columns == ["group", "controller", "seed", *REGRET_METRICS, *USUAL]
    assert pl.read_csv(paths[0], schema=report.instances.schema).equals(report.instances)
    assert pl.read_parquet(paths[1]).equals(report.instances)
    assert pl.read_parquet_metadata(paths[1])["suite_version"] == "0"


def test_the_json_tells_the_suite_and_every_mean(report: RegretReport, found: pl.DataFrame, tmp_path: Path) -> None:
    write_regret_results(report, [tmp_path / "all.json"], found)
    told = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert told["package_version"] == pbc.__version__
    assert Suite.model_validate(told["suite"]) == report.suite
    assert told["largest_relative_gap"] == report.largest_gap
    assert {name: one["clairvoyant"] for name, one in told["controllers"].items()} == {
        **dict.fromkeys(NAMES, False),
        "optimum": True,
    }
    assert next(iter(told["controllers"])) == "optimum"
    for row in found.iter_rows(named=True):
        written = told["controllers"][row.pop("controller")]["groups"][row.pop("group")][row.pop("figure")]
        assert written == row


def test_the_picture_is_as_wide_as_the_others(report: RegretReport, tmp_path: Path) -> None:
    write_regret_results(report, [tmp_path / "all.png"])
    with Image.open(tmp_path / "all.png") as image:
        assert (image.format, image.size[0]) == ("PNG", 900)


def test_the_pictures_panels_are_all_instances_and_the_groups(
    report: RegretReport, found: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(rendering, "write_regret", lambda *arguments: drawn.append(arguments))
    write_regret_results(report, [tmp_path / "all.png"], found)
    ((_, _, panels, path, clairvoyant),) = drawn
    assert (path, clairvoyant) == (tmp_path / "all.png", {"optimum"})
    assert [panel.title for panel in panels] == ["all instances (8)", "three (2)", "site-4 (3)", "site-4-erring (3)"]
    for panel, group in zip(panels, ("overall", "three", "site-4", "site-4-erring"), strict=True):
        rows = found.filter(pl.col("group") == group, pl.col("figure") == "regret_percent")
        for row in rows.iter_rows(named=True):
            name = row["controller"]
            assert panel.means[name] == (row["mean"], row["low"], row["high"])
            assert panel.values[name].mean() == pytest.approx(row["mean"])
            assert panel.values[name].size == row["count"]
            assert panel.texts[name] == mean_text(row)
        assert next(iter(panel.values)) == "optimum"


def test_unknown_endings_are_refused_before_anything_is_written(report: RegretReport, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"all\.xlsx: must end in one of \.csv, \.parquet, \.json, \.png"):
        write_regret_results(report, [tmp_path / "all.csv", tmp_path / "all.xlsx"])
    assert list(tmp_path.iterdir()) == []
