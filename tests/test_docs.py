"""The documentation: its tables are those of the code, its examples run, its links lead somewhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pev_battery_charge import Scenario, __version__
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.documentation import DOCS, PAGES
from tests.loading import ROOT, load_script
from tests.test_imports_run_one_way import FILES, FLOORS, room_of

LINKED = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
script = load_script("make_docs")
to_markdown = load_script("docstrings").to_markdown


@pytest.mark.parametrize(("file", "name"), script.blocks(), ids=str)
def test_a_table_is_what_the_code_tells(file: str, name: str) -> None:
    above, below = script.readme_block.split(ROOT / file, name)
    written = (ROOT / file).read_text(encoding="utf-8")
    assert written == above + script.blocks()[file, name] + below, "python scripts/make_docs.py writes it again"


def test_the_script_writes_every_table_between_its_marks(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "README.md", tmp_path)
    page = tmp_path / "docs" / "catalogue.md"
    page.write_text(page.read_text(encoding="utf-8").replace("max-min fair", "unfair"), encoding="utf-8")
    script.main(tmp_path)
    for file in ("README.md", *(f"docs/{one.name}" for one in DOCS)):
        assert (tmp_path / file).read_text(encoding="utf-8") == (ROOT / file).read_text(encoding="utf-8")


def test_every_field_of_a_record_must_be_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "MEANINGS", {where: {**of, "new": ""} for where, of in script.MEANINGS.items()})
    with pytest.raises(SystemExit, match=r"tells of \{'new'\}, or does not"):
        script.records()


def test_every_room_stands_in_the_table_of_rooms() -> None:
    assert tuple(script.floors()) == FLOORS
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (\d+) \| `(\w+)(?:/|\.py)` \| \S.*\. \|$", text, re.MULTILINE)
    assert sorted(told) == sorted((str(floor), room) for floor, rooms in enumerate(FLOORS) for room in rooms)
    rooms = {
        room_of(path) for path in FILES if path.name != "__init__.py" or path.parent.parent.name == "pev_battery_charge"
    }
    assert rooms - {"__init__", "pev_battery_charge"} == {room for _, room in told}


def test_a_change_has_one_place_and_it_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (part,) = re.findall(r"^## Where does my change go\?\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (an? [\w ]+?) \| (.*) \| (.*) \|$", part, re.MULTILINE)
    assert len(rows) == 13
    for _, place, test in rows:
        folder = ""
        for name in re.findall(r"`([\w/.]+(?:\.py|\.toml|/))`", f"{place} {test}"):
            near = (ROOT / name, ROOT / "pev_battery_charge" / name, ROOT / "pev_battery_charge" / folder / name)
            assert any(one.exists() for one in near), name
            if name.count("/"):
                folder = name.rpartition("/")[0]


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("env", [ParallelArea, CentralArea])
def test_the_page_of_an_environment_has_every_section(env: type) -> None:
    sections = re.findall(r"^    ## (.*)$", env.__doc__ or "", re.MULTILINE)
    spaces = ["Description", "Observation Space", "Action Space", "Rewards"]
    assert sections == [*spaces, "Starting State", "Episode End", "Arguments", "Version History"]


def test_its_scenarios_are_read() -> None:
    found = 0
    for page in PAGES:
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            Scenario.from_toml(block, source=page.name)
            found += 1
    assert found >= 3


def test_the_debugger_stops_in_an_entry_and_shows_the_composed_step() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (place,) = re.findall(r'-c "break (examples/own_reward\.py:(\d+))"', page)
    line = (ROOT / "examples" / "own_reward.py").read_text(encoding="utf-8").splitlines()[int(place[1]) - 1]
    assert line.lstrip().startswith("if from_hour")
    # The series of the trial are short: it stops in the episode only, and goes one level up from there.
    commands = (f"break {place[0]}, moments.size > 100", "continue", "up", "quit")
    told = subprocess.run(
        [sys.executable, "-m", "pdb", *(word for one in commands for word in ("-c", one)), "examples/own_reward.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        input="",
    ).stdout
    (call,) = re.findall(r"`(part = numbers.*?)`", page)
    assert f"-> {call}" in told


def test_the_page_of_the_environments_is_their_docstrings() -> None:
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    assert page.count("\n### Observation Space\n") == 3
    assert "\n- `render_mode`: " in page


def test_docstrings_become_markdown() -> None:
    docstring = """A table.

name, other: what it is,
    told in two lines.

====  ======
row   its
      meaning
====  ======

```
code: stays
```"""
    assert (
        to_markdown(docstring)
        == """A table.

- `name`, `other`: what it is,
    told in two lines.

| | |
|---|---|
| `row` | its meaning |

```
code: stays
```"""
    )


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r": ([\w-]+\.md)$", navigation, re.MULTILINE)
    assert sorted(listed) == sorted([*(page.name for page in DOCS), "tour.md", "CHANGELOG.md", "CONTRIBUTING.md"])


def test_the_notebook_was_run_from_the_beginning_and_without_an_error() -> None:
    notebook = json.loads((ROOT / "docs" / "tour.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    shown = [output for cell in code for output in cell["outputs"]]
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
    assert not [output for output in shown if output["output_type"] == "error" or output.get("name") == "stderr"]


def test_nothing_of_the_site_comes_from_elsewhere() -> None:
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8") + (ROOT / "docs" / "site.css").read_text()
    assert "http" not in configuration
    assert "font: false" in configuration


def test_the_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^([\w-]+):(.*)$", citation, re.MULTILINE))
    assert {"cff-version", "message", "title", "authors", "license"} <= set(keys)
    assert keys["version"].strip() == __version__
    assert "  - name: The pev_battery_charge authors\n" in citation
