"""What stands in schedules/ is what its script makes."""

import importlib.util
from pathlib import Path

import pev_battery_charge as pbc

ROOT = Path(__file__).parent.parent


def test_make_schedules_makes_the_committed_files(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_schedules", ROOT / "scripts" / "make_schedules.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(tmp_path)
    committed = {file.name: file for file in (ROOT / "schedules").glob("*.csv")}
    assert set(committed) == {file.name for file in tmp_path.iterdir()} == {f"{n}.csv" for n in pbc.scenario_names()}
    for name, file in committed.items():
        assert file.read_text() == (tmp_path / name).read_text()
        assert f"`{name}`" in (ROOT / "schedules" / "README.md").read_text()
