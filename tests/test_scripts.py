"""What stands in schedules/ is what its script makes; tables go between their marks."""

import re
import runpy
import sys
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from tests.loading import ROOT, SCRIPTS, load_script


def test_make_schedules_makes_the_committed_files(tmp_path: Path) -> None:
    load_script("make_schedules").main(tmp_path)
    committed = {file.name: file for file in (ROOT / "schedules").glob("*.csv")}
    assert set(committed) == {file.name for file in tmp_path.iterdir()} == {f"{n}.csv" for n in pbc.scenario_names()}
    for name, file in committed.items():
        kept, made = pbc.Schedule.read(file), pbc.Schedule.read(tmp_path / name)
        assert kept.info == made.info
        # Exponentials and logarithms may differ in their last bit from one processor to another.
        assert_frame_equal(kept.sessions, made.sessions, check_exact=False, rel_tol=1e-13, abs_tol=0.0)
        assert f"`{name}`" in (ROOT / "schedules" / "README.md").read_text()


def test_the_benchmarks_table_replaces_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("make_benchmark_table")
    readme = tmp_path / "README.md"
    readme.write_text("above\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nbelow\n", encoding="utf-8")

    def measured(arguments: list[str]) -> None:
        Path(arguments[arguments.index("--markdown") + 1]).write_text("new \\1\n", encoding="utf-8")

    monkeypatch.setattr(script, "PAGE", readme)
    monkeypatch.setattr(script, "pev", measured)
    script.main()
    text = "above\n<!-- benchmark -->\nnew \\1\n<!-- /benchmark -->\nbelow\n"
    assert readme.read_text(encoding="utf-8") == text
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(InputError, match="exactly one pair of benchmark marks"):
        script.main()
    assert readme.read_text(encoding="utf-8") == "no marks"


def test_the_table_of_regret_replaces_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("make_regret_table")
    readme, picture = tmp_path / "README.md", tmp_path / "regret.png"
    readme.write_text("above\n<!-- regret -->\nold\n<!-- /regret -->\nbelow\n", encoding="utf-8")
    calls = []

    def measured(arguments: list[str]) -> None:
        calls.append(arguments)
        Path(arguments[arguments.index("--markdown") + 1]).write_text("new \\1\n", encoding="utf-8")

    monkeypatch.setattr(script, "PAGE", readme)
    monkeypatch.setattr(script, "PICTURE", picture)
    monkeypatch.setattr(script, "pev", measured)
    script.main()
    text = "above\n<!-- regret -->\nnew \\1\n<!-- /regret -->\nbelow\n"
    assert readme.read_text(encoding="utf-8") == text
    assert calls[0][-2:] == ["--out", str(picture)]
    for bad in ("no marks", "<!-- regret -->\n", "<!-- /regret -->\n<!-- regret -->\n", text + text):
        readme.write_text(bad, encoding="utf-8")
        with pytest.raises(InputError, match="exactly one pair of regret marks"):
            script.main()
        assert readme.read_text(encoding="utf-8") == bad
    assert len(calls) == 1, "bad marks are told before minutes of measuring"


def test_a_part_of_the_readme_is_replaced_again_and_again(tmp_path: Path) -> None:
    block = load_script("readme_block")
    readme = tmp_path / "README.md"
    readme.write_text("above\n<!-- training -->\nold\n<!-- /training -->\nbelow\n", encoding="utf-8")
    for _ in range(2):
        block.write(readme, "training", "new \\1\n")
        text = "above\n<!-- training -->\nnew \\1\n<!-- /training -->\nbelow\n"
        assert readme.read_text(encoding="utf-8") == text
    with pytest.raises(InputError, match="cannot be read"):
        block.split(tmp_path / "missing.md", "training")


def test_the_smart_charging_results_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("make_smart_charging")
    readme, media = tmp_path / "README.md", tmp_path / "media"
    readme.write_text("above\n<!-- smart-charging -->\nold\n<!-- /smart-charging -->\nbelow\n", encoding="utf-8")
    monkeypatch.setattr(script, "PAGE", readme)
    few = ("--algorithms", "q", "sarsa", "--seeds", "2", "--episodes", "50", "--table.episodes", "500")
    script.main(media, few)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("above\n<!-- smart-charging -->\n| method | mean return |")
    assert re.search(r"\n\| exact optimum \| -1\.657 \| 0 \| 0\.50 \|", text)
    assert text.count("\n| ") == 4
    assert text.endswith("\n<!-- /smart-charging -->\nbelow\n")
    made = {file.name for file in media.iterdir()}
    assert made == {script.COMPARISON, script.POLICY, script.TAXI}
    assert all((ROOT / "media" / name).is_file() for name in made)


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("make_*.py")))
def test_a_script_that_is_asked_for_help_or_something_unknown_makes_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(*_: object) -> None:
        raise AssertionError("something is made")

    monkeypatch.syspath_prepend(str(SCRIPTS))
    for what in ("pev_battery_charge.files.write_beside", "pev_battery_charge.cli.main"):
        monkeypatch.setattr(what, made)
    for option, code in (("--help", 0), ("--nonsense", 2)):
        monkeypatch.setattr(sys, "argv", [name, option])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPTS / name), run_name="__main__")
        assert end.value.code == code
    assert re.match(rf"usage: \S*{name} ", capsys.readouterr().out)
