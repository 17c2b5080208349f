"""Schedules are drawn from tables that stand in a file, by arithmetic that no processor orders otherwise."""

import ast
from pathlib import Path

import numpy as np
import pytest

import pev_battery_charge
from pev_battery_charge import generate_schedule, load_scenario, scenario_names
from pev_battery_charge.populations import profiles
from pev_battery_charge.populations.stated import with_stated_departures
from tests.loading import load_script

PACKAGE = Path(pev_battery_charge.__file__).parent
DRAWING = sorted(
    [*(PACKAGE / "populations").glob("*.py"), PACKAGE / "generate.py", PACKAGE / "schedule" / "assignment.py"]
)
"""The modules that schedules are drawn by."""
PRODUCTS = ("dot", "vdot", "inner", "outer", "matmul", "einsum", "tensordot", "kron", "cov", "corrcoef", "polyfit")
SUMS = ("sum", "mean", "average", "std", "var", "prod", "trapezoid", "nansum", "nanmean", "interp")
CURVES = ("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "power", "sin", "cos", "tan", "tanh", "arctan2")
"""Functions whose last bits depend on the linear algebra, on vector instructions, or on the order of a sum."""
SITES = [("residential", "weekday"), ("public", "weekend"), ("workplace", "weekday"), ("jpl", "weekday")]


def foreign(text: str) -> list[str]:
    """What a module's text calls that may differ in its last bits from one processor to another."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.MatMult):
            found.append("@")
        elif isinstance(node, ast.Attribute):
            of_numpy = isinstance(node.value, ast.Name) and node.value.id == "np"
            if node.attr in (*PRODUCTS, *SUMS, "linalg") or (of_numpy and node.attr in CURVES):
                found.append(node.attr)
    return found


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.name)
def test_drawing_multiplies_no_matrices_and_sums_in_no_order_of_the_processor(path: Path) -> None:
    assert foreign(path.read_text(encoding="utf-8")) == []


def test_what_is_looked_for_is_found() -> None:
    text = "a = b @ c\nnp.linalg.solve(a, b)\nx.dot(y)\nweight.sum()\nnp.exp(x)\nmath.exp(x)\n"
    assert sorted(foreign(text)) == ["@", "dot", "exp", "linalg", "sum"]


def test_drawing_calls_no_linear_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("drawing calls for linear algebra")

    drawn = {name: generate_schedule(name, seed=3) for name in scenario_names()}
    profiles.load_profile.cache_clear()
    profiles.load_pev_models.cache_clear()
    for name in ("dot", "vdot", "inner", "outer", "matmul", "einsum", "tensordot"):
        monkeypatch.setattr(np, name, refuse)
    for name in ("cholesky", "solve", "inv", "eigh", "svd", "lstsq", "qr", "matmul"):
        monkeypatch.setattr(np.linalg, name, refuse, raising=False)
    for name, schedule in drawn.items():
        again = generate_schedule(load_scenario(name), seed=3)
        assert again == schedule
        with_stated_departures(again)


@pytest.mark.parametrize(("site", "day"), SITES)
def test_the_tables_are_those_that_the_script_fits(site: str, day: str) -> None:
    script = load_script("make_site_tables")
    with np.load(script.TABLES, allow_pickle=False) as kept:
        for name, fitted in script.fit_all([(site, day)]).items():
            np.testing.assert_allclose(kept[name], fitted, rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_tables_hold_every_site_and_day_and_rise() -> None:
    for site in ("residential", "public", "workplace", "caltech", "jpl"):
        for day in ("weekday", "weekend"):
            if (site, day) == ("workplace", "weekend"):
                continue
            model, _ = profiles.load_profile(site, day)
            if isinstance(model, profiles.HourTables):
                assert model.cumulative_share[-1] == pytest.approx(1.0)
                for table in (model.stay_h, model.energy_kwh):
                    assert table.shape[0] == 24
                    assert (np.diff(table, axis=1) >= 0.0).all()
                    assert (table > 0.0).all()
            else:
                assert model.cumulative_weights[-1] == pytest.approx(1.0)
                assert (np.triu(model.factors, 1) == 0.0).all()
