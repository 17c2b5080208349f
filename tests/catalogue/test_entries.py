"""Every entry of every catalogue is complete: named, measured, described, documented, tested."""

import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pev_battery_charge.catalogue import COORDINATORS, DEFAULT_FEATURES, DEFAULT_TERMS, FEATURES, STATE_FEATURES, TERMS
from pev_battery_charge.core.records import MOMENT
from pev_battery_charge.importers.recorded import READERS
from pev_battery_charge.populations.base import _KINDS
from tests.loading import ROOT, load_script

CATALOGUES: dict[str, dict[str, Any]] = {
    "reward terms": TERMS,
    "observation features": FEATURES,
    "coordination rules": COORDINATORS,
    "populations": _KINDS,
    "session readers": READERS,
}
own = load_script("make_docs").own
ENTRIES = [entry for registry in (TERMS, FEATURES, COORDINATORS) for entry in own(registry).values()]
TESTS = [file for ending in ("py", "toml") for file in (ROOT / "tests").rglob(f"*.{ending}") if file != Path(__file__)]
PAGE = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")


def entries() -> Iterator[Any]:
    for section, registry in CATALOGUES.items():
        for name, entry in own(registry).items():
            yield pytest.param(section, name, entry, id=f"{section}: {name}")


@pytest.mark.parametrize(("section", "name", "entry"), list(entries()))
def test_an_entry_is_named_described_documented_and_tested(section: str, name: str, entry: Any) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_-]*", name)
    meaning = entry.meaning if hasattr(entry, "meaning") else inspect.getdoc(entry)
    assert len(meaning.split()) >= 3
    heading = section.capitalize()
    (part,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert len(re.findall(rf"^\| `{name}` \| .*\S \|$", part, re.MULTILINE)) == 1
    word = re.compile(rf"\b{re.escape(name)}\b")
    assert any(word.search(file.read_text(encoding="utf-8")) for file in TESTS)


def test_there_are_entries_in_every_catalogue() -> None:
    assert all(own(registry) for registry in CATALOGUES.values())
    assert set(DEFAULT_TERMS) <= set(TERMS)
    assert {*DEFAULT_FEATURES, *STATE_FEATURES} <= set(FEATURES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.name)
def test_a_unit_is_one_of_the_field(entry: Any) -> None:
    assert entry.unit == entry.unit.strip() != ""
    if entry.name.endswith(("_kw", "_kwh", "_h")) and "_per_" not in entry.name:
        assert entry.unit == {"kw": "kW", "kwh": "kWh", "h": "h"}[entry.name.rpartition("_")[2]]


@pytest.mark.parametrize("feature", list(own(FEATURES).values()), ids=lambda one: one.name)
def test_a_feature_has_bounds_and_a_scale(feature: Any) -> None:
    assert feature.low < feature.high
    assert not math.isnan(feature.low)
    assert inspect.getdoc(feature.scale) if callable(feature.scale) else 0.0 < feature.scale < math.inf


@pytest.mark.parametrize("term", list(own(TERMS).values()), ids=lambda one: one.name)
def test_a_term_has_a_label_and_finite_literals(term: Any) -> None:
    assert term.label.startswith("for ")
    assert all(math.isfinite(value) for value in term.literals.values())


def test_every_field_of_the_records_is_documented() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | " in page for name in MOMENT.names or ())
