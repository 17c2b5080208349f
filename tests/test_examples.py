"""Every example runs as it stands, alone and by `pev --plugin`, and prints what is true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loading import ROOT

EXAMPLES = ROOT / "examples"
PEV = ("-c", "import sys; sys.path.pop(0); from pev_battery_charge.cli import main; main()")


def run(*arguments: str | Path, folder: Path = ROOT) -> str:
    """Standard output of a process of its own: what a module registers stays for as long as one lives."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_the_reward_term_counts_what_the_trace_tells() -> None:
    drawn, counted = run("examples/own_reward.py").splitlines()
    energy_kwh, earned = numbers(drawn)[-1], numbers(counted)[-1]
    assert energy_kwh > 50.0
    assert earned == pytest.approx(-0.1 * energy_kwh, abs=1e-3)


def test_the_feature_falls_by_the_hours_without_charging_and_by_none_at_full_power() -> None:
    first, arrival, idle, charged = (numbers(line)[0] for line in run("examples/own_feature.py").splitlines())
    assert first == 9
    assert idle == pytest.approx(arrival - 1.0, abs=2e-3)
    assert charged == pytest.approx(idle, abs=2e-3)


def test_the_rule_keeps_the_cap_and_fills_more_batteries() -> None:
    told = [numbers(line) for line in run("examples/own_rule.py").splitlines()]
    (full, pevs, peak_kw, cap_kw), (own_full, *_, own_peak_kw, _) = told
    assert own_full > full
    assert own_full <= pevs == 20
    assert peak_kw == own_peak_kw == cap_kw


def test_the_population_is_drawn_and_stepped() -> None:
    drawn, stored = run("examples/own_population.py").splitlines()
    assert drawn.startswith("5 vans, the first after ")
    assert 8 * 5 * 24.0 <= numbers(stored)[1] <= 8 * 5 * 54.0


def test_the_reader_keeps_a_day() -> None:
    told = run("examples/own_reader.py")
    assert "4 sessions read" in told
    assert "3 kept, which want 37.3 kWh from the grid" in told
    assert told.endswith("stations [0, 1, 0]\n")


@pytest.mark.parametrize(
    ("example", "arguments", "told"),
    [
        ("own_reward", "evaluate --scenario peak.toml --episodes 2 --every-figure", "for charging in peak hours"),
        ("own_rule", "simulate --coordinator needed_power", "coordinator needed_power"),
        ("own_population", "simulate --scenario depot.toml", "depot, seed 0"),
    ],
)
def test_commands_know_them_by_plugin(example: str, arguments: str, told: str) -> None:
    documentation = (EXAMPLES / f"{example}.py").read_text(encoding="utf-8")
    assert f"pev --plugin {example} {arguments.replace(' --episodes 2', '')}`" in documentation
    assert told in run(*PEV, "--plugin", example, *arguments.split(), folder=EXAMPLES)


def test_a_command_imports_by_an_own_reader(tmp_path: Path) -> None:
    code = "from pathlib import Path; import own_reader; Path('garage.csv').write_text(own_reader.EXPORT)"
    (tmp_path / "own_reader.py").write_text((EXAMPLES / "own_reader.py").read_text(encoding="utf-8"))
    run("-c", code, folder=tmp_path)
    arguments = "schedule import garage.csv --format garage --scenario workplace-20 --out day.csv"
    documentation = (EXAMPLES / "own_reader.py").read_text(encoding="utf-8")
    assert f"pev --plugin own_reader {arguments}" in documentation
    assert "3 kept" in run(*PEV, "--plugin", "own_reader", *arguments.split(), folder=tmp_path)
    assert (tmp_path / "day.csv").is_file()


def test_there_is_one_for_each_kind_of_extension_and_each_is_short() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    for kind in ("reward", "feature", "rule", "population", "reader"):
        text = (EXAMPLES / f"own_{kind}.py").read_text(encoding="utf-8")
        assert len(text.splitlines()) < 70
        assert f"python examples/own_{kind}.py" in text
        assert f"(../examples/own_{kind}.py)" in page
