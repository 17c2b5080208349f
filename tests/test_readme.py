"""The front page is short, and what it shows can be done as it stands there."""

import re

import pev_battery_charge as pbc
from pev_battery_charge.cli.commands import parse
from tests.documentation import PAGES, README, blocks
from tests.loading import ROOT

TEXT = README.read_text(encoding="utf-8")


def test_it_is_short_and_has_two_commands_and_ten_lines_of_code() -> None:
    assert len(TEXT.splitlines()) <= 200
    assert len(re.findall(r"^python -m pip install -e ", TEXT, re.MULTILINE)) == 2
    (code,) = blocks(README, "python")
    assert len([line for line in code.text.splitlines() if line]) <= 11


def test_the_commands_of_all_pages_are_those_of_the_command_line() -> None:
    count = 0
    for page in PAGES:
        for block in blocks(page, "bash"):
            for line in re.split(r"\n|&&|>", block.text):
                words = line.split("#")[0].split()
                if words[:1] == ["pev"] and not {"--help", "--version", "--plugin"} & set(words):
                    parse(words[1:])
                    count += 1
    assert count > 20


def test_its_pictures_and_the_scenarios_of_the_documentation_are_there() -> None:
    scenarios = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in scenarios for name in pbc.scenario_names())
    for page in PAGES:
        for picture in re.findall(r"!\[.*?\]\((.*?)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / picture).is_file()


def test_the_table_of_simulators_has_a_cell_for_each() -> None:
    (table,) = re.findall(r"<!-- comparison -->\n(.*?)<!-- /comparison -->", TEXT, re.DOTALL)
    assert {line.count("|") for line in table.splitlines()} == {10}
